// SPDX-License-Identifier: MIT
// Cables: plugging, where they lead, and that they end with either domain.
#include <gtest/gtest.h>

#include <array>
#include <string>
#include <utility>
#include <vector>

#include "policy.hpp"

namespace {

using namespace hmx_test;

constexpr u32 own = 42, other = 7;

argo_addr at(u16 domid, u32 port) { return {.port = port, .domid = domid, .reserved = 0}; }

struct Cables : testing::Test {
    ~Cables() override { EXPECT_EQ(hypervisor.wrong(), ""); }

    [[nodiscard]] int plug(argo_addr src, argo_addr dst, const domain* caller = nullptr) const {
        const argo_cable cable{.src = src, .dst = dst};
        return hmx_cable_add((caller ? caller : &toolstack)->get(), &cable);
    }
    [[nodiscard]] int unplug(argo_addr src) const { return hmx_cable_remove(toolstack.get(), &src); }
    /// Along the cable of a port of the sender.
    [[nodiscard]] int send(u32 from = own, u32 to = 0) const {
        return sender.send(ARGO_DOMID_ANY, to, {piece(bytes)}, from);
    }
    [[nodiscard]] argo_hv_query ask(u32 from = own, u32 need = 1) const {
        return sender.query(ARGO_DOMID_ANY, from, need);
    }
    /// "SRC -> DST" of each.
    [[nodiscard]] std::vector<std::string> listed(u16 first = 0, u32 room = 2 * HMX_MAX_CABLES) const {
        std::vector<argo_cable> list(room);
        const int n = hmx_cable_list(toolstack.get(), list.data(), room, first);
        std::vector<std::string> out;
        for (int i = 0; i < n; ++i) {
            const auto& [src, dst] = list[static_cast<std::size_t>(i)];
            out.push_back(std::to_string(src.domid) + ':' + std::to_string(src.port) + " -> " +
                          std::to_string(dst.domid) + ':' + std::to_string(dst.port));
        }
        return out;
    }

