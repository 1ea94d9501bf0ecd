// SPDX-License-Identifier: MIT
#pragma once

#include "app/command.hpp"
#include "app/own_end.hpp"
#include "proto/bench_messages.hpp"

#include <libargo/address.hpp>
#include <libargo/bind.hpp>

#include <chrono>
#include <cstdint>
#include <optional>
#include <vector>

namespace argoctl {

struct bench_options {
    libargo::address peer;
    std::vector<bench::mode> modes{bench::mode::round_trip, bench::mode::one_way};
    std::vector<std::uint32_t> sizes{64, 1024, 16384, 65536};
    std::uint64_t count = 0; // 0: the duration ends the row
    std::chrono::nanoseconds duration{std::chrono::seconds(1)};
    std::uint64_t batch = 1;   // at most largest_batch
    std::size_t ring_size = 0; // 0: as large_ring() gives
    bool as_json = false;
    bool serve = false;
    own_end own; // of a client only for a cable
};

/// Most messages a call, and so most buffers.
inline constexpr std::uint32_t largest_batch = 256;

exit_code run_bench_client(const globals& common, const bench_options& options);
exit_code run_bench_server(const globals& common, const bench_options& options);

} // namespace argoctl
