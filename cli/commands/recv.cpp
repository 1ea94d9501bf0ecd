// SPDX-License-Identifier: MIT
#include "app/device.hpp"
#include "app/errors.hpp"
#include "app/options.hpp"
#include "commands/commands.hpp"
#include "output/progress.hpp"
#include "output/transfer_view.hpp"
#include "output/units.hpp"
#include "proto/transfer_receiver.hpp"
#include "util/asio.hpp"
#include "util/output_file.hpp"
#include "util/session.hpp"

#include <fmt/format.h>
#include <libargo/format.hpp>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace argoctl {

namespace {

using transfer::ending;

struct recv_options {
    std::string path;
    libargo::bind_options where;
    bool checksum = false;
    bool keep_partial = false;
    bool quiet = false;
    bool as_json = false;
    std::chrono::nanoseconds timeout{transfer::default_timeout};
    std::chrono::nanoseconds stall_timeout{transfer::default_stall_timeout};
    std::uint64_t max_size = std::numeric_limits<std::uint64_t>::max(); // no limit
};

constexpr libargo::message_type message_type{transfer::message_type};

/// The bytes of data in a message: few enough for several messages in the ring, and enough for few messages a file.
std::uint32_t chunk_for(std::size_t max_message) {
    constexpr std::size_t largest = std::size_t{256} << 10;
    const std::size_t room = max_message - std::min(max_message, transfer::data_header_size);
    return static_cast<std::uint32_t>(std::clamp<std::size_t>(room / 4, std::min<std::size_t>(room, 1024), largest));
}

/// Moves messages through the state machine into the file.
class receiving {
public:
    receiving(const globals& common, const recv_options& options)
        : options_(options), verbose_(common.verbose), socket_(open_socket(session_.context(), common)),
          output_(session_.context().get_executor(), options.path), beat_(session_.context()),
          bound_(bind_socket(socket_, with_ring(options.where))),
          fsm_({chunk_for(bound_.max_message), options.checksum, options.timeout, options.stall_timeout,
                options.max_size}) {
        session_.on_interrupt([this] { interrupt(); });
        socket_.non_blocking(true);
    }

    exit_code run() {
        if (!options_.quiet) {
            complain(fmt::format("waiting for a sender on {}", bound_));
        }
        session_.spawn(receive());
        session_.spawn(keep_alive());
        session_.run();
        return conclude();
    }

private:
    using clock = transfer::clock;

    [[nodiscard]] libargo::bind_options with_ring(libargo::bind_options where) const {
        where.ring_size = large_ring(socket_, where.ring_size);
        return where;
    }

    asio::awaitable<void> receive() {
        std::vector<std::byte> buffer(bound_.max_message);
        while (fsm_.outcome() == ending::none) {
            libargo::message_info info;
            error_code ec;
            const auto size = co_await socket_.async_receive_from(asio::buffer(buffer), info, awaited(ec));
            if (fsm_.outcome() != ending::none) {
                break;
            }
            if (ec) {
                // A restore ends a transfer, but not the wait for one.
                if (ec == std::errc::connection_reset && !fsm_.active()) {
                    continue;
                }
                code_ = exit_code_of(ec);
                give_up(describe(operation::receive, bind_name(options_.where), ec));
                break;
            }
            heard_ = true;
            co_await apply(fsm_.on_message(info.source, to_number(info.type),
                                           std::span<const std::byte>(buffer).first(size), clock::now()));
        }
        stop();
    }

    asio::awaitable<void> apply(transfer::receiver::step step) {
        if (step.started) {
            announce();
        }
        if (!step.write.empty()) {
            writing_ = true;
            const auto ec = co_await output_.write(step.write);
            writing_ = false;
            if (ec) {
                give_up(cannot_write(ec));
            }
            if (progress_) {
                progress_->update(fsm_.received());
            }
        }
        tell(step);
        if (!step.complete || fsm_.outcome() != ending::none) {
            co_return;
        }
        const auto ec = output_.commit();
        if (ec) {
            give_up(cannot_write(ec));
        } else {
            tell(fsm_.commit(clock::now()));
        }
    }

    asio::awaitable<void> keep_alive() {
        while (fsm_.outcome() == ending::none) {
            error_code ignored;
            beat_.expires_after(transfer::alive_interval);
            co_await beat_.async_wait(awaited(ignored));
            if (fsm_.outcome() != ending::none) {
                break;
            }
            if (sender_has_gone()) {
                fsm_.on_peer_gone();
            }
            tell(fsm_.on_tick(clock::now(), !writing_));
        }
        stop();
    }

    /// Whether the sender's ring has gone and all its messages were received.
    bool sender_has_gone() {
        if (!fsm_.active() || writing_ || std::exchange(heard_, false)) {
            return false;
        }
        error_code ec;
        const auto space = socket_.space(0, fsm_.peer(), ec);
        if (ec || space.exists) {
            return ec == libargo::condition::peer_absent;
        }
        const auto status = socket_.status(ec);
        return !ec && !status.next_message;
    }

    void tell(const transfer::receiver::step& step) {
        if (!step.send) {
            return;
        }
        error_code ec;
        const bool last = fsm_.outcome() != ending::none;
        if (last) {
            // The sender waits for the result.
            socket_.non_blocking(false, ec);
            socket_.send_timeout(std::chrono::seconds(5));
        }
        socket_.send_to(asio::buffer(step.send->bytes), step.send->to, message_type, ec);
        if (ec && verbose_) {
            complain(describe(operation::send, to_string(step.send->to), ec));
        }
        if (last && ec && fsm_.outcome() == ending::good) {
            complain("the file is complete, but the sender could not be told so");
        }
        if (ec == libargo::condition::peer_absent && step.send->to == fsm_.peer() && !last) {
            fsm_.on_peer_gone();
        }
    }

