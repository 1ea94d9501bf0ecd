// SPDX-License-Identifier: MIT
// argo-stream-bench: a byte stream, measured in the same way over whatever carries it.
#include "stream_session.hpp"

#include "arguments.hpp"

#include <cstdio>
#include <iostream>

namespace {

namespace stream = guest::stream;

constexpr const char* usage = R"(usage:
  argo-stream-bench serve --transport tcp|vsock|vchan [--port P] [--to DOMID] [--busy-poll US]
  argo-stream-bench run   --transport tcp|vsock|vchan [--port P] --to ADDRESS|DOMID --size BYTES
                          [--mode throughput|round-trip] [--seconds S] [--busy-poll US] [--json]
--to is an IPv4 address for tcp and else a domid. A server of vchan serves that one only; others need none.
--busy-poll is for tcp: SO_BUSY_POLL of its sockets.
run's exit status is 1 if what arrived is not what was sent.
)";

stream::place place_of(const guest::arguments& options) {
    return {options.text("transport"), options.text("to"), options.number<std::uint16_t>("port", 5003),
            std::chrono::microseconds{options.number<std::uint32_t>("busy-poll", 0)}};
}

stream::mode mode_of(const std::string& text) {
    if (text == "throughput") {
        return stream::mode::throughput;
    }
    if (text == "round-trip") {
        return stream::mode::round_trip;
    }
    throw std::invalid_argument("'" + text + "' is no mode: throughput, round-trip");
}

[[noreturn]] void serve(const guest::arguments& options) {
    const auto where = place_of(options);
    const auto listener = stream::listen(where);
    std::cout << "answering" << std::endl;
    for (;;) {
        const auto client = listener->accept();
        try {
            stream::serve(*client);
        } catch (const std::exception& error) {
            // The next connection is another; but a channel is one for all, and holds what this client left.
            if (where.transport == "vchan") {
                throw;
            }
            std::cerr << "argo-stream-bench: " << error.what() << std::endl;
        }
    }
}

void print_json(const stream::place& where, const std::string& mode, std::uint32_t size, const stream::result& found,
                double rate) {
    std::printf(R"({"transport": "%s", "mode": "%s", "size": %u, "blocks": %llu, "bytes": %llu, "elapsed_ns": %lld, )"
                R"("megabytes_per_second": %.3f, "latency_ns": {"p50": %lld, "p99": %lld}, "intact": %s})"
                "\n",
                where.transport.c_str(), mode.c_str(), size, static_cast<unsigned long long>(found.blocks),
                static_cast<unsigned long long>(found.bytes), static_cast<long long>(found.elapsed.count()), rate,
                static_cast<long long>(found.median.count()), static_cast<long long>(found.p99.count()),
                found.intact ? "true" : "false");
}

int run(const guest::arguments& options) {
    const auto where = place_of(options);
    const auto mode = options.text("mode", "throughput");
    const stream::plan plan{mode_of(mode), options.number<std::uint32_t>("size", 65536),
                            std::chrono::seconds{options.number<std::uint32_t>("seconds", 1)}};
    const auto server = stream::connect(where);
    const auto found = stream::measure(*server, plan);
    const auto rate = static_cast<double>(found.bytes) / static_cast<double>(found.elapsed.count()) * 1e3;
    if (options.has("json")) {
        print_json(where, mode, plan.size, found, rate);
    } else if (plan.how == stream::mode::throughput) {
        std::printf("%.1f MB/s in blocks of %u bytes\n", rate, plan.size);
    } else {
        std::printf("median %.1f us, 99th percentile %.1f us, of %llu round trips of %u bytes\n",
                    static_cast<double>(found.median.count()) / 1e3, static_cast<double>(found.p99.count()) / 1e3,
                    static_cast<unsigned long long>(found.blocks), plan.size);
    }
    if (!found.intact) {
        std::cerr << "argo-stream-bench: what arrived is not what was sent\n";
    }
    return found.intact ? 0 : 1;
}

} // namespace

int main(int argc, char** argv) {
    try {
        const guest::arguments options{argc, argv, {"json"}};
        const auto what = options.words().empty() ? "" : options.words().front();
        if (what == "serve") {
            serve(options);
        }
        if (what == "run") {
            return run(options);
        }
        std::cerr << usage;
    } catch (const std::exception& error) {
        std::cerr << "argo-stream-bench: " << error.what() << '\n';
    }
    return 2;
}
