// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <string>

#include <libargo/address.hpp>

namespace libargo {

/// The wishes of a bind.
struct bind_options {
    port_t port = port_any;         ///< the port, or `port_any` for a free one
    domid_t partner = domid_t::any; ///< the only domain that may send to the ring; `any`: a wildcard ring
    std::size_t ring_size = 0;      ///< bytes of the receive ring, 0 for the default
    bool exclusive = false;         ///< no other ring may have the port, not even for another partner
};

/// The result of a bind.
struct bind_result {
    port_t port = port_any;         ///< the port
    domid_t partner = domid_t::any; ///< the only domain that may send to the ring, or `any`; never `self`
    domid_t domid = domid_t::self;  ///< the id of this domain
    std::size_t ring_size = 0;      ///< bytes of the ring, at least those of the wish
    std::size_t max_message = 0;    ///< largest payload that the ring takes, in bytes

    /// The address under which other domains reach this socket.
    [[nodiscard]] constexpr address local() const noexcept { return {domid, port}; }
};

/// As text: "port 5000 partner any ring default".
[[nodiscard, gnu::visibility("default")]] std::string to_string(const bind_options& options);

/// As text: "3:5000 partner any ring 65536 bytes, messages up to 65488 bytes".
[[nodiscard, gnu::visibility("default")]] std::string to_string(const bind_result& result);

} // namespace libargo
