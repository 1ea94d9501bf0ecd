// SPDX-License-Identifier: MIT
// argo-fuzz: tries inputs that the kernel's KCOV steers. An input that reaches new code is kept and changed further.
#include "commands.hpp"
#include "fuzz_target.hpp"
#include "fuzz_watch.hpp"

#include <chrono>
#include <fstream>
#include <iostream>
#include <limits>
#include <map>
#include <memory>
#include <stdexcept>
#include <string>

namespace guest::fuzz {
namespace {

constexpr const char* usage = R"(usage:
  argo-fuzz run --target TARGET [--seconds S] [--executions N] [--seed X] [--blind 1]
      Changes the inputs of standard input, an empty line or a line each, and those of them that reached new code, for S
      seconds (10) or N executions. The same seed and number of executions repeat a run. --blind keeps none: to compare.
      --corpus FILE is written with the inputs that were kept. One line of JSON with the result.
  argo-fuzz replay --target TARGET [--times N]
      Runs the inputs of standard input, N times (1).
TARGET is one of
  device    system calls on /dev/argo; --other PATH is a second device, --control PATH and --other-control PATH are the
            files of both in /sys/kernel/debug/argo_loopback
  vsock     packets from port 40 of this domain to domain 0
  net       frames from port 41 of this domain to domain 0
The inputs that were run last are printed when the kernel complains: the input to replay is among them.
)";

using maker = std::unique_ptr<target> (*)(const arguments& options);

std::unique_ptr<target> make_target(const arguments& options) {
    static const std::map<std::string, maker> makers{
        {"device", make_device_target}, {"vsock", make_vsock_target}, {"net", make_net_target}};
    const auto found = makers.find(options.text("target"));
    if (found == makers.end()) {
        throw std::invalid_argument("--target is device, vsock or net");
    }
    return found->second(options);
}

std::vector<input> read_inputs(operations known) {
    std::vector<input> read;
    for (std::string line; std::getline(std::cin, line);) {
        if (!line.empty() && line.front() != '#') {
            read.push_back(from_text(line, known));
        }
    }
    return read;
}

/// The inputs that reached new code, and what all of them reached.
class fuzzer {
public:
    fuzzer(const arguments& options, journal& inputs)
        : options_{options}, inputs_{inputs}, target_{make_target(options)}, coverage_{target_->what_counts()},
          mutator_{target_->known(), options.number<std::uint32_t>("seed", 1)} {}

    void run() {
        for (auto& seed : read_inputs(target_->known())) {
            execute(seed);
            corpus_.push_back(std::move(seed));
        }
        const auto end = clock::now() + std::chrono::seconds{options_.number<std::uint32_t>("seconds", 10)};
        const auto most = options_.number<std::uint64_t>("executions", std::numeric_limits<std::uint64_t>::max());
        while (executions_ < most && clock::now() < end) {
            auto next = make();
            if (execute(next) != 0 && !options_.has("blind")) {
                corpus_.push_back(std::move(next));
            }
        }
    }

    void replay() {
        const auto all = read_inputs(target_->known());
        for (auto times = options_.number<std::uint32_t>("times", 1); times > 0; --times) {
            for (const auto& one : all) {
                execute(one);
            }
        }
    }

    void report() const {
        if (options_.has("corpus")) {
            std::ofstream out{options_.text("corpus")};
            for (const auto& one : corpus_) {
                out << to_text(one, target_->known()) << '\n';
            }
        }
        std::cout << R"({"executions": )" << executions_ << R"(, "corpus": )" << corpus_.size() << R"(, "places": )"
                  << coverage_.places() << R"(, "pairs": )" << coverage_.pairs() << R"(, "seed": )"
                  << options_.number<std::uint32_t>("seed", 1) << "}\n";
    }

private:
    using clock = std::chrono::steady_clock;

    input make() {
        if (corpus_.empty() || mutator_.below(20) == 0) {
            return mutator_.fresh();
        }
        // What was found last is tried most.
        const auto recent = mutator_.below(2) == 0 ? corpus_.size() - corpus_.size() / 4 - 1 : 0;
        return mutator_.mutated(corpus_[recent + mutator_.below(corpus_.size() - recent)],
                                corpus_[mutator_.below(corpus_.size())]);
    }

    std::size_t execute(const input& what) {
        inputs_.add(to_text(what, target_->known()));
        coverage_.begin();
        for (const auto& one : what) {
            target_->known()[one.operation].run(one.arguments);
        }
        target_->finish();
        if (target_->what_counts() == counted::messages) {
            coverage_.settle();
        }
        ++executions_;
        return coverage_.take();
    }

    const arguments& options_;
    journal& inputs_;
    std::unique_ptr<target> target_;
    coverage coverage_;
    mutator mutator_;
    std::vector<input> corpus_;
    std::uint64_t executions_ = 0;
};

int in_child(const arguments& options, void (fuzzer::*what)()) {
    return watched([&](journal& inputs) {
        try {
            fuzzer one{options, inputs};
            (one.*what)();
            one.report();
            return 0;
        } catch (const std::exception& error) {
            std::cerr << "argo-fuzz: " << error.what() << '\n';
            return 2;
        }
    });
}

int run(const arguments& options) { return in_child(options, &fuzzer::run); }
int replay(const arguments& options) { return in_child(options, &fuzzer::replay); }

} // namespace
} // namespace guest::fuzz

int main(int argc, char** argv) {
    return guest::run_command(argc, argv, {{"run", guest::fuzz::run}, {"replay", guest::fuzz::replay}},
                              guest::fuzz::usage);
}
