// SPDX-License-Identifier: MIT
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>

namespace libargo::virtio::detail {

/// A little-endian number in a message. @pre the number lies within @p from
template <std::unsigned_integral Number>
[[nodiscard]] constexpr Number load(std::span<const std::byte> from, std::size_t at) noexcept {
    std::uint64_t value = 0;
    for (std::size_t i = sizeof(Number); i-- > 0;) {
        value = (value << 8U) | std::to_integer<std::uint64_t>(from[at + i]);
    }
    return static_cast<Number>(value);
}

/// Writes a little-endian number. @pre the number lies within @p into
template <std::unsigned_integral Number>
constexpr void store(std::span<std::byte> into, std::size_t at, Number value) noexcept {
    for (std::size_t i = 0; i < sizeof(Number); ++i) {
        into[at + i] = static_cast<std::byte>((static_cast<std::uint64_t>(value) >> (8 * i)) & 0xffU);
    }
}

} // namespace libargo::virtio::detail
