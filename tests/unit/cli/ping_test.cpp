// SPDX-License-Identifier: MIT
#include "proto/ping.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <cstddef>
#include <vector>

namespace argoctl::ping {
namespace {

using namespace std::chrono_literals;

constexpr std::uint32_t ident = 0x11223344;
constexpr clock::time_point start{1h};

class Ping : public testing::Test {
protected:
    reply answer(const std::vector<std::byte>& probe, clock::time_point now) {
        return pinger.on_message(message_type, probe, now);
    }

    tracker pinger{ident, 56, 1s};
};

TEST_F(Ping, ProbeLayout) {
    const auto probe = encode(0x04030201, 0x0807060504030201, 18);
    const std::vector<std::byte> wanted{std::byte{'A'}, std::byte{'C'}, std::byte{'P'}, std::byte{'G'}, std::byte{1},
                                        std::byte{2},   std::byte{3},   std::byte{4},   std::byte{1},   std::byte{2},
                                        std::byte{3},   std::byte{4},   std::byte{5},   std::byte{6},   std::byte{7},
                                        std::byte{8},   std::byte{16},  std::byte{17}};
    EXPECT_EQ(probe, wanted);
}

TEST_F(Ping, AnsweredInTime) {
    const auto probe = pinger.next(start);
    EXPECT_EQ(probe.size(), 56U);
    const auto got = answer(probe, start + 3ms);
    EXPECT_EQ(got.kind, reply_kind::in_time);
    EXPECT_EQ(got.sequence, 0U);
    EXPECT_EQ(got.time, 3ms);
    const auto sum = pinger.summarize(start + 10ms);
    EXPECT_EQ(sum.sent, 1U);
    EXPECT_EQ(sum.received, 1U);
    EXPECT_EQ(sum.lost, 0U);
    EXPECT_EQ(sum.times.max(), 3ms);
    EXPECT_TRUE(pinger.settled(start + 10ms));
}

TEST_F(Ping, ReorderedRepliesFindTheirProbes) {
    const auto first = pinger.next(start);
    const auto second = pinger.next(start + 100ms);
    EXPECT_EQ(answer(second, start + 110ms).time, 10ms);
    const auto got = answer(first, start + 120ms);
    EXPECT_EQ(got.sequence, 0U);
    EXPECT_EQ(got.time, 120ms);
    EXPECT_EQ(pinger.summarize(start + 1s).received, 2U);
}

TEST_F(Ping, DuplicateIsCountedAndChangesNothing) {
    const auto probe = pinger.next(start);
    answer(probe, start + 1ms);
    EXPECT_EQ(answer(probe, start + 2ms).kind, reply_kind::duplicate);
    const auto sum = pinger.summarize(start + 3ms);
    EXPECT_EQ(sum.received, 1U);
    EXPECT_EQ(sum.duplicates, 1U);
    EXPECT_EQ(sum.times.count(), 1U);
    EXPECT_EQ(sum.times.max(), 1ms);
}

TEST_F(Ping, LateIsLost) {
    const auto probe = pinger.next(start);
    EXPECT_FALSE(pinger.settled(start + 1s));
    EXPECT_TRUE(pinger.settled(start + 1s + 1ns));
    EXPECT_EQ(answer(probe, start + 2s).kind, reply_kind::late);
    EXPECT_EQ(answer(probe, start + 3s).kind, reply_kind::duplicate);
    const auto sum = pinger.summarize(start + 3s);
    EXPECT_EQ(sum.received, 0U);
    EXPECT_EQ(sum.lost, 1U);
    EXPECT_EQ(sum.late, 1U);
    EXPECT_EQ(sum.times.count(), 0U);
    EXPECT_DOUBLE_EQ(sum.loss(), 100.0);
}

TEST_F(Ping, InterruptedProbesAreNotCalledLost) {
    answer(pinger.next(start), start + 1ms);
    pinger.next(start + 10ms);
    const auto sum = pinger.summarize(start + 20ms);
    EXPECT_EQ(sum.pending, 1U);
    EXPECT_EQ(sum.lost, 0U);
    EXPECT_DOUBLE_EQ(sum.loss(), 0.0);
}

TEST_F(Ping, FailedProbesAreLostAtOnce) {
    pinger.next(start);
    pinger.failed();
    EXPECT_TRUE(pinger.settled(start));
    const auto sum = pinger.summarize(start);
    EXPECT_EQ(sum.errors, 1U);
    EXPECT_EQ(sum.lost, 1U);
    EXPECT_EQ(sum.pending, 0U);
}

TEST_F(Ping, ChangedOrShortenedPayloadIsCorrupt) {
    auto probe = pinger.next(start);
    auto changed = probe;
    changed.back() ^= std::byte{1};
    EXPECT_EQ(answer(changed, start + 1ms).kind, reply_kind::corrupt);
    auto shorter = probe;
    shorter.pop_back();
    EXPECT_EQ(answer(shorter, start + 1ms).kind, reply_kind::corrupt);
    // The good one still counts.
    EXPECT_EQ(answer(probe, start + 2ms).kind, reply_kind::in_time);
    EXPECT_EQ(pinger.summarize(start + 2ms).corrupt, 2U);
}

TEST_F(Ping, ForeignMessagesAreNotCounted) {
    const auto probe = pinger.next(start);
    EXPECT_EQ(pinger.on_message(message_type + 1, probe, start).kind, reply_kind::foreign);
    EXPECT_EQ(answer(encode(ident + 1, 0, 56), start).kind, reply_kind::foreign);
    EXPECT_EQ(answer(encode(ident, 1, 56), start).kind, reply_kind::foreign); // not sent yet
    EXPECT_EQ(answer(encode(ident, ~std::uint64_t{0}, 56), start).kind, reply_kind::foreign);
    for (std::size_t size = 0; size < smallest_size; ++size)
        EXPECT_EQ(answer(std::vector<std::byte>(probe.begin(), probe.begin() + static_cast<long>(size)), start).kind,
                  reply_kind::foreign);
    EXPECT_EQ(answer(std::vector<std::byte>(64, std::byte{0xff}), start).kind, reply_kind::foreign);
    const auto sum = pinger.summarize(start);
    EXPECT_EQ(sum.received + sum.duplicates + sum.corrupt + sum.late, 0U);
}

TEST_F(Ping, RepliesOlderThanTheWindowAreForeign) {
    const auto old = pinger.next(start);
    for (int i = 0; i < 65536; ++i)
        answer(pinger.next(start), start);
    EXPECT_EQ(answer(old, start).kind, reply_kind::foreign);
    EXPECT_EQ(pinger.summarize(start).lost, 1U);
}

} // namespace
} // namespace argoctl::ping
