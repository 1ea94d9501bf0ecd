// SPDX-License-Identifier: MIT
// Frames to the device of argo_net of domain 0, as a peer sends them that keeps to no rule.
#include "fuzz_peer.hpp"
#include "fuzz_target.hpp"
#include "net_frame.hpp"

#include <array>
#include <cstring>
#include <endian.h>
#include <linux/if_ether.h>
#include <netinet/in.h>
#include <netinet/ip.h>
#include <netinet/tcp.h>
#include <optional>

namespace guest::fuzz {
namespace {

using values = std::vector<std::uint32_t>;

struct [[gnu::packed]] frame_header {
    offload_header offload;
    ethhdr ethernet;
    iphdr ip;
    tcphdr tcp;
};

const values size{0, 1, 46, 1460, 9000, 65000};
const values gso_type{0, 0, 1, 3, 4, 5, 0x81};
const values gso_size{0, 1, 100, 1448, 65535};
const values ethertype{ETH_P_IP, ETH_P_IPV6, ETH_P_ARP, ETH_P_8021Q, 0x88b5, 0};

/// Whose address a frame has.
enum address_kind : std::uint32_t {
    receivers,
    senders,
    everyones,
    a_groups,
    a_third_domains,
    somebodys,
    address_kinds
};
const values address_kind_values{receivers, senders, everyones, a_groups, a_third_domains, somebodys};

class net_target final : public target {
public:
    explicit net_target(const arguments&) : operations_{describe()} {}

    [[nodiscard]] counted what_counts() const override { return counted::messages; }
    [[nodiscard]] operations known() const override { return operations_; }

    void finish() override {
        spoilt_.reset();
        peer_.drain();
        peer_.receive_all([](const_view) {});
    }

private:
    struct spoilt {
        std::uint32_t offset;
        std::uint32_t value;
    };

    std::vector<operation> describe() {
        const auto bound = [this](auto member) { return [this, member](const words& a) { (this->*member)(a); }; };
        return {
            {"frame",
             {address_kind_values,
              address_kind_values,
              ethertype,
              size,
              {0, 1, 2},
              gso_type,
              gso_size,
              {0, 34},
              {0, 16},
              {IPPROTO_TCP, IPPROTO_UDP}},
             bound(&net_target::frame)},
            // In the next frame, the 32 bits from a byte on are something else.
            {"spoil",
             {{0, 2, 4, 6, 8, 10, 14, 18, 22, 24, 30, 36, 44}, {0, 1, 2, 0x80000000, 0xffffffff}},
             [this](const words& a) {
                 spoilt_ = {a[0], a[1]};
             }},
            {"message",
             {{0, frame_type, frame_type + 1, ~0U}, {0, 9, 10, 23, 24, 100, 65600}},
             bound(&net_target::message)},
            {"drain", {}, [this](const words&) { peer_.drain(); }},
        };
    }

    void set_address(unsigned char* mac, std::uint32_t kind) const {
        std::array<unsigned char, ETH_ALEN> address{0x02, 'A', 'R', 'G', 0, 0};
        switch (kind % address_kinds) {
        case receivers:
            break;
        case senders:
            address[5] = static_cast<unsigned char>(peer_.domid());
            break;
        case everyones:
            address.fill(0xff);
            break;
        case a_groups:
            address = {0x01, 0, 0x5e, 0, 0, 1};
            break;
        case a_third_domains:
            address[5] = 3;
            break;
        default:
            address = {0x02, 0x22, 0x22, 0x22, 0x22, static_cast<unsigned char>(kind)};
        }
        std::memcpy(mac, address.data(), address.size());
    }

    void frame(const words& a) {
        frame_header made{};
        made.offload.flags = static_cast<std::uint8_t>(a[4]);
        made.offload.gso_type = static_cast<std::uint8_t>(a[5]);
        made.offload.hdr_len = htole16(ETH_HLEN + sizeof(iphdr) + sizeof(tcphdr));
        made.offload.gso_size = htole16(static_cast<std::uint16_t>(a[6]));
        made.offload.csum_start = htole16(static_cast<std::uint16_t>(a[7]));
        made.offload.csum_offset = htole16(static_cast<std::uint16_t>(a[8]));
        set_address(made.ethernet.h_dest, a[0]);
        set_address(made.ethernet.h_source, a[1]);
        made.ethernet.h_proto = htobe16(static_cast<std::uint16_t>(a[2]));
        made.ip.version = 4;
        made.ip.ihl = 5;
        made.ip.ttl = 64;
        made.ip.protocol = static_cast<std::uint8_t>(a[9]);
        made.ip.tot_len = htobe16(static_cast<std::uint16_t>(sizeof(iphdr) + sizeof(tcphdr) + a[3]));
        made.tcp.doff = 5;
        if (spoilt_) {
            std::memcpy(reinterpret_cast<std::byte*>(&made) + spoilt_->offset % (sizeof(made) - 3), &spoilt_->value,
                        sizeof(spoilt_->value));
            spoilt_.reset();
        }
        peer_.send(view_of(made), a[3], frame_type);
    }

    void message(const words& a) { peer_.send({}, a[1], a[0]); }

    peer peer_{ARGO_PORT_NET};
    std::optional<spoilt> spoilt_;
    std::vector<operation> operations_;
};

} // namespace

std::unique_ptr<target> make_net_target(const arguments& options) { return std::make_unique<net_target>(options); }

} // namespace guest::fuzz
