// SPDX-License-Identifier: MIT
#include <libargo/vsock/address.hpp>

#include <libargo/error.hpp>
#include <linux/vm_sockets.h>

#include "parse.hpp"

namespace libargo::vsock {
namespace {

static_assert(any_cid == VMADDR_CID_ANY && hypervisor_cid == VMADDR_CID_HYPERVISOR &&
              loopback_cid == VMADDR_CID_LOCAL && host_cid == VMADDR_CID_HOST && any_port == VMADDR_PORT_ANY);

std::string number_or_any(std::uint32_t number, std::uint32_t any) {
    return number == any ? "any" : std::to_string(number);
}

} // namespace

cid_t parse_cid(std::string_view text, error_code& ec) noexcept {
    ec.clear();
    if (text == "hypervisor") {
        return hypervisor_cid;
    }
    if (text == "local") {
        return loopback_cid;
    }
    if (text == "host") {
        return host_cid;
    }
    if (text == "any") {
        return any_cid;
    }
    const auto number = libargo::detail::parse_number(text);
    if (!number) {
        ec = error::invalid_address;
        return any_cid;
    }
    return *number;
}

cid_t parse_cid(std::string_view text) {
    error_code ec;
    const auto cid = parse_cid(text, ec);
    if (ec) {
        throw system_error(ec, libargo::detail::quoted("CID", text));
    }
    return cid;
}

port_t parse_port(std::string_view text, error_code& ec) noexcept {
    ec.clear();
    if (text == "any") {
        return any_port;
    }
    const auto number = libargo::detail::parse_number(text);
    if (!number) {
        ec = error::invalid_address;
        return any_port;
    }
    return *number;
}

port_t parse_port(std::string_view text) {
    error_code ec;
    const auto port = parse_port(text, ec);
    if (ec) {
        throw system_error(ec, libargo::detail::quoted("vsock port", text));
    }
    return port;
}

address parse_address(std::string_view text, error_code& ec) noexcept {
    const auto colon = text.find(':');
    if (colon == std::string_view::npos) {
        ec = error::invalid_address;
        return {};
    }
    const auto cid = parse_cid(text.substr(0, colon), ec);
    if (ec) {
        return {};
    }
    const auto port = parse_port(text.substr(colon + 1), ec);
    if (ec) {
        return {};
    }
    return {cid, port};
}

address parse_address(std::string_view text) {
    error_code ec;
    const auto addr = parse_address(text, ec);
    if (ec) {
        throw system_error(ec, libargo::detail::quoted("vsock address", text));
    }
    return addr;
}

std::string to_string(const address& addr) {
    return number_or_any(addr.cid, any_cid) + ':' + number_or_any(addr.port, any_port);
}

} // namespace libargo::vsock
