// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <string>

#include <libargo/address.hpp>

namespace libargo {

/// What a bind asks for.
struct bind_options {
    port_t port = port_any;         ///< the port, or `port_any` for a free one
    domid_t partner = domid_t::any; ///< the only domain that may send here, or `any` for all
    std::size_t ring_size = 0;      ///< bytes of the receive ring, 0 for the default
    bool exclusive = false;         ///< no other ring may share the port, not even one for another partner
};

/// What a bind gave.
struct bind_result {
    port_t port = port_any;         ///< the port
    domid_t partner = domid_t::any; ///< the only domain that may send here, or `any`; never `self`
    domid_t domid = domid_t::self;  ///< the own domain
    std::size_t ring_size = 0;      ///< bytes of the ring, at least what was asked for
    std::size_t max_message = 0;    ///< largest payload that the ring takes, in bytes

    /// The address under which others reach this socket.
    [[nodiscard]] constexpr address local() const noexcept { return {domid, port}; }
};

/// As text: "port 5000 partner any ring default".
[[nodiscard]] std::string to_string(const bind_options& options);

/// As text: "3:5000 partner any ring 65536 bytes, messages up to 65488 bytes".
[[nodiscard]] std::string to_string(const bind_result& result);

} // namespace libargo
