// SPDX-License-Identifier: MIT
#pragma once

#include <libargo/error.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace libargo::detail {

/// Reads a decimal or 0x number of at most 32 bits; nothing on anything else, spaces and signs included.
[[nodiscard]] std::optional<std::uint32_t> parse_number(std::string_view text) noexcept;

/// What was to be read, and the text that it was read from, for an exception.
[[nodiscard]] std::string quoted(const char* what, std::string_view text);

/// The number that a text is; where it is none, `otherwise` and error::invalid_address.
[[nodiscard]] std::uint32_t number_or(std::string_view text, std::uint32_t otherwise, error_code& ec) noexcept;

template <class T> using reader = T (*)(std::string_view, error_code&) noexcept;

/// What a text is read as; a system_error that quotes it where it cannot be.
template <class T> T read_or_throw(reader<T> read, const char* what, std::string_view text) {
    error_code ec;
    const auto found = read(text, ec);
    if (ec) {
        throw system_error(ec, quoted(what, text));
    }
    return found;
}

/// What a text with a colon is read as; `otherwise` where it cannot be.
template <class Address, class Host, class Port>
Address read_address(std::string_view text, reader<Host> host, reader<Port> port, const Address& otherwise,
                     error_code& ec) noexcept {
    const auto colon = text.find(':');
    if (colon == std::string_view::npos) {
        ec = error::invalid_address;
        return otherwise;
    }
    const auto first = host(text.substr(0, colon), ec);
    if (ec) {
        return otherwise;
    }
    const auto second = port(text.substr(colon + 1), ec);
    return ec ? otherwise : Address{first, second};
}

} // namespace libargo::detail
