// SPDX-License-Identifier: MIT
// Memory that does not come when a call needs it: the call waits, and nobody else does.
#include "hostile_user.hpp"

#include <cerrno>
#include <poll.h>

namespace guest {
namespace {

class absent_memory_test : public pair_test {
protected:
    /// What `body` returns, if it is not held up.
    std::optional<outcome> in_time(std::function<outcome()> body) {
        return guest::in_time<outcome>(threads_, std::move(body));
    }

    std::future<outcome> in_thread(std::function<outcome()> body) {
        return std::async(std::launch::async, std::move(body));
    }

    outcome receive_into(view memory, const wait& how = {}) const {
        const auto piece = vector_of(memory);
        auto one = message_of({}, {&piece, 1});
        std::uint32_t done = 0;
        return receiver.receive({&one, 1}, done, how);
    }

    outcome send_now() const { return sender.send(target(), some_bytes(100), 0, no_wait); }

    // A thread that was held up may still use these when its test has ended.
    bytes present_ = bytes(200);
    argo_status status_{};

private:
    // Destroyed after the memory of a test, which a held-up thread may wait for.
    std::vector<std::future<outcome>> threads_;
};

class reading : public absent_memory_test, public testing::WithParamInterface<std::uint32_t> {};

TEST_P(reading, holds_up_nobody_else) {
    ASSERT_EQ(send_now(), success);
    std::future<outcome> reader;
    const absent_memory memory{1};
    reader = in_thread([&] { return receive_into(memory.all(), {GetParam(), patience}); });
    ASSERT_TRUE(memory.is_awaited(patience));

    EXPECT_EQ(in_time([&] { return outcome{receiver.poll(POLLIN, {}) == POLLIN ? 0 : ENODATA}; }), success);
    EXPECT_EQ(in_time([&] { return receiver.status(status_); }), success);
    EXPECT_EQ(status_.next_len, 100U);
    EXPECT_EQ(in_time([&] { return receive_into(present_, no_wait); }), success);
    EXPECT_EQ(in_time([&] { return receive_into(present_, no_wait); }), outcome{EAGAIN});

    // The reader, whose message another one took, goes on with the next one.
    memory.provide();
    EXPECT_EQ(reader.wait_for(settling), std::future_status::timeout);
    EXPECT_EQ(send_now(), success);
    EXPECT_EQ(reader.get(), success);
}

INSTANTIATE_TEST_SUITE_P(hostile, reading, testing::Values(0U, ARGO_PEEK),
                         [](const auto& name) { return name.param == 0 ? "receive" : "peek"; });

TEST_F(absent_memory_test, only_as_much_as_the_message_has_is_needed) {
    ASSERT_EQ(send_now(), success);
    std::future<outcome> reader;
    const absent_memory memory{2};
    reader = in_thread([&] { return receive_into(memory.all(), {0, patience}); });
    ASSERT_TRUE(memory.is_awaited(patience));
    memory.provide();
    EXPECT_EQ(reader.get(), success);
    EXPECT_FALSE(memory.is_awaited({}));
}

TEST_F(absent_memory_test, sending_holds_up_nobody_else) {
    endpoint slow;
    ASSERT_EQ(slow.bind({}), success);
    std::future<outcome> held;
    const absent_memory memory{1};
    memory.provide();
    const auto filler = some_bytes(100);
    const auto filled = fill(sender, target(), filler);
    held = in_thread([&] { return slow.send(target(), memory.all().first(100), 0, {0, patience}); });
    // It waits for room; and when its turn comes, the memory has gone.
    EXPECT_EQ(held.wait_for(settling), std::future_status::timeout);
    memory.withdraw();
    for (std::uint32_t i = 0; i < filled; ++i) {
        ASSERT_EQ(receive_into(present_, no_wait), success);
    }
    ASSERT_TRUE(memory.is_awaited(patience));

    EXPECT_EQ(sender.send(target(), filler, 0, {0, held_up}), success);
    EXPECT_EQ(receive_into(present_, no_wait), success);

    memory.provide();
    EXPECT_EQ(held.get(), success);
    EXPECT_EQ(receive_into(present_, no_wait), success);
}

} // namespace
} // namespace guest
