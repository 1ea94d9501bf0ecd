// SPDX-License-Identifier: MIT
// Who waits for space, for how much, and who is told when.
#include <deque>

#include <gtest/gtest.h>

#include "world.hpp"

namespace {

using namespace hmx_test;

/// The same for a ring for all and for one that has a partner.
struct Waiters : testing::TestWithParam<bool> {
    ~Waiters() override { EXPECT_EQ(hypervisor.wrong(), ""); }

    void SetUp() override {
        ASSERT_EQ(receiver.register_ring(memory, 5, partner), 0);
        ASSERT_EQ(sender.send(receiver, 5, pattern(128)), 128);
        receiver.interrupts();
    }
    [[nodiscard]] int64_t waits_for() const { return hmx_inspect_waiter(receiver.get(), 5, partner, sender.id()); }
    /// Makes the ring look as if that many payload bytes were free.
    void free_bytes(u32 bytes) { memory.header().rx_ptr = (memory.header().tx_ptr + bytes + 32) % memory.len(); }

    engine hypervisor;
    domain sender{hypervisor, 1};
    domain receiver{hypervisor, 2};
    ring memory{160};
    const u16 partner = GetParam() ? sender.id() : u16{ARGO_DOMID_ANY};
};

TEST_P(Waiters, TheLargestIsKept) {
    EXPECT_EQ(waits_for(), -1);
    EXPECT_EQ(sender.send(receiver, 5, pattern(17)), -EAGAIN);
    EXPECT_EQ(waits_for(), 17);
    EXPECT_EQ(sender.send(receiver, 5, pattern(70)), -EAGAIN);
    EXPECT_EQ(waits_for(), 70);
    EXPECT_EQ(sender.send(receiver, 5, pattern(3)), -EAGAIN);
    EXPECT_EQ(waits_for(), 70);
    EXPECT_EQ(sender.query(2, 5, 90).flags & ARGO_HV_SUFFICIENT, 0);
    EXPECT_EQ(waits_for(), 90);
    EXPECT_EQ(sender.query(2, 5, 1).flags & ARGO_HV_SUFFICIENT, 0);
    EXPECT_EQ(waits_for(), 90);
}

TEST_P(Waiters, IsToldWhenItFitsAndNotBefore) {
    ASSERT_EQ(sender.send(receiver, 5, pattern(50)), -EAGAIN);
    free_bytes(48);
    ASSERT_EQ(receiver.notify(), 0);
    EXPECT_EQ(sender.interrupts(), 0u);
    EXPECT_EQ(waits_for(), 50);
    free_bytes(64);
    EXPECT_EQ(sender.interrupts(), 0u) << "only notify looks";
    ASSERT_EQ(receiver.notify(), 0);
    EXPECT_EQ(sender.interrupts(), 1u);
    EXPECT_EQ(waits_for(), -1);
    ASSERT_EQ(receiver.notify(), 0);
    EXPECT_EQ(sender.interrupts(), 0u) << "once";
}

TEST_P(Waiters, SufficientEndsTheWait) {
    ASSERT_EQ(sender.send(receiver, 5, pattern(80)), -EAGAIN);
    free_bytes(16);
    EXPECT_NE(sender.query(2, 5, 16).flags & ARGO_HV_SUFFICIENT, 0);
    EXPECT_EQ(waits_for(), -1);
    free_bytes(128);
    ASSERT_EQ(receiver.notify(), 0);
    EXPECT_EQ(sender.interrupts(), 0u) << "a small question has cost a large message its wakeup";
}

TEST_P(Waiters, NothingIsAlwaysSufficient) {
    ASSERT_EQ(sender.send(receiver, 5, pattern(80)), -EAGAIN);
    EXPECT_NE(sender.query(2, 5, 0).flags & ARGO_HV_SUFFICIENT, 0);
    EXPECT_EQ(waits_for(), -1);
}

TEST_P(Waiters, SendingDoesNotEndTheWait) {
    ASSERT_EQ(sender.send(receiver, 5, pattern(80)), -EAGAIN);
    memory.header().rx_ptr = 48;
    ASSERT_EQ(sender.send(receiver, 5, pattern(1)), 1);
    EXPECT_EQ(waits_for(), 80);
}

TEST_P(Waiters, TooLargeIsNotWaitedFor) {
    EXPECT_EQ(sender.send(receiver, 5, pattern(129)), -EMSGSIZE);
    EXPECT_EQ(sender.query(2, 5, 129).flags & (ARGO_HV_TOO_LARGE | ARGO_HV_SUFFICIENT), ARGO_HV_TOO_LARGE);
    EXPECT_EQ(waits_for(), -1);
}

TEST_P(Waiters, TooLargeDoesNotEndTheWait) {
    ASSERT_EQ(sender.send(receiver, 5, pattern(80)), -EAGAIN);
    sender.query(2, 5, 129);
    EXPECT_EQ(waits_for(), 80);
}

// Two free slots take an empty message, but count as no space.
TEST_P(Waiters, EmptyMessageIsOnlyToldOfRoomForMore) {
    memory.header().rx_ptr = memory.header().tx_ptr + 16;
    ASSERT_EQ(sender.send(receiver, 5, {}), -EAGAIN);
    EXPECT_EQ(waits_for(), 0);
    free_bytes(0);
    ASSERT_EQ(receiver.notify(), 0);
    EXPECT_EQ(sender.interrupts(), 0u);
    free_bytes(16);
    ASSERT_EQ(receiver.notify(), 0);
    EXPECT_EQ(sender.interrupts(), 1u);
}

TEST_P(Waiters, OneInterruptForEachRing) {
    ring other(48);
    ASSERT_EQ(receiver.register_ring(other, 6, partner), 0);
    ASSERT_EQ(sender.send(receiver, 6, pattern(16)), 16);
    ASSERT_EQ(sender.send(receiver, 5, pattern(1)), -EAGAIN);
    ASSERT_EQ(sender.send(receiver, 6, pattern(1)), -EAGAIN);
    memory.drain();
    other.drain();
    ASSERT_EQ(receiver.notify(), 0);
    EXPECT_EQ(sender.interrupts(), 2u);
}

TEST_P(Waiters, OthersNotifyDoesNotServe) {
    ASSERT_EQ(sender.send(receiver, 5, pattern(1)), -EAGAIN);
    memory.drain();
    ASSERT_EQ(sender.notify(), 0);
    EXPECT_EQ(sender.interrupts(), 0u);
    EXPECT_EQ(waits_for(), 1);
}

TEST_P(Waiters, UnregisteringTellsNobody) {
    ASSERT_EQ(sender.send(receiver, 5, pattern(1)), -EAGAIN);
    ASSERT_EQ(receiver.unregister(5, partner), 0);
    EXPECT_EQ(sender.interrupts(), 0u);
    ASSERT_EQ(receiver.register_ring(memory, 5, partner), 0);
    EXPECT_EQ(waits_for(), -1);
}

std::string name_of(const testing::TestParamInfo<bool>& one) { return one.param ? "ForOne" : "ForAll"; }

INSTANTIATE_TEST_SUITE_P(AnyOrOne, Waiters, testing::Bool(), name_of);

struct Crowd : testing::TestWithParam<u32> {
    static hmx_params params() {
        hmx_params params = permissive();
        params.max_waiters = GetParam();
        return params;
    }

