// SPDX-License-Identifier: MIT
#include "reference_writer.hpp"

#include <algorithm>
#include <array>
#include <cstring>

namespace argo_test {

namespace {

constexpr u32 slot = 16;
constexpr u32 header_size = 16;

u32 round_up(u32 n) { return (n + slot - 1) / slot * slot; }

} // namespace

reference_writer::reference_writer(const ring_memory& ring, u32 start) : ring_(ring), tx_(start) {
    WRITE_ONCE(ring_.rx_index(), start);
    publish();
}

send_result reference_writer::send(const message& msg) {
    const u32 size = static_cast<u32>(msg.payload.size());
    const u32 needed = header_size + round_up(size);
    if (needed >= ring_.len()) {
        return send_result::too_large;
    }

    // An index that the receiver spoiled reads as a full ring.
    const u32 rx = smp_load_acquire(&ring_.rx_index());
    if (rx >= ring_.len() || rx % slot != 0) {
        return send_result::again;
    }
    const u32 free = rx > tx_ ? rx - tx_ : rx + ring_.len() - tx_;
    if (needed >= free) {
        return send_result::again;
    }

    write_header(header_size + size, msg);
    put(msg.payload.data(), size);
    tx_ = round_up(tx_) % ring_.len();
    publish();
    return send_result::sent;
}

void reference_writer::forge(u32 msg_len, u32 advance) {
    const u32 before = tx_;
    write_header(msg_len, {});
    tx_ = (before + advance) % ring_.len();
    publish();
}

void reference_writer::write_header(u32 msg_len, const message& msg) {
    const argo_ring_layout& layout = ring_.layout();
    std::array<u8, header_size> header{};
    std::memcpy(&header[layout.len], &msg_len, sizeof(msg_len));
    std::memcpy(&header[layout.port], &msg.port, sizeof(msg.port));
    std::memcpy(&header[layout.domid], &msg.domid, sizeof(msg.domid));
    std::memcpy(&header[layout.type], &msg.type, sizeof(msg.type));
    put(header.data(), header_size);
}

void reference_writer::put(const void* from, u32 n) {
    const u8* bytes = static_cast<const u8*>(from);
    const u32 head = std::min(n, ring_.len() - tx_);
    if (head != 0) {
        std::memcpy(&ring_.data()[tx_], bytes, head);
    }
    if (head != n) {
        std::memcpy(ring_.data().data(), bytes + head, n - head);
    }
    tx_ = (tx_ + n) % ring_.len();
}

void reference_writer::publish() { smp_store_release(&ring_.tx_index(), tx_); }

} // namespace argo_test
