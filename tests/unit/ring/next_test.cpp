// SPDX-License-Identifier: MIT
#include <numeric>
#include <string>
#include <tuple>
#include <vector>

#include <gtest/gtest.h>

#include "layouts.hpp"
#include "reference_writer.hpp"
#include "ring_reader.hpp"

namespace {

using namespace argo_test;

std::vector<u8> pattern(u32 size) {
    std::vector<u8> bytes(size);
    std::iota(bytes.begin(), bytes.end(), u8{1});
    return bytes;
}

std::vector<u32> interesting_sizes(u32 len) {
    std::vector<u32> sizes;
    const u32 largest = argo_ring_max_message(len);
    for (u32 size = 0; size <= 17 && size <= largest; ++size) {
        sizes.push_back(size);
    }
    for (const u32 less : {17u, 16u, 15u, 1u, 0u}) {
        if (largest > 17 + less) {
            sizes.push_back(largest - less);
        }
    }
    return sizes;
}

class RingOfLength : public testing::TestWithParam<std::tuple<named_layout, u32>> {
protected:
    [[nodiscard]] static ring_memory make_ring() {
        const auto& [named, len] = GetParam();
        return ring_memory(len, named.layout);
    }
};

std::string name_of(const testing::TestParamInfo<RingOfLength::ParamType>& info) {
    const auto& [named, len] = info.param;
    std::string name = named.name;
    name += '_';
    name += std::to_string(len);
    return name;
}

TEST_P(RingOfLength, EmptyAtEveryIndex) {
    const ring_memory ring = make_ring();
    for (u32 at = 0; at < ring.len(); at += 16) {
        const reference_writer writer(ring, at);
        argo_ring_msg msg{};
        EXPECT_EQ(next(ring, at, msg), 0) << at;
    }
}

TEST_P(RingOfLength, OneMessageAtEveryIndexInEverySize) {
    const ring_memory ring = make_ring();
    for (u32 at = 0; at < ring.len(); at += 16) {
        for (const u32 size : interesting_sizes(ring.len())) {
            SCOPED_TRACE(testing::Message() << "index " << at << ", size " << size);
            reference_writer writer(ring, at);
            const message sent{.port = 0xfffffff0u + size % 16, .domid = 0x7ff0, .type = ~at, .payload = pattern(size)};
            ASSERT_EQ(writer.send(sent), send_result::sent);

            u32 rx = at;
            message received;
            ASSERT_EQ(take(ring, rx, received), 1);
            EXPECT_EQ(received, sent);
            EXPECT_EQ(rx, writer.tx());
            EXPECT_EQ(ring.rx_index(), rx);
            EXPECT_EQ(take(ring, rx, received), 0);
        }
    }
}

TEST_P(RingOfLength, FilledToTheLastSlotAndDrained) {
    const ring_memory ring = make_ring();
    for (u32 at = 0; at < ring.len(); at += 16) {
        reference_writer writer(ring, at);
        u32 sent = 0;
        while (writer.send({.port = sent, .domid = 1, .type = 0, .payload = {}}) == send_result::sent) {
            ++sent;
        }
        EXPECT_EQ(sent, ring.len() / 16 - 1);

        u32 rx = at;
        message received;
        for (u32 i = 0; i < sent; ++i) {
            ASSERT_EQ(take(ring, rx, received), 1);
            EXPECT_EQ(received.port, i);
        }
        EXPECT_EQ(take(ring, rx, received), 0);
    }
}

TEST_P(RingOfLength, TxThatIsNoIndexIsRefused) {
    const ring_memory ring = make_ring();
    const u32 len = ring.len();
    for (const u32 tx :
         {1u, 4u, 15u, 17u, len - 1, len, len + 1, len + 16, 0x7ffffff0u, 0x80000000u, 0xfffffff0u, 0xffffffffu}) {
        ring.tx_index() = tx;
        for (u32 rx = 0; rx < len; rx += 16) {
            argo_ring_msg msg{};
            EXPECT_EQ(next(ring, rx, msg), -EBADMSG) << "tx " << tx << ", rx " << rx;
        }
    }
}

TEST_P(RingOfLength, MessageLengthThatCannotBeIsRefused) {
    const ring_memory ring = make_ring();
    const u32 len = ring.len();
    for (u32 at = 0; at < len; at += 16) {
        for (u32 used = 16; used < len; used += 16) {
            for (const u32 msg_len : {0u, 1u, 15u, used + 1, used + 16, len, len + 1, 0x7fffffffu, 0x80000000u,
                                      0x80000010u, 0xffffffefu, 0xfffffff0u, 0xfffffff1u, 0xffffffffu}) {
                reference_writer writer(ring, at);
                writer.forge(msg_len, used);
                argo_ring_msg msg{};
                ASSERT_EQ(next(ring, at, msg), -EBADMSG)
                    << "length " << msg_len << " with " << used << " in use at " << at;
            }
        }
    }
}

TEST_P(RingOfLength, MessageLengthUpToWhatIsInUseIsTaken) {
    const ring_memory ring = make_ring();
    const u32 len = ring.len();
    for (u32 at = 0; at < len; at += 16) {
        for (u32 msg_len = 16; msg_len <= len - 16; ++msg_len) {
            reference_writer writer(ring, at);
            writer.forge(msg_len, argo_ring_slots(msg_len));
            argo_ring_msg msg{};
            ASSERT_EQ(next(ring, at, msg), 1) << "length " << msg_len << " at " << at;
            EXPECT_EQ(msg.len, msg_len - 16);
            EXPECT_EQ(msg.start, (at + 16) % len);
            EXPECT_EQ(msg.next, writer.tx());
        }
    }
}

INSTANTIATE_TEST_SUITE_P(Short, RingOfLength,
                         testing::Combine(testing::ValuesIn(layouts), testing::Values(48u, 64u, 80u, 112u, 256u)),
                         name_of);

TEST(RingNext, HeaderInTheLastSlot) {
    const ring_memory ring(4096 - 64);
    const u32 last = ring.len() - 16;
    reference_writer writer(ring, last);
    ASSERT_EQ(writer.send({.port = 1, .domid = 2, .type = 3, .payload = pattern(20)}), send_result::sent);
    argo_ring_msg msg{};
    ASSERT_EQ(next(ring, last, msg), 1);
    EXPECT_EQ(msg.start, 0u);
    EXPECT_EQ(msg.next, 32u);
    EXPECT_EQ(copy_payload(ring, msg, 0, msg.len), pattern(20));
}

TEST(RingNext, NothingOfTheSlackIsPayload) {
    const ring_memory ring(64);
    for (u8& byte : ring.data()) {
        byte = 0xee;
    }
    reference_writer writer(ring);
    ASSERT_EQ(writer.send({.port = 1, .domid = 2, .type = 3, .payload = {9}}), send_result::sent);
    u32 rx = 0;
    message received;
    ASSERT_EQ(take(ring, rx, received), 1);
    EXPECT_EQ(received.payload, std::vector<u8>{9});
}

TEST(RingNext, LargestRing) {
    const ring_memory ring(ARGO_RING_MAX_LEN);
    const u32 largest = argo_ring_max_message(ring.len());
    for (const u32 at : {0u, 16u, ring.len() / 2 / 16 * 16, ring.len() - 32, ring.len() - 16}) {
        SCOPED_TRACE(at);
        reference_writer writer(ring, at);
        const message sent{.port = 1, .domid = 2, .type = 3, .payload = pattern(largest)};
        ASSERT_EQ(writer.send(sent), send_result::sent);
        EXPECT_EQ(writer.send({}), send_result::again);
        u32 rx = at;
        message received;
        ASSERT_EQ(take(ring, rx, received), 1);
        EXPECT_TRUE(received == sent);
        EXPECT_EQ(rx, writer.tx());
    }
}

// The model stands for the hypervisor in all other tests, so its own rules are stated here.
TEST(ReferenceWriter, LargestIsWhatTheParserSays) {
    for (u32 len = 48; len <= 512; len += 16) {
        const ring_memory ring(len);
        reference_writer writer(ring);
        EXPECT_EQ(writer.send({.payload = pattern(argo_ring_max_message(len) + 1)}), send_result::too_large);
        EXPECT_EQ(writer.send({.payload = pattern(argo_ring_max_message(len))}), send_result::sent);
        EXPECT_EQ(writer.send({}), send_result::again);
    }
}

TEST(ReferenceWriter, SpoiledRxReadsAsFull) {
    const ring_memory ring(64);
    reference_writer writer(ring);
    for (const u32 rx : {1u, 8u, 64u, 0xfffffff0u}) {
        ring.rx_index() = rx;
        EXPECT_EQ(writer.send({}), send_result::again) << rx;
    }
    ring.rx_index() = 0;
    EXPECT_EQ(writer.send({}), send_result::sent);
}

} // namespace
