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

domid_t parse_domid(std::string_view text) {
    error_code ec;
    const auto id = parse_domid(text, ec);
    if (ec) {
        throw system_error(ec, detail::quoted("domain id", text));
    }
    return id;
}

port_t parse_port(std::string_view text, error_code& ec) noexcept {
    ec.clear();
    const auto number = detail::parse_number(text);
    if (!number) {
        ec = error::invalid_address;
        return port_any;
    }
    return *number;
}

port_t parse_port(std::string_view text) {
    error_code ec;
    const auto port = parse_port(text, ec);
    if (ec) {
        throw system_error(ec, detail::quoted("port", text));
    }
    return port;
}

address parse_address(std::string_view text, error_code& ec) noexcept {
    const auto colon = text.find(':');
    if (colon == std::string_view::npos) {
        ec = error::invalid_address;
        return default_destination;
    }
    const auto domid = parse_domid(text.substr(0, colon), ec);
    if (ec) {
        return default_destination;
    }
    const auto port = parse_port(text.substr(colon + 1), ec);
    if (ec) {
        return default_destination;
    }
    return {domid, port};
}

address parse_address(std::string_view text) {
    error_code ec;
    const auto addr = parse_address(text, ec);
    if (ec) {
        throw system_error(ec, detail::quoted("address", text));
    }
    return addr;
}

} // namespace libargo
