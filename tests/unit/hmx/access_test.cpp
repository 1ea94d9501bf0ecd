// SPDX-License-Identifier: MIT
// What the access hook is asked, and that its answer counts.
#include <gtest/gtest.h>

#include "policy.hpp"

namespace {

using namespace hmx_test;

struct Access : testing::Test {
    policy access;
    engine hypervisor{access.in()};
    domain sender{hypervisor, 1};
    domain receiver{hypervisor, 2};
    ring memory{48};

    void expect(std::size_t n, hmx_access_op op, u16 src_domid, u32 src_port, u16 dst_domid, u32 dst_port) {
        ASSERT_LT(n, access.asked.size());
        const hmx_access& asked = access.asked[n];
        EXPECT_EQ(asked.op, op);
        EXPECT_EQ(asked.src_domid, src_domid);
        EXPECT_EQ(asked.src_port, src_port);
        EXPECT_EQ(asked.dst_domid, dst_domid);
        EXPECT_EQ(asked.dst_port, dst_port);
    }
    void SetUp() override { access.asked.clear(); }
};

TEST_F(Access, IsAskedWhenADomainStarts) {
    const domain third(hypervisor, 3);
    ASSERT_EQ(access.asked.size(), 1u);
    expect(0, HMX_ACCESS_ENABLE, 3, 0, 3, 0);
    const domain without(hypervisor, 4, false);
    EXPECT_EQ(access.asked.size(), 1u);
}

TEST_F(Access, SenderIsAlwaysTheSource) {
    ASSERT_EQ(receiver.register_ring(memory, 5, 1), 0);
    expect(0, HMX_ACCESS_ENABLE, 2, 0, 2, 0);
    expect(1, HMX_ACCESS_REGISTER_SINGLE, 1, 0, 2, 5);
    ring for_all(48);
    ASSERT_EQ(receiver.register_ring(for_all, 6), 0);
    expect(3, HMX_ACCESS_REGISTER_ANY, ARGO_DOMID_ANY, 0, 2, 6);
    ASSERT_EQ(sender.send(receiver, 5, {}, 77), 0);
    expect(4, HMX_ACCESS_ENABLE, 1, 0, 1, 0);
    expect(5, HMX_ACCESS_SEND, 1, 77, 2, 5);
    sender.query(2, 6, 1);
    expect(7, HMX_ACCESS_QUERY, 1, 0, 2, 6);
    ASSERT_EQ(receiver.unregister(5, 1), 0);
    expect(8, HMX_ACCESS_ENABLE, 2, 0, 2, 0);
    EXPECT_EQ(access.asked.size(), 9u) << "and about nothing else";
}

TEST_F(Access, ItsAnswerCountsForEachQuestionAlone) {
    // Only from port 7, only to port 5, and domain 1 may not listen.
    access.allows = [](const hmx_access& question) {
        switch (question.op) {
        case HMX_ACCESS_SEND:
            return question.src_port == 7 && question.dst_port == 5;
        case HMX_ACCESS_REGISTER_ANY:
        case HMX_ACCESS_REGISTER_SINGLE:
            return question.dst_domid != 1;
        default:
            return true;
        }
    };
    ring other(48);
    ASSERT_EQ(receiver.register_ring(memory, 5), 0);
    ASSERT_EQ(receiver.register_ring(other, 6), 0);
    EXPECT_EQ(sender.register_ring(other, 6), -EACCES);
    EXPECT_EQ(sender.register_ring(other, 6, 2), -EACCES);
    EXPECT_EQ(sender.send(receiver, 5, {}, 8), -EACCES);
    EXPECT_EQ(sender.send(receiver, 6, {}, 7), -EACCES);
    EXPECT_EQ(sender.send(receiver, 5, {}, 7), 0);
    EXPECT_NE(sender.query(2, 6, 1).flags & ARGO_HV_EXISTS, 0) << "to ask is another thing";
    EXPECT_EQ(memory.drain(), 1u);
    EXPECT_EQ(other.drain(), 0u);
}

} // namespace
