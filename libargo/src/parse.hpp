// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace libargo::detail {

/// Reads a decimal or 0x number of at most 32 bits; nothing on anything else, spaces and signs included.
[[nodiscard]] std::optional<std::uint32_t> parse_number(std::string_view text) noexcept;

/// What was to be read, and the text that it was read from, for an exception.
[[nodiscard]] std::string quoted(const char* what, std::string_view text);

} // namespace libargo::detail
