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
    return libargo::detail::number_or(text, any_cid, ec);
}

cid_t parse_cid(std::string_view text) { return libargo::detail::read_or_throw(parse_cid, "CID", text); }

port_t parse_port(std::string_view text, error_code& ec) noexcept {
    ec.clear();
    if (text == "any") {
        return any_port;
    }
    return libargo::detail::number_or(text, any_port, ec);
}

port_t parse_port(std::string_view text) { return libargo::detail::read_or_throw(parse_port, "vsock port", text); }

address parse_address(std::string_view text, error_code& ec) noexcept {
    return libargo::detail::read_address(text, parse_cid, parse_port, address{}, ec);
}

address parse_address(std::string_view text) {
    return libargo::detail::read_or_throw(parse_address, "vsock address", text);
}

std::string to_string(const address& addr) {
    return number_or_any(addr.cid, any_cid) + ':' + number_or_any(addr.port, any_port);
}

} // namespace libargo::vsock
