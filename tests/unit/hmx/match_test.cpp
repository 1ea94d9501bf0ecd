// SPDX-License-Identifier: MIT
// Which ring takes a message.
#include <deque>

#include <gtest/gtest.h>

#include "world.hpp"

namespace {

using namespace hmx_test;

struct Match : testing::Test {
    ~Match() override { EXPECT_EQ(hypervisor.wrong(), ""); }

    engine hypervisor;
    domain receiver{hypervisor, 0};
    domain friendly{hypervisor, 1};
    domain stranger{hypervisor, 0x7fef};
    ring for_all{4032};
    ring for_one{4032};
};

TEST_F(Match, PartnerFirstThenWildcard) {
    ASSERT_EQ(receiver.register_ring(for_all, 5), 0);
    ASSERT_EQ(receiver.register_ring(for_one, 5, friendly.id()), 0);

    ASSERT_EQ(friendly.send(receiver, 5, pattern(3), 77, 0xfffffff0), 3);
    ASSERT_EQ(stranger.send(receiver, 5, pattern(4), 78, 1), 4);
    EXPECT_EQ(for_one.take(), (message{.port = 77, .domid = 1, .type = 0xfffffff0, .payload = pattern(3)}));
    EXPECT_EQ(for_one.take(), std::nullopt);
    EXPECT_EQ(for_all.take(), (message{.port = 78, .domid = 0x7fef, .type = 1, .payload = pattern(4)}));
    EXPECT_EQ(for_all.take(), std::nullopt);

    ASSERT_EQ(receiver.unregister(5, friendly.id()), 0);
    ASSERT_EQ(friendly.send(receiver, 5, pattern(5)), 5);
    EXPECT_EQ(for_all.take()->payload, pattern(5));
}

TEST_F(Match, FullPartnerRingDoesNotOverflowIntoWildcard) {
    ring small(48);
    ASSERT_EQ(receiver.register_ring(for_all, 5), 0);
    ASSERT_EQ(receiver.register_ring(small, 5, friendly.id()), 0);
    ASSERT_EQ(friendly.send(receiver, 5, pattern(16)), 16);
    EXPECT_EQ(friendly.send(receiver, 5, pattern(1)), -EAGAIN);
    EXPECT_EQ(friendly.send(receiver, 5, pattern(17)), -EMSGSIZE);
    EXPECT_EQ(for_all.take(), std::nullopt);
}

TEST_F(Match, OthersPartnerRingIsNone) {
    ASSERT_EQ(receiver.register_ring(for_one, 5, friendly.id()), 0);
    EXPECT_EQ(stranger.send(receiver, 5, pattern(1)), -ECONNREFUSED);
    EXPECT_EQ(friendly.send(receiver, 6, pattern(1)), -ECONNREFUSED);
    EXPECT_EQ(receiver.send(friendly, 5, pattern(1)), -ECONNREFUSED);
}

TEST_F(Match, EveryPortIsOne) {
    for (const u32 port : {0u, 1u, 1023u, 0x80000000u, 0xffffffffu}) {
        ring memory(96);
        ASSERT_EQ(receiver.register_ring(memory, port), 0);
        EXPECT_EQ(friendly.send(receiver, port, pattern(2)), 2);
        EXPECT_EQ(memory.drain(), 1u);
        ASSERT_EQ(receiver.unregister(port), 0);
    }
}

TEST_F(Match, ManyRingsAreToldApart) {
    std::vector<ring> rings;
    rings.reserve(128);
    for (u32 i = 0; i < 64; ++i) {
        rings.emplace_back(96);
        ASSERT_EQ(receiver.register_ring(rings.back(), i, friendly.id()), 0);
        rings.emplace_back(96);
        ASSERT_EQ(receiver.register_ring(rings.back(), i), 0);
    }
    ring one_more(96);
    EXPECT_EQ(receiver.register_ring(one_more, 999), -ENOSPC);
    for (u32 i = 0; i < 64; ++i) {
        EXPECT_EQ(friendly.send(receiver, i, pattern(8, i)), 8);
        EXPECT_EQ(stranger.send(receiver, i, pattern(9, i)), 9);
    }
    for (u32 i = 0; i < 64; ++i) {
        EXPECT_EQ(rings[2 * i].take()->payload, pattern(8, i));
        EXPECT_EQ(rings[2 * i + 1].take()->payload, pattern(9, i));
    }
}

// More than there are buckets, so that some share one.
TEST_F(Match, ManyPartnersOfOnePortAreToldApart) {
    std::deque<domain> partners;
    std::deque<ring> rings;
    for (u16 id = 100; id < 140; ++id) {
        partners.emplace_back(hypervisor, id);
        rings.emplace_back(96);
        ASSERT_EQ(receiver.register_ring(rings.back(), 5, id), 0);
    }
    for (const domain& partner : partners) {
        EXPECT_EQ(partner.send(receiver, 5, {}), 0);
    }
    for (std::size_t i = 0; i < rings.size(); ++i) {
        EXPECT_EQ(rings[i].take()->domid, partners[i].id());
        EXPECT_EQ(rings[i].take(), std::nullopt);
    }
}

TEST_F(Match, ManyOwnersOfOnePortAreToldApart) {
    std::deque<domain> owners;
    ring memory(96);
    for (u16 id = 100; id < 140; ++id) {
        owners.emplace_back(hypervisor, id);
        ASSERT_EQ(owners.back().register_ring(memory, 5, friendly.id()), 0);
    }
    for (std::size_t i = 0; i < owners.size(); i += 3) {
        ASSERT_EQ(owners[i].unregister(5, friendly.id()), 0);
        ASSERT_EQ(hypervisor.wrong(), "");
    }
    hmx_domain_destroy(friendly.get());
    for (const domain& owner : owners) {
        EXPECT_EQ(hmx_inspect_rings(owner.get()), 0u);
    }
}

TEST_F(Match, ToOneself) {
    ASSERT_EQ(receiver.register_ring(for_one, 5, receiver.id()), 0);
    EXPECT_EQ(receiver.send(receiver, 5, pattern(30)), 30);
    EXPECT_EQ(for_one.take()->domid, receiver.id());
    EXPECT_EQ(receiver.interrupts(), 1u);
}

} // namespace
