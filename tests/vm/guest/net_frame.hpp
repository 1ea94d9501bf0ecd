// SPDX-License-Identifier: MIT
#pragma once

#include "endpoint.hpp"

#include <linux/argo_net.h>
#include <linux/if_ether.h>

#include <array>
#include <cstdint>
#include <cstring>
#include <span>
#include <stdexcept>
#include <string>

namespace guest {

// docs/net.md
inline constexpr std::uint32_t frame_type = 0x4e000001;

/// The kernel's struct virtio_net_hdr, whose header is not for C++.
struct offload_header {
    std::uint8_t flags;
    std::uint8_t gso_type;
    std::uint16_t hdr_len;
    std::uint16_t gso_size;
    std::uint16_t csum_start;
    std::uint16_t csum_offset;
};
inline constexpr std::uint8_t needs_csum = 1;
inline constexpr std::uint8_t gso_tcpv4 = 1;
inline constexpr std::uint8_t gso_udp = 3;
inline constexpr std::uint8_t gso_tcpv6 = 4;
inline constexpr std::uint8_t gso_udp_l4 = 5;
inline constexpr std::uint16_t tcp_csum_offset = 16;
/// The smallest segment that a device takes: ARGO_NET_MIN_SEGMENT.
inline constexpr std::uint16_t min_segment = 496;

inline void set_address(std::uint8_t* mac, std::uint16_t domid) {
    const std::array<std::uint8_t, ETH_ALEN> address{
        0x02, 'A', 'R', 'G', static_cast<std::uint8_t>(domid >> 8U), static_cast<std::uint8_t>(domid)};
    std::memcpy(mac, address.data(), address.size());
}

/// A message with an offload header and an Ethernet frame.
inline bytes frame_message(const offload_header& offload, const ethhdr& ethernet, std::span<const std::uint8_t> rest) {
    bytes all(sizeof(offload) + sizeof(ethernet) + rest.size());
    std::memcpy(all.data(), &offload, sizeof(offload));
    std::memcpy(all.data() + sizeof(offload), &ethernet, sizeof(ethernet));
    std::memcpy(all.data() + sizeof(offload) + sizeof(ethernet), rest.data(), rest.size());
    return all;
}

/// Gives the endpoint the ring that a network device of this domain would have for `partner`.
inline void bind_as_device(endpoint& device, std::uint32_t port, std::uint16_t partner,
                           std::uint32_t ring_size = 4096) {
    bind_request want;
    want.port = port;
    want.partner = partner;
    want.ring_size = ring_size;
    if (const auto result = device.bind(want); !result) {
        throw std::runtime_error("the port cannot be bound: is there a device here? errno " +
                                 std::to_string(result.code));
    }
}

} // namespace guest
