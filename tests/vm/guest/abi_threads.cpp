// SPDX-License-Identifier: MIT
// Several threads on one endpoint.
#include "abi.hpp"

#include <atomic>
#include <cerrno>
#include <mutex>
#include <set>
#include <thread>

namespace guest {
namespace {

using namespace std::chrono_literals;

class threads_test : public testing::Test {
protected:
    static constexpr std::uint32_t messages = 2000;
    static constexpr std::uint32_t stop_type = 0xffffffff;

    void SetUp() override {
        ASSERT_EQ(sender.bind({}), success);
        ASSERT_EQ(receiver.bind({.ring_size = 16384}), success);
    }

    /// Every number once, its bytes right; nothing about order.
    void note(const message& received) {
        const auto expected = some_bytes(size_of(received.type), received.type);
        EXPECT_TRUE(received.data == expected) << "message " << received.type << " of " << received.len << " bytes";
        const std::lock_guard lock{mutex_};
        EXPECT_TRUE(seen_.insert(received.type).second) << "message " << received.type << " twice";
    }

    void receive_until_stopped() {
        message received;
        for (;;) {
            const auto what = receiver.receive(received, 2000, {0, patience});
            ASSERT_EQ(what, success);
            if (received.type == stop_type) {
                return;
            }
            note(received);
        }
    }

    void send_all(std::atomic<std::uint32_t>& next) const {
        for (std::uint32_t i = next++; i < messages; i = next++) {
            ASSERT_EQ(sender.send(receiver.local(), some_bytes(size_of(i), i), i, {0, patience}), success);
        }
    }

    void send_stop(int receivers) const {
        for (int i = 0; i < receivers; ++i) {
            ASSERT_EQ(sender.send(receiver.local(), {}, stop_type, {0, patience}), success);
        }
    }

    static std::size_t size_of(std::uint32_t number) { return number * 37 % 1500; }

    endpoint sender;
    endpoint receiver;
    std::mutex mutex_;
    std::set<std::uint32_t> seen_;
};

TEST_F(threads_test, two_receivers) {
    std::atomic<std::uint32_t> next{0};
    {
        const std::jthread one{[this] { receive_until_stopped(); }};
        const std::jthread two{[this] { receive_until_stopped(); }};
        send_all(next);
        send_stop(2);
    }
    EXPECT_EQ(seen_.size(), messages);
}

TEST_F(threads_test, two_senders) {
    std::atomic<std::uint32_t> next{0};
    {
        const std::jthread reader{[this] { receive_until_stopped(); }};
        {
            const std::jthread one{[&] { send_all(next); }};
            const std::jthread two{[&] { send_all(next); }};
        }
        send_stop(1);
    }
    EXPECT_EQ(seen_.size(), messages);
}

TEST_F(threads_test, senders_and_receivers_and_pollers) {
    std::atomic<std::uint32_t> next{0};
    std::atomic<bool> done{false};
    {
        std::vector<std::jthread> others;
        for (int i = 0; i < 2; ++i) {
            others.emplace_back([&] {
                argo_status status{};
                while (!done) {
                    static_cast<void>(receiver.poll(0x5, 1ms));
                    EXPECT_EQ(receiver.status(status), success);
                }
            });
        }
        {
            const std::jthread first{[this] { receive_until_stopped(); }};
            const std::jthread second{[this] { receive_until_stopped(); }};
            {
                const std::jthread one{[&] { send_all(next); }};
                const std::jthread two{[&] { send_all(next); }};
            }
            send_stop(2);
        }
        done = true;
    }
    EXPECT_EQ(seen_.size(), messages);
}

TEST_F(threads_test, connect_and_options_while_messages_pass) {
    std::atomic<bool> done{false};
    std::atomic<std::uint32_t> next{0};
    {
        const std::jthread changing{[&] {
            argo_options options{};
            argo_space space{};
            while (!done) {
                EXPECT_EQ(sender.connect(receiver.local()), success);
                EXPECT_EQ(sender.options(options), success);
                EXPECT_EQ(sender.space(receiver.local(), 100, space, {ARGO_SPACE_WATCH, forever}), success);
                static_cast<void>(sender.poll(0x4, 1ms));
                EXPECT_EQ(sender.disconnect(), success);
            }
        }};
        const std::jthread reader{[this] { receive_until_stopped(); }};
        send_all(next);
        send_stop(1);
        done = true;
    }
    EXPECT_EQ(seen_.size(), messages);
}

TEST_F(threads_test, bind_at_once_is_won_by_one) {
    for (int round = 0; round < 20; ++round) {
        endpoint one;
        std::atomic<int> bound{0};
        std::atomic<int> refused{0};
        {
            std::vector<std::jthread> threads;
            for (int i = 0; i < 4; ++i) {
                threads.emplace_back([&] {
                    auto mine = one.duplicate();
                    const auto what = mine.bind({});
                    bound += what == success ? 1 : 0;
                    refused += what == outcome{EISCONN} ? 1 : 0;
                });
            }
        }
        EXPECT_EQ(bound, 1);
        EXPECT_EQ(refused, 3);
    }
}

TEST_F(threads_test, many_pairs_at_once) {
    std::vector<std::jthread> threads;
    for (std::uint32_t i = 0; i < 8; ++i) {
        threads.emplace_back([i] {
            endpoint from;
            endpoint to;
            ASSERT_EQ(from.bind({}), success);
            ASSERT_EQ(to.bind({}), success);
            for (std::uint32_t n = 0; n < 200; ++n) {
                expect_passes(from, to.local(), to, (n * 17 + i) % 3000);
            }
        });
    }
}

} // namespace
} // namespace guest
