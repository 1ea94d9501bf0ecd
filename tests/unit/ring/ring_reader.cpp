// SPDX-License-Identifier: MIT
#include "ring_reader.hpp"

#include <algorithm>
#include <array>
#include <span>
#include <stdexcept>

namespace argo_test {

int next(const ring_memory& ring, u32 rx, argo_ring_msg& msg) {
    return argo_ring_next_in(&ring.layout(), ring.base(), ring.len(), rx, &msg);
}

std::vector<u8> copy_payload(const ring_memory& ring, const argo_ring_msg& msg, u32 from, u32 n) {
    std::vector<u8> out;
    std::array<argo_ring_segment, 2> segments{};
    const unsigned int count = argo_ring_segments(ring.len(), &msg, from, n, segments.data());
    if (count > 2) {
        throw std::logic_error("more than two segments");
    }
    for (const auto& segment : std::span(segments).first(count)) {
        if (segment.len == 0) {
            throw std::logic_error("an empty segment");
        }
        if (segment.offset >= ring.len() || segment.len > ring.len() - segment.offset) {
            throw std::logic_error("a segment outside the ring");
        }
        const auto piece = ring.data().subspan(segment.offset, segment.len);
        out.insert(out.end(), piece.begin(), piece.end());
    }
    if (out.size() != std::min(n, msg.len - std::min(from, msg.len))) {
        throw std::logic_error("segments of another length than was asked for");
    }
    return out;
}

int take(const ring_memory& ring, u32& rx, message& out) {
    argo_ring_msg msg{};
    const int result = next(ring, rx, msg);
    if (result != 1) {
        return result;
    }
    out = {.port = msg.port, .domid = msg.domid, .type = msg.type, .payload = copy_payload(ring, msg, 0, msg.len)};
    rx = msg.next;
    argo_ring_release_in(&ring.layout(), ring.base(), rx);
    return result;
}

} // namespace argo_test
