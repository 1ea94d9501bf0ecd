// SPDX-License-Identifier: MIT
// Packets to argo_vsock of domain 0, as a peer sends them that keeps to no rule, and sockets of this kernel which they
// are for.
#include "fuzz_peer.hpp"
#include "fuzz_target.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <endian.h>
#include <linux/virtio_vsock.h>
#include <linux/vm_sockets.h>
#include <optional>
#include <stdexcept>
#include <sys/socket.h>

namespace guest::fuzz {
namespace {

using values = std::vector<std::uint32_t>;

// docs/vsock.md
constexpr std::uint32_t packet_type = 0x56100000;
constexpr std::uint32_t datagram_type = 0x56200000;
constexpr std::uint32_t life = 0x00abc;
constexpr std::uint32_t cid_offset = 2;
constexpr std::uint32_t host_cid = 2;

constexpr std::uint32_t slots = 4;
constexpr std::uint32_t stream_port = 5000;
constexpr std::uint32_t seqpacket_port = 5001;
constexpr std::uint32_t datagram_port = 5002;
constexpr std::uint32_t closed_port = 5003;

/// Values that mean something.
namespace usual {
const values slot{0, 1, 2, 3};
const values op{VIRTIO_VSOCK_OP_REQUEST, VIRTIO_VSOCK_OP_REQUEST,       VIRTIO_VSOCK_OP_RESPONSE,
                VIRTIO_VSOCK_OP_RST,     VIRTIO_VSOCK_OP_SHUTDOWN,      VIRTIO_VSOCK_OP_RW,
                VIRTIO_VSOCK_OP_RW,      VIRTIO_VSOCK_OP_CREDIT_UPDATE, VIRTIO_VSOCK_OP_CREDIT_REQUEST,
                VIRTIO_VSOCK_OP_INVALID};
const values type{VIRTIO_VSOCK_TYPE_STREAM, VIRTIO_VSOCK_TYPE_STREAM, VIRTIO_VSOCK_TYPE_SEQPACKET, 0, 3};
const values from{4000, 4001, 4002};
const values to{stream_port, stream_port, seqpacket_port, closed_port};
const values size{0, 1, 100, 4000, 65536, 65537};
const values packet_flags{0, 0, 1, 2, 3};
const values buffer{0, 1, 4096, 65536, 0xffffffff};
const values counter{0, 0, 1, 100, 0xffffffff};
} // namespace usual

sockaddr_vm vm_address(std::uint32_t cid, std::uint32_t port) {
    sockaddr_vm made{};
    made.svm_family = AF_VSOCK;
    made.svm_cid = cid;
    made.svm_port = port;
    return made;
}

file vm_socket(int kind) {
    file made{::socket(AF_VSOCK, kind | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)};
    if (!made) {
        throw std::runtime_error("AF_VSOCK has no such socket: is argo_vsock loaded?");
    }
    return made;
}

file bound_socket(int kind, std::uint32_t port) {
    auto made = vm_socket(kind);
    const auto where = vm_address(VMADDR_CID_ANY, port);
    if (::bind(made.get(), reinterpret_cast<const sockaddr*>(&where), sizeof(where)) != 0) {
        throw std::runtime_error("an AF_VSOCK port is in use");
    }
    if (kind != SOCK_DGRAM) {
        ::listen(made.get(), 4);
    }
    return made;
}

class vsock_target final : public target {
public:
    explicit vsock_target(const arguments&)
        : listeners_{bound_socket(SOCK_STREAM, stream_port), bound_socket(SOCK_SEQPACKET, seqpacket_port)},
          datagrams_{bound_socket(SOCK_DGRAM, datagram_port)}, operations_{describe()} {}

    [[nodiscard]] counted what_counts() const override { return counted::messages; }
    [[nodiscard]] operations known() const override { return operations_; }

    void finish() override {
        // A socket that its peer has reset is closed at once; others wait for the peer.
        for (const auto one : {4000U, 4001U, 4002U}) {
            for (const auto port : {stream_port, seqpacket_port}) {
                transmit(header(VIRTIO_VSOCK_OP_RST, kind_of(port), one, port), 0);
            }
        }
        answer({VIRTIO_VSOCK_OP_RST, VIRTIO_VSOCK_TYPE_STREAM});
        spoilt_.reset();
        peer_.drain();
        for (auto& one : sockets_) {
            one.reset();
        }
        for (const auto& one : listeners_) {
            while (file{::accept(one.get(), nullptr, nullptr)}) {
            }
        }
        while (::recv(datagrams_.get(), payload_.data(), 1, 0) >= 0) {
        }
        listen_to_requests();
        last_request_.reset();
    }

private:
    static std::uint32_t kind_of(std::uint32_t port) {
        return port == seqpacket_port ? VIRTIO_VSOCK_TYPE_SEQPACKET : VIRTIO_VSOCK_TYPE_STREAM;
    }

