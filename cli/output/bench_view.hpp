// SPDX-License-Identifier: MIT
#pragma once

#include "output/json.hpp"
#include "proto/bench_messages.hpp"
#include "util/statistics.hpp"

#include <libargo/address.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace argoctl::output {

/// One measurement.
struct bench_row {
    bench::mode mode = bench::mode::round_trip;
    std::size_t size = 0;
    std::uint32_t batch = 1;
    std::uint64_t sent = 0;
    std::chrono::nanoseconds elapsed{0};
    /// Round trip: times of a batch's exchange. One way: times of a send call.
    latency_histogram latency;
    bench::report report;

    /// 10^6 bytes of payload a second, in one direction.
    [[nodiscard]] double megabytes_per_second() const;
    [[nodiscard]] double messages_per_second() const;
    /// Whether every message arrived once, in order and whole.
    [[nodiscard]] bool clean() const;
};

std::string_view mode_name(bench::mode mode);

/// Each row is printed when it has been measured, so the columns have fixed widths.
std::string bench_header();
std::string bench_line(const bench_row& row);
json bench_json(const libargo::address& peer, std::span<const bench_row> rows);

} // namespace argoctl::output
