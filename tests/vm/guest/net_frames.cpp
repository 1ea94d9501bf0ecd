// SPDX-License-Identifier: MIT
#include "net_frames.hpp"

#include "net_frame.hpp"

#include <iostream>
#include <utility>

namespace guest {
namespace {

struct frame {
    offload_header offload{};
    ethhdr ethernet{};
    std::array<std::uint8_t, 1000> payload{};

    [[nodiscard]] bytes message() const { return frame_message(offload, ethernet, payload); }
};

frame proper(std::uint16_t to) {
    frame made;
    set_address(made.ethernet.h_dest, to);
    set_address(made.ethernet.h_source, own_domid());
    // A protocol that no stack has: the receiver drops the frame silently.
    made.ethernet.h_proto = 0xb588;
    return made;
}

/// A frame that is cut into segments of the smallest size that a device takes.
frame proper_tcp(std::uint16_t to) {
    auto made = proper(to);
    made.ethernet.h_proto = 0x0008;
    made.offload = {.flags = needs_csum,
                    .gso_type = gso_tcpv4,
                    .hdr_len = 0,
                    .gso_size = min_segment,
                    .csum_start = ETH_HLEN + 20,
                    .csum_offset = tcp_csum_offset};
    return made;
}

} // namespace

int send_nonsense(const arguments& options) {
    const auto to = options.number<std::uint16_t>("to", 0);
    const auto port = options.number<std::uint32_t>("port", ARGO_PORT_NET);
    endpoint device;
    bind_as_device(device, port, to);
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
    for (const auto size : std::array<std::uint16_t, 3>{1, 48, min_segment - 1}) {
        odd = proper_tcp(to);
        odd.offload.gso_size = size;
        send(odd.message());
    }
    for (const auto type : std::array{gso_udp, gso_udp_l4, gso_tcpv6}) {
        odd = proper_tcp(to);
        odd.offload.gso_type = type;
        send(odd.message());
    }
    odd = proper_tcp(to);
    odd.offload.flags = 0;
    send(odd.message());
    odd = proper_tcp(to);
    odd.offload.csum_offset = 6;
    send(odd.message());
    const auto bad_offload = std::exchange(sent, 0);

    send(proper(to).message());
    send(proper_tcp(to).message());
    std::cout << R"({"rx_short": )" << shorts << R"(, "rx_malformed": )" << malformed << R"(, "rx_wrong_source": )"
              << wrong_source << R"(, "rx_bad_offload": )" << bad_offload << "}\n";
    return 0;
}

} // namespace guest
