// SPDX-License-Identifier: MIT
// argo-vsock-rogue: plays an AF_VSOCK transport that does what none does, over /dev/argo. Where it runs, argo_vsock
// must not be loaded, since Argo's port is then taken.
#include "commands.hpp"
#include "endpoint.hpp"

#include <endian.h>
#include <linux/virtio_vsock.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstring>
#include <functional>
#include <iostream>
#include <map>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

namespace {

constexpr const char* usage = R"(usage:
  argo-vsock-rogue malformed --to DOMID                       one message of each kind that makes no sense
  argo-vsock-rogue breaks --to DOMID --port P                 such a packet on a connection must end it
  argo-vsock-rogue spoof --to DOMID --port P --as CID         a request in another domain's name
  argo-vsock-rogue reply --to DOMID --as CID                  answers and resets in another domain's name
  argo-vsock-rogue flood --to DOMID --port P --seconds S      requests as fast as it can, and reads no answer
  argo-vsock-rogue records --to DOMID --port P --count N      so many records of one byte, within the credit
  argo-vsock-rogue overdraws --to DOMID --port P              more than it has credit for
  argo-vsock-rogue spends --to DOMID --port P --count N       so many connections, and all of their credit; until killed
  argo-vsock-rogue deaf --to DOMID --port P                   connects, and reads nothing more; until killed
One line of JSON with the result.
)";

// docs/vsock.md
constexpr std::uint32_t argo_port = 40;
constexpr std::uint32_t packet_type = 0x56100000;
constexpr std::uint32_t dgram_type = 0x56200000;
constexpr std::uint32_t life = 0x00abc;
constexpr std::uint32_t cid_offset = 2;
constexpr std::uint32_t own_port = 4000;
constexpr std::chrono::seconds answer_time{6};

using guest::bytes;

struct packet {
    virtio_vsock_hdr header{};
    bytes payload;

    [[nodiscard]] bytes message() const {
        bytes all(sizeof(header) + payload.size());
        std::memcpy(all.data(), &header, sizeof(header));
        std::memcpy(all.data() + sizeof(header), payload.data(), payload.size());
        return all;
    }
};

/// The other domain's transport, and this one's side of connections with it.
class peer {
public:
    explicit peer(std::uint16_t domid, std::uint32_t ring_size = 65536) : domid_{domid} {
        guest::bind_request want;
        want.port = argo_port;
        want.partner = domid;
        want.ring_size = ring_size;
        if (const auto result = device_.bind(want); !result) {
            throw std::runtime_error("port 40 cannot be bound: is argo_vsock loaded here? errno " +
                                     std::to_string(result.code));
        }
    }

    [[nodiscard]] packet make(std::uint16_t op, std::uint32_t src_port, std::uint32_t dst_port) const {
        packet made;
        made.header.src_cid = htole64(guest::own_domid() + cid_offset);
        made.header.dst_cid = htole64(domid_ + cid_offset);
        made.header.src_port = htole32(src_port);
        made.header.dst_port = htole32(dst_port);
        made.header.type = htole16(VIRTIO_VSOCK_TYPE_STREAM);
        made.header.op = htole16(op);
        made.header.buf_alloc = htole32(65536);
        return made;
    }

    guest::outcome send(const bytes& message, std::uint32_t type = packet_type | life,
                        const guest::wait& how = {0, std::chrono::seconds{10}}) const {
        return device_.send(guest::address(domid_, argo_port), message, type, how);
    }

    /// The next packet for a port, if one comes soon.
    [[nodiscard]] std::optional<virtio_vsock_hdr> next(std::uint32_t port,
                                                       std::chrono::seconds soon = answer_time) const {
        const auto end = std::chrono::steady_clock::now() + soon;
        while (std::chrono::steady_clock::now() < end) {
            guest::message in;
            if (!device_.receive(in, 4096, {0, std::chrono::milliseconds{500}}) ||
                in.data.size() < sizeof(virtio_vsock_hdr)) {
                continue;
            }
            virtio_vsock_hdr header;
            std::memcpy(&header, in.data.data(), sizeof(header));
            if (le32toh(header.dst_port) == port) {
                return header;
            }
            if (le16toh(header.op) == VIRTIO_VSOCK_OP_RST) {
                resets_.push_back(le32toh(header.dst_port));
            }
        }
        return std::nullopt;
    }

