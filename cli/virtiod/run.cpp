// SPDX-License-Identifier: MIT
#include "virtiod/run.hpp"

#include "virtiod/config.hpp"
#include "virtiod/daemon.hpp"

#include <CLI/CLI.hpp>
#include <boost/asio/signal_set.hpp>
#include <fmt/format.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <fstream>
#include <iterator>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace argovirtiod {
namespace {

using libargo::virtio::severity;

constexpr const char* default_file = "/etc/argo/virtiod.conf";
constexpr int status_mistakes = 3;
constexpr std::size_t default_threads = 4;
constexpr std::size_t most_threads = 64;

struct arguments {
    std::string file = default_file;
    std::string device = libargo::default_device;
    std::size_t threads = default_threads;
    bool check = false;
    bool verbose = false;
};

/// Lines of the log, as systemd's journal wants them where it reads them.
class log_lines {
public:
    explicit log_lines(bool verbose) : verbose_(verbose) {}

    void operator()(severity how, std::string_view text) const {
        if (how == severity::debug && !verbose_) {
            return;
        }
        const std::string prefix = journal_ ? fmt::format("<{}>", static_cast<unsigned>(how)) : "argo-virtiod: ";
        fmt::print(stderr, "{}{}\n", prefix, text);
    }

private:
    bool verbose_;
    bool journal_ = std::getenv("JOURNAL_STREAM") != nullptr; // NOLINT(concurrency-mt-unsafe): no thread sets it
};

std::optional<std::string> read_file(const std::string& path) {
    std::ifstream in(path, std::ios::binary);
    std::string text(std::istreambuf_iterator<char>(in), {});
    return in.is_open() && !in.bad() ? std::optional(std::move(text)) : std::nullopt;
}

/// The devices of the file; nothing if it has a mistake, which is written to the log.
std::optional<std::vector<device_spec>> load(const std::string& path, const log_lines& log) {
    const auto text = read_file(path);
    if (!text) {
        log(severity::error, fmt::format("cannot read {}", path));
        return std::nullopt;
    }
    auto found = parse(*text);
    for (const auto& one : found.mistakes) {
        log(severity::error, fmt::format("{}:{}: {}", path, one.line, one.what));
    }
    return found.mistakes.empty() ? std::optional(std::move(found.devices)) : std::nullopt;
}

class program {
public:
    program(const arguments& given, const log_lines& log)
        : given_(given), log_(log), daemon_(context_, options(), given.threads),
          signals_(context_, SIGTERM, SIGINT, SIGHUP) {
        signals_.add(SIGUSR1);
    }

    void run(const std::vector<device_spec>& devices) {
        daemon_.open();
        daemon_.apply(devices);
        wait_for_signal();
        context_.run();
    }

private:
    [[nodiscard]] libargo::virtio::server_options options() const { return {.device = given_.device, .log = log_}; }

    void wait_for_signal() {
        signals_.async_wait([this](const argoctl::error_code& ec, int signal) {
            if (ec) {
                return;
            }
            if (signal == SIGTERM || signal == SIGINT) {
                log_(severity::notice, "ends; " + daemon_.summary());
                daemon_.close();
                context_.stop();
                return;
            }
            if (signal == SIGHUP) {
                reload();
            } else {
                log_(severity::notice, daemon_.summary());
            }
            wait_for_signal();
        });
    }

    void reload() {
        if (const auto devices = load(given_.file, log_)) {
            daemon_.apply(*devices);
            log_(severity::notice, fmt::format("{} was read again", given_.file));
        } else {
            log_(severity::error, "the devices stay as they are");
        }
    }

    arguments given_;
    log_lines log_;
    asio::io_context context_{1};
    daemon daemon_;
    asio::signal_set signals_;
};

int serve(const arguments& given) {
    const log_lines log(given.verbose);
    const auto devices = load(given.file, log);
    if (!devices) {
        return status_mistakes;
    }
    if (given.check) {
        fmt::print("{}: {} devices\n", given.file, devices->size());
        return 0;
    }
    try {
        program(given, log).run(*devices);
        return 0;
    } catch (const libargo::system_error& error) {
        const auto hint = libargo::advice(error.code());
        log(severity::error, fmt::format("{}{}{}", error.what(), hint.empty() ? "" : "; ", hint));
    } catch (const std::exception& error) {
        log(severity::error, error.what());
    }
    return 1;
}

} // namespace

int run(int argc, char** argv) {
    arguments given;
    CLI::App app("Gives VirtIO devices to other domains, over Argo. The file has a line for each device:\n"
                 "  3:1 block file=/srv/disk.img serial=db-1\n"
                 "  3:2 entropy\n"
                 "SIGHUP reads the file again; devices whose lines are as they were go on. SIGUSR1 logs what was done.",
                 "argo-virtiod");
    app.set_version_flag("--version", "argo-virtiod " ARGO_VIRTIOD_VERSION);
    app.add_option("FILE", given.file, "the configuration file")->capture_default_str();
    app.add_flag("--check", given.check, "check the file, and serve nothing");
    app.add_option("--device", given.device, "path of the driver's device")->capture_default_str();
    app.add_option("--threads", given.threads, "threads for each disk")
        ->capture_default_str()
        ->check(CLI::Range(std::size_t{1}, most_threads));
    app.add_flag("--verbose", given.verbose, "log more");
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        return app.exit(error) == 0 ? 0 : 2;
    }
    return serve(given);
}

} // namespace argovirtiod
