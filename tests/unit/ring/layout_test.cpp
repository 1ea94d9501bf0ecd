// SPDX-License-Identifier: MIT
// The numbers are the hypervisor's (argo-abi.md): a compiler or an edit that moves a field breaks the ABI.
#include <cstddef>

#include <gtest/gtest.h>

#include "argo/ring.h"
#include "from_c.h"
#include "layouts.hpp"
#include "reference_writer.hpp"

namespace {

using namespace argo_test;

TEST(RingLayout, RingHeader) {
    EXPECT_EQ(sizeof(argo_ring_header), 64u);
    EXPECT_EQ(offsetof(argo_ring_header, rx_ptr), 0u);
    EXPECT_EQ(offsetof(argo_ring_header, tx_ptr), 4u);
}

TEST(RingLayout, MessageHeader) {
    EXPECT_EQ(sizeof(argo_ring_msg_header), 16u);
    EXPECT_EQ(offsetof(argo_ring_msg_header, len), 0u);
    EXPECT_EQ(offsetof(argo_ring_msg_header, port), 4u);
    EXPECT_EQ(offsetof(argo_ring_msg_header, domid), 8u);
    EXPECT_EQ(offsetof(argo_ring_msg_header, type), 12u);
}

TEST(RingLayout, DescriptionOfArgo) {
    const argo_ring_layout& expected = layouts[0].layout;
    EXPECT_EQ(argo_ring_layout_argo.header, expected.header);
    EXPECT_EQ(argo_ring_layout_argo.rx, expected.rx);
    EXPECT_EQ(argo_ring_layout_argo.tx, expected.tx);
    EXPECT_EQ(argo_ring_layout_argo.len, expected.len);
    EXPECT_EQ(argo_ring_layout_argo.port, expected.port);
    EXPECT_EQ(argo_ring_layout_argo.domid, expected.domid);
    EXPECT_EQ(argo_ring_layout_argo.type, expected.type);
}

TEST(RingLayout, Limits) {
    EXPECT_EQ(ARGO_RING_MIN_LEN, 48u);
    EXPECT_EQ(ARGO_RING_MAX_LEN, 0xffffc0u);
    EXPECT_EQ(argo_ring_max_message(ARGO_RING_MIN_LEN), 16u);
    EXPECT_EQ(argo_ring_max_message(ARGO_RING_MAX_LEN), 0xffffa0u);
}

TEST(RingLayout, SlotsRoundUp) {
    EXPECT_EQ(argo_ring_slots(0), 0u);
    EXPECT_EQ(argo_ring_slots(1), 16u);
    EXPECT_EQ(argo_ring_slots(15), 16u);
    EXPECT_EQ(argo_ring_slots(16), 16u);
    EXPECT_EQ(argo_ring_slots(17), 32u);
    EXPECT_EQ(argo_ring_slots(ARGO_RING_MAX_LEN), ARGO_RING_MAX_LEN);
}

TEST(RingLayout, IndexesAreSlotsWithinTheRing) {
    constexpr u32 len = 4096 - 64;
    for (u32 index = 0; index < len; ++index) {
        EXPECT_EQ(argo_ring_index_ok(index, len), index % 16 == 0) << index;
    }
    for (const u32 index : {len, len + 16, 0x80000000u, 0xfffffff0u, 0xffffffffu}) {
        EXPECT_FALSE(argo_ring_index_ok(index, len)) << index;
    }
}

TEST(RingLayout, UsedBetweenAnyTwoIndexes) {
    constexpr u32 len = 80;
    for (u32 rx = 0; rx < len; rx += 16) {
        for (u32 distance = 0; distance < len; distance += 16) {
            EXPECT_EQ(argo_ring_used(rx, (rx + distance) % len, len), distance) << rx;
        }
    }
}

TEST(RingLayout, CCompilersSeeTheSame) {
    const ring_memory ring(96);
    reference_writer writer(ring, 80);
    ASSERT_EQ(writer.send({.port = 7, .domid = 3, .type = 0x6447724d, .payload = {1, 2, 3}}), send_result::sent);
    argo_ring_msg msg{};
    ASSERT_EQ(ring_next_from_c(static_cast<const argo_ring_header*>(ring.base()), ring.len(), 80, &msg), 1);
    EXPECT_EQ(msg.len, 3u);
    EXPECT_EQ(msg.type, 0x6447724du);
    EXPECT_EQ(msg.port, 7u);
    EXPECT_EQ(msg.domid, 3u);
    EXPECT_EQ(msg.start, 0u);
    EXPECT_EQ(msg.next, 16u);
}

} // namespace