    /// Whether a reset of another port came while an answer for one was waited for.
    [[nodiscard]] bool was_reset(std::uint32_t port) const { return std::ranges::find(resets_, port) != resets_.end(); }

    /// The credit that a new connection gets; nothing if it is refused.
    [[nodiscard]] std::optional<std::uint32_t> connect(std::uint32_t src_port, std::uint32_t dst_port,
                                                       std::uint16_t type = VIRTIO_VSOCK_TYPE_STREAM,
                                                       std::uint32_t credit = 65536,
                                                       std::chrono::seconds soon = answer_time) const {
        auto request = make(VIRTIO_VSOCK_OP_REQUEST, src_port, dst_port);
        request.header.type = htole16(type);
        request.header.buf_alloc = htole32(credit);
        if (!send(request.message())) {
            return std::nullopt;
        }
        const auto answer = next(src_port, soon);
        if (!answer || le16toh(answer->op) != VIRTIO_VSOCK_OP_RESPONSE) {
            return std::nullopt;
        }
        return le32toh(answer->buf_alloc);
    }

private:
    std::uint16_t domid_;
    guest::endpoint device_;
    mutable std::vector<std::uint32_t> resets_;
};

/// Packets on a connection that make no sense, each a change of one that does.
const std::vector<std::pair<std::string, std::function<void(packet&)>>>& spoilt_packets() {
    static const std::vector<std::pair<std::string, std::function<void(packet&)>>> all{
        {"length beyond the message", [](packet& p) { p.header.len = htole32(9); }},
        {"length short of the message", [](packet& p) { p.header.len = htole32(7); }},
        {"length of 4 GiB", [](packet& p) { p.header.len = htole32(~0U); }},
        {"more than 64 KiB",
         [](packet& p) {
             p.payload.resize(65537);
             p.header.len = htole32(65537);
         }},
        {"data without any",
         [](packet& p) {
             p.payload.clear();
             p.header.len = 0;
         }},
        {"no operation", [](packet& p) { p.header.op = 0; }},
        {"an unknown operation", [](packet& p) { p.header.op = htole16(99); }},
        {"an unknown type", [](packet& p) { p.header.type = htole16(77); }},
        {"no type", [](packet& p) { p.header.type = 0; }},
        {"payload with a shutdown", [](packet& p) { p.header.op = htole16(VIRTIO_VSOCK_OP_SHUTDOWN); }},
        {"flags on a stream", [](packet& p) { p.header.flags = htole32(1); }},
        {"another destination", [](packet& p) { p.header.dst_cid = htole64(77); }},
        {"a destination beyond 32 bits", [](packet& p) { p.header.dst_cid |= htole64(1ULL << 32); }},
    };
    return all;
}

packet data_packet(const peer& to, std::uint32_t src_port, std::uint32_t dst_port) {
    auto made = to.make(VIRTIO_VSOCK_OP_RW, src_port, dst_port);
    made.payload.resize(8);
    made.header.len = htole32(8);
    return made;
}

std::uint16_t target(const guest::arguments& options) { return guest::parse_domid(options.text("to")); }

int malformed(const guest::arguments& options) {
    const peer to{target(options)};
    unsigned packets = 0;
    unsigned others = 0;
    for (const auto& [name, spoil] : spoilt_packets()) {
        auto spoilt = data_packet(to, own_port, own_port);
        spoil(spoilt);
        packets += static_cast<bool>(to.send(spoilt.message()));
    }
    for (std::size_t size = 0; size < sizeof(virtio_vsock_hdr); ++size) {
        others += static_cast<bool>(to.send(bytes(size)));
    }
    for (std::size_t size = 0; size < 8; ++size) {
        others += static_cast<bool>(to.send(bytes(size), dgram_type | life));
    }
    others += static_cast<bool>(to.send(bytes(65536 + 9), dgram_type | life));
    for (const std::uint32_t type : {0U, 0x56000000U | life, 0x56300000U | life, 0x55100000U | life, ~0U}) {
        others += static_cast<bool>(to.send(data_packet(to, own_port, own_port).message(), type));
    }
    std::cout << R"({"malformed": )" << packets + others << "}\n";
    return 0;
}

