// SPDX-License-Identifier: MIT
#include "app/device.hpp"
#include "app/errors.hpp"
#include "app/options.hpp"
#include "commands/commands.hpp"
#include "output/rings_view.hpp"
#include "output/units.hpp"
#include "util/interrupt.hpp"

#include <fmt/format.h>

#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <ctime>
#include <memory>
#include <string>
#include <tuple>

namespace argoctl {

namespace {

struct rings_options {
    bool as_json = false;
    bool watch = false;
    std::chrono::nanoseconds interval{0};
};

std::string render(const libargo::socket& socket, const globals& common, bool as_json) {
    boost::system::error_code ec;
    auto rings = socket.list_rings(ec);
    if (ec) {
        throw failure(operation::list, common.device, ec);
    }
    std::ranges::sort(rings, {}, [](const auto& ring) { return std::tuple(ring.port, ring.partner); });
    return as_json ? output::to_line(output::rings_json(rings)) + '\n' : output::rings_text(rings);
}

/// Sleeps for a time. A signal ends the sleep.
void pause_for(std::chrono::nanoseconds time) {
    const auto whole = std::chrono::duration_cast<std::chrono::seconds>(time);
    const timespec wanted{whole.count(), (time - whole).count()};
    nanosleep(&wanted, nullptr);
}

exit_code show_rings(const globals& common, const rings_options& options) {
    boost::asio::io_context context;
    const auto socket = open_socket(context, common);
    if (!options.watch) {
        fmt::print("{}", render(socket, common, options.as_json));
        return exit_code::ok;
    }

    catch_interrupts();
    const bool redraw = !options.as_json && isatty(STDOUT_FILENO) == 1;
    bool first = true;
    while (!interrupted()) {
        const std::string text = render(socket, common, options.as_json);
        if (redraw) {
            fmt::print("\x1b[H\x1b[2JRings of this domain, every {} (Ctrl-C ends)\n\n",
                       output::human_time(options.interval));
        } else if (!options.as_json && !first) {
            fmt::print("\n");
        }
        fmt::print("{}", text);
        std::fflush(stdout);
        first = false;
        pause_for(options.interval);
    }
    return exit_code::ok;
}

} // namespace

runner define_rings(CLI::App& app) {
    const auto options = std::make_shared<rings_options>();
    app.add_flag("--json", options->as_json, "Print a JSON document; with --watch one a line");
    app.add_option_function<std::string>(
           "-w,--watch",
           [options](const std::string& text) {
               const auto interval = output::parse_seconds(text);
               if (!interval || interval->count() == 0) {
                   options::reject("--watch", fmt::format("'{}' is no time; write seconds above 0, as in 0.5", text));
               }
               options->interval = *interval;
               options->watch = true;
           },
           "Show the rings every SECONDS (default 2)")
        ->type_name("SECONDS")
        ->expected(0, 1)
        ->default_str("2");
    app.footer(R"(Columns:
  PORT, PARTNER      port of the ring, and the only domain that may send to it
  OWNER, PROCESS     kernel module, and for /dev/argo the process
  SIZE, FILL         bytes of the ring, and those in use
  RX-*, TX-*         messages and bytes received on this port, and sent from it
  DROPS, TRUNC       messages that were not delivered, or delivered in part
  TX-FULL, RX-WAITS  sends that found a full ring, receives that had to wait
  RESETS             times that the ring was emptied (a restore)
Without CAP_NET_ADMIN only the rings of the calling user are shown.

Examples:
  argo-ctl rings
  argo-ctl rings -w 0.5
  argo-ctl rings --json | jq '.rings[] | select(.drops > 0)')");
    return [options](const globals& common) { return show_rings(common, *options); };
}

} // namespace argoctl
