// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace libargo::detail {

/// Reads a decimal or 0x number of at most 32 bits.
/// @returns nothing for any other text, also with spaces or a sign
[[nodiscard]] std::optional<std::uint32_t> read_number(std::string_view text) noexcept;

/// Reads two values with a colon between them.
template <class Pair, class First, class Second>
[[nodiscard]] std::optional<Pair> read_pair(std::string_view text, First read_first, Second read_second) noexcept {
    const auto colon = text.find(':');
    if (colon == std::string_view::npos) {
        return std::nullopt;
    }
    const auto first = read_first(text.substr(0, colon));
    const auto second = read_second(text.substr(colon + 1));
    return first && second ? std::optional<Pair>({*first, *second}) : std::nullopt;
}

} // namespace libargo::detail