int breaks(const guest::arguments& options) {
    const peer to{target(options)};
    const auto port = options.number<std::uint32_t>("port", 0);
    std::uint32_t src_port = own_port;
    int failed = 0;
    for (const auto& [name, spoil] : spoilt_packets()) {
        if (!to.connect(++src_port, port)) {
            std::cerr << name << ": no connection\n";
            ++failed;
            continue;
        }
        auto spoilt = data_packet(to, src_port, port);
        spoil(spoilt);
        const auto sent = to.send(spoilt.message());
        const auto answer = to.next(src_port);
        if (!sent || !answer || le16toh(answer->op) != VIRTIO_VSOCK_OP_RST) {
            std::cerr << name << ": sent: " << sent.code << ", answer: " << (answer ? le16toh(answer->op) : -1) << '\n';
            ++failed;
        }
    }
    std::cout << R"({"connections": )" << spoilt_packets().size() << R"(, "failed": )" << failed << "}\n";
    return failed == 0 ? 0 : 1;
}

int spoof(const guest::arguments& options) {
    const peer to{target(options)};
    const auto as = options.number<std::uint64_t>("as", 0);
    auto request = to.make(VIRTIO_VSOCK_OP_REQUEST, own_port, options.number<std::uint32_t>("port", 0));
    request.header.src_cid = htole64(as);
    const auto sent = to.send(request.message());
    // Also with what a check of 32 bits would take for the own one.
    request.header.src_cid = htole64((1ULL << 32) + guest::own_domid() + cid_offset);
    const auto wide = to.send(request.message());
    const auto answer = to.next(own_port);
    std::cout << R"({"sent": )" << int{static_cast<bool>(sent)} + int{static_cast<bool>(wide)} << R"(, "answered": )"
              << (answer ? "true" : "false") << "}\n";
    return 0;
}

/// For each port that a connecting socket may have: there are too many, so those from a given one on.
int reply(const guest::arguments& options) {
    const peer to{target(options)};
    const auto as = options.number<std::uint64_t>("as", 0);
    const auto port = options.number<std::uint32_t>("port", 0);
    const auto to_port = options.number<std::uint32_t>("to-port", 0);
    unsigned sent = 0;
    for (const auto op : {VIRTIO_VSOCK_OP_RESPONSE, VIRTIO_VSOCK_OP_RST, VIRTIO_VSOCK_OP_SHUTDOWN}) {
        auto answer = to.make(static_cast<std::uint16_t>(op), port, to_port);
        answer.header.src_cid = htole64(as);
        if (op == VIRTIO_VSOCK_OP_SHUTDOWN) {
            answer.header.flags = htole32(3);
        }
        sent += static_cast<bool>(to.send(answer.message()));
    }
    std::cout << R"({"sent": )" << sent << "}\n";
    return 0;
}

int records(const guest::arguments& options) {
    const peer to{target(options)};
    const auto port = options.number<std::uint32_t>("port", 0);
    const auto count = options.number<unsigned>("count", 0);
    if (!to.connect(own_port, port, VIRTIO_VSOCK_TYPE_SEQPACKET)) {
        throw std::runtime_error("not connected");
    }
    auto record = to.make(VIRTIO_VSOCK_OP_RW, own_port, port);
    record.header.type = htole16(VIRTIO_VSOCK_TYPE_SEQPACKET);
    record.header.flags = htole32(VIRTIO_VSOCK_SEQ_EOM);
    record.header.len = htole32(1);
    record.payload.resize(1);
    const auto message = record.message();
    unsigned sent = 0;
    while (sent < count && to.send(message)) {
        ++sent;
    }
    // All that was sent is dealt with when this one is answered: a whole ring, which takes a debug kernel 10 s.
    const bool reset = !to.connect(own_port + 1, port, VIRTIO_VSOCK_TYPE_SEQPACKET, 65536, std::chrono::seconds{60});
    const bool first = to.was_reset(own_port);
    std::cout << R"({"sent": )" << sent << R"(, "reset": )" << (reset || first ? "true" : "false") << "}" << std::endl;
    ::pause();
    return 0;
}