    std::vector<operation> describe() {
        const auto bound = [this](auto member) { return [this, member](const words& a) { (this->*member)(a); }; };
        return {
            {"packet",
             {usual::op, usual::type, usual::from, usual::to, usual::size, usual::packet_flags, usual::buffer,
              usual::counter},
             bound(&vsock_target::packet)},
            // To the port that the last request of a socket of this kernel came from.
            {"answer",
             {usual::op, usual::type, usual::size, usual::packet_flags, usual::buffer, usual::counter},
             bound(&vsock_target::answer)},
            // In the header of the next packet, the 32 bits from a byte on are something else.
            {"spoil",
             {{0, 4, 8, 12, 16, 20, 24, 28, 32, 36, 40}, {0, 1, 2, 0x80000000, 0xffffffff}},
             [this](const words& a) {
                 spoilt_ = {a[0], a[1]};
             }},
            {"message",
             {{0, packet_type, packet_type | life, 0x56300000, ~0U}, usual::size},
             bound(&vsock_target::message)},
            {"datagram", {usual::from, {datagram_port, closed_port}, usual::size}, bound(&vsock_target::datagram)},
            {"drain", {}, [this](const words&) { peer_.drain(); }},
            {"accept", {usual::slot, {0, 1}}, bound(&vsock_target::accept)},
            {"connect", {usual::slot, {SOCK_STREAM, SOCK_SEQPACKET}, usual::from}, bound(&vsock_target::connect)},
            {"read", {usual::slot, usual::size, {0, MSG_PEEK}}, bound(&vsock_target::read)},
            {"write", {usual::slot, usual::size, {0, MSG_EOR}}, bound(&vsock_target::write)},
            {"shutdown", {usual::slot, {0, 1, 2}}, bound(&vsock_target::shutdown)},
            {"lowat", {usual::slot, usual::size}, bound(&vsock_target::lowat)},
            {"close", {usual::slot}, [this](const words& a) { at(a[0]).reset(); }},
        };
    }

    file& at(std::uint32_t slot) { return sockets_.at(slot % slots); }

    [[nodiscard]] virtio_vsock_hdr header(std::uint32_t op, std::uint32_t type, std::uint32_t from,
                                          std::uint32_t to) const {
        virtio_vsock_hdr made{};
        made.src_cid = htole64(peer_.domid() + cid_offset);
        made.dst_cid = htole64(host_cid);
        made.src_port = htole32(from);
        made.dst_port = htole32(to);
        made.type = htole16(static_cast<std::uint16_t>(type));
        made.op = htole16(static_cast<std::uint16_t>(op));
        made.buf_alloc = htole32(65536);
        return made;
    }

    void transmit(virtio_vsock_hdr header, std::uint32_t size) {
        if (spoilt_) {
            std::memcpy(reinterpret_cast<std::byte*>(&header) + spoilt_->offset % (sizeof(header) - 3), &spoilt_->value,
                        sizeof(spoilt_->value));
            spoilt_.reset();
        }
        peer_.send(view_of(header), size, packet_type | life);
    }

    void packet(const words& a) {
        auto made = header(a[0], a[1], a[2], a[3]);
        made.len = htole32(a[4]);
        made.flags = htole32(a[5]);
        made.buf_alloc = htole32(a[6]);
        made.fwd_cnt = htole32(a[7]);
        transmit(made, a[4]);
    }

    void answer(const words& a) {
        listen_to_requests();
        if (!last_request_) {
            return;
        }
        auto made = header(a[0], a[1], le32toh(last_request_->dst_port), le32toh(last_request_->src_port));
        made.len = htole32(a[2]);
        made.flags = htole32(a[3]);
        made.buf_alloc = htole32(a[4]);
        made.fwd_cnt = htole32(a[5]);
        transmit(made, a[2]);
    }

    void listen_to_requests() {
        peer_.receive_all([this](const_view data) {
            virtio_vsock_hdr got{};
            if (data.size() >= sizeof(got)) {
                std::memcpy(&got, data.data(), sizeof(got));
                if (le16toh(got.op) == VIRTIO_VSOCK_OP_REQUEST) {
                    last_request_ = got;
                }
            }
        });
    }

    void message(const words& a) { peer_.send({}, a[1], a[0]); }

    void datagram(const words& a) {
        const std::array<std::uint32_t, 2> ports{htole32(a[0]), htole32(a[1])};
        peer_.send(view_of(ports), a[2], datagram_type | life);
    }

    void accept(const words& a) {
        at(a[0]) = file{::accept4(listeners_.at(a[1] % 2).get(), nullptr, nullptr, SOCK_NONBLOCK)};
    }

    void connect(const words& a) {
        at(a[0]) = vm_socket(a[1] % 2 != 0 ? SOCK_STREAM : SOCK_SEQPACKET);
        const auto where = vm_address(peer_.domid() + cid_offset, a[2]);
        static_cast<void>(::connect(at(a[0]).get(), reinterpret_cast<const sockaddr*>(&where), sizeof(where)));
    }

    void read(const words& a) {
        static_cast<void>(
            ::recv(at(a[0]).get(), payload_.data(), a[1] % payload_.size(), static_cast<int>(a[2] & MSG_PEEK)));
    }

    void write(const words& a) {
        static_cast<void>(::send(at(a[0]).get(), payload_.data(), a[1] % payload_.size(),
                                 static_cast<int>(a[2] & MSG_EOR) | MSG_NOSIGNAL | MSG_DONTWAIT));
    }

    void shutdown(const words& a) { static_cast<void>(::shutdown(at(a[0]).get(), static_cast<int>(a[1] % 3))); }

    void lowat(const words& a) {
        const int bytes = static_cast<int>(a[1]);
        static_cast<void>(::setsockopt(at(a[0]).get(), SOL_SOCKET, SO_RCVLOWAT, &bytes, sizeof(bytes)));
    }

    struct spoilt {
        std::uint32_t offset;
        std::uint32_t value;
    };

    peer peer_{ARGO_PORT_VSOCK};
    std::array<file, 2> listeners_;
    file datagrams_;
    std::array<file, slots> sockets_;
    std::optional<spoilt> spoilt_;
    std::optional<virtio_vsock_hdr> last_request_;
    bytes payload_ = bytes(peer::largest);
    std::vector<operation> operations_;
};

} // namespace

std::unique_ptr<target> make_vsock_target(const arguments& options) { return std::make_unique<vsock_target>(options); }

} // namespace guest::fuzz
