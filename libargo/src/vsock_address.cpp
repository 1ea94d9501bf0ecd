// SPDX-License-Identifier: MIT
#include <libargo/vsock/address.hpp>

#include <libargo/detail/read.hpp>
#include <linux/vm_sockets.h>

#include "numbers.hpp"

namespace libargo::vsock {
namespace {

static_assert(any_cid == VMADDR_CID_ANY && hypervisor_cid == VMADDR_CID_HYPERVISOR &&
              loopback_cid == VMADDR_CID_LOCAL && host_cid == VMADDR_CID_HOST && any_port == VMADDR_PORT_ANY);

std::string number_or_any(std::uint32_t number, std::uint32_t any) {
    return number == any ? "any" : std::to_string(number);
}

} // namespace

namespace detail {

std::optional<cid_t> read_cid(std::string_view text) noexcept {
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
    return libargo::detail::read_number(text);
}

std::optional<port_t> read_port(std::string_view text) noexcept {
    return text == "any" ? any_port : libargo::detail::read_number(text);
}

std::optional<address> read_address(std::string_view text) noexcept {
    return libargo::detail::read_pair<address>(text, read_cid, read_port);
}

} // namespace detail

std::string to_string(const address& addr) {
    return number_or_any(addr.cid, any_cid) + ':' + number_or_any(addr.port, any_port);
}

} // namespace libargo::vsock
