// SPDX-License-Identifier: MIT
#pragma once

#include <cstring>
#include <optional>
#include <span>
#include <vector>

#include "argo/ring.h"

namespace argo_fuzz {

/// What an input begins with; the ring's data follows, as much of it as there is.
struct ring_input {
    u16 length_slots; ///< the ring's length, modulo what is tried
    u16 rx_slot;
    u32 tx;
    u16 from;  ///< a part of each payload that is read on its own
    u8 raw_tx; ///< odd: @ref tx as it is; else the slot of that number
    u8 layout; ///< which of argo_test::layouts, modulo their number
};
static_assert(sizeof(ring_input) == 12);

constexpr u32 most_slots = 160;

inline u32 ring_length(const ring_input& input) { return (3 + input.length_slots % (most_slots - 2)) * 16; }

inline u32 receive_index(const ring_input& input) { return input.rx_slot * 16u % ring_length(input); }

inline u32 send_index(const ring_input& input) {
    if (input.raw_tx % 2 != 0)
        return input.tx;
    return input.tx % (ring_length(input) / 16) * 16;
}

inline std::optional<ring_input> parse(std::span<const u8> bytes) {
    ring_input input{};
    if (bytes.size() < sizeof(input))
        return std::nullopt;
    std::memcpy(&input, bytes.data(), sizeof(input));
    return input;
}

inline std::vector<u8> serialize(const ring_input& input, std::span<const u8> data) {
    std::vector<u8> bytes(sizeof(input) + data.size());
    std::memcpy(bytes.data(), &input, sizeof(input));
    if (!data.empty())
        std::memcpy(&bytes[sizeof(input)], data.data(), data.size());
    return bytes;
}

} // namespace argo_fuzz
