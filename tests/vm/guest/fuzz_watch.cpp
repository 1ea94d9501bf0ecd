// SPDX-License-Identifier: MIT
#include "fuzz_watch.hpp"

#include "file.hpp"
#include "memory.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstring>
#include <fcntl.h>
#include <iostream>
#include <optional>
#include <poll.h>
#include <string>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <system_error>
#include <unistd.h>

namespace guest::fuzz {

struct journal::contents {
    std::atomic<std::size_t> added;
    std::array<std::array<char, longest>, most> lines;
};

void journal::add(std::string_view line) {
    auto& into = shared_->lines[shared_->added % most];
    const auto length = std::min(line.size(), longest - 1);
    std::memcpy(into.data(), line.data(), length);
    into[length] = 0;
    ++shared_->added;
}

std::size_t journal::added() const { return shared_->added; }

void journal::print() const {
    const auto count = added();
    for (auto i = count - std::min(count, most); i < count; ++i) {
        std::cerr << shared_->lines[i % most].data() << '\n';
    }
}

namespace {

constexpr std::chrono::seconds stuck_after{60};
constexpr std::array<std::string_view, 5> complaints{"BUG:", "WARNING:", "UBSAN:", "Oops", "INFO: "};

/// What the kernel says from now on.
class kernel_log {
public:
    kernel_log() : device_{::open("/dev/kmsg", O_RDONLY | O_NONBLOCK | O_CLOEXEC)} { ::lseek(fd(), 0, SEEK_END); }

    [[nodiscard]] int fd() const { return device_.get(); }

    /// The next line that is a complaint.
    std::optional<std::string> complaint() const {
        std::array<char, 8192> record{};
        for (;;) {
            const auto length = ::read(fd(), record.data(), record.size());
            if (length < 0 && errno != EPIPE) {
                return std::nullopt;
            }
            const std::string text(record.data(), static_cast<std::size_t>(std::max(length, ssize_t{0})));
            if (std::ranges::any_of(complaints, [&](auto word) { return text.find(word) != std::string::npos; })) {
                return text.substr(text.find(';') + 1);
            }
        }
    }

private:
    file device_;
};

/// Why the child is to be watched no longer; nothing when it ended by itself.
std::optional<std::string> trouble(const kernel_log& log, int child, const journal& inputs) {
    using clock = std::chrono::steady_clock;
    auto progress = clock::now();
    for (auto last = inputs.added();;) {
        std::array<pollfd, 2> waiting{pollfd{log.fd(), POLLIN, 0}, pollfd{child, POLLIN, 0}};
        ::poll(waiting.data(), waiting.size(), 1000);
        if (auto said = log.complaint()) {
            return "the kernel says: " + *said;
        }
        if (waiting[1].revents != 0) {
            return std::nullopt;
        }
        if (inputs.added() != last) {
            last = inputs.added();
            progress = clock::now();
        } else if (clock::now() - progress > stuck_after) {
            return "an input does not end";
        }
    }
}

} // namespace

int watched(const std::function<int(journal&)>& body) {
    // The log from before the child begins; the memory is the child's, too.
    const kernel_log log;
    const file memory = temporary_file(1 + sizeof(journal::contents) / page_size(), std::byte{0});
    const mapping shared{memory, 1 + sizeof(journal::contents) / page_size()};
    journal inputs;
    inputs.shared_ = reinterpret_cast<journal::contents*>(shared.data());
    const auto child = ::fork();
    if (child == 0) {
        const auto status = body(inputs);
        std::cout.flush();
        ::_exit(status);
    }
    const file descriptor{static_cast<int>(::syscall(SYS_pidfd_open, child, 0))};
    auto why = trouble(log, descriptor.get(), inputs);
    if (why) {
        ::kill(child, SIGKILL);
    }
    int status = 0;
    // What is stuck in the kernel does not die of it.
    const auto ended = ::waitpid(child, &status, why ? WNOHANG : 0);
    if (!why && (ended != child || !WIFEXITED(status))) {
        why = "the process died of signal " + std::to_string(WTERMSIG(status));
    }
    if (!why) {
        return WEXITSTATUS(status);
    }
    std::cerr << *why << "\nthe last inputs, the latest last:\n";
    inputs.print();
    return 1;
}

} // namespace guest::fuzz
