// SPDX-License-Identifier: MIT
#include "parse.hpp"

#include <charconv>

namespace libargo::detail {

std::optional<std::uint32_t> parse_number(std::string_view text) noexcept {
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

std::uint32_t number_or(std::string_view text, std::uint32_t otherwise, error_code& ec) noexcept {
    ec.clear();
    const auto number = parse_number(text);
    if (!number) {
        ec = error::invalid_address;
    }
    return number.value_or(otherwise);
}

std::string quoted(const char* what, std::string_view text) {
    return std::string(what) + " \"" + std::string(text) + '"';
}

} // namespace libargo::detail
