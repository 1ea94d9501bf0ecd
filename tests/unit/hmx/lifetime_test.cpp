// SPDX-License-Identifier: MIT
// Domains die, are reset, and are restored.
#include <gtest/gtest.h>

#include "policy.hpp"

namespace {

using namespace hmx_test;

enum class end { destroy, soft_reset, restore_as_another, restore_as_same };

constexpr u16 id = 2;
constexpr u16 other_id = 20;

/// What all ends of a domain have in common.
struct AnyEnd : testing::TestWithParam<end> {
    ~AnyEnd() override { EXPECT_EQ(hypervisor.wrong(), ""); }

    void comes() {
        switch (GetParam()) {
        case end::destroy:
            hmx_domain_destroy(it.get());
            break;
        case end::soft_reset:
            hmx_domain_soft_reset(it.get());
            break;
        case end::restore_as_another:
            ASSERT_EQ(hmx_domain_restore(it.get(), other_id), 0);
            break;
        case end::restore_as_same:
            ASSERT_EQ(hmx_domain_restore(it.get(), id), 0);
            break;
        }
        ASSERT_EQ(hypervisor.wrong(), "");
    }

    engine hypervisor;
    domain it{hypervisor, id};
    domain peer{hypervisor, 3};
    ring memory{96};
};

TEST_P(AnyEnd, TakesItsRings) {
    ring for_one(96);
    ring for_itself(96);
    ASSERT_EQ(it.register_ring(memory, 5), 0);
    ASSERT_EQ(it.register_ring(for_one, 5, peer.id()), 0);
    ASSERT_EQ(it.register_ring(for_itself, 5, it.id()), 0);
    comes();
    EXPECT_EQ(hmx_inspect_rings(it.get()), 0u);
    EXPECT_EQ(hmx_inspect_counted_rings(it.get()), 0u);
    EXPECT_LT(peer.send(it, 5, pattern(1)), 0);
    EXPECT_EQ(peer.interrupts(), 0u);
}

TEST_P(AnyEnd, TakesTheRingsThatOthersHaveForIt) {
    ring for_all(96);
    ASSERT_EQ(peer.register_ring(memory, 5, id), 0);
    ASSERT_EQ(peer.register_ring(for_all, 5), 0);
    comes();
    EXPECT_EQ(peer.interrupts(), 0u) << "silently";
    EXPECT_EQ(peer.unregister(5, id), -ENOENT);
    EXPECT_EQ(peer.unregister(5), 0);
    EXPECT_EQ(hmx_inspect_counted_rings(peer.get()), 0u);
}

TEST_P(AnyEnd, EndsItsWaiting) {
    ring for_one(48);
    ring for_all(48);
    ASSERT_EQ(peer.register_ring(for_one, 5, id), 0);
    ASSERT_EQ(peer.register_ring(for_all, 6), 0);
    for (const u32 port : {5u, 6u}) {
        ASSERT_EQ(it.send(peer, port, pattern(16)), 16);
        ASSERT_EQ(it.send(peer, port, pattern(16)), -EAGAIN);
    }
    comes();
    EXPECT_EQ(hmx_inspect_waiter(peer.get(), 6, ARGO_DOMID_ANY, it.id()), -1);
    for_all.drain();
    ASSERT_EQ(peer.notify(), 0);
    EXPECT_EQ(it.interrupts(), 0u);
}

TEST_P(AnyEnd, EndsTheWaitingOfOthersForIt) {
    ring small(48);
    ASSERT_EQ(it.register_ring(small, 5), 0);
    ASSERT_EQ(peer.send(it, 5, pattern(16)), 16);
    ASSERT_EQ(peer.send(it, 5, pattern(16)), -EAGAIN);
    comes();
    small.drain();
    static_cast<void>(it.notify());
    EXPECT_EQ(peer.interrupts(), 0u);
}

TEST_P(AnyEnd, LeavesTheMemoryAlone) {
    ASSERT_EQ(it.register_ring(memory, 5), 0);
    comes();
    memory = ring(96); // the old pages are gone
    EXPECT_LT(peer.send(it, 5, pattern(1)), 0);
}

TEST_P(AnyEnd, LeavesTheRestAlone) {
    domain third(hypervisor, 4);
    ring for_third(96);
    ASSERT_EQ(peer.register_ring(memory, 5), 0);
    ASSERT_EQ(peer.register_ring(for_third, 5, third.id()), 0);
    comes();
    EXPECT_EQ(peer.send(peer, 5, pattern(7)), 7);
    EXPECT_EQ(third.send(peer, 5, pattern(8)), 8);
    EXPECT_EQ(memory.take()->payload, pattern(7));
    EXPECT_EQ(for_third.take()->payload, pattern(8));
}

std::string name_of(const testing::TestParamInfo<end>& one) {
    constexpr std::array names{"Destroy", "SoftReset", "RestoreAsAnother", "RestoreAsSame"};
    return names.at(static_cast<std::size_t>(one.param));
}

INSTANTIATE_TEST_SUITE_P(Ends, AnyEnd,
                         testing::Values(end::destroy, end::soft_reset, end::restore_as_another, end::restore_as_same),
                         name_of);

struct Life : testing::Test {
    ~Life() override { EXPECT_EQ(hypervisor.wrong(), ""); }

