// SPDX-License-Identifier: MIT
// Random traffic through rings of random lengths: everything comes out once, in order, with every byte.
#include <algorithm>
#include <deque>
#include <random>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "layouts.hpp"
#include "reference_writer.hpp"
#include "ring_oracle.hpp"
#include "ring_reader.hpp"

namespace {

using namespace argo_test;

/// Deterministic messages: the n-th of a seed is the same wherever it is made.
class message_source {
public:
    message_source(u32 seed, u32 ring_len) : random_(seed), largest_(argo_ring_max_message(ring_len)) {}

    message next() {
        message msg{.port = word(), .domid = static_cast<u16>(word()), .type = word(), .payload = {}};
        msg.payload.resize(size());
        for (u8& byte : msg.payload) {
            byte = static_cast<u8>(word());
        }
        return msg;
    }

private:
    u32 word() { return static_cast<u32>(random_()); }

    /// Mostly short, now and then near the largest: both ends is where the ring turns.
    u32 size() {
        switch (word() % 8) {
        case 0:
            return largest_ - word() % std::min(largest_, 33u);
        case 1:
        case 2:
            return word() % (largest_ + 1);
        default:
            return std::min(largest_, word() % 80);
        }
    }

    std::mt19937 random_;
    u32 largest_;
};

TEST(RingTraffic, RandomSendsAndReceives) {
    std::mt19937 random(20240229);
    std::size_t bytes = 0;
    for (u32 rings = 0; rings < 80; ++rings) {
        const u32 len = static_cast<u32>(3 + random() % (rings % 8 == 0 ? 4000 : 40)) * 16;
        const u32 start = static_cast<u32>(random() % (len / 16)) * 16;
        SCOPED_TRACE(testing::Message() << "ring " << rings << " of " << len << " from " << start);
        const ring_memory ring(len, layouts[rings % layouts.size()].layout);
        reference_writer writer(ring, start);
        message_source source(static_cast<u32>(random()), len);
        std::deque<message> in_flight;
        message pending = source.next();
        u32 rx = start;

        for (int step = 0; step < 2000; ++step) {
            if (random() % 2 == 0) {
                if (writer.send(pending) == send_result::sent) {
                    in_flight.push_back(std::move(pending));
                    pending = source.next();
                }
                continue;
            }
            message received;
            const int result = take(ring, rx, received);
            ASSERT_EQ(result, in_flight.empty() ? 0 : 1);
            if (result == 1) {
                ASSERT_TRUE(received == in_flight.front());
                in_flight.pop_front();
                bytes += received.payload.size();
            }
        }
    }
    EXPECT_GT(bytes, 8'000'000u);
}

TEST(RingTraffic, GarbageReadsAsTheOracleReadsIt) {
    std::mt19937 random(42);
    u32 broken = 0;
    u32 messages = 0;
    for (int round = 0; round < 20000; ++round) {
        const u32 len = static_cast<u32>(3 + random() % 30) * 16;
        const ring_memory ring(len, layouts[static_cast<u32>(round) % layouts.size()].layout);
        for (u8& byte : ring.data()) {
            byte = static_cast<u8>(random());
        }
        // Random words are never a good length, so most slots get one that may be.
        for (u32 slot = 0; slot < len; slot += 16) {
            if (random() % 8 != 0) {
                static_assert(layouts[0].layout.len == 0 && layouts[1].layout.len == 0 && layouts[2].layout.len == 0);
                ring.data()[slot] = static_cast<u8>(random() % 70);
                ring.data()[slot + 1] = ring.data()[slot + 2] = ring.data()[slot + 3] = 0;
            }
        }
        u32 rx = static_cast<u32>(random() % (len / 16)) * 16;
        const u32 tx = static_cast<u32>(random() % (len / 16 + 1)) * 16;
        ring.tx_index() = tx;

        const ring_contents expected = unroll(ring, rx, tx);
        for (const message& want : expected.messages) {
            message received;
            ASSERT_EQ(take(ring, rx, received), 1);
            ASSERT_TRUE(received == want);
        }
        message received;
        ASSERT_EQ(take(ring, rx, received), expected.broken ? -EBADMSG : 0);
        broken += expected.broken;
        messages += static_cast<u32>(expected.messages.size());
    }
    EXPECT_GT(broken, 1000u);
    EXPECT_GT(messages, 1000u);
}

// The writer is on another processor, as the hypervisor is.
TEST(RingTraffic, WriterInAnotherThread) {
    constexpr u32 count = 20000;
    constexpr u32 len = 1024 - 64;
    constexpr u32 seed = 7;
    const ring_memory ring(len);
    reference_writer writer(ring);
    const std::jthread sender([&writer](const std::stop_token& stop) {
        message_source source(seed, len);
        for (u32 i = 0; i < count; ++i) {
            const message msg = source.next();
            while (writer.send(msg) != send_result::sent) {
                if (stop.stop_requested()) {
                    return;
                }
                std::this_thread::yield();
            }
        }
    });

    message_source source(seed, len);
    u32 rx = 0;
    for (u32 i = 0; i < count; ++i) {
        const message want = source.next();
        message received;
        int result = 0;
        while ((result = take(ring, rx, received)) == 0) {
            std::this_thread::yield();
        }
        ASSERT_EQ(result, 1);
        ASSERT_TRUE(received == want) << "message " << i;
    }
}

} // namespace
