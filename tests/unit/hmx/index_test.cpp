// SPDX-License-Identifier: MIT
// Indexes that a domain has written into its ring: before it registers it, and while it is in use.
#include <gtest/gtest.h>

#include "world.hpp"

namespace {

using namespace hmx_test;

constexpr u32 len = 96;

struct Indexes : testing::Test {
    ~Indexes() override { EXPECT_EQ(hypervisor.wrong(), ""); }

    engine hypervisor;
    domain sender{hypervisor, 1};
    domain receiver{hypervisor, 2};
    ring memory{len};

    u32 free_bytes() {
        // What fits and one slot more, which stays free; and the header.
        for (u32 size = largest(len);; size -= 16) {
            if ((sender.query(2, 5, size).flags & ARGO_HV_SUFFICIENT) != 0) {
                return size + 32;
            }
        }
    }
};

TEST_F(Indexes, GoodOnesAreKeptAtRegistration) {
    for (u32 rx = 0; rx < len; rx += 16) {
        for (u32 tx = 0; tx < len; tx += 16) {
            memory.header().rx_ptr = rx;
            memory.header().tx_ptr = tx;
            ASSERT_EQ(receiver.register_ring(memory, 5), 0);
            EXPECT_EQ(memory.header().tx_ptr, tx);
            EXPECT_EQ(free_bytes(), std::max(32u, rx == tx ? len : (rx + len - tx) % len));
            ASSERT_EQ(receiver.unregister(5), 0);
        }
    }
}

TEST_F(Indexes, BadSendIndexAtRegistrationEmptiesTheRing) {
    for (const u32 tx : {1u, 15u, 17u, len - 1, len, len + 16, 0x80000000u, 0xffffffffu}) {
        for (const u32 rx : {0u, 16u, len - 16, len - 15, len - 1, len, 0xfffffff1u, 0xffffffffu}) {
            memory.header().rx_ptr = rx;
            memory.header().tx_ptr = tx;
            ASSERT_EQ(receiver.register_ring(memory, 5), 0);
            EXPECT_EQ(memory.header().tx_ptr, rx <= len - 16 ? rx : 0);
            EXPECT_EQ(free_bytes(), len);
            ASSERT_EQ(receiver.unregister(5), 0);
        }
    }
}

// What a receiver makes of its index ends at its own ring: the next slot counts, and 0 if there is none.
TEST_F(Indexes, BadReceiveIndexIsRoundedUpAndWraps) {
    memory.start_at(48);
    ASSERT_EQ(receiver.register_ring(memory, 5), 0);
    const std::vector<std::pair<u32, u32>> seen_as{
        {1, 16}, {16, 16}, {17, 32}, {33, 48},  {47, 48},         {49, 64},         {len - 16, len - 16},
        {81, 0}, {95, 0},  {len, 0}, {1000, 0}, {0x7fffffffu, 0}, {0xfffffff0u, 0}, {0xffffffffu, 0}};
    for (const auto& [rx, slot] : seen_as) {
        memory.header().rx_ptr = rx;
        EXPECT_EQ(free_bytes(), std::max(32u, slot == 48 ? len : (slot + len - 48) % len)) << rx;
    }
}

TEST_F(Indexes, BadReceiveIndexDoesNoHarm) {
    ASSERT_EQ(receiver.register_ring(memory, 5), 0);
    u32 rx = 0;
    u32 sent = 0;
    for (u32 round = 0; round < 10000; ++round) {
        rx = rx * 1103515245 + 12345;
        memory.header().rx_ptr = round % 3 == 0 ? rx : rx % 128;
        sent += sender.send(receiver, 5, pattern(round % 65)) >= 0;
        ASSERT_EQ(memory.header().tx_ptr % 16, 0u);
        ASSERT_LT(memory.header().tx_ptr, len);
    }
    EXPECT_GT(sent, 1000u);
    EXPECT_LT(sent, 10000u);
}

TEST_F(Indexes, SendIndexInTheRingIsOnlyACopy) {
    ASSERT_EQ(receiver.register_ring(memory, 5), 0);
    for (const u32 tx : {0u, 7u, 64u, len, 0xffffffffu}) {
        memory.header().tx_ptr = tx;
        ASSERT_EQ(sender.send(receiver, 5, pattern(5, tx)), 5);
        EXPECT_EQ(memory.take()->payload, pattern(5, tx));
    }
}

} // namespace
