// SPDX-License-Identifier: MIT
// A ring that is registered again, and what is left of one.
#include <gtest/gtest.h>

#include "world.hpp"

namespace {

using namespace hmx_test;

struct Again : testing::Test {
    ~Again() override { EXPECT_EQ(hypervisor.wrong(), ""); }

    static hmx_params params() {
        hmx_params params = permissive();
        params.max_rings = 3;
        return params;
    }

    engine hypervisor{params()};
    domain sender{hypervisor, 1};
    domain receiver{hypervisor, 2};
    ring first{96};
    ring second{96};

    [[nodiscard]] u32 counted() const { return hmx_inspect_counted_rings(receiver.get()); }
    [[nodiscard]] u32 rings() const { return hmx_inspect_rings(receiver.get()); }
    [[nodiscard]] int fail_to_register_again(u16 partner) {
        second.pages()[0] = nullptr;
        return receiver.register_ring(second, 5, partner);
    }
};

TEST_F(Again, GoesOnInTheNewPagesWithTheirIndexes) {
    ASSERT_EQ(receiver.register_ring(first, 5), 0);
    ASSERT_EQ(sender.send(receiver, 5, pattern(3)), 3);
    second.start_at(48);
    ASSERT_EQ(receiver.register_ring(second, 5), 0);
    EXPECT_EQ(second.take(), std::nullopt);
    ASSERT_EQ(sender.send(receiver, 5, pattern(4)), 4);
    EXPECT_EQ(second.take()->payload, pattern(4));
    EXPECT_EQ(first.drain(), 1u);
}

TEST_F(Again, KeepsWhatIsUnread) {
    ASSERT_EQ(receiver.register_ring(first, 5), 0);
    ASSERT_EQ(sender.send(receiver, 5, pattern(3)), 3);
    ASSERT_EQ(receiver.register_ring(first, 5), 0);
    EXPECT_EQ(first.take()->payload, pattern(3));
}

TEST_F(Again, KeepsWhoWaits) {
    ring full(48);
    ASSERT_EQ(receiver.register_ring(full, 5), 0);
    ASSERT_EQ(sender.send(receiver, 5, pattern(16)), 16);
    ASSERT_EQ(sender.send(receiver, 5, pattern(8)), -EAGAIN);
    full.drain();
    ASSERT_EQ(receiver.register_ring(full, 5), 0);
    EXPECT_EQ(sender.interrupts(), 0u) << "registering tells nobody";
    ASSERT_EQ(receiver.notify(), 0);
    EXPECT_EQ(sender.interrupts(), 1u);
}

TEST_F(Again, CountsTwice) {
    for (const u16 partner : {sender.id(), u16{ARGO_DOMID_ANY}}) {
        ASSERT_EQ(receiver.register_ring(first, 5, partner), 0);
        ASSERT_EQ(receiver.register_ring(first, 5, partner), 0);
        ASSERT_EQ(receiver.register_ring(first, 5, partner), 0);
        EXPECT_EQ(counted(), 3u);
        EXPECT_EQ(rings(), 1u);
        EXPECT_EQ(receiver.register_ring(first, 5, partner), -ENOSPC);
        EXPECT_EQ(receiver.register_ring(second, 6), -ENOSPC);
        ASSERT_EQ(receiver.unregister(5, partner), 0);
        EXPECT_EQ(receiver.unregister(5, partner), -ENOENT);
        EXPECT_EQ(counted(), 2u) << "two are lost";
        hmx_domain_soft_reset(receiver.get());
        EXPECT_EQ(counted(), 0u);
    }
}

TEST_F(Again, WhenItFailsTheRingIsLostButCounts) {
    for (const u16 partner : {sender.id(), u16{ARGO_DOMID_ANY}}) {
        ASSERT_EQ(receiver.register_ring(first, 5, partner), 0);
        ASSERT_EQ(fail_to_register_again(partner), -EINVAL);
        EXPECT_EQ(rings(), 0u);
        EXPECT_EQ(sender.send(receiver, 5, pattern(1)), -ECONNREFUSED);
        EXPECT_EQ(receiver.unregister(5, partner), -ENOENT);
    }
    EXPECT_EQ(counted(), 2u);
}

TEST_F(Again, WithoutMemoryTheRingIsLostToo) {
    ASSERT_EQ(receiver.register_ring(first, 5), 0);
    hmx_fault_alloc(hypervisor.get(), 2, false);
    EXPECT_EQ(receiver.register_ring(second, 5), -ENOMEM);
    EXPECT_EQ(rings(), 0u);
    EXPECT_EQ(counted(), 1u);
}

TEST_F(Again, WhatIsRefusedHarmsNothing) {
    ASSERT_EQ(receiver.register_ring(first, 5), 0);
    ring longer(112);
    EXPECT_EQ(receiver.register_ring(longer, 5), -EEXIST);
    EXPECT_EQ(receiver.register_ring(second, 5, ARGO_DOMID_ANY, HMX_REGISTER_FAIL_EXIST), -EEXIST);
    EXPECT_EQ(counted(), 1u);
    EXPECT_EQ(sender.send(receiver, 5, pattern(1)), 1);
    EXPECT_EQ(first.drain(), 1u);
}

TEST_F(Again, PartnersDeathTakesOneThatCountsTwice) {
    domain partner(hypervisor, 3);
    ASSERT_EQ(receiver.register_ring(first, 5, 3), 0);
    ASSERT_EQ(receiver.register_ring(first, 5, 3), 0);
    hmx_domain_destroy(partner.get());
    EXPECT_EQ(rings(), 0u);
    EXPECT_EQ(counted(), 1u);
}

TEST_F(Again, AFailedFirstOneLeavesNothing) {
    EXPECT_EQ(fail_to_register_again(sender.id()), -EINVAL);
    EXPECT_EQ(rings(), 0u);
    EXPECT_EQ(counted(), 0u);
}

} // namespace
