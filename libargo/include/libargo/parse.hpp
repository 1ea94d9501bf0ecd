// SPDX-License-Identifier: MIT
#pragma once

#include <string_view>

#include <libargo/address.hpp>
#include <libargo/detail/parsed.hpp>
#include <libargo/detail/read.hpp>
#include <libargo/error.hpp>

namespace libargo {

/// Reads a domain id: a decimal or 0x number below 0x7ff0, `self`, `any` or `parent`.
///
/// @param text the text, without spaces
/// @param ec set to `error::invalid_address`, or cleared
/// @returns the domain id; `domid_t::any` on error
[[nodiscard]] inline domid_t parse_domid(std::string_view text, error_code& ec) noexcept {
    return detail::value_or(detail::read_domid(text), domid_t::any, ec);
}

/// Reads a domain id, as above.
/// @throws boost::system::system_error with `error::invalid_address`
[[nodiscard]] inline domid_t parse_domid(std::string_view text) {
    return detail::value_or_throw(detail::read_domid(text), "domain id", text);
}

/// Reads a port: a decimal or 0x number of at most 32 bits.
///
/// @param text the text, without spaces
/// @param ec set to `error::invalid_address`, or cleared
/// @returns the port; `port_any` on error
[[nodiscard]] inline port_t parse_port(std::string_view text, error_code& ec) noexcept {
    return detail::value_or(detail::read_port(text), port_any, ec);
}

/// Reads a port, as above.
/// @throws boost::system::system_error with `error::invalid_address`
[[nodiscard]] inline port_t parse_port(std::string_view text) {
    return detail::value_or_throw(detail::read_port(text), "port", text);
}

/// Reads an address, `domid:port`: "3:5000", "self:0x1388", "any:0"; or "cable", which is `cable_end`.
///
/// @param text the text, without spaces
/// @param ec set to `error::invalid_address`, or cleared
/// @returns the address; `default_destination` on error
[[nodiscard]] inline address parse_address(std::string_view text, error_code& ec) noexcept {
    return detail::value_or(detail::read_address(text), default_destination, ec);
}

/// Reads an address, as above.
/// @throws boost::system::system_error with `error::invalid_address`
[[nodiscard]] inline address parse_address(std::string_view text) {
    return detail::value_or_throw(detail::read_address(text), "address", text);
}

} // namespace libargo
