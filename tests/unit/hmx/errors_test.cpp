// SPDX-License-Identifier: MIT
// Which error comes first. Each test begins with everything wrong, and puts it right bit by bit.
#include <gtest/gtest.h>

#include "policy.hpp"

namespace {

using namespace hmx_test;

void* error_pointer(int err) { return reinterpret_cast<void*>(static_cast<std::intptr_t>(-err)); }

struct ErrorOrder : testing::Test {
    ~ErrorOrder() override { EXPECT_EQ(hypervisor.wrong(), ""); }

    policy access;
    engine hypervisor{access.in()};
    domain with{hypervisor, 1};
    domain without{hypervisor, 2, false};
    domain peer{hypervisor, 3};
    std::vector<u8> bytes = pattern(20);
};

struct registration {
    hmx_domain* caller;
    ring memory{96};
    hmx_register reg{.port = 7, .partner = ARGO_DOMID_ANY, .pad = 0, .len = 96};
    const hmx_register* reg_pointer = &reg;
    void* const* pages = memory.pages().data();
    u32 npages = 1;
    u32 flags = 0;

    int operator()() const { return hmx_register_ring(caller, reg_pointer, pages, npages, flags); }
};

TEST_F(ErrorOrder, RegisterArguments) {
    registration call{.caller = without.get()};
    call.npages = 4097;
    call.pages = nullptr;
    call.flags = 2;
    call.reg_pointer = nullptr;
    call.reg.len = 32;
    call.reg.partner = 99;

    EXPECT_EQ(call(), -EINVAL) << "too many pages";
    call.npages = 4096;
    EXPECT_EQ(call(), -EFAULT) << "pages";
    call.pages = call.memory.pages().data();
    EXPECT_EQ(call(), -EINVAL) << "flags";
    call.flags = HMX_REGISTER_FAIL_EXIST;
    EXPECT_EQ(call(), -EFAULT) << "ring";
    call.reg_pointer = &call.reg;
    EXPECT_EQ(call(), -EINVAL) << "number of pages";
    call.npages = 1;
    for (const u32 len : {0u, 16u, 32u, 47u, 49u, 56u, 95u, 97u, page_size - 64 + 16, 0x1000010u, 0xffffffffu}) {
        call.reg.len = len;
        EXPECT_EQ(call(), -EINVAL) << "length " << len;
    }
    call.reg.len = 96;
    call.reg.pad = 1;
    EXPECT_EQ(call(), -EINVAL) << "pad";
    call.reg.pad = 0;
    EXPECT_EQ(call(), -ESRCH);
}

TEST_F(ErrorOrder, RegisterForOne) {
    registration call{.caller = without.get()};
    call.reg.partner = 99;
    access.refuse(HMX_ACCESS_REGISTER_SINGLE);
    hmx_fault_alloc(hypervisor.get(), 1, true);

    EXPECT_EQ(call(), -ESRCH);
    call.reg.partner = without.id();
    EXPECT_EQ(call(), -EACCES);
    access.allow_all();
    EXPECT_EQ(call(), -ENOMEM) << "the partner's record";
    hmx_fault_alloc(hypervisor.get(), 2, false);
    EXPECT_EQ(call(), -ENOMEM) << "the ring";
    hmx_fault_alloc(hypervisor.get(), 3, true);
    EXPECT_EQ(call(), -ENODEV);
    call.caller = with.get();
    EXPECT_EQ(call(), -ECONNREFUSED);
    hmx_fault_alloc(hypervisor.get(), 0, false);
    call.reg.partner = peer.id();
    EXPECT_EQ(call(), 0);
}

TEST_F(ErrorOrder, RegisterForAll) {
    registration call{.caller = without.get()};
    access.refuse(HMX_ACCESS_REGISTER_ANY);
    hmx_fault_alloc(hypervisor.get(), 1, false);

    EXPECT_EQ(call(), -EACCES);
    access.allow_all();
    hmx_fault_alloc(hypervisor.get(), 1, false);
    EXPECT_EQ(call(), -ENOMEM);
    EXPECT_EQ(call(), -ENODEV);
    call.caller = with.get();
    EXPECT_EQ(call(), 0);
}

TEST_F(ErrorOrder, RegisterForAllWhereThatIsForbidden) {
    hmx_params params{};
    hmx_params_init(&params);
    const engine strict(access.in(params));
    const domain caller(strict, 1, false);
    registration call{.caller = caller.get()};
    access.refuse(HMX_ACCESS_REGISTER_ANY);

    EXPECT_EQ(call(), -EPERM);
    EXPECT_EQ(access.asked.back().op, HMX_ACCESS_ENABLE) << "the hook need not be asked";
    access.refuse(HMX_ACCESS_REGISTER_SINGLE);
    call.reg.partner = 1;
    EXPECT_EQ(call(), -EACCES);
}

TEST_F(ErrorOrder, RegisterThatMeetsRings) {
    hmx_params params = permissive();
    params.max_rings = 2;
    const engine small(params);
    const domain caller(small, 1);
    registration call{.caller = caller.get()};
    EXPECT_EQ(call(), 0);
    ring other(96);
    EXPECT_EQ(caller.register_ring(other, 8), 0);

    registration again{.caller = caller.get()};
    again.reg.len = 112;
    again.flags = HMX_REGISTER_FAIL_EXIST;
    std::vector<void*> bad{nullptr};
    again.pages = bad.data();
    EXPECT_EQ(again(), -ENOSPC);
    EXPECT_EQ(caller.unregister(8), 0);
    EXPECT_EQ(again(), -EEXIST) << "flag";
    again.flags = 0;
    EXPECT_EQ(again(), -EEXIST) << "length";

    registration fresh{.caller = caller.get()};
    fresh.reg.port = 9;
    fresh.pages = bad.data();
    hmx_fault_alloc(small.get(), 2, false);
    EXPECT_EQ(fresh(), -ENOMEM) << "the page list";
    EXPECT_EQ(fresh(), -EINVAL) << "no page";
    for (const int err : {EPERM, EAGAIN, EFAULT}) {
        bad[0] = error_pointer(err);
        EXPECT_EQ(fresh(), -err);
    }
    EXPECT_EQ(hmx_inspect_counted_rings(caller.get()), 1u);
    EXPECT_EQ(small.wrong(), "");
}

TEST_F(ErrorOrder, Unregister) {
    hmx_unregister unreg{.port = 7, .partner = ARGO_DOMID_ANY, .pad = 1};
    EXPECT_EQ(hmx_unregister_ring(without.get(), nullptr), -EFAULT);
    EXPECT_EQ(hmx_unregister_ring(without.get(), &unreg), -EINVAL);
    unreg.pad = 0;
    EXPECT_EQ(hmx_unregister_ring(without.get(), &unreg), -ENODEV);
    EXPECT_EQ(hmx_unregister_ring(with.get(), &unreg), -ENOENT);
    ring memory(96);
    ASSERT_EQ(with.register_ring(memory, 7), 0);
    EXPECT_EQ(with.unregister(7, peer.id()), -ENOENT) << "another partner";
    EXPECT_EQ(with.unregister(8), -ENOENT) << "another port";
    EXPECT_EQ(hmx_unregister_ring(with.get(), &unreg), 0);
    EXPECT_EQ(hmx_unregister_ring(with.get(), &unreg), -ENOENT);
}

TEST_F(ErrorOrder, Send) {
    std::vector<argo_hv_iov> pieces(9, piece(bytes));
    pieces[0].pad = 1;
    hmx_message msg{.src = {.port = 1, .domid = 5, .pad = 0},
                    .dst = {.port = 7, .domid = 99, .pad = 1},
                    .iov = nullptr,
                    .niov = 9,
                    .type = 0,
                    .copy_from = copy_from,
                    .copy_ctx = nullptr};
    hmx_domain* caller = without.get();
    access.refuse(HMX_ACCESS_SEND);

    EXPECT_EQ(hmx_sendv(caller, nullptr), -EFAULT);
    EXPECT_EQ(hmx_sendv(caller, &msg), -EINVAL) << "pieces";
    msg.niov = 8;
    EXPECT_EQ(hmx_sendv(caller, &msg), -EFAULT);
    msg.iov = pieces.data();
    EXPECT_EQ(hmx_sendv(caller, &msg), -EINVAL) << "destination's pad";
    msg.dst.pad = 0;
    msg.src.pad = 1;
    EXPECT_EQ(hmx_sendv(caller, &msg), -EINVAL) << "source's pad";
    msg.src.pad = 0;
    EXPECT_EQ(hmx_sendv(caller, &msg), -EPERM);
    msg.src.domid = ARGO_DOMID_ANY;
    EXPECT_EQ(hmx_sendv(caller, &msg), -ESRCH);
    msg.dst.domid = without.id();
    EXPECT_EQ(hmx_sendv(caller, &msg), -EACCES);
    access.allow_all();
    EXPECT_EQ(hmx_sendv(caller, &msg), -ENODEV);
    caller = with.get();
    EXPECT_EQ(hmx_sendv(caller, &msg), -ECONNREFUSED) << "it has no Argo";
    msg.dst.domid = peer.id();
    EXPECT_EQ(hmx_sendv(caller, &msg), -ECONNREFUSED) << "it has no ring";
    ring memory(96);
    ASSERT_EQ(peer.register_ring(memory, 7), 0);
    EXPECT_EQ(hmx_sendv(caller, &msg), -EINVAL) << "a piece's pad";
    pieces[0].pad = 0;
    pieces[7].len = 0x1000000 - 31;
    EXPECT_EQ(hmx_sendv(caller, &msg), -EINVAL) << "a piece's length";
    pieces[7].len = 0x1000000 - 32;
    pieces[7].pad = 0;
    EXPECT_EQ(hmx_sendv(caller, &msg), -EMSGSIZE) << "more than any ring takes";
    pieces[7] = piece(bytes);
    EXPECT_EQ(hmx_sendv(caller, &msg), -EMSGSIZE) << "more than this one takes";

    msg.niov = 2;
    pieces[1] = absent_piece(4);
    EXPECT_EQ(with.send(peer, 7, pattern(40)), 40);
    hmx_fault_alloc(hypervisor.get(), 1, false);
    EXPECT_EQ(hmx_sendv(caller, &msg), -ENOMEM) << "full, no memory to wait";
    EXPECT_EQ(hmx_inspect_waiter(peer.get(), 7, ARGO_DOMID_ANY, with.id()), -1);
    EXPECT_EQ(hmx_sendv(caller, &msg), -EAGAIN);
    EXPECT_EQ(hmx_inspect_waiter(peer.get(), 7, ARGO_DOMID_ANY, with.id()), 24);
    EXPECT_EQ(memory.drain(), 1u);
    peer.interrupts();
    EXPECT_EQ(hmx_sendv(caller, &msg), -EFAULT);
    EXPECT_EQ(memory.take(), std::nullopt);
    EXPECT_EQ(peer.interrupts(), 0u);
    pieces[1] = piece(bytes);
    msg.src.domid = with.id();
    EXPECT_EQ(hmx_sendv(caller, &msg), 40) << "the own id is as good";
}

TEST_F(ErrorOrder, SendFullWithTooManyWaiters) {
    hmx_params params = permissive();
    params.max_waiters = 0;
    const engine crowded(params);
    const domain receiver(crowded, 1);
    ring memory(48);
    ASSERT_EQ(receiver.register_ring(memory, 7), 0);
    ASSERT_EQ(receiver.send(receiver, 7, pattern(16)), 16);
    hmx_fault_alloc(crowded.get(), 1, false);
    EXPECT_EQ(receiver.send(1, 7, {absent_piece(1)}), -EBUSY);
}

// The sum is only wrong once it is, so a later piece is not looked at.
TEST_F(ErrorOrder, SendLengthsAreSummedInOrder) {
    ring memory(96);
    ASSERT_EQ(peer.register_ring(memory, 7), 0);
    argo_hv_iov large = absent_piece(0x1000000 - 32);
    argo_hv_iov bad = absent_piece(1);
    bad.pad = 1;
    EXPECT_EQ(with.send(peer.id(), 7, {large, absent_piece(1), bad}), -EMSGSIZE);
    EXPECT_EQ(with.send(peer.id(), 7, {large, bad, absent_piece(1)}), -EINVAL);
}

TEST_F(ErrorOrder, Notify) {
    access.refuse(HMX_ACCESS_QUERY);
    auto* unreadable = static_cast<argo_hv_queries*>(error_pointer(EFAULT));
    EXPECT_EQ(hmx_notify(without.get(), unreadable), -ENODEV);
    EXPECT_EQ(hmx_notify(with.get(), unreadable), -EFAULT);
    std::vector<argo_hv_query> entries(257);
    EXPECT_EQ(with.query(entries), -EACCES) << "too many";
    entries.resize(256);
    EXPECT_EQ(with.query(entries), 0) << "nobody of that name: nothing to refuse";

    ring memory(48);
    ASSERT_EQ(peer.register_ring(memory, 7), 0);
    ASSERT_EQ(with.send(peer, 7, pattern(16)), 16);
    int rc = 0;
    EXPECT_EQ(with.query(peer.id(), 7, 1, &rc).flags, ARGO_HV_UNANSWERED);
    EXPECT_EQ(rc, -EACCES);
    access.allow_all();
    hmx_fault_alloc(hypervisor.get(), 1, false);
    EXPECT_EQ(with.query(peer.id(), 7, 1, &rc).flags, ARGO_HV_UNANSWERED);
    EXPECT_EQ(rc, -ENOMEM);
}

struct AnyOperation : ErrorOrder {
    [[nodiscard]] std::vector<int> all(const domain& caller) const {
        hmx_unregister unreg{.port = 7, .partner = ARGO_DOMID_ANY, .pad = 0};
        return {registration{.caller = caller.get()}(), hmx_unregister_ring(caller.get(), &unreg),
                caller.send(peer, 9, bytes), caller.notify()};
    }
    [[nodiscard]] std::vector<int> all_with_bad_arguments(const domain& caller) const {
        registration call{.caller = caller.get()};
        call.npages = 4097;
        return {call(), hmx_unregister_ring(caller.get(), nullptr), hmx_sendv(caller.get(), nullptr),
                hmx_notify(caller.get(), static_cast<argo_hv_queries*>(error_pointer(EFAULT)))};
    }
};

TEST_F(AnyOperation, GoesOnWhenNothingIsWrong) {
    EXPECT_EQ(all(with), (std::vector<int>{0, 0, -ECONNREFUSED, 0}));
    EXPECT_EQ(all_with_bad_arguments(with), (std::vector<int>{-EINVAL, -EFAULT, -EFAULT, -EFAULT}));
}

TEST_F(AnyOperation, NeedsArgo) {
    hmx_params params = access.in();
    params.argo = false;
    access.refuse(HMX_ACCESS_ENABLE);
    const engine off(params);
    const domain caller(off, 1);
    EXPECT_EQ(all(caller), std::vector<int>(4, -EOPNOTSUPP));
    EXPECT_EQ(all_with_bad_arguments(caller), std::vector<int>(4, -EOPNOTSUPP));
}

TEST_F(AnyOperation, NeedsToBeAllowed) {
    access.refuse(HMX_ACCESS_ENABLE);
    EXPECT_EQ(all(with), std::vector<int>(4, -EACCES));
    EXPECT_EQ(all_with_bad_arguments(without), std::vector<int>(4, -EACCES));
}

TEST(Engine, RefusesImpossibleLimits) {
    hmx_params params = permissive();
    for (const u32 len : {47u, 0x1000001u}) {
        params.max_ring_len = len;
        EXPECT_THROW(engine{params}, std::runtime_error);
    }
}

} // namespace
