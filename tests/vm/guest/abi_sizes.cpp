// SPDX-License-Identifier: MIT
// Payload sizes up to the largest, wrap-around, and rings of every size.
#include "abi.hpp"

#include <cerrno>

namespace guest {
namespace {

class sizes_test : public testing::TestWithParam<std::uint32_t> {
protected:
    void SetUp() override {
        const auto most = information().max_ring_size;
        ASSERT_EQ(receiver.bind({.ring_size = std::min(GetParam(), most)}), success);
        ASSERT_EQ(sender.bind({}), success);
    }

    endpoint sender;
    endpoint receiver;
};

TEST_P(sizes_test, every_edge) {
    const auto largest = receiver.max_message();
    std::vector<std::uint32_t> sizes{0,    1,    15,   16,   17,   31,   32,    33,    4079,
                                     4080, 4095, 4096, 4097, 8191, 8192, 65535, 65536, 65537};
    sizes.insert(sizes.end(), {largest - 1, largest});
    // One of many MiB takes a second to make, to send and to compare.
    if (largest < (1U << 20U)) {
        sizes.insert(sizes.end(), {largest - 17, largest - 16, largest - 15});
    }
    for (const auto size : sizes) {
        if (size <= largest) {
            expect_passes(sender, receiver.local(), receiver, size);
        }
    }
}

TEST_P(sizes_test, one_more_than_the_largest) {
    const auto largest = receiver.max_message();
    for (const std::uint32_t more : {1U, 2U, 15U, 16U, 17U, 4096U}) {
        const auto data = some_bytes(largest + more);
        EXPECT_EQ(sender.send(receiver.local(), data), outcome{EMSGSIZE}) << more;
        EXPECT_EQ(sender.send(receiver.local(), data, 0, no_wait), outcome{EMSGSIZE}) << more;
    }
    expect_nothing(receiver);
    expect_passes(sender, receiver.local(), receiver, largest);
}

TEST_P(sizes_test, the_largest_again_and_again) {
    // Each starts at another slot, so that header, payload and both wrap.
    const auto rounds = receiver.ring_size() > (1U << 20U) ? 2 : 40;
    for (int i = 0; i < rounds; ++i) {
        expect_passes(sender, receiver.local(), receiver, static_cast<std::uint32_t>(i) * 16);
        expect_passes(sender, receiver.local(), receiver, receiver.max_message());
    }
}

TEST_P(sizes_test, a_full_ring_is_taken_out_in_order) {
    // A few dozen messages fill the largest one.
    const traffic what{11, 0, std::max(300U, receiver.ring_size() / 20)};
    verifier check{what};
    std::uint32_t sent = 0;
    for (int round = 0; round < 5; ++round) {
        for (;; ++sent) {
            const auto result = sender.send(receiver.local(), make_message(what, sender.local(), sent), sent, no_wait);
            if (result == outcome{EAGAIN}) {
                break;
            }
            ASSERT_EQ(result, success);
        }
        message received;
        while (receiver.receive(received, what.max_size, no_wait)) {
            ASSERT_TRUE(check.check(received.from, received.type, received.len, received.data)) << check.error();
        }
        EXPECT_EQ(check.messages(), sent);
    }
}

INSTANTIATE_TEST_SUITE_P(rings, sizes_test, testing::Values(1U, 4096U, 8192U, 65536U, 1U << 20U, 1U << 24U),
                         [](const auto& of) { return "asked_for_" + std::to_string(of.param); });

TEST(wrap, thousands_of_odd_sizes_through_a_small_ring) {
    endpoint sender;
    endpoint receiver;
    ASSERT_EQ(sender.bind({}), success);
    ASSERT_EQ(receiver.bind({.ring_size = 4096}), success);
    const traffic what{99, 0, receiver.max_message()};
    verifier check{what};
    message received;
    for (std::uint32_t sequence = 0; sequence < 3000; ++sequence) {
        const auto data = make_message(what, sender.local(), sequence);
        auto result = sender.send(receiver.local(), data, sequence, no_wait);
        while (result == outcome{EAGAIN}) {
            ASSERT_EQ(receiver.receive(received, receiver.max_message(), no_wait), success);
            ASSERT_TRUE(check.check(received.from, received.type, received.len, received.data)) << check.error();
            result = sender.send(receiver.local(), data, sequence, no_wait);
        }
        ASSERT_EQ(result, success);
    }
    while (receiver.receive(received, receiver.max_message(), no_wait)) {
        ASSERT_TRUE(check.check(received.from, received.type, received.len, received.data)) << check.error();
    }
    EXPECT_EQ(check.messages(), 3000U);
}

TEST(largest, ring_of_sixteen_mebibytes) {
    const auto info = information();
    endpoint receiver;
    endpoint sender;
    ASSERT_EQ(receiver.bind({.ring_size = info.max_ring_size}), success);
    ASSERT_EQ(sender.bind({}), success);
    EXPECT_EQ(receiver.max_message(), info.max_message);
    expect_passes(sender, receiver.local(), receiver, info.max_message);
    EXPECT_EQ(sender.send(receiver.local(), some_bytes(info.max_message + 1)), outcome{EMSGSIZE});
}

TEST(largest, longer_than_any_ring_to_nobody) {
    endpoint sender;
    ASSERT_EQ(sender.bind({}), success);
    const auto what = sender.send(self(12345), some_bytes(information().max_message + 1), 0, no_wait);
    EXPECT_TRUE(what == outcome{EMSGSIZE} || what == outcome{ECONNREFUSED}) << what;
}

} // namespace
} // namespace guest
