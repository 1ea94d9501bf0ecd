// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <optional>
#include <string>

#include <libargo/address.hpp>

namespace libargo {

/// The state of a socket.
struct endpoint_status {
    bool bound = false;                      ///< it has a receive ring
    bool connected = false;                  ///< it has a default destination
    bool hung_up = false;                    ///< the default destination had a ring, and the ring has gone
    bool broken = false;                     ///< the receive ring is out of use
    address local;                           ///< own address
    address remote;                          ///< default destination; `default_destination` if there is none
    domid_t partner = domid_t::any;          ///< the only domain that may send to the ring, or `any`
    std::size_t ring_size = 0;               ///< bytes of the receive ring, 0 if not bound
    std::size_t fill = 0;                    ///< bytes of the ring in use
    std::optional<std::size_t> next_message; ///< payload bytes of the next message, if one is there
};

/// As text: "local 3:5000 remote 0:80 partner any ring 65536 bytes, 96 in use, bound connected".
[[nodiscard, gnu::visibility("default")]] std::string to_string(const endpoint_status& status);

} // namespace libargo
