// SPDX-License-Identifier: MIT
#include "numbers.hpp"

#include <charconv>

namespace libargo::detail {

std::optional<std::uint32_t> read_number(std::string_view text) noexcept {
    int base = 10;
    if (text.starts_with("0x") || text.starts_with("0X")) {
        base = 16;
        text.remove_prefix(2);
    }
    std::uint32_t value = 0;
    const auto* const end = text.data() + text.size();
    const auto [stopped, err] = std::from_chars(text.data(), end, value, base);
    if (err != std::errc{} || stopped != end) {
        return std::nullopt;
    }
    return value;
}

} // namespace libargo::detail
