// SPDX-License-Identifier: MIT
// The interrupt, and what notify answers.
#include <gtest/gtest.h>

#include "policy.hpp"

namespace {

using namespace hmx_test;

struct Notify : testing::Test {
    ~Notify() override { EXPECT_EQ(hypervisor.wrong(), ""); }

    policy access;
    engine hypervisor{access.in()};
    domain sender{hypervisor, 1};
    domain receiver{hypervisor, 2};
    ring memory{96};

    /// The sender waits in a ring that was emptied since.
    void someone_waits() {
        ASSERT_EQ(sender.send(receiver, 5, pattern(64)), 64);
        ASSERT_EQ(sender.send(receiver, 5, pattern(64)), -EAGAIN);
        memory.drain();
    }
};

TEST_F(Notify, EachMessageInterruptsItsReceiverAlone) {
    ASSERT_EQ(receiver.register_ring(memory, 5), 0);
    for (int i = 0; i < 3; ++i) {
        ASSERT_EQ(sender.send(receiver, 5, {}), 0);
        EXPECT_EQ(receiver.interrupts(), 1u);
    }
    EXPECT_EQ(sender.interrupts(), 0u);
}

TEST_F(Notify, NothingElseInterrupts) {
    domain peer(hypervisor, 3);
    ring for_peer(96);
    ASSERT_EQ(receiver.register_ring(memory, 5), 0);
    ASSERT_EQ(receiver.register_ring(for_peer, 6, 3), 0);
    EXPECT_EQ(sender.send(receiver, 9, pattern(1)), -ECONNREFUSED);
    EXPECT_EQ(sender.send(receiver, 5, pattern(65)), -EMSGSIZE);
    EXPECT_EQ(sender.send(2, 5, {absent_piece(1)}), -EFAULT);
    ASSERT_EQ(receiver.notify(), 0);
    ASSERT_EQ(sender.notify(), 0);
    sender.query(2, 5, 64);
    hmx_domain_destroy(peer.get());
    ASSERT_EQ(receiver.unregister(5), 0);
    hmx_domain_soft_reset(receiver.get());
    ASSERT_EQ(hmx_domain_restore(receiver.get(), 7), 0);
    EXPECT_EQ(receiver.interrupts(), 0u);
    EXPECT_EQ(sender.interrupts(), 0u);
    EXPECT_EQ(peer.interrupts(), 0u);
}

TEST_F(Notify, FullRingDoesNotInterrupt) {
    ASSERT_EQ(receiver.register_ring(memory, 5), 0);
    ASSERT_EQ(sender.send(receiver, 5, pattern(64)), 64);
    receiver.interrupts();
    ASSERT_EQ(sender.send(receiver, 5, pattern(1)), -EAGAIN);
    EXPECT_EQ(receiver.interrupts(), 0u);
}

TEST_F(Notify, AbsentIsNoError) {
    domain without(hypervisor, 3, false);
    EXPECT_EQ(sender.query(99, 5, 1).flags, 0);
    EXPECT_EQ(sender.query(3, 5, 1).flags, 0);
    EXPECT_EQ(sender.query(2, 5, 1).flags, 0);
    ASSERT_EQ(receiver.register_ring(memory, 5, receiver.id()), 0);
    EXPECT_EQ(sender.query(2, 5, 1).flags, 0) << "another's ring";
    EXPECT_EQ(sender.query(ARGO_DOMID_ANY, 5, 1).flags, 0);
    access.refuse(HMX_ACCESS_QUERY);
    EXPECT_EQ(sender.query(3, 5, 1).flags, 0) << "nothing is refused where nothing is";
}

TEST_F(Notify, AnswersAsManyAsAreAsked) {
    ring for_sender(48);
    ASSERT_EQ(receiver.register_ring(memory, 5), 0);
    ASSERT_EQ(receiver.register_ring(for_sender, 6, sender.id()), 0);
    std::vector<argo_hv_query> entries(
        4, {.port = 0, .domid = 2, .pad = 0, .flags = ARGO_HV_UNANSWERED, .pad2 = 0, .need = 17, .max_message = 4711});
    entries[0].port = 5;
    entries[1].port = 6;
    entries[2].port = 7;
    entries[3].domid = 99;
    ASSERT_EQ(sender.query(entries), 0);
    EXPECT_EQ(entries[0].flags, ARGO_HV_EXISTS | ARGO_HV_SHARED | ARGO_HV_EMPTY | ARGO_HV_SUFFICIENT);
    EXPECT_EQ(entries[0].max_message, 64u);
    EXPECT_EQ(entries[1].flags, ARGO_HV_EXISTS | ARGO_HV_EMPTY | ARGO_HV_TOO_LARGE);
    EXPECT_EQ(entries[1].max_message, 16u);
    EXPECT_EQ(entries[2].flags, 0);
    EXPECT_EQ(entries[2].max_message, 4711u) << "only a ring has one";
    EXPECT_EQ(entries[3].flags, 0);
}

TEST_F(Notify, StopsAtTheFirstThatIsRefused) {
    ring other(96);
    ASSERT_EQ(receiver.register_ring(memory, 5), 0);
    ASSERT_EQ(receiver.register_ring(other, 6), 0);
    access.allows = [](const hmx_access& question) { return question.dst_port != 6; };
    std::vector<argo_hv_query> entries(
        3, {.port = 5, .domid = 2, .pad = 0, .flags = ARGO_HV_UNANSWERED, .pad2 = 0, .need = 1, .max_message = 0});
    entries[1].port = 6;
    EXPECT_EQ(sender.query(entries), -EACCES);
    EXPECT_NE(entries[0].flags & ARGO_HV_SUFFICIENT, 0);
    EXPECT_EQ(entries[1].flags, ARGO_HV_UNANSWERED);
    EXPECT_EQ(entries[2].flags, ARGO_HV_UNANSWERED);
}

TEST_F(Notify, WaitersAreServedBeforeAnythingIsRefused) {
    ASSERT_EQ(receiver.register_ring(memory, 5), 0);
    access.refuse(HMX_ACCESS_QUERY);
    ring own(48);
    ASSERT_EQ(sender.register_ring(own, 9), 0);

    someone_waits();
    auto* unreadable = reinterpret_cast<argo_hv_queries*>(std::intptr_t{-EFAULT});
    EXPECT_EQ(hmx_notify(receiver.get(), unreadable), -EFAULT);
    EXPECT_EQ(sender.interrupts(), 1u);

    someone_waits();
    std::vector<argo_hv_query> entries(257);
    EXPECT_EQ(receiver.query(entries), -EACCES);
    EXPECT_EQ(sender.interrupts(), 1u);

    someone_waits();
    int rc = 0;
    EXPECT_EQ(receiver.query(sender.id(), 9, 1, &rc).flags, ARGO_HV_UNANSWERED);
    EXPECT_EQ(rc, -EACCES);
    EXPECT_EQ(sender.interrupts(), 1u);
}

TEST_F(Notify, OneMayAskAboutOnesOwnRing) {
    ASSERT_EQ(receiver.register_ring(memory, 5), 0);
    ASSERT_EQ(receiver.send(receiver, 5, pattern(64)), 64);
    receiver.interrupts();
    EXPECT_EQ(receiver.query(2, 5, 64).flags, ARGO_HV_EXISTS | ARGO_HV_SHARED);
    memory.drain();
    EXPECT_NE(receiver.query(2, 5, 64).flags & ARGO_HV_SUFFICIENT, 0);
    EXPECT_EQ(receiver.interrupts(), 1u) << "the same call has served it before";
}

} // namespace
