// SPDX-License-Identifier: MIT
// What goes wrong on demand.
#include <gtest/gtest.h>

#include "world.hpp"

namespace {

using namespace hmx_test;

struct Faults : testing::Test {
    ~Faults() override { EXPECT_EQ(hypervisor.wrong(), ""); }

    void SetUp() override { ASSERT_EQ(receiver.register_ring(memory, 5), 0); }

    engine hypervisor;
    domain sender{hypervisor, 1};
    domain receiver{hypervisor, 2};
    ring memory{48};
};

TEST_F(Faults, NthOperationOnce) {
    hmx_fault_op(sender.get(), HMX_OP_SENDV, 3, false, -EIO);
    std::vector<int> results;
    for (int i = 0; i < 8; ++i) {
        results.push_back(sender.send(receiver, 5, {}));
        memory.drain();
    }
    EXPECT_EQ(results, (std::vector<int>{0, 0, -EIO, 0, 0, 0, 0, 0}));
    EXPECT_EQ(receiver.interrupts(), 7u);
}

TEST_F(Faults, EveryNthOperationUntilToldOtherwise) {
    hmx_fault_op(sender.get(), HMX_OP_NOTIFY, 2, true, -EACCES);
    std::vector<int> results;
    for (int i = 0; i < 6; ++i) {
        results.push_back(sender.notify());
    }
    hmx_fault_op(sender.get(), HMX_OP_NOTIFY, 0, true, -EACCES);
    results.push_back(sender.notify());
    results.push_back(sender.notify());
    EXPECT_EQ(results, (std::vector<int>{0, -EACCES, 0, -EACCES, 0, -EACCES, 0, 0}));
}

TEST_F(Faults, OneOperationOfOneDomain) {
    hmx_fault_op(sender.get(), HMX_OP_REGISTER, 1, false, -EAGAIN);
    hmx_fault_op(sender.get(), HMX_OP_UNREGISTER, 1, false, -EIO);
    ring other(48);
    EXPECT_EQ(receiver.register_ring(other, 6), 0);
    EXPECT_EQ(sender.notify(), 0);
    EXPECT_EQ(sender.register_ring(other, 6), -EAGAIN);
    EXPECT_EQ(sender.unregister(6), -EIO);
    EXPECT_EQ(sender.unregister(6), -ENOENT);
}

TEST_F(Faults, FailedNotifyServesNobody) {
    ASSERT_EQ(sender.send(receiver, 5, pattern(16)), 16);
    ASSERT_EQ(sender.send(receiver, 5, pattern(16)), -EAGAIN);
    memory.drain();
    hmx_fault_op(receiver.get(), HMX_OP_NOTIFY, 1, false, -ENODEV);
    EXPECT_EQ(receiver.notify(), -ENODEV);
    EXPECT_EQ(sender.interrupts(), 0u);
    EXPECT_EQ(receiver.notify(), 0);
    EXPECT_EQ(sender.interrupts(), 1u);
}

TEST_F(Faults, InterruptsAreDropped) {
    hmx_fault_irq(receiver.get(), HMX_IRQ_DROP, 2);
    for (int i = 0; i < 5; ++i) {
        ASSERT_EQ(sender.send(receiver, 5, {}), 0);
        memory.drain();
    }
    EXPECT_EQ(receiver.interrupts(), 3u);
    EXPECT_EQ(receiver.delayed(), 0u);
}

TEST_F(Faults, InterruptsAreDelayedUntilToldOtherwise) {
    hmx_fault_irq(receiver.get(), HMX_IRQ_DELAY, HMX_ALWAYS);
    for (int i = 0; i < 5; ++i) {
        ASSERT_EQ(sender.send(receiver, 5, {}), 0);
        memory.drain();
    }
    EXPECT_EQ(receiver.interrupts(), 0u);
    EXPECT_EQ(receiver.delayed(), 5u);
    hmx_fault_irq(receiver.get(), HMX_IRQ_DELIVER, 0);
    ASSERT_EQ(sender.send(receiver, 5, {}), 0);
    EXPECT_EQ(receiver.interrupts(), 1u);
}

TEST_F(Faults, InterruptForSpaceIsLostLikeAnother) {
    ASSERT_EQ(sender.send(receiver, 5, pattern(16)), 16);
    ASSERT_EQ(sender.send(receiver, 5, pattern(16)), -EAGAIN);
    memory.drain();
    hmx_fault_irq(sender.get(), HMX_IRQ_DROP, 1);
    ASSERT_EQ(receiver.notify(), 0);
    EXPECT_EQ(sender.interrupts(), 0u);
    EXPECT_EQ(hmx_inspect_waiter(receiver.get(), 5, ARGO_DOMID_ANY, sender.id()), -1);
}

TEST_F(Faults, SpuriousInterrupt) {
    domain without(hypervisor, 3, false);
    hmx_fault_irq(receiver.get(), HMX_IRQ_DROP, 1);
    hmx_fault_spurious(receiver.get());
    EXPECT_EQ(receiver.interrupts(), 1u) << "whatever becomes of others";
    hmx_fault_spurious(without.get());
    EXPECT_EQ(without.interrupts(), 0u);
    hmx_domain_destroy(receiver.get());
    hmx_fault_spurious(receiver.get());
    EXPECT_EQ(receiver.interrupts(), 0u);
}

TEST_F(Faults, NoSpuriousInterruptWithoutArgo) {
    hmx_params params = permissive();
    params.argo = false;
    const engine off(params);
    domain it(off, 1);
    hmx_fault_spurious(it.get());
    EXPECT_EQ(it.interrupts(), 0u);
}

TEST_F(Faults, EveryAllocationOfARegistration) {
    ring other(96);
    for (u32 nth = 1; nth <= 3; ++nth) {
        hmx_fault_alloc(hypervisor.get(), nth, false);
        EXPECT_EQ(sender.register_ring(other, 6, receiver.id()), -ENOMEM) << nth;
        EXPECT_EQ(hmx_inspect_counted_rings(sender.get()), 0u);
        EXPECT_EQ(hypervisor.wrong(), "");
    }
    hmx_fault_alloc(hypervisor.get(), 4, false);
    EXPECT_EQ(sender.register_ring(other, 6, receiver.id()), 0);
    EXPECT_THROW(domain(hypervisor, 9), std::runtime_error) << "the fourth";
    EXPECT_EQ(domain(hypervisor, 9).id(), 9);
}

TEST_F(Faults, EveryNthAllocation) {
    ASSERT_EQ(sender.send(receiver, 5, pattern(16)), 16);
    hmx_fault_alloc(hypervisor.get(), 2, true);
    std::vector<int> results;
    for (int i = 0; i < 3; ++i) {
        results.push_back(sender.send(receiver, 5, pattern(1)));
        sender.query(2, 5, 0);
    }
    EXPECT_EQ(results, (std::vector<int>{-EAGAIN, -ENOMEM, -EAGAIN}));
}

TEST_F(Faults, SpoiltSendIndexIsRepairedByTheNextMessage) {
    for (const u32 value : {0xffffffffu, 7u, 16u}) {
        ASSERT_EQ(hmx_spoil(receiver.get(), 5, ARGO_DOMID_ANY, HMX_SPOIL_TX, value), 0);
        EXPECT_EQ(memory.header().tx_ptr, value);
        ASSERT_EQ(sender.send(receiver, 5, pattern(9)), 9);
        EXPECT_EQ(memory.take()->payload, pattern(9));
    }
}

TEST_F(Faults, SpoiltReceiveIndex) {
    ASSERT_EQ(sender.send(receiver, 5, {}), 0);
    ASSERT_EQ(hmx_spoil(receiver.get(), 5, ARGO_DOMID_ANY, HMX_SPOIL_RX, 32), 0);
    EXPECT_EQ(memory.header().rx_ptr, 32u);
    EXPECT_EQ(sender.send(receiver, 5, {}), -EAGAIN);
}

TEST_F(Faults, SpoiltMessage) {
    EXPECT_EQ(hmx_spoil(receiver.get(), 5, ARGO_DOMID_ANY, HMX_SPOIL_LEN, 1), -ENODATA);
    // Not the first in the ring, so that the place counts.
    ASSERT_EQ(sender.send(receiver, 5, {}), 0);
    memory.drain();
    ASSERT_EQ(sender.send(receiver, 5, pattern(4), 7, 8), 4);
    ASSERT_EQ(hmx_spoil(receiver.get(), 5, ARGO_DOMID_ANY, HMX_SPOIL_PORT, 70000), 0);
    ASSERT_EQ(hmx_spoil(receiver.get(), 5, ARGO_DOMID_ANY, HMX_SPOIL_DOMID, 71), 0);
    ASSERT_EQ(hmx_spoil(receiver.get(), 5, ARGO_DOMID_ANY, HMX_SPOIL_TYPE, 72), 0);
    EXPECT_EQ(memory.peek(), (message{.port = 70000, .domid = 71, .type = 72, .payload = pattern(4)}));
    ASSERT_EQ(hmx_spoil(receiver.get(), 5, ARGO_DOMID_ANY, HMX_SPOIL_LEN, 18), 0);
    EXPECT_EQ(memory.peek()->payload.size(), 2u);
    ASSERT_EQ(hmx_spoil(receiver.get(), 5, ARGO_DOMID_ANY, HMX_SPOIL_LEN, 0xffffffff), 0);
    EXPECT_THROW(memory.peek(), std::runtime_error);
}

TEST_F(Faults, OnlyARingThatIsThereIsSpoilt) {
    EXPECT_EQ(hmx_spoil(receiver.get(), 6, ARGO_DOMID_ANY, HMX_SPOIL_TX, 0), -ENOENT);
    EXPECT_EQ(hmx_spoil(receiver.get(), 5, 1, HMX_SPOIL_RX, 0), -ENOENT);
    EXPECT_EQ(hmx_spoil(sender.get(), 5, ARGO_DOMID_ANY, HMX_SPOIL_LEN, 0), -ENOENT);
}

} // namespace
