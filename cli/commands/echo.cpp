// SPDX-License-Identifier: MIT
#include "app/device.hpp"
#include "app/errors.hpp"
#include "app/options.hpp"
#include "commands/commands.hpp"
#include "output/json.hpp"
#include "proto/backlog.hpp"
#include "util/asio.hpp"
#include "util/session.hpp"

#include <fmt/format.h>
#include <libargo/format.hpp>

#include <chrono>
#include <memory>
#include <string>
#include <vector>

namespace argoctl {

namespace {

struct echo_options {
    libargo::bind_options where;
    std::uint64_t count = 0; // no end
    bool as_json = false;
};

/// Sends each message back. When a peer's ring is full, the replies to that peer wait in a queue of limited size, and
/// replies to other peers pass them.
class echoer {
public:
    echoer(const globals& common, const echo_options& options)
        : options_(options), verbose_(common.verbose), socket_(open_socket(session_.context(), common)),
          bound_(bind_socket(socket_, options.where)), buffer_(bound_.max_message) {
        session_.on_interrupt([this] { session_.stop(); });
        socket_.non_blocking(true);
    }

    exit_code run() {
        complain(fmt::format("echoing on {}", bound_));
        session_.spawn(receive_all());
        session_.run();
        send_rest();
        summarize();
        return lost_ == 0 ? exit_code::ok : exit_code::failed;
    }

private:
    using clock = std::chrono::steady_clock;

    asio::awaitable<void> receive_all() {
        while (options_.count == 0 || received_ < options_.count) {
            libargo::message_info info;
            error_code ec;
            const auto size = co_await socket_.async_receive_from(asio::buffer(buffer_), info, awaited(ec));
            if (ec == std::errc::connection_reset) {
                complain("this domain was restored; messages in flight are lost");
                continue;
            }
            if (ec) {
                throw failure(operation::receive, bind_name(options_.where), ec);
            }
            ++received_;
            bytes_ += size;
            reply(info, std::span<const std::byte>(buffer_).first(size));
        }
        session_.stop();
    }

    void reply(const libargo::message_info& info, std::span<const std::byte> payload) {
        error_code ec = asio::error::would_block;
        // Replies that wait already go first.
        if (backlog_.waiting(info.source) == 0) {
            socket_.send_to(asio::buffer(payload.data(), payload.size()), info.source, info.type, ec);
        }
        if (ec == asio::error::would_block) {
            queue(info, payload);
        } else {
            settle(info.source, ec);
        }
    }

    void queue(const libargo::message_info& info, std::span<const std::byte> payload) {
        if (!backlog_.add(info.source, payload.size())) {
            lose(info.source, "its ring is full, and so is the queue of replies to it");
            return;
        }
        auto copy = std::make_shared<std::vector<std::byte>>(payload.begin(), payload.end());
        const auto bytes = asio::buffer(*copy);
        socket_.async_send_to(bytes, info.source, info.type,
                              [this, copy = std::move(copy), to = info.source](const error_code& ec, std::size_t) {
                                  backlog_.remove(to, copy->size());
                                  settle(to, ec);
                              });
    }

    void settle(const libargo::address& to, const error_code& ec) {
        if (ec) {
            lose(to, describe(operation::send, to_string(to), ec));
        } else {
            ++echoed_;
        }
    }

    /// Reports a lost reply, once a second at most: a flood of messages must not become a flood of complaints.
    void lose(const libargo::address& to, std::string_view why) {
        ++lost_;
        const auto now = clock::now();
        if (!verbose_ && now < next_complaint_) {
            return;
        }
        next_complaint_ = now + std::chrono::seconds(1);
        complain(fmt::format("a reply to {} is lost: {} ({} lost so far)", to, why, lost_));
    }

    void send_rest() {
        const auto end = clock::now() + std::chrono::seconds(1);
        auto& context = session_.context();
        context.restart();
        while (backlog_.waiting() != 0 && clock::now() < end) {
            context.run_one_until(end);
        }
        if (const auto left = backlog_.waiting(); left != 0) {
            lost_ += left;
            complain(fmt::format("{} replies are lost: their receivers take no more", left));
        }
    }

    void summarize() const {
        if (!options_.as_json) {
            fmt::print("{} received ({} bytes), {} echoed, {} lost\n", received_, bytes_, echoed_, lost_);
            return;
        }
        auto doc = output::document("echo");
        doc["local"] = to_string(bound_.local());
        doc["received"] = received_;
        doc["received_bytes"] = bytes_;
        doc["echoed"] = echoed_;
        doc["lost"] = lost_;
        fmt::print("{}\n", output::to_line(doc));
    }

    echo_options options_;
    bool verbose_;
    session session_;
    libargo::socket socket_;
    libargo::bind_result bound_;
    std::vector<std::byte> buffer_;
    backlog backlog_;
    std::uint64_t received_ = 0;
    std::uint64_t bytes_ = 0;
    std::uint64_t echoed_ = 0;
    std::uint64_t lost_ = 0;
    clock::time_point next_complaint_;
};

} // namespace

runner define_echo(CLI::App& app) {
    const auto options = std::make_shared<echo_options>();
    options::port(app, "-p,--port", options->where.port, "Port to receive on")->required();
    options::domid(app, "--partner", options->where.partner, "The only domain that may send (default: any)");
    options::size(app, "--ring-size", options->where.ring_size, "Bytes of the ring (default: the driver's)");
    options::count(app, "-c,--count", options->count, "Stop after N messages (default: at Ctrl-C)");
    app.add_flag("--json", options->as_json, "Print the counts as a JSON document at the end");
    app.footer(R"(A reply waits while its peer's ring is full. At most 256 messages or 1 MiB wait for each
peer, and 64 MiB for all. A further reply, or one whose peer has gone, is lost: it is
counted and reported on standard error. The exit code is 0 if no reply was lost, else 1.

Examples:
  argo-ctl echo --port 5000
  argo-ctl echo --port 5000 --partner 0     where Xen runs without mac-permissive=1)");
    return [options](const globals& common) { return echoer(common, *options).run(); };
}

} // namespace argoctl