    void announce() {
        began_ = clock::now();
        if (options_.quiet || options_.as_json) {
            return;
        }
        const auto& offer = fsm_.offer();
        const std::string name = offer.name.empty() ? "standard input" : "'" + output::printable(offer.name) + "'";
        complain(fmt::format("receiving {}{} from {}", name, offer.size ? fmt::format(", {} bytes,", *offer.size) : "",
                             fsm_.peer()));
        progress_.emplace(
            output::progress(std::filesystem::path(options_.path).filename().string(), offer.size, began_), true);
    }

    [[nodiscard]] std::string cannot_write(const error_code& ec) const {
        return fmt::format("cannot write {}: {}", options_.path, ec.message());
    }

    void interrupt() {
        code_ = exit_code::interrupted;
        give_up("interrupted");
        stop();
    }

    void give_up(const std::string& reason) { tell(fsm_.fail(reason)); }

    void stop() {
        error_code ignored;
        socket_.cancel(ignored);
        session_.ignore_interrupts();
        output_.cancel();
        beat_.cancel();
    }

    exit_code conclude() {
        const bool good = fsm_.outcome() == ending::good;
        const bool started = began_ != clock::time_point();
        output::transfer_summary summary{"recv",
                                         std::nullopt,
                                         options_.path,
                                         fsm_.received(),
                                         started ? clock::now() - began_ : clock::duration(0),
                                         fsm_.digest(),
                                         fsm_.verified(),
                                         output::printable(fsm_.reason())};
        if (started) {
            summary.peer = fsm_.peer();
        }
        // The data may have gone to standard output.
        std::FILE* const out = options_.path == "-" ? stderr : stdout;
        if (good && progress_) {
            progress_->finish(fsm_.received());
        }
        progress_.reset();
        if (options_.as_json) {
            fmt::print(out, "{}\n", output::to_line(output::transfer_json(summary)));
        }
        if (!good) {
            const std::string kept = options_.keep_partial && fsm_.received() != 0 ? output_.keep_partial() : "";
            if (fsm_.outcome() == ending::peer_gone) {
                code_ = exit_code::peer;
            }
            throw failure(code_,
                          fmt::format("not received: {}{}", summary.error,
                                      kept.empty() ? "" : fmt::format("; the part that was received is {}", kept)));
        }
        if (options_.checksum && !options_.as_json) {
            fmt::print(out, "{}\n", output::checksum_line(*fsm_.digest(), options_.path));
        }
        if (options_.checksum && !fsm_.verified()) {
            complain("the sender gave no checksum to compare with");
        }
        if (!options_.quiet && !options_.as_json) {
            complain(output::transfer_text(summary));
        }
        if (verbose_) {
            complain(fmt::format("{} messages ignored, {} duplicates, {} other senders refused", fsm_.ignored(),
                                 fsm_.duplicates(), fsm_.refused()));
        }
        return exit_code::ok;
    }

    recv_options options_;
    bool verbose_;
    session session_;
    libargo::socket socket_;
    output_file output_;
    asio::steady_timer beat_;
    libargo::bind_result bound_;
    transfer::receiver fsm_;
    std::optional<output::progress_display> progress_;
    clock::time_point began_;
    bool heard_ = false;   // since the last beat
    bool writing_ = false; // the file takes data, and no message is received meanwhile
    exit_code code_ = exit_code::failed;
};

} // namespace

runner define_recv(CLI::App& app) {
    const auto options = std::make_shared<recv_options>();
    options::port(app, "-p,--port", options->where.port, "Port to receive on")->required();
    app.add_option("-o,--output", options->path, "The file to write; '-' is standard output")
        ->type_name("FILE")
        ->required();
    options::domid(app, "--partner", options->where.partner, "The only domain that may send (default: any)");
    options::size(app, "--ring-size", options->where.ring_size, "Bytes of the ring (default 1M)");
    app.add_flag("--checksum", options->checksum, "Print the SHA-256");
    app.add_flag("--keep-partial", options->keep_partial, "Keep the received part of a transfer that failed");
    options::file_size(app, "--max-size", options->max_size, "Refuse a larger file (default: no limit)");
    options::seconds(app, "--timeout", options->timeout, "Give up after this silence of the sender (default 30)");
    options::seconds(app, "--stall-timeout", options->stall_timeout,
                     "Give up when the sender is alive but sends no data for so long (default 900)");
    app.add_flag("-q,--quiet", options->quiet, "No progress bar, no summary");
    app.add_flag("--json", options->as_json, "Print the result as a JSON document");
    app.footer(R"(The command receives one file and ends. FILE appears, or is replaced, when the file is
complete; until then its name is FILE.XXXXXX.partial. The sender's checksum, if it sends
one, is always compared. A second sender is refused. With '-o -', the checksum and the JSON
go to standard error.

As with nc and scp, a file may have any size, and can fill the disk, unless --max-size
limits it: name the limit where the sender is not trusted. timeout(1) limits the time of
the whole transfer.

Examples:
  argo-ctl recv --port 5001 -o backup.img --max-size 20G
  argo-ctl recv --port 5001 --partner 3 -o - | tar x)");
    return [options](const globals& common) {
        // When the reader of a pipe goes, write(2) fails, and the sender is told.
        std::signal(SIGPIPE, SIG_IGN);
        return receiving(common, *options).run();
    };
}

} // namespace argoctl
