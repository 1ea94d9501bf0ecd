// SPDX-License-Identifier: MIT
#pragma once

#include <string_view>

#include <libargo/detail/parsed.hpp>
#include <libargo/detail/read.hpp>
#include <libargo/error.hpp>
#include <libargo/vsock/address.hpp>

namespace libargo::vsock {

/// Reads a CID: a decimal or 0x number, `hypervisor`, `local`, `host` or `any`.
///
/// @param text the text, without spaces
/// @param ec set to `error::invalid_address`, or cleared
/// @returns the CID; `any_cid` on error
[[nodiscard]] inline cid_t parse_cid(std::string_view text, error_code& ec) noexcept {
    return libargo::detail::value_or(detail::read_cid(text), any_cid, ec);
}

/// Reads a CID, as above.
/// @throws boost::system::system_error with `error::invalid_address`
[[nodiscard]] inline cid_t parse_cid(std::string_view text) {
    return libargo::detail::value_or_throw(detail::read_cid(text), "CID", text);
}

/// Reads a port: a decimal or 0x number of at most 32 bits, or `any`.
///
/// @param text the text, without spaces
/// @param ec set to `error::invalid_address`, or cleared
/// @returns the port; `any_port` on error
[[nodiscard]] inline port_t parse_port(std::string_view text, error_code& ec) noexcept {
    return libargo::detail::value_or(detail::read_port(text), any_port, ec);
}

/// Reads a port, as above.
/// @throws boost::system::system_error with `error::invalid_address`
[[nodiscard]] inline port_t parse_port(std::string_view text) {
    return libargo::detail::value_or_throw(detail::read_port(text), "vsock port", text);
}

/// Reads an address, `cid:port`: "2:5000", "host:5000", "any:any".
///
/// @param text the text, without spaces
/// @param ec set to `error::invalid_address`, or cleared
/// @returns the address; any port on any CID on error
[[nodiscard]] inline address parse_address(std::string_view text, error_code& ec) noexcept {
    return libargo::detail::value_or(detail::read_address(text), address{}, ec);
}

/// Reads an address, as above.
/// @throws boost::system::system_error with `error::invalid_address`
[[nodiscard]] inline address parse_address(std::string_view text) {
    return libargo::detail::value_or_throw(detail::read_address(text), "vsock address", text);
}

} // namespace libargo::vsock
