// SPDX-License-Identifier: MIT
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include <boost/system/error_code.hpp>

namespace libargo {

/// The id of a domain (a virtual machine), given by the hypervisor. It changes when a domain is restored or reboots.
///
/// A number is made one with `domid_t{3}`; `to_number` gives it back.
enum class domid_t : std::uint16_t {
    self = 0x7ff0, ///< the calling domain itself
    any = 0x7ff4,  ///< any domain (a bind's partner); the default destination (in an address)
};

/// The number of a domain id.
[[nodiscard]] constexpr std::uint16_t to_number(domid_t id) noexcept { return static_cast<std::uint16_t>(id); }

/// A port: what tells the rings of one domain apart.
using port_t = std::uint32_t;

/// In a bind: any free port from `port_ephemeral` up.
inline constexpr port_t port_any = 0;
/// Binding a port below this one needs CAP_NET_BIND_SERVICE.
inline constexpr port_t port_unprivileged = 1024;
/// First of the ports that a bind of `port_any` gives out.
inline constexpr port_t port_ephemeral = 0xc0000000U;

/// Where a message goes to or comes from: a domain, and a port there. Written `domid:port`.
///
/// The default-constructed address is `default_destination`.
struct address {
    domid_t domid = domid_t::any; ///< the domain
    port_t port = port_any;       ///< the port in that domain

    friend constexpr auto operator<=>(const address&, const address&) noexcept = default;
};

/// Stands for "where the socket is connected to" wherever a destination is wanted.
inline constexpr address default_destination{};

/// Reads a domain id: a decimal or 0x number below 0x7ff0, `self` or `any`.
///
/// @param text what to read, without spaces
/// @param ec set to `error::invalid_address`, or cleared
/// @returns the domain id; `domid_t::any` on error
[[nodiscard]] domid_t parse_domid(std::string_view text, boost::system::error_code& ec) noexcept;

/// Reads a domain id, as above.
/// @throws boost::system::system_error with `error::invalid_address`
[[nodiscard]] domid_t parse_domid(std::string_view text);

/// Reads a port: a decimal or 0x number of at most 32 bits.
///
/// @param text what to read, without spaces
/// @param ec set to `error::invalid_address`, or cleared
/// @returns the port; `port_any` on error
[[nodiscard]] port_t parse_port(std::string_view text, boost::system::error_code& ec) noexcept;

/// Reads a port, as above.
/// @throws boost::system::system_error with `error::invalid_address`
[[nodiscard]] port_t parse_port(std::string_view text);

/// Reads an address, `domid:port`: "3:5000", "self:0x1388", "any:0".
///
/// @param text what to read, without spaces
/// @param ec set to `error::invalid_address`, or cleared
/// @returns the address; `default_destination` on error
[[nodiscard]] address parse_address(std::string_view text, boost::system::error_code& ec) noexcept;

/// Reads an address, as above.
/// @throws boost::system::system_error with `error::invalid_address`
[[nodiscard]] address parse_address(std::string_view text);

/// The domain id as text that `parse_domid` reads: "3", "self", "any".
[[nodiscard]] std::string to_string(domid_t id);

/// The address as text that `parse_address` reads: "3:5000".
[[nodiscard]] std::string to_string(const address& addr);

} // namespace libargo

/// Addresses are keys of unordered containers.
template <> struct std::hash<libargo::address> {
    [[nodiscard]] std::size_t operator()(const libargo::address& addr) const noexcept {
        const auto domid = static_cast<std::uint64_t>(libargo::to_number(addr.domid));
        return std::hash<std::uint64_t>{}((domid << 32U) | addr.port);
    }
};
