// SPDX-License-Identifier: MIT
#pragma once

#include "stream_transport.hpp"

#include <chrono>
#include <cstdint>

namespace guest::stream {

enum class mode : std::uint32_t {
    throughput, ///< blocks to the server, which at the end says what came
    round_trip, ///< the server sends each block back
};

struct plan {
    mode how = mode::throughput;
    std::uint32_t size = 0;
    std::chrono::milliseconds time{1000};
};

struct result {
    std::uint64_t blocks = 0; ///< in a round trip: there and back
    std::uint64_t bytes = 0;  ///< one way
    /// From the first write until the server has said that it has all, or until the last block was back.
    std::chrono::nanoseconds elapsed{};
    /// Of round trips.
    std::chrono::nanoseconds median{};
    std::chrono::nanoseconds p99{};
    /// All arrived, once, in order and unchanged, as far as block_checker looks.
    bool intact = false;
};

/// The client's side of one measurement.
result measure(connection& to, const plan& what);
/// The server's; false if there was no client.
bool serve(connection& from);

} // namespace guest::stream
