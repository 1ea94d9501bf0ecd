// SPDX-License-Identifier: MIT
// Messages of all sizes, at every place in a ring, in one piece and in many.
#include <algorithm>

#include <gtest/gtest.h>

#include "world.hpp"

namespace {

using namespace hmx_test;

std::vector<u32> sizes_for(u32 ring_len) {
    std::vector<u32> sizes{0, 1, 15, 16, 17, page_size - 80, page_size - 64, page_size - 1, page_size, page_size + 1};
    for (const u32 less : {17u, 16u, 15u, 1u, 0u}) {
        sizes.push_back(largest(ring_len) - less);
    }
    std::erase_if(sizes, [ring_len](u32 size) { return size > largest(ring_len); });
    return sizes;
}

struct RingLength : testing::TestWithParam<u32> {
    ~RingLength() override { EXPECT_EQ(hypervisor.wrong(), ""); }

    engine hypervisor;
    domain sender{hypervisor, 1};
    domain receiver{hypervisor, 2};
};

/// Starts around the ends of the ring and of its pages.
std::vector<u32> starts_for(u32 ring_len) {
    std::vector<u32> starts{0, 16, 32, ring_len / 32 * 16, ring_len - 32, ring_len - 16};
    for (u32 end = page_size - 64; end < ring_len; end += page_size) {
        for (const u32 before : {32u, 16u, 0u}) {
            starts.push_back(end - before);
        }
    }
    return starts;
}

TEST_P(RingLength, EverySizeAtEveryEnd) {
    for (const u32 start : starts_for(GetParam())) {
        ring memory(GetParam());
        memory.start_at(start);
        ASSERT_EQ(receiver.register_ring(memory, 5), 0);
        for (const u32 size : sizes_for(GetParam())) {
            SCOPED_TRACE(testing::Message() << "from " << start << ", " << size << " bytes");
            const message sent{.port = 9, .domid = 1, .type = size, .payload = pattern(size, start)};
            ASSERT_EQ(sender.send(receiver, 5, sent.payload, 9, size), static_cast<int>(size));
            EXPECT_EQ(memory.take(), sent);
            EXPECT_EQ(memory.take(), std::nullopt);
        }
        EXPECT_EQ(sender.send(receiver, 5, pattern(largest(GetParam()) + 1)), -EMSGSIZE);
        ASSERT_EQ(receiver.unregister(5), 0);
    }
}

TEST_P(RingLength, FillsToTheLastSlotAndNoFurther) {
    for (const u32 start : starts_for(GetParam())) {
        ring memory(GetParam());
        memory.start_at(start);
        ASSERT_EQ(receiver.register_ring(memory, 5), 0);
        for (u32 i = 0; i < GetParam() / 16 - 1; ++i) {
            ASSERT_EQ(sender.send(receiver, 5, {}, i), 0) << i;
        }
        EXPECT_EQ(sender.send(receiver, 5, {}), -EAGAIN);
        EXPECT_EQ(memory.take()->port, 0u);
        EXPECT_EQ(sender.send(receiver, 5, pattern(1)), -EAGAIN) << "two slots for one";
        EXPECT_EQ(sender.send(receiver, 5, {}, 77), 0);
        EXPECT_EQ(memory.drain(), GetParam() / 16 - 1);
        ASSERT_EQ(receiver.unregister(5), 0);
    }
}

TEST_P(RingLength, PiecesComeOutAsOne) {
    ring memory(GetParam());
    ASSERT_EQ(receiver.register_ring(memory, 5), 0);
    const std::vector<u8> whole = pattern(std::min(largest(GetParam()), 9000u));
    for (u32 shift = 0; shift < 40; ++shift) {
        std::vector<argo_hv_iov> pieces;
        u64 at = reinterpret_cast<std::uintptr_t>(whole.data());
        u32 left = static_cast<u32>(whole.size());
        for (u32 i = 0; i < 8; ++i) {
            const u32 len = i == 7 ? left : std::min(left, i == 3 ? 0 : left / 7 + shift);
            pieces.push_back({.base = at, .len = len, .pad = 0});
            at += len;
            left -= len;
        }
        ASSERT_EQ(sender.send(2, 5, pieces), static_cast<int>(whole.size()));
        ASSERT_EQ(memory.take()->payload, whole);
    }
}

TEST_P(RingLength, NothingIsDeliveredWhenAPieceFaults) {
    ring memory(GetParam());
    ASSERT_EQ(receiver.register_ring(memory, 5), 0);
    const std::vector<u8> bytes = pattern(largest(GetParam()) / 2);
    for (int round = 0; round < 40; ++round) {
        EXPECT_EQ(sender.send(2, 5, {piece(bytes), absent_piece(1)}), -EFAULT);
        EXPECT_EQ(memory.take(), std::nullopt);
        EXPECT_EQ(sender.send(2, 5, {piece(bytes)}), static_cast<int>(bytes.size()));
        EXPECT_EQ(memory.take()->payload, bytes);
    }
    EXPECT_EQ(receiver.interrupts(), 40u);
}

TEST_P(RingLength, QueryKnowsWhatFits) {
    ring memory(GetParam());
    ASSERT_EQ(receiver.register_ring(memory, 5), 0);
    const u32 max = largest(GetParam());
    for (u32 used = 16; used <= GetParam(); used += GetParam() / 48 * 16) {
        const argo_hv_query empty = sender.query(2, 5, max);
        EXPECT_EQ(empty.flags, ARGO_HV_EXISTS | ARGO_HV_SHARED | ARGO_HV_EMPTY | ARGO_HV_SUFFICIENT);
        EXPECT_EQ(empty.max_message, max);
        EXPECT_EQ(sender.query(2, 5, max + 1).flags,
                  ARGO_HV_EXISTS | ARGO_HV_SHARED | ARGO_HV_EMPTY | ARGO_HV_TOO_LARGE);
        if (used == GetParam()) {
            break;
        }
        ASSERT_EQ(sender.send(receiver, 5, pattern(used - 16)), static_cast<int>(used - 16));
        const u32 fits = used + 32 > GetParam() ? 0 : GetParam() - used - 32;
        EXPECT_EQ(sender.query(2, 5, fits).flags, ARGO_HV_EXISTS | ARGO_HV_SHARED | ARGO_HV_SUFFICIENT);
        if (fits < max) {
            EXPECT_EQ(sender.query(2, 5, fits + 1).flags, ARGO_HV_EXISTS | ARGO_HV_SHARED) << used;
            EXPECT_EQ(sender.query(2, 5, 0).flags, ARGO_HV_EXISTS | ARGO_HV_SHARED | ARGO_HV_SUFFICIENT);
        }
        memory.drain();
    }
}

INSTANTIATE_TEST_SUITE_P(Lengths, RingLength,
                         testing::Values(48, 64, 96, page_size - 64, page_size - 48, page_size, 3 * page_size - 64,
                                         5 * page_size + 16));

TEST(Sizes, LargestRingAndLargestMessage) {
    const engine hypervisor;
    const domain sender(hypervisor, 1);
    const domain receiver(hypervisor, 2);
    ring memory(0xffffc0);
    EXPECT_EQ(memory.npages(), 4096u);
    memory.start_at(0x800000);
    ASSERT_EQ(receiver.register_ring(memory, 5), 0);
    const std::vector<u8> bytes = pattern(0xffffa0);
    ASSERT_EQ(sender.send(receiver, 5, bytes), 0xffffa0);
    EXPECT_EQ(memory.take()->payload, bytes);
    EXPECT_EQ(sender.send(receiver, 5, pattern(0xffffa1)), -EMSGSIZE);

    ring too_large(0xffffd0);
    EXPECT_EQ(receiver.register_ring(too_large, 6), -EINVAL);
}

TEST(Sizes, LimitOfTheEngine) {
    hmx_params params = permissive();
    params.max_ring_len = 112;
    params.max_iov = 1;
    const engine hypervisor(params);
    const domain both(hypervisor, 1);
    ring too_large(128);
    EXPECT_EQ(both.register_ring(too_large, 5), -EINVAL);
    ring memory(112);
    ASSERT_EQ(both.register_ring(memory, 5), 0);
    EXPECT_EQ(both.send(both, 5, pattern(80)), 80);
    EXPECT_EQ(both.send(both, 5, pattern(81)), -EINVAL) << "no piece can be that long";
    EXPECT_EQ(both.send(1, 5, {absent_piece(1), absent_piece(1)}), -EINVAL);
}

} // namespace
