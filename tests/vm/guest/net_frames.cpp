// SPDX-License-Identifier: MIT
#include "net_frames.hpp"

#include "endpoint.hpp"

#include <linux/argo_net.h>
#include <linux/if_ether.h>

#include <array>
#include <cstring>
#include <iostream>
#include <stdexcept>
#include <string>
#include <utility>

namespace guest {
namespace {

// docs/net.md
constexpr std::uint32_t frame_type = 0x4e000001;

// The kernel's struct virtio_net_hdr, whose header is not for C++.
struct offload_header {
    std::uint8_t flags;
    std::uint8_t gso_type;
    std::uint16_t hdr_len;
    std::uint16_t gso_size;
    std::uint16_t csum_start;
    std::uint16_t csum_offset;
};
constexpr std::uint8_t needs_csum = 1;
constexpr std::uint8_t gso_tcpv4 = 1;

struct frame {
    offload_header offload{};
    ethhdr ethernet{};
    std::array<std::uint8_t, 100> payload{};

    [[nodiscard]] bytes message() const {
        bytes all(sizeof(offload) + sizeof(ethernet) + payload.size());
        std::memcpy(all.data(), &offload, sizeof(offload));
        std::memcpy(all.data() + sizeof(offload), &ethernet, sizeof(ethernet));
        return all;
    }
};

void set_address(std::uint8_t* mac, std::uint16_t domid) {
    const std::array<std::uint8_t, ETH_ALEN> address{
        0x02, 'A', 'R', 'G', static_cast<std::uint8_t>(domid >> 8U), static_cast<std::uint8_t>(domid)};
    std::memcpy(mac, address.data(), address.size());
}

frame proper(std::uint16_t to) {
    frame made;
    set_address(made.ethernet.h_dest, to);
    set_address(made.ethernet.h_source, own_domid());
    // Nobody's: the receiver's stack drops it silently.
    made.ethernet.h_proto = 0xb588;
    return made;
}

} // namespace

int send_nonsense(const arguments& options) {
    const auto to = options.number<std::uint16_t>("to", 0);
    const auto port = options.number<std::uint32_t>("port", ARGO_NET_DEFAULT_PORT);
    endpoint device;
    bind_request want;
    want.port = port;
    want.partner = to;
    if (const auto result = device.bind(want); !result) {
        throw std::runtime_error("the port cannot be bound: is there a device here? errno " +
                                 std::to_string(result.code));
    }
    std::uint32_t sent = 0;
    const auto send = [&](const bytes& message, std::uint32_t type = frame_type) {
        if (const auto result = device.send(address(to, port), message, type); !result) {
            throw std::runtime_error("send: errno " + std::to_string(result.code));
        }
        ++sent;
    };

    send({});
    send(bytes(sizeof(offload_header)));
    send(bytes(sizeof(offload_header) + ETH_HLEN - 1));
    const auto shorts = std::exchange(sent, 0);

    send(proper(to).message(), frame_type + 1);
    send(proper(to).message(), 0);
    send(bytes(70000));
    const auto malformed = std::exchange(sent, 0);

    auto liar = proper(to);
    set_address(liar.ethernet.h_source, static_cast<std::uint16_t>(own_domid() + 1));
    send(liar.message());
    std::memset(liar.ethernet.h_source, 0x22, ETH_ALEN);
    send(liar.message());
    const auto wrong_source = std::exchange(sent, 0);

    auto odd = proper(to);
    odd.offload.gso_type = 77;
    send(odd.message());
    odd = proper(to);
    odd.offload.flags = needs_csum;
    odd.offload.csum_start = 60000;
    send(odd.message());
    odd = proper(to);
    odd.offload.flags = 0xf0;
    send(odd.message());
    odd = proper(to);
    odd.offload.gso_type = gso_tcpv4;
    send(odd.message());
    const auto bad_offload = std::exchange(sent, 0);

    send(proper(to).message());
    std::cout << R"({"rx_short": )" << shorts << R"(, "rx_malformed": )" << malformed << R"(, "rx_wrong_source": )"
              << wrong_source << R"(, "rx_bad_offload": )" << bad_offload << "}\n";
    return 0;
}

} // namespace guest
