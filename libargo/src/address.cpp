// SPDX-License-Identifier: MIT
#include <libargo/address.hpp>

#include <libargo/error.hpp>

#include "parse.hpp"

namespace libargo {
namespace {

/// Domain ids from here on are not domains.
constexpr std::uint32_t first_reserved_domid = 0x7ff0;

} // namespace

domid_t parse_domid(std::string_view text, error_code& ec) noexcept {
    ec.clear();
    if (text == "self") {
        return domid_t::self;
    }
    if (text == "any") {
        return domid_t::any;
    }
    const auto number = detail::parse_number(text);
    if (!number || *number >= first_reserved_domid) {
        ec = error::invalid_address;
        return domid_t::any;
    }
    return domid_t{static_cast<std::uint16_t>(*number)};
}

domid_t parse_domid(std::string_view text) { return detail::read_or_throw(parse_domid, "domain id", text); }

port_t parse_port(std::string_view text, error_code& ec) noexcept { return detail::number_or(text, port_any, ec); }

port_t parse_port(std::string_view text) { return detail::read_or_throw(parse_port, "port", text); }

address parse_address(std::string_view text, error_code& ec) noexcept {
    return detail::read_address(text, parse_domid, parse_port, default_destination, ec);
}

address parse_address(std::string_view text) { return detail::read_or_throw(parse_address, "address", text); }

} // namespace libargo
