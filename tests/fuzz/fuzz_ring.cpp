// SPDX-License-Identifier: MIT
// Any ring contents: argo/ring.h never reads outside the ring, never stops moving, and sees what the oracle sees.
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <vector>

#include "layouts.hpp"
#include "ring_input.hpp"
#include "ring_memory.hpp"
#include "ring_oracle.hpp"
#include "ring_reader.hpp"

namespace {

using namespace argo_test;

void require(bool holds, const char* what) {
    if (holds) {
        return;
    }
    std::fprintf(stderr, "argo/ring.h: %s\n", what);
    std::abort();
}

void check_part(const ring_memory& ring, const argo_ring_msg& msg, const std::vector<u8>& payload, u32 from) {
    const u32 rest = msg.len - std::min(from, msg.len);
    for (const u32 n : {0u, rest / 2, rest, ~0u}) {
        const std::vector<u8> part = copy_payload(ring, msg, from, n);
        require(part.empty() || std::equal(part.begin(), part.end(), payload.begin() + from),
                "a part of a payload has other bytes");
    }
}

} // namespace

// NOLINTNEXTLINE(readability-identifier-naming): libFuzzer's name
extern "C" int LLVMFuzzerTestOneInput(const u8* bytes, std::size_t size) {
    const std::span<const u8> whole(bytes, size);
    const auto input = argo_fuzz::parse(whole);
    if (!input) {
        return 0;
    }

    const ring_memory ring(argo_fuzz::ring_length(*input), layouts[input->layout % layouts.size()].layout);
    const auto data = whole.subspan(sizeof(*input));
    std::copy_n(data.begin(), std::min<std::size_t>(data.size(), ring.len()), ring.data().begin());
    u32 rx = argo_fuzz::receive_index(*input);
    ring.tx_index() = argo_fuzz::send_index(*input);

    const ring_contents expected = unroll(ring, rx, ring.tx_index());
    argo_ring_msg msg{};
    for (const message& want : expected.messages) {
        require(next(ring, rx, msg) == 1, "a good message is not seen");
        require(msg.port == want.port && msg.domid == want.domid && msg.type == want.type, "a field differs");
        require(msg.len == want.payload.size(), "the length differs");
        require(argo_ring_index_ok(msg.next, ring.len()), "the next index is none");
        check_part(ring, msg, want.payload, 0);
        check_part(ring, msg, want.payload, input->from % (msg.len + 1));
        check_part(ring, msg, want.payload, msg.len);
        // What was taken of another message may be more than this one has.
        check_part(ring, msg, want.payload, input->from * 0x10001u);
        rx = msg.next;
        argo_ring_release_in(&ring.layout(), ring.base(), rx);
    }
    const int last = next(ring, rx, msg);
    require(last == (expected.broken ? -EBADMSG : 0), "the end is not what it should be");
    return 0;
}
