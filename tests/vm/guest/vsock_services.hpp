// SPDX-License-Identifier: MIT
#pragma once

#include <libargo/vsock/address.hpp>

#include <cstdint>
#include <string_view>

namespace guest {

/// What the servant (--serve) has, each on a port of its own: that of --port, and those after it.
enum class service : std::uint32_t {
    echo,        ///< a stream: what comes goes back
    tls,         ///< the same through TLS
    http,        ///< Beast: a page for every target, with the target in it
    packets,     ///< seqpacket: each message goes back
    datagrams,   ///< each datagram goes back to its sender
    certificate, ///< a stream: that of `tls`, in PEM, and its end
    callback,    ///< a stream: takes a port, four bytes; connects to it, and says `called` there
};

inline constexpr std::string_view called = "called";

/// Where a service is; `base` is that of `service::echo`.
inline libargo::vsock::address address_of(service what, const libargo::vsock::address& base) {
    return {base.cid, base.port + static_cast<std::uint32_t>(what)};
}

} // namespace guest
