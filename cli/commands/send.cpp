// SPDX-License-Identifier: MIT
#include "app/device.hpp"
#include "app/errors.hpp"
#include "app/options.hpp"
#include "app/own_end.hpp"
#include "commands/commands.hpp"
#include "output/progress.hpp"
#include "output/transfer_view.hpp"
#include "output/units.hpp"
#include "proto/transfer_sender.hpp"
#include "util/asio.hpp"
#include "util/input_file.hpp"
#include "util/session.hpp"

#include <fmt/format.h>
#include <libargo/format.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

namespace argoctl {

namespace {

using transfer::ending;

struct send_options {
    std::string path;
    libargo::address peer;
    own_end own;
    std::string name; // the name in the offer, by default the path's last part
    bool checksum = false;
    bool quiet = false;
    bool as_json = false;
    std::chrono::nanoseconds timeout{transfer::default_timeout};
    std::chrono::nanoseconds stall_timeout{transfer::default_stall_timeout};
};

constexpr libargo::message_type message_type{transfer::message_type};

/// Moves the file through the state machine into the socket.
class sending {
public:
    sending(const globals& common, const send_options& options)
        : options_(options), socket_(open_socket(session_.context(), common)),
          input_(session_.context().get_executor(), options.path), beat_(session_.context()),
          changed_(session_.context()), fsm_(random_number(), {input_.size(), options.checksum, offered_name(options)},
                                             {options.timeout, options.stall_timeout}),
          progress_({std::filesystem::path(options.path).filename().string(), input_.size(), clock::now()},
                    !options.quiet && !options.as_json) {
        session_.on_interrupt([this] { interrupt(); });
        if (options.own.port != libargo::port_any) {
            bind_socket(socket_, options.own.toward(options.peer));
        }
        error_code ec;
        socket_.connect(options.peer, ec);
        if (ec) {
            throw failure(operation::connect, to_string(options.peer), ec);
        }
        socket_.non_blocking(true);
    }

    exit_code run() {
        const auto began = clock::now();
        session_.spawn(listen());
        session_.spawn(keep_alive());
        session_.spawn(work());
        session_.run();
        return conclude(clock::now() - began);
    }

private:
    using clock = transfer::clock;

    static std::string offered_name(const send_options& options) {
        if (!options.name.empty() || options.path == "-") {
            return options.name;
        }
        return std::filesystem::path(options.path).filename().string();
    }

    asio::awaitable<void> work() {
        if (!co_await send({}, fsm_.start(clock::now()))) {
            co_return;
        }
        while (!fsm_.accepted() && !fsm_.over()) {
            co_await wait_for_change();
        }

        std::vector<std::byte> buffer(chunk_size());
        while (!fsm_.over()) {
            error_code ec;
            reading_ = true;
            const auto size = co_await input_.read(buffer, ec);
            reading_ = false;
            if (fsm_.over()) {
                break;
            }
            if (ec) {
                give_up(fmt::format("cannot read {}: {}", options_.path, ec.message()));
                break;
            }
            if (size == 0) {
                co_await finish();
                break;
            }
            const std::span<const std::byte> data(buffer.data(), size);
            if (!co_await send(data, fsm_.next_header(data, clock::now()))) {
                break;
            }
            progress_.update(fsm_.sent());
        }
        while (!fsm_.over()) {
            co_await wait_for_change();
        }
        stop();
    }

    asio::awaitable<void> finish() {
        if (input_.size() && *input_.size() != fsm_.sent()) {
            give_up(fmt::format("{} changed its size while it was sent", options_.path));
            co_return;
        }
        co_await send({}, fsm_.finish(clock::now()));
    }

    /// The bytes of data in a message, limited by the receiver, its ring, and the memory here.
    std::size_t chunk_size() {
        constexpr std::size_t largest = std::size_t{1} << 20;
        std::size_t size = std::clamp<std::size_t>(fsm_.chunk(), 1, largest);
        error_code ec;
        const auto space = socket_.space(0, ec);
        if (!ec && space.max_message > transfer::data_header_size) {
            size = std::min(size, space.max_message - transfer::data_header_size);
        }
        return size;
    }

    /// @returns false if the message could not be sent, and the transfer is over
    asio::awaitable<bool> send(std::span<const std::byte> data, std::vector<std::byte> head) {
        const std::array<asio::const_buffer, 2> parts{asio::buffer(head), asio::buffer(data.data(), data.size())};
        error_code ec;
        co_await socket_.async_send(parts, message_type, awaited(ec));
        if (ec && !fsm_.over()) {
            on_send_error(ec);
        }
        co_return !fsm_.over();
    }

    void on_send_error(const error_code& ec) {
        // A receiver that failed has sent its result before its ring went.
        std::vector<std::byte> message(largest_reply);
        error_code empty;
        for (int left = most_replies; left > 0 && !empty && !fsm_.over(); --left) {
            libargo::message_info info;
            const auto size = socket_.receive_from(asio::buffer(message), info, empty);
            if (!empty) {
                fsm_.on_message(to_number(info.type), std::span<const std::byte>(message).first(size), clock::now());
            }
        }
        if (!fsm_.over()) {
            code_ = exit_code_of(ec);
        }
        fsm_.on_peer_gone(describe(operation::send, to_string(options_.peer), ec));
        stop();
    }