    policy access;
    engine hypervisor{access.in()};
    domain it{hypervisor, id};
    domain peer{hypervisor, 3};
    ring memory{96};
};

TEST_F(Life, IdsAreUnique) {
    EXPECT_THROW(domain(hypervisor, id), std::runtime_error);
    EXPECT_THROW(domain(hypervisor, 0x7ff0), std::runtime_error);
    EXPECT_THROW(domain(hypervisor, ARGO_DOMID_ANY), std::runtime_error);
    EXPECT_EQ(domain(hypervisor, 0x7fef).id(), 0x7fef);
    hmx_domain_destroy(it.get());
    EXPECT_EQ(domain(hypervisor, id).id(), id);
}

TEST_F(Life, DeadDomainCannotDoNorBeReached) {
    hmx_domain_destroy(it.get());
    EXPECT_EQ(it.register_ring(memory, 5), -ENODEV);
    EXPECT_EQ(it.unregister(5), -ENODEV);
    EXPECT_EQ(it.send(peer, 5, pattern(1)), -ENODEV);
    EXPECT_EQ(it.notify(), -ENODEV);
    EXPECT_EQ(peer.send(id, 5, {}), -ESRCH);
    EXPECT_EQ(peer.register_ring(memory, 5, id), -ESRCH);
    EXPECT_EQ(peer.query(id, 5, 1).flags, 0);
    hmx_domain_destroy(it.get());
    hmx_domain_soft_reset(it.get());
    EXPECT_EQ(peer.send(id, 5, {}), -ESRCH) << "it stays dead";
}

TEST_F(Life, AfterSoftResetItStartsAnew) {
    ASSERT_EQ(it.register_ring(memory, 5), 0);
    hmx_domain_soft_reset(it.get());
    EXPECT_EQ(peer.send(it, 5, pattern(1)), -ECONNREFUSED);
    ASSERT_EQ(it.register_ring(memory, 5), 0);
    EXPECT_EQ(peer.send(it, 5, pattern(1)), 1);
}

TEST_F(Life, RestoredDomainHasItsNewIdOnly) {
    ASSERT_EQ(hmx_domain_restore(it.get(), other_id), 0);
    EXPECT_EQ(it.id(), other_id);
    ASSERT_EQ(it.register_ring(memory, 5), 0);
    EXPECT_EQ(peer.send(id, 5, {}), -ESRCH);
    EXPECT_EQ(peer.send(other_id, 5, {}), 0);

    ring reply(96);
    ASSERT_EQ(peer.register_ring(reply, 5, other_id), 0);
    EXPECT_EQ(it.send(peer, 5, {}), 0);
    EXPECT_EQ(reply.take()->domid, other_id);
    const hmx_message stale{.src = {.port = 1, .domid = id, .pad = 0},
                            .dst = {.port = 5, .domid = peer.id(), .pad = 0},
                            .iov = nullptr,
                            .niov = 0,
                            .type = 0,
                            .copy_from = copy_from,
                            .copy_ctx = nullptr};
    EXPECT_EQ(hmx_sendv(it.get(), &stale), -EPERM) << "an id from before";
}

TEST_F(Life, DeadDomainCanBeRestored) {
    hmx_domain_destroy(it.get());
    ASSERT_EQ(hmx_domain_restore(it.get(), other_id), 0);
    EXPECT_EQ(it.register_ring(memory, 5), 0);
    EXPECT_EQ(peer.send(other_id, 5, {}), 0);
}

TEST_F(Life, RestoreThatCannotBeChangesNothing) {
    ASSERT_EQ(it.register_ring(memory, 5), 0);
    EXPECT_EQ(hmx_domain_restore(it.get(), peer.id()), -EEXIST);
    EXPECT_EQ(hmx_domain_restore(it.get(), 0x7ff0), -EINVAL);
    EXPECT_EQ(it.id(), id);
    EXPECT_EQ(peer.send(it, 5, pattern(1)), 1);
}

TEST_F(Life, ArgoIsDeniedFromTheStart) {
    access.allows = [](const hmx_access& question) {
        return question.op != HMX_ACCESS_ENABLE || question.src_domid != 9;
    };
    const domain denied(hypervisor, 9);
    EXPECT_EQ(denied.notify(), -EACCES);
    EXPECT_EQ(peer.send(9, 5, {}), -ECONNREFUSED);
    access.allow_all();
    EXPECT_EQ(denied.notify(), -ENODEV) << "asked once, when it starts";
    ASSERT_EQ(hmx_domain_restore(denied.get(), 9), 0);
    EXPECT_EQ(denied.notify(), 0);
}

TEST_F(Life, DomainWithoutArgoStaysSo) {
    const domain without(hypervisor, 9, false);
    hmx_domain_soft_reset(without.get());
    EXPECT_EQ(without.notify(), -ENODEV);
    ASSERT_EQ(hmx_domain_restore(without.get(), 10), 0);
    EXPECT_EQ(without.notify(), -ENODEV);
}

} // namespace