void send_data(const peer& to, std::uint32_t src_port, std::uint32_t dst_port, std::uint32_t total) {
    for (std::uint32_t left = total; left > 0;) {
        const auto size = std::min<std::uint32_t>(left, 1024);
        auto data = to.make(VIRTIO_VSOCK_OP_RW, src_port, dst_port);
        data.header.len = htole32(size);
        data.payload.resize(size);
        if (!to.send(data.message())) {
            throw std::runtime_error("not sent");
        }
        left -= size;
    }
}

int spends(const guest::arguments& options) {
    const peer to{target(options)};
    const auto port = options.number<std::uint32_t>("port", 0);
    const auto count = options.number<std::uint32_t>("count", 1);
    std::map<std::uint32_t, std::uint32_t> credit;
    for (auto src_port = own_port; src_port < own_port + count; ++src_port) {
        if (const auto given = to.connect(src_port, port)) {
            credit[src_port] = *given;
        }
    }
    std::uint64_t total = 0;
    for (const auto& [src_port, given] : credit) {
        send_data(to, src_port, port, given);
        total += given;
    }
    // All that was sent is dealt with when this one is answered.
    const bool answered = to.connect(own_port + count, port).has_value();
    const auto reset =
        std::ranges::count_if(credit, [&](const auto& connection) { return to.was_reset(connection.first); });
    std::cout << R"({"connections": )" << credit.size() << R"(, "credit": )" << total << R"(, "reset": )" << reset
              << R"(, "answered": )" << (answered ? "true" : "false") << "}" << std::endl;
    ::pause();
    return 0;
}

int overdraws(const guest::arguments& options) {
    const peer to{target(options)};
    const auto port = options.number<std::uint32_t>("port", 0);
    if (!to.connect(own_port, port)) {
        throw std::runtime_error("not connected");
    }
    auto data = to.make(VIRTIO_VSOCK_OP_RW, own_port, port);
    data.header.len = htole32(65536);
    data.payload.resize(65536);
    unsigned sent = 0;
    for (int i = 0; i < 5; ++i) {
        sent += static_cast<bool>(to.send(data.message()));
    }
    const auto answer = to.next(own_port);
    std::cout << R"({"sent": )" << sent << R"(, "reset": )"
              << (answer && le16toh(answer->op) == VIRTIO_VSOCK_OP_RST ? "true" : "false") << "}\n";
    return 0;
}

int deaf(const guest::arguments& options) {
    const peer to{target(options), 4096};
    if (!to.connect(own_port, options.number<std::uint32_t>("port", 0), VIRTIO_VSOCK_TYPE_STREAM, 262144)) {
        throw std::runtime_error("not connected");
    }
    std::cout << "connected" << std::endl;
    ::pause();
    return 0;
}

int flood(const guest::arguments& options) {
    // A ring that the answers fill at once.
    const peer to{target(options), 4096};
    const auto port = options.number<std::uint32_t>("port", 0);
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds{options.number<int>("seconds", 5)};
    std::uint64_t sent = 0;
    std::uint64_t full = 0;
    std::cout << "flooding" << std::endl;
    for (std::uint32_t src_port = 100'000; std::chrono::steady_clock::now() < end; ++src_port) {
        const auto request = to.make(VIRTIO_VSOCK_OP_REQUEST, src_port, port).message();
        const auto result = to.send(request, packet_type | life, guest::no_wait);
        sent += static_cast<bool>(result);
        full += result.code == EAGAIN;
    }
    std::cout << R"({"sent": )" << sent << R"(, "full": )" << full << "}\n";
    return 0;
}

} // namespace

int main(int argc, char** argv) {
    return guest::run_command(argc, argv,
                              {{"malformed", malformed},
                               {"breaks", breaks},
                               {"spoof", spoof},
                               {"reply", reply},
                               {"flood", flood},
                               {"records", records},
                               {"overdraws", overdraws},
                               {"spends", spends},
                               {"deaf", deaf}},
                              usage);
}
