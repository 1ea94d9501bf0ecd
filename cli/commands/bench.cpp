// SPDX-License-Identifier: MIT
#include "commands/bench.hpp"

#include "app/options.hpp"
#include "commands/commands.hpp"
#include "output/units.hpp"

#include <fmt/format.h>

#include <limits>
#include <memory>
#include <sstream>
#include <string>

namespace argoctl {

namespace {

constexpr const char* explanation =
    R"(Round trip: the client sends a batch and waits until the whole batch is back; the percentiles
are of that time. One way: the client sends and waits for space only; the server counts,
checks the order and reports; the percentiles are of a send call (every 16th is timed).
MB/S is 10^6 bytes of payload a second, in one direction.

A server has one run at a time. A client that is silent for 10 seconds, or that has had the
server for an hour, gives way to the next client.

Examples:
  argo-ctl bench --serve --port 5002                   in one domain, say 3,
  argo-ctl bench 3:5002                                and this in another
  argo-ctl bench 3:5002 -m one-way --sizes 64 -b 32 -d 5
  argo-ctl bench 3:5002 --json | jq '.results[] | [.mode, .size, .messages_per_second]')";

std::vector<std::uint32_t> parse_sizes(const std::string& list) {
    std::vector<std::uint32_t> out;
    std::istringstream rest(list);
    for (std::string text; std::getline(rest, text, ',');) {
        const auto size = output::parse_size(text);
        if (!size || *size < bench::smallest_size || *size > std::numeric_limits<std::uint32_t>::max()) {
            options::reject("--sizes", fmt::format("'{}' is no size; write bytes from {} up, as in 64,1K,16K", text,
                                                   bench::smallest_size));
        }
        out.push_back(static_cast<std::uint32_t>(*size));
    }
    if (out.empty()) {
        options::reject("--sizes", "give at least one, as in 64,1K,16K");
    }
    return out;
}

std::vector<bench::mode> parse_mode(const std::string& text) {
    if (text == "round-trip") {
        return {bench::mode::round_trip};
    }
    if (text == "one-way") {
        return {bench::mode::one_way};
    }
    if (text == "both") {
        return {bench::mode::round_trip, bench::mode::one_way};
    }
    options::reject("--mode", fmt::format("'{}' is no mode; write round-trip, one-way or both", text));
}

} // namespace

runner define_bench(CLI::App& app) {
    const auto options = std::make_shared<bench_options>();
    auto* const peer = options::address(app, "ADDRESS", options->peer, "The address of a 'bench --serve'");
    app.add_flag("--serve", options->serve, "Answer benchmarks, one after the other");
    auto* const port = options::port(app, "-p,--port", options->own.port,
                                     "With --serve: the port to answer on; for 'cable': the one it is plugged into");
    auto* const partner = options::domid(app, "--partner", options->own.partner,
                                         "The only domain that may send to that port (default: any)");

    app.add_option_function<std::string>(
           "-m,--mode", [options](const std::string& text) { options->modes = parse_mode(text); },
           "round-trip, one-way or both (default)")
        ->type_name("MODE");
    app.add_option_function<std::string>(
           "--sizes", [options](const std::string& list) { options->sizes = parse_sizes(list); },
           "Bytes of a message, with a row for each (default 64,1K,16K,64K)")
        ->type_name("LIST");
    auto* const count =
        options::count(app, "-c,--count", options->count, "Messages a row (default: until --duration is over)");
    auto* const duration = options::seconds(app, "-d,--duration", options->duration, "Time a row (default 1)");
    options::count(app, "-b,--batch", options->batch, "Messages a call (default 1)", largest_batch);
    options::size(app, "--ring-size", options->ring_size, "Bytes of the own ring (default 1M)");
    app.add_flag("--json", options->as_json, "Print one JSON document at the end");

    app.final_callback([=] {
        if (options->serve) {
            if (peer->count() != 0) {
                options::reject("--serve", "a server waits for clients; leave out the address");
            }
            if (port->count() == 0) {
                options::reject("--serve", "give the port to answer on with --port");
            }
            return;
        }
        if (peer->count() == 0) {
            options::reject("ADDRESS", "give the address of a 'bench --serve', or --serve");
        }
        options->own.check(options->peer);
        if (options->peer != libargo::cable_end && port->count() + partner->count() != 0) {
            options::reject("--port, --partner", "they go with --serve, or with the address 'cable'");
        }
        // The default duration must not end a row whose count was given.
        if (count->count() != 0 && duration->count() == 0) {
            options->duration = std::chrono::nanoseconds(0);
        }
    });
    app.footer(explanation);
    return [options](const globals& common) {
        return options->serve ? run_bench_server(common, *options) : run_bench_client(common, *options);
    };
}

} // namespace argoctl