    policy access;
    engine hypervisor{access.in()};
    domain toolstack{hypervisor, 0};
    domain sender{hypervisor, 1};
    domain receiver{hypervisor, 2};
    ring memory{96};
    std::vector<u8> bytes = pattern(5);
};

using listing = std::vector<std::string>;

TEST_F(Cables, LeadToThePortAtTheOtherEnd) {
    EXPECT_EQ(send(), -ENOTCONN);
    ASSERT_EQ(plug(at(1, own), at(2, other)), 0);
    EXPECT_EQ(send(), -ECONNREFUSED) << "no ring there";
    ASSERT_EQ(receiver.register_ring(memory, other), 0);
    EXPECT_EQ(send(), 5);
    EXPECT_EQ(receiver.interrupts(), 1u);
    const auto received = memory.take();
    ASSERT_TRUE(received);
    EXPECT_EQ(received->domid, 1) << "the true sender";
    EXPECT_EQ(received->port, own);
    EXPECT_EQ(send(own + 1), -ENOTCONN) << "another port";
    EXPECT_EQ(send(own, other), -EINVAL) << "a cable has one end";
    EXPECT_EQ(receiver.send(ARGO_DOMID_ANY, 0, {}, own), -ENOTCONN) << "another domain";
}

TEST_F(Cables, AnswerQuestionsAboutTheOtherEnd) {
    ASSERT_EQ(receiver.register_ring(memory, other), 0);
    EXPECT_EQ(ask().flags, 0);
    ASSERT_EQ(plug(at(1, own), at(2, other)), 0);
    EXPECT_EQ(ask().flags, ARGO_HV_EXISTS | ARGO_HV_SHARED | ARGO_HV_EMPTY | ARGO_HV_SUFFICIENT);
    EXPECT_EQ(ask().max_message, largest(96));
    EXPECT_EQ(ask(own + 1).flags, 0);
    while (send() == 5) {
    }
    EXPECT_EQ(ask().flags, ARGO_HV_EXISTS | ARGO_HV_SHARED);
    EXPECT_EQ(hmx_inspect_waiter(receiver.get(), other, ARGO_DOMID_ANY, 1), 5);
    memory.drain();
    EXPECT_EQ(receiver.notify(), 0);
    EXPECT_EQ(sender.interrupts(), 1u) << "told of space";
}

TEST_F(Cables, ThePolicyIsAskedAboutTheOtherEnd) {
    ASSERT_EQ(receiver.register_ring(memory, other), 0);
    ASSERT_EQ(plug(at(1, own), at(2, other)), 0);
    access.asked.clear();
    EXPECT_EQ(send(), 5);
    ASSERT_EQ(access.asked.size(), 2u);
    EXPECT_EQ(access.asked[1].op, HMX_ACCESS_SEND);
    EXPECT_EQ(access.asked[1].src_port, own);
    EXPECT_EQ(access.asked[1].dst_domid, 2);
    EXPECT_EQ(access.asked[1].dst_port, other);
    EXPECT_NE(ask().flags & ARGO_HV_EXISTS, 0);
    EXPECT_EQ(access.asked.back().op, HMX_ACCESS_QUERY);
    EXPECT_EQ(access.asked.back().dst_domid, 2);
    EXPECT_EQ(access.asked.back().dst_port, other);
    access.refuse(HMX_ACCESS_SEND);
    EXPECT_EQ(send(), -EACCES);
    access.refuse(HMX_ACCESS_QUERY);
    int rc = 0;
    sender.query(ARGO_DOMID_ANY, own, 1, &rc);
    EXPECT_EQ(rc, -EACCES);
}

TEST_F(Cables, ArePluggedByDomainZero) {
    const domain without(hypervisor, 3, false);
    argo_cable cable{.src = at(99, own), .dst = at(98, other)};
    cable.src.reserved = 1;
    const auto plug_as = [&](const domain& caller) { return hmx_cable_add(caller.get(), &cable); };
    EXPECT_EQ(hmx_cable_add(sender.get(), nullptr), -EFAULT);
    EXPECT_EQ(plug_as(sender), -EINVAL);
    std::swap(cable.src.reserved, cable.dst.reserved);
    EXPECT_EQ(plug_as(sender), -EINVAL);
    cable.dst.reserved = 0;
    EXPECT_EQ(plug_as(sender), -ESRCH) << "no such source";
    cable.src.domid = 3;
    EXPECT_EQ(plug_as(sender), -EPERM);
    EXPECT_EQ(plug_as(toolstack), -ESRCH) << "no such destination";
    cable.dst.domid = 3;
    EXPECT_EQ(plug_as(toolstack), -ENODEV) << "the source has no Argo";
    cable.src.domid = 1;
    EXPECT_EQ(plug_as(toolstack), -ECONNREFUSED) << "the destination has no Argo";
    cable.dst.domid = 2;
    EXPECT_EQ(plug_as(toolstack), 0);
    EXPECT_EQ(plug_as(toolstack), -EEXIST);
}

TEST_F(Cables, AreUnpluggedByDomainZero) {
    const domain without(hypervisor, 3, false);
    argo_addr src = at(99, own);
    src.reserved = 1;
    const auto unplug_as = [&](const domain& caller) { return hmx_cable_remove(caller.get(), &src); };
    EXPECT_EQ(hmx_cable_remove(sender.get(), nullptr), -EFAULT);
    EXPECT_EQ(unplug_as(sender), -EINVAL);
    src.reserved = 0;
    EXPECT_EQ(unplug_as(sender), -ESRCH);
    src.domid = 3;
    EXPECT_EQ(unplug_as(sender), -EPERM);
    EXPECT_EQ(unplug_as(toolstack), -ENODEV);
    src.domid = 1;
    EXPECT_EQ(unplug_as(toolstack), -ENOENT);
    ASSERT_EQ(plug(src, at(2, other)), 0);
    EXPECT_EQ(unplug_as(toolstack), 0);
    EXPECT_EQ(send(), -ENOTCONN);
    EXPECT_EQ(unplug_as(toolstack), -ENOENT);
}

TEST_F(Cables, ToTheParentReachNobody) {
    ASSERT_EQ(plug(at(1, own), at(ARGO_DOMID_PARENT, other)), 0);
    EXPECT_EQ(send(), -ENXIO);
    EXPECT_EQ(ask().flags, 0);
    EXPECT_EQ(plug(at(1, own), at(2, other)), -EEXIST);
    EXPECT_EQ(listed(), listing{"1:42 -> 32757:7"});
    EXPECT_EQ(unplug(at(1, own)), 0);
}

TEST_F(Cables, EndWithTheDomainAtTheOtherEnd) {
    ASSERT_EQ(receiver.register_ring(memory, other), 0);
    ASSERT_EQ(plug(at(1, own), at(2, other)), 0);
    ASSERT_EQ(hmx_domain_restore(receiver.get(), 2), 0);
    ASSERT_EQ(receiver.register_ring(memory, other), 0);
    EXPECT_EQ(send(), -ENOTCONN) << "another domain has the id by now";
    EXPECT_EQ(listed(), listing{});
    EXPECT_EQ(plug(at(1, own), at(2, other)), 0) << "the old one is in nobody's way";
    EXPECT_EQ(send(), 5);
    hmx_domain_destroy(receiver.get());
    EXPECT_EQ(send(), -ENOTCONN);
    EXPECT_EQ(listed(), listing{});
    EXPECT_EQ(unplug(at(1, own)), -ENOENT) << "the list has forgotten it";
}

TEST_F(Cables, EndWithTheirOwnDomain) {
    ASSERT_EQ(receiver.register_ring(memory, other), 0);
    ASSERT_EQ(plug(at(1, own), at(2, other)), 0);
    hmx_domain_soft_reset(sender.get());
    EXPECT_EQ(send(), 5) << "a reset is no end";
    ASSERT_EQ(hmx_domain_restore(sender.get(), 1), 0);
    EXPECT_EQ(send(), -ENOTCONN);
    EXPECT_EQ(listed(), listing{});
}

TEST_F(Cables, OfADomainAreNoMoreThanAllowed) {
    for (u32 port = 0; port < HMX_MAX_CABLES; ++port) {
        ASSERT_EQ(plug(at(1, 1000 + port), at(port % 2 == 0 ? 2 : 0, other)), 0);
    }
    EXPECT_EQ(plug(at(1, own), at(2, other)), -ENOSPC);
    EXPECT_EQ(plug(at(1, 1000), at(2, other)), -EEXIST);
    EXPECT_EQ(plug(at(2, own), at(1, other)), 0) << "another domain has its own";
    // Those that lead nowhere make room.
    ASSERT_EQ(hmx_domain_restore(receiver.get(), 2), 0);
    for (u32 port = 0; port < HMX_MAX_CABLES / 2; ++port) {
        ASSERT_EQ(plug(at(1, 2000 + port), at(2, other)), 0);
    }
    EXPECT_EQ(plug(at(1, own), at(2, other)), -ENOSPC);
}

TEST_F(Cables, AreListedADomainAtATime) {
    ASSERT_EQ(plug(at(2, 1), at(0, 2)), 0);
    ASSERT_EQ(plug(at(0, 3), at(1, 4)), 0);
    ASSERT_EQ(plug(at(1, 5), at(1, 6)), 0);
    EXPECT_EQ(listed(), (listing{"0:3 -> 1:4", "1:5 -> 1:6", "2:1 -> 0:2"}));
    EXPECT_EQ(listed(1), (listing{"1:5 -> 1:6", "2:1 -> 0:2"}));
    EXPECT_EQ(listed(3), listing{});
    std::array<argo_cable, HMX_MAX_CABLES> list{};
    EXPECT_EQ(hmx_cable_list(toolstack.get(), list.data(), HMX_MAX_CABLES - 1, 0), -EINVAL);
    EXPECT_EQ(hmx_cable_list(sender.get(), list.data(), HMX_MAX_CABLES, 0), -EPERM);
    for (u32 port = 0; port < HMX_MAX_CABLES - 1; ++port) {
        ASSERT_EQ(plug(at(1, 1000 + port), at(0, 1)), 0);
    }
    EXPECT_EQ(listed(0, HMX_MAX_CABLES), listing{"0:3 -> 1:4"}) << "all of a domain, or none";
    EXPECT_EQ(listed(1, HMX_MAX_CABLES).size(), std::size_t{HMX_MAX_CABLES});
}

TEST_F(Cables, FailOnDemand) {
    hmx_fault_op(toolstack.get(), HMX_OP_CABLE, 1, false, -EIO);
    EXPECT_EQ(plug(at(1, own), at(2, other)), -EIO);
    EXPECT_EQ(plug(at(1, own), at(2, other)), 0);
}

} // namespace
