// SPDX-License-Identifier: MIT
#include "net_hostile.hpp"

#include "net_frame.hpp"

#include <arpa/inet.h>
#include <netinet/ip.h>
#include <netinet/tcp.h>
#include <unistd.h>

#include <iostream>
#include <numeric>

namespace guest {
namespace {

constexpr std::size_t largest_packet = 65000;
// A protocol that no stack has: the receiver drops the frame silently.
constexpr std::uint16_t unknown_protocol = 0x88b5;

std::uint16_t checksum(const iphdr& header) {
    std::array<std::uint16_t, sizeof(header) / 2> words{};
    std::memcpy(words.data(), &header, sizeof(header));
    auto sum = std::accumulate(words.begin(), words.end(), std::uint32_t{0});
    sum = (sum & 0xffffU) + (sum >> 16U);
    return static_cast<std::uint16_t>(~(sum + (sum >> 16U)));
}

bytes tcp_message(std::uint16_t to, std::uint16_t segment, const std::string& forward) {
    iphdr ip{};
    ip.version = 4;
    ip.ihl = sizeof(ip) / 4;
    ip.tot_len = htons(largest_packet);
    ip.ttl = 64;
    ip.protocol = IPPROTO_TCP;
    ip.saddr = inet_addr("10.80.0.9");
    ip.daddr = inet_addr(forward.c_str());
    ip.check = checksum(ip);
    tcphdr tcp{};
    tcp.doff = sizeof(tcp) / 4;
    tcp.ack = 1;
    std::vector<std::uint8_t> packet(largest_packet);
    std::memcpy(packet.data(), &ip, sizeof(ip));
    std::memcpy(packet.data() + sizeof(ip), &tcp, sizeof(tcp));

    ethhdr ethernet{};
    set_address(ethernet.h_dest, to);
    set_address(ethernet.h_source, own_domid());
    ethernet.h_proto = htons(ETH_P_IP);
    const offload_header offload{.flags = needs_csum,
                                 .gso_type = gso_tcpv4,
                                 .hdr_len = ETH_HLEN + sizeof(ip) + sizeof(tcp),
                                 .gso_size = segment,
                                 .csum_start = ETH_HLEN + sizeof(ip),
                                 .csum_offset = tcp_csum_offset};
    return frame_message(offload, ethernet, packet);
}

void send(endpoint& device, std::uint16_t to, const bytes& message) {
    if (const auto result = device.send(address(to, ARGO_PORT_NET), message, frame_type); !result) {
        throw std::runtime_error("send: errno " + std::to_string(result.code));
    }
}

} // namespace

int hold_ring(const arguments& options) {
    endpoint device;
    bind_as_device(device, ARGO_PORT_NET, options.number<std::uint16_t>("from", 0),
                   options.number<std::uint32_t>("ring-size", 4096));
    std::cout << "holding" << std::endl;
    for (;;) {
        ::pause();
    }
}

int send_segments(const arguments& options) {
    const auto to = options.number<std::uint16_t>("to", 0);
    endpoint device;
    bind_as_device(device, ARGO_PORT_NET, to);
    const auto message = tcp_message(to, options.number<std::uint16_t>("size", min_segment), options.text("forward"));
    for (auto left = options.number<unsigned>("count", 1); left > 0; --left) {
        send(device, to, message);
    }
    std::cout << "{}\n";
    return 0;
}

int fill_ring(const arguments& options) {
    const auto to = options.number<std::uint16_t>("to", 0);
    endpoint device;
    bind_as_device(device, ARGO_PORT_NET, to);
    ethhdr ethernet{};
    set_address(ethernet.h_dest, to);
    set_address(ethernet.h_source, own_domid());
    ethernet.h_proto = htons(unknown_protocol);
    const std::array<std::uint8_t, 1000> rest{};
    const auto message = frame_message({}, ethernet, rest);
    std::uint64_t taken = 0;
    while (device.send(address(to, ARGO_PORT_NET), message, frame_type, no_wait)) {
        taken += message.size();
    }
    std::cout << R"({"taken": )" << taken << "}\n";
    return 0;
}

int send_sources(const arguments& options) {
    const auto to = options.number<std::uint16_t>("to", 0);
    const auto first = options.number<std::uint32_t>("first", 0);
    const auto count = options.number<std::uint32_t>("count", 1);
    endpoint device;
    bind_as_device(device, ARGO_PORT_NET, to);
    ethhdr ethernet{};
    set_address(ethernet.h_dest, to);
    ethernet.h_source[0] = 0x06;
    ethernet.h_proto = htons(unknown_protocol);
    const std::array<std::uint8_t, ETH_ZLEN - ETH_HLEN> rest{};
    for (auto number = first; number < first + count; ++number) {
        const auto tail = htonl(number);
        std::memcpy(ethernet.h_source + 2, &tail, sizeof(tail));
        send(device, to, frame_message({}, ethernet, rest));
    }
    std::cout << "sent" << std::endl;
    for (;;) {
        ::pause();
    }
}

} // namespace guest
