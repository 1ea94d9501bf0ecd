// SPDX-License-Identifier: MIT
#include "proto/ping.hpp"
#include "app/device.hpp"
#include "app/errors.hpp"
#include "app/options.hpp"
#include "app/own_end.hpp"
#include "commands/commands.hpp"
#include "output/ping_view.hpp"
#include "util/asio.hpp"
#include "util/session.hpp"

#include <fmt/format.h>
#include <libargo/format.hpp>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace argoctl {

namespace {

struct ping_options {
    libargo::address peer;
    own_end own;
    std::uint64_t count = 0; // no end
    std::chrono::nanoseconds interval{std::chrono::seconds(1)};
    std::size_t size = 56;
    std::chrono::nanoseconds timeout{std::chrono::seconds(1)};
    bool quiet = false;
    bool as_json = false;
};

/// Sends the probes and prints the replies.
class pinger {
public:
    pinger(const globals& common, const ping_options& options)
        : options_(options), socket_(open_socket(session_.context(), common)), pause_(session_.context()),
          tracker_(static_cast<std::uint32_t>(random_number()), options.size, options.timeout) {
        session_.on_interrupt([this] { session_.stop(); });
        // The socket is not connected, so that a peer may go and come back.
        bind_socket(socket_, options.own.toward(options.peer));
        socket_.non_blocking(true);
    }

    exit_code run() {
        if (!options_.as_json) {
            say(fmt::format("PING {} {} bytes", options_.peer, std::max(options_.size, ping::smallest_size)));
        }
        session_.spawn(receive_all());
        session_.spawn(send_all());
        session_.run();

        const auto summary = tracker_.summarize(ping::clock::now());
        if (options_.as_json) {
            say(output::to_line(output::ping_summary_json(options_.peer, summary)));
        } else {
            fmt::print("\n{}", output::ping_summary_text(options_.peer, summary));
        }
        return verdict(summary);
    }

private:
    asio::awaitable<void> send_all() {
        auto next = ping::clock::now();
        while (options_.count == 0 || tracker_.sent() < options_.count) {
            send_one();
            // Probes that were missed (a stopped process, a slow console) are not sent in a burst.
            next = std::max(next + options_.interval, ping::clock::now());
            if (tracker_.sent() != options_.count) {
                co_await sleep_until(next);
            }
        }
        sending_ = false;
        const auto last = ping::clock::now() + options_.timeout + std::chrono::milliseconds(1);
        while (!tracker_.settled(ping::clock::now())) {
            co_await sleep_until(last);
        }
        session_.stop();
    }

    void send_one() {
        const auto probe = tracker_.next(ping::clock::now());
        error_code ec;
        socket_.send_to(asio::buffer(probe), options_.peer, libargo::message_type{ping::message_type}, ec);
        if (!ec) {
            return;
        }
        tracker_.failed();
        last_error_ = ec;
        if (!options_.quiet) {
            complain(
                fmt::format("seq={}: {}", tracker_.sent(), describe(operation::send, to_string(options_.peer), ec)));
        }
    }

    asio::awaitable<void> receive_all() {
        std::vector<std::byte> buffer(std::max(options_.size, ping::smallest_size) + 1);
        for (;;) {
            libargo::message_info info;
            error_code ec;
            const auto size = co_await socket_.async_receive_from(asio::buffer(buffer), info, awaited(ec));
            const auto now = ping::clock::now();
            if (ec == std::errc::connection_reset) {
                complain("this domain was restored; probes under way are lost");
                continue;
            }
            if (ec) {
                throw failure(operation::receive, "the own port", ec);
            }
            if (!may_reply(info.source)) {
                continue;
            }
            const auto reply =
                tracker_.on_message(to_number(info.type), std::span<const std::byte>(buffer).first(size), now);
            if (reply.kind == ping::reply_kind::foreign) {
                continue;
            }
            if (!options_.quiet) {
                say(options_.as_json ? output::to_line(output::ping_reply_json(options_.peer, reply, info.size))
                                     : output::ping_reply_text(options_.peer, reply, info.size));
            }
            if (!sending_ && tracker_.settled(now)) {
                pause_.cancel();
            }
        }
    }

    asio::awaitable<void> sleep_until(ping::clock::time_point when) {
        error_code ignored;
        pause_.expires_at(when);
        co_await pause_.async_wait(awaited(ignored));
    }

    /// A reply from 'self' has the number of this domain, and anybody may be at the end of a cable.
    [[nodiscard]] bool may_reply(const libargo::address& source) const {
        return source == options_.peer || options_.peer == libargo::cable_end ||
               (options_.peer.domid == libargo::domid_t::self && source.port == options_.peer.port);
    }

    static void say(const std::string& line) {
        fmt::print("{}\n", line);
        std::fflush(stdout);
    }

    [[nodiscard]] exit_code verdict(const ping::summary& summary) const {
        if (summary.received == 0 && summary.errors == summary.sent && last_error_) {
            return exit_code_of(last_error_);
        }
        return summary.lost != 0 || summary.received == 0 ? exit_code::failed : exit_code::ok;
    }

    ping_options options_;
    session session_;
    libargo::socket socket_;
    asio::steady_timer pause_;
    ping::tracker tracker_;
    bool sending_ = true;
    error_code last_error_;
};

} // namespace

runner define_ping(CLI::App& app) {
    const auto options = std::make_shared<ping_options>();
    options::address(app, "ADDRESS", options->peer, "The address of an 'argo-ctl echo'")->required();
    options->own.add_options(app);
    options::count(app, "-c,--count", options->count, "Stop after N probes (default: at Ctrl-C)");
    options::seconds(app, "-i,--interval", options->interval, "Time between probes (default 1)");
    options::size(app, "-s,--size", options->size, "Size of a probe, from 16 bytes up (default 56)");
    options::seconds(app, "-W,--timeout", options->timeout, "Time after which a reply counts as lost (default 1)");
    app.add_flag("-q,--quiet", options->quiet, "Print the statistics only");
    app.add_flag("--json", options->as_json, "Print JSON documents, one a line: replies, then the statistics");
    app.final_callback([options] {
        options->own.check(options->peer);
        if (options->size < ping::smallest_size) {
            options::reject("--size", fmt::format("a probe has at least {} bytes", ping::smallest_size));
        }
    });
    app.footer(R"(Ctrl-C ends the command with the statistics. The exit code is 0 if all probes were answered
in time, 1 if some were lost, 4 if none could be sent because the peer has no ring.

Examples:
  argo-ctl ping 3:5000
  argo-ctl ping 3:5000 -c 100 -i 0.01 -s 1K -q
  argo-ctl ping cable --port 42            where the cable of port 42 leads
  argo-ctl ping 3:5000 -c 5 -q --json | jq .rtt_ns.avg)");
    return [options](const globals& common) { return pinger(common, *options).run(); };
}

} // namespace argoctl
