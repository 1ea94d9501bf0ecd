// SPDX-License-Identifier: MIT
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include <libargo/address.hpp>

namespace libargo::vsock {

/// A context id: the number of a machine in AF_VSOCK. With Argo it is the domain id + 2, see `from_domid`.
using cid_t = std::uint32_t;

using libargo::port_t;

/// Any CID, in a bind; VMADDR_CID_ANY.
inline constexpr cid_t any_cid = 0xffffffffU;
/// The hypervisor, which does not talk vsock over Argo; VMADDR_CID_HYPERVISOR.
inline constexpr cid_t hypervisor_cid = 0;
/// This machine itself, when vsock_loopback is loaded; VMADDR_CID_LOCAL. Other machines know it by `local_cid()`.
inline constexpr cid_t loopback_cid = 1;
/// The host, which is dom0; VMADDR_CID_HOST.
inline constexpr cid_t host_cid = 2;
/// Any free port, in a bind; VMADDR_PORT_ANY. Port 0 is a port like others.
inline constexpr port_t any_port = 0xffffffffU;

/// The CID of a domain: its id + 2. AF_VSOCK keeps the CIDs 0 to 2 for the hypervisor, the machine itself and the host
/// (vsock(7)). The host's CID 2 is dom0's.
///
/// @param id the id of a domain; `domid_t::self` and `domid_t::any` are none
[[nodiscard]] constexpr cid_t from_domid(domid_t id) noexcept { return cid_t{to_number(id)} + host_cid; }

/// The domain that has a CID.
/// @returns the domain's id; nothing for the CIDs 0, 1, `any_cid` and others that no domain has
[[nodiscard]] constexpr std::optional<domid_t> to_domid(cid_t cid) noexcept {
    // The domain ids from `self` on are reserved (DOMID_FIRST_RESERVED in Xen's xen.h).
    if (cid < host_cid || cid >= from_domid(domid_t::self)) {
        return std::nullopt;
    }
    return domid_t{static_cast<std::uint16_t>(cid - host_cid)};
}

/// The address of a socket: a machine, and a port there. Written `cid:port`.
///
/// The default-constructed address is any port on any CID, for a bind.
struct address {
    cid_t cid = any_cid;    ///< the machine
    port_t port = any_port; ///< the port on that machine

    friend constexpr auto operator<=>(const address&, const address&) noexcept = default;
};

/// The address as text that `parse_address` reads: "2:5000", "any:5000", "2:any".
[[nodiscard, gnu::visibility("default")]] std::string to_string(const address& addr);

} // namespace libargo::vsock

/// Addresses are keys of unordered containers.
template <> struct std::hash<libargo::vsock::address> {
    [[nodiscard]] std::size_t operator()(const libargo::vsock::address& addr) const noexcept {
        return std::hash<std::uint64_t>{}((std::uint64_t{addr.cid} << 32U) | addr.port);
    }
};
