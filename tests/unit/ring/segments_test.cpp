// SPDX-License-Identifier: MIT
#include <algorithm>
#include <array>
#include <numeric>
#include <vector>

#include <gtest/gtest.h>

#include "reference_writer.hpp"
#include "ring_reader.hpp"

namespace {

using namespace argo_test;

constexpr u32 ring_len = 96;

std::vector<u8> part(const std::vector<u8>& bytes, u32 from, u32 n) {
    const auto end = bytes.begin() + from + std::min<u32>(n, static_cast<u32>(bytes.size()) - from);
    return {bytes.begin() + from, end};
}

/// The index at which the message begins.
class Segments : public testing::TestWithParam<u32> {};

TEST_P(Segments, EveryPartOfEveryPayload) {
    const ring_memory ring(ring_len);
    for (u32 size = 0; size <= argo_ring_max_message(ring_len); ++size) {
        std::vector<u8> payload(size);
        std::iota(payload.begin(), payload.end(), u8{1});
        reference_writer writer(ring, GetParam());
        ASSERT_EQ(writer.send({.port = 1, .domid = 2, .type = 3, .payload = payload}), send_result::sent);
        argo_ring_msg msg{};
        ASSERT_EQ(next(ring, GetParam(), msg), 1);

        for (u32 from = 0; from <= size; ++from) {
            for (u32 n = 0; n <= size + 2; ++n) {
                ASSERT_EQ(copy_payload(ring, msg, from, n), part(payload, from, n))
                    << size << " bytes, " << n << " from " << from;
            }
            ASSERT_EQ(copy_payload(ring, msg, from, 0xffffffffu), part(payload, from, size));
        }
    }
}

TEST_P(Segments, TwoOnlyWhereThePayloadWraps) {
    const ring_memory ring(ring_len);
    const u32 start = (GetParam() + 16) % ring_len;
    const argo_ring_msg msg{.len = 64, .type = 0, .port = 0, .domid = 0, .start = start, .next = 0};
    for (u32 from = 0; from < msg.len; ++from) {
        for (u32 n = 1; n <= msg.len - from; ++n) {
            std::array<argo_ring_segment, 2> segments{};
            const u32 first = (start + from) % ring_len;
            const bool wraps = first + n > ring_len;
            ASSERT_EQ(argo_ring_segments(ring_len, &msg, from, n, segments.data()), wraps ? 2u : 1u);
            EXPECT_EQ(segments[0].offset, first);
            EXPECT_EQ(segments[1].offset, 0u);
            EXPECT_EQ(segments[1].len, wraps ? first + n - ring_len : 0u);
        }
    }
}

// A message whose header was read anew after a part of it was taken may be shorter than that part.
TEST_P(Segments, NoneBehindThePayload) {
    const ring_memory ring(ring_len);
    for (u32 size = 0; size <= argo_ring_max_message(ring_len); ++size) {
        const argo_ring_msg msg{
            .len = size, .type = 0, .port = 0, .domid = 0, .start = (GetParam() + 16) % ring_len, .next = 0};
        for (const u32 from : {size, size + 1, size + ring_len, 0x7fffffffu, 0x80000000u, 0xfffffff0u, 0xffffffffu}) {
            for (const u32 n : {1u, 16u, ring_len, 0x80000000u, 0xffffffffu}) {
                std::array<argo_ring_segment, 2> segments{};
                EXPECT_EQ(argo_ring_segments(ring_len, &msg, from, n, segments.data()), 0u)
                    << n << " bytes from " << from << " of " << size;
            }
        }
    }
}

INSTANTIATE_TEST_SUITE_P(At, Segments, testing::Range(0u, ring_len, 16u));

} // namespace
