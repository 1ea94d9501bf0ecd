// SPDX-License-Identifier: MIT
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>

#include <libargo/linux/argo.h>

namespace libargo {

/// The id of a domain (a virtual machine), given by the hypervisor. It changes when a domain is restored or reboots.
///
/// `domid_t{3}` makes a domain id of a number, and `to_number` a number of a domain id.
enum class domid_t : std::uint16_t {
    self = ARGO_DOMID_SELF,     ///< the calling domain itself
    any = ARGO_DOMID_ANY,       ///< any domain (a bind's partner); the default destination (in an address)
    parent = ARGO_DOMID_PARENT, ///< the hypervisor that this one runs on (in a cable)
    cable = ARGO_DOMID_CABLE,   ///< where the cable of the own port leads (in an address, with port 0)
};

/// The number of a domain id.
[[nodiscard]] constexpr std::uint16_t to_number(domid_t id) noexcept { return static_cast<std::uint16_t>(id); }

/// A port: the number that tells the rings of one domain apart.
using port_t = std::uint32_t;

/// In a bind: a free port from `port_ephemeral` up.
inline constexpr port_t port_any = 0;
/// Binding a port below this one needs CAP_NET_BIND_SERVICE.
inline constexpr port_t port_unprivileged = 1024;
/// The first port that a bind of `port_any` may give.
inline constexpr port_t port_ephemeral = 0xc0000000U;

/// The address of a message's destination or sender: a domain, and a port there. Written `domid:port`.
///
/// The default-constructed address is `default_destination`.
struct address {
    domid_t domid = domid_t::any; ///< the domain
    port_t port = port_any;       ///< the port in that domain

    friend constexpr auto operator<=>(const address&, const address&) noexcept = default;
};

/// The address to which the socket is connected, in the place of a destination.
inline constexpr address default_destination{};

/// The other end of the cable of the socket's port, in the place of a destination. The socket is bound to that port.
inline constexpr address cable_end{domid_t::cable, port_any};

/// The domain id as text that `parse_domid` reads: "3", "self", "any", "parent".
[[nodiscard, gnu::visibility("default")]] std::string to_string(domid_t id);

/// The address as text that `parse_address` reads: "3:5000", "cable".
[[nodiscard, gnu::visibility("default")]] std::string to_string(const address& addr);

} // namespace libargo

/// Addresses are keys of unordered containers.
template <> struct std::hash<libargo::address> {
    [[nodiscard]] std::size_t operator()(const libargo::address& addr) const noexcept {
        const auto domid = static_cast<std::uint64_t>(libargo::to_number(addr.domid));
        return std::hash<std::uint64_t>{}((domid << 32U) | addr.port);
    }
};