    engine hypervisor{params()};
    domain receiver{hypervisor, 0};
    ring memory{48};
    std::deque<domain> senders;

    void SetUp() override {
        ASSERT_EQ(receiver.register_ring(memory, 5), 0);
        ASSERT_EQ(receiver.send(receiver, 5, pattern(16)), 16);
        for (u16 id = 1; id <= GetParam() + 1; ++id) {
            senders.emplace_back(hypervisor, id);
        }
    }
};

TEST_P(Crowd, OneTooManyIsBusy) {
    for (u32 i = 0; i < GetParam(); ++i) {
        ASSERT_EQ(senders[i].send(receiver, 5, pattern(i % 16 + 1)), -EAGAIN);
    }
    domain& last = senders.back();
    EXPECT_EQ(last.send(receiver, 5, pattern(1)), -EBUSY);
    EXPECT_EQ(last.query(0, 5, 1).flags, ARGO_HV_EXISTS | ARGO_HV_SHARED | ARGO_HV_BUSY);
    EXPECT_EQ(senders[0].send(receiver, 5, pattern(16)), -EAGAIN) << "who waits already may ask for more";
    EXPECT_EQ(hypervisor.wrong(), "");

    memory.drain();
    ASSERT_EQ(receiver.notify(), 0);
    for (u32 i = 0; i < GetParam(); ++i) {
        EXPECT_EQ(senders[i].interrupts(), 1u) << i;
    }
    EXPECT_EQ(last.interrupts(), 0u);
}

TEST_P(Crowd, PlaceIsFreeAgain) {
    for (u32 i = 0; i < GetParam(); ++i) {
        ASSERT_EQ(senders[i].send(receiver, 5, pattern(1)), -EAGAIN);
    }
    domain& last = senders.back();
    ASSERT_EQ(last.send(receiver, 5, pattern(1)), -EBUSY);
    senders[0].query(0, 5, 0);
    EXPECT_EQ(last.send(receiver, 5, pattern(1)), -EAGAIN) << "after one gave up";
    EXPECT_EQ(senders[0].send(receiver, 5, pattern(1)), -EBUSY);
    hmx_domain_destroy(senders[1].get());
    EXPECT_EQ(senders[0].send(receiver, 5, pattern(1)), -EAGAIN) << "after one died";
    EXPECT_EQ(hypervisor.wrong(), "");
}

INSTANTIATE_TEST_SUITE_P(MaxWaiters, Crowd, testing::Values(2u, 32u));

} // namespace
