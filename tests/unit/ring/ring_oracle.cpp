// SPDX-License-Identifier: MIT
#include "ring_oracle.hpp"

#include <cstddef>
#include <span>

namespace argo_test {

namespace {

u64 little_endian(std::span<const u8> bytes) {
    u64 value = 0;
    for (std::size_t i = bytes.size(); i-- > 0;) {
        value = value << 8 | bytes[i];
    }
    return value;
}

} // namespace

ring_contents unroll(const ring_memory& ring, u32 rx, u32 tx) {
    const argo_ring_layout& layout = ring.layout();
    ring_contents contents;
    if (tx >= ring.len() || tx % 16 != 0) {
        contents.broken = true;
        return contents;
    }

    std::vector<u8> flat;
    for (u64 at = rx; at % ring.len() != tx; ++at) {
        flat.push_back(ring.data()[at % ring.len()]);
    }

    std::span<const u8> rest(flat);
    while (!rest.empty()) {
        const u64 msg_len = little_endian(rest.subspan(layout.len, 4));
        if (msg_len < 16 || msg_len > rest.size()) {
            contents.broken = true;
            break;
        }
        message msg;
        msg.port = static_cast<u32>(little_endian(rest.subspan(layout.port, 4)));
        msg.domid = static_cast<u16>(little_endian(rest.subspan(layout.domid, 2)));
        msg.type = static_cast<u32>(little_endian(rest.subspan(layout.type, 4)));
        const auto payload = rest.subspan(16, msg_len - 16);
        msg.payload.assign(payload.begin(), payload.end());
        contents.messages.push_back(std::move(msg));
        rest = rest.subspan((msg_len + 15) / 16 * 16);
    }
    return contents;
}

} // namespace argo_test