    asio::awaitable<void> listen() {
        std::vector<std::byte> message(largest_reply);
        while (!fsm_.over()) {
            libargo::message_info info;
            error_code ec;
            const auto size = co_await socket_.async_receive_from(asio::buffer(message), info, awaited(ec));
            if (fsm_.over()) {
                break;
            }
            if (ec) {
                code_ = exit_code_of(ec);
                fsm_.on_peer_gone(describe(operation::receive, "the own port", ec));
                break;
            }
            fsm_.on_message(to_number(info.type), std::span<const std::byte>(message).first(size), clock::now());
            changed_.cancel();
        }
        stop();
    }

    asio::awaitable<void> keep_alive() {
        while (!fsm_.over()) {
            error_code ec;
            beat_.expires_after(transfer::alive_interval);
            co_await beat_.async_wait(awaited(ec));
            // A full ring needs no further message: the receiver has messages to read.
            if (const auto message = fsm_.on_tick(clock::now(), reading_)) {
                socket_.send(asio::buffer(*message), message_type, ec);
            }
        }
        stop();
    }

    asio::awaitable<void> wait_for_change() {
        error_code ignored;
        changed_.expires_at(clock::time_point::max());
        co_await changed_.async_wait(awaited(ignored));
    }

    void interrupt() {
        code_ = exit_code::interrupted;
        give_up("interrupted");
        stop();
    }

    void give_up(const std::string& reason) {
        const auto message = fsm_.fail(reason);
        if (!message) {
            return;
        }
        // The receiver notices that the ring goes, too; the message gives the reason.
        error_code ignored;
        socket_.non_blocking(false, ignored);
        socket_.send_timeout(std::chrono::seconds(1));
        socket_.send(asio::buffer(*message), message_type, ignored);
    }

    void stop() {
        error_code ignored;
        socket_.cancel(ignored);
        session_.ignore_interrupts();
        input_.cancel();
        beat_.cancel();
        changed_.cancel();
    }

    exit_code conclude(std::chrono::nanoseconds elapsed) {
        const bool good = fsm_.outcome() == ending::good;
        output::transfer_summary summary{"send",
                                         options_.peer,
                                         options_.path,
                                         fsm_.sent(),
                                         elapsed,
                                         fsm_.digest(),
                                         good && fsm_.digest().has_value(),
                                         output::printable(fsm_.reason())};
        if (good) {
            progress_.finish(fsm_.sent());
            if (options_.as_json) {
                fmt::print("{}\n", output::to_line(output::transfer_json(summary)));
            } else if (fsm_.digest()) {
                fmt::print("{}\n", output::checksum_line(*fsm_.digest(), options_.path));
            }
            if (!options_.quiet && !options_.as_json) {
                complain(output::transfer_text(summary));
            }
            return exit_code::ok;
        }
        if (options_.as_json) {
            fmt::print("{}\n", output::to_line(output::transfer_json(summary)));
        }
        if (fsm_.outcome() == ending::refused) {
            throw failure(exit_code::peer, fmt::format("{} refused it: {}", options_.peer, summary.error));
        }
        if (fsm_.outcome() == ending::peer_gone && code_ == exit_code::failed) {
            code_ = exit_code::peer;
        }
        throw failure(code_, fmt::format("not sent: {}", summary.error));
    }

    static constexpr std::size_t largest_reply = 4096;
    static constexpr int most_replies = 4096; // more messages than the ring holds

    send_options options_;
    session session_;
    libargo::socket socket_;
    input_file input_;
    asio::steady_timer beat_;
    asio::steady_timer changed_;
    transfer::sender fsm_;
    output::progress_display progress_;
    bool reading_ = false; // waits for the input
    exit_code code_ = exit_code::failed;
};

} // namespace

runner define_send(CLI::App& app) {
    const auto options = std::make_shared<send_options>();
    app.add_option("FILE", options->path, "The file to send; '-' is standard input")->type_name("")->required();
    options::address(app, "ADDRESS", options->peer, "The address of an 'argo-ctl recv'")->required();
    options->own.add_options(app);
    app.final_callback([options] { options->own.check(options->peer); });
    app.add_flag("--checksum", options->checksum, "Compare the SHA-256 on both sides, and print it");
    app.add_option("--name", options->name, "The name that the receiver shows (default: the file's)")
        ->type_name("NAME");
    options::seconds(app, "--timeout", options->timeout, "Give up after this silence of the receiver (default 30)");
    options::seconds(app, "--stall-timeout", options->stall_timeout,
                     "Give up when the receiver is alive but takes no data for so long (default 900)");
    app.add_flag("-q,--quiet", options->quiet, "No progress bar, no summary");
    app.add_flag("--json", options->as_json, "Print the result as a JSON document");
    app.footer(R"(The exit code is 0 only if the receiver confirms that it has the whole file. It is 4 if the
receiver refused (it is busy, or the file is too large), is not there or has gone.

Examples:
  argo-ctl send backup.img 3:5001 --checksum
  tar c /etc | argo-ctl send - 3:5001)");
    return [options](const globals& common) { return sending(common, *options).run(); };
}

} // namespace argoctl
