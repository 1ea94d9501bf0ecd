// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include <libargo/address.hpp>

namespace libargo {

/// One ring of this domain, as `list_rings` gives it.
struct ring_entry {
    port_t port = port_any;         ///< its port
    domid_t partner = domid_t::any; ///< the only domain that may send to it, or `any`
    bool broken = false;            ///< its contents made no sense; it is out of use
    std::size_t ring_size = 0;      ///< bytes
    std::size_t fill = 0;           ///< bytes in use
    std::string owner;              ///< kernel module that owns it ("argo_char")
    std::string command;            ///< for /dev/argo: the command that bound it
    std::uint32_t pid = 0;          ///< for /dev/argo: its process, 0 if another PID namespace has it
    std::uint32_t uid = 0;          ///< for /dev/argo: its user
    std::uint64_t rx_messages = 0;  ///< messages received
    std::uint64_t rx_bytes = 0;     ///< payload bytes received
    std::uint64_t tx_messages = 0;  ///< messages sent from this port
    std::uint64_t tx_bytes = 0;     ///< payload bytes sent from this port
    std::uint64_t drops = 0;        ///< messages that arrived and were not delivered
    std::uint64_t truncated = 0;    ///< messages of which a receive took the beginning only
    std::uint64_t tx_full = 0;      ///< sends that found the destination's ring full
    std::uint64_t rx_waits = 0;     ///< receives that had to wait
    std::uint64_t resets = 0; ///< times that the ring was emptied: by restores, or for contents that made no sense
};

/// As text: "port 5000 partner any owner argo_char ring 65536 bytes, 96 in use".
[[nodiscard, gnu::visibility("default")]] std::string to_string(const ring_entry& entry);

} // namespace libargo
