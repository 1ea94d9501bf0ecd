// SPDX-License-Identifier: MIT
// Waiting: not at all, for a time, until a signal, until it happens.
#include "abi.hpp"
#include "interrupt.hpp"

#include <cerrno>
#include <thread>

namespace guest {
namespace {

using namespace std::chrono_literals;
using clock = std::chrono::steady_clock;

/// Only the lower bound: the upper one is the emulator's affair.
template <typename Call> void expect_times_out(duration time, Call call) {
    const auto start = clock::now();
    EXPECT_EQ(call(), outcome{ETIMEDOUT});
    EXPECT_GE(clock::now() - start, time);
}

class wait_test : public pair_test {
protected:
    void fill_target() { filled_ = fill(sender, target(), filler_); }

    /// Empties the receiver's ring and finds all that fill_target() put there.
    void drain_target() {
        for (std::uint32_t i = 0; i < filled_; ++i) {
            expect_next(receiver, sender.local(), filler_, i);
        }
        filled_ = 0;
    }

    message received_;
    bytes filler_ = some_bytes(300);
    std::uint32_t filled_ = 0;
};

TEST_F(wait_test, receive_does_not_wait) {
    EXPECT_EQ(receiver.receive(received_, 10, no_wait), outcome{EAGAIN});
    EXPECT_EQ(receiver.receive(received_, 10, {ARGO_DONTWAIT, 1s}), outcome{EAGAIN});
    ASSERT_TRUE(receiver.nonblocking(true));
    EXPECT_EQ(receiver.receive(received_, 10), outcome{EAGAIN});
    EXPECT_EQ(receiver.receive(received_, 10, {0, 1s}), outcome{EAGAIN});
}

TEST_F(wait_test, send_does_not_wait) {
    fill_target();
    EXPECT_EQ(sender.send(target(), filler_, 0, no_wait), outcome{EAGAIN});
    ASSERT_TRUE(sender.nonblocking(true));
    EXPECT_EQ(sender.send(target(), filler_), outcome{EAGAIN});
    drain_target();
}

TEST_F(wait_test, receive_times_out) {
    for (const duration time : {duration{1}, duration{1ms}, duration{60ms}, duration{300ms}}) {
        expect_times_out(time, [&] { return receiver.receive(received_, 10, {0, time}); });
    }
}

TEST_F(wait_test, send_times_out) {
    fill_target();
    for (const duration time : {duration{1}, duration{60ms}, duration{300ms}}) {
        expect_times_out(time, [&] { return sender.send(target(), filler_, 0, {0, time}); });
    }
    drain_target();
    expect_nothing(receiver);
}

TEST_F(wait_test, timeouts_of_the_endpoint) {
    argo_options options{};
    options.flags = ARGO_OPT_SEND_TIMEOUT | ARGO_OPT_RECV_TIMEOUT;
    options.send_timeout_ns = 80'000'000;
    options.recv_timeout_ns = 90'000'000;
    ASSERT_EQ(sender.options(options), success);
    expect_times_out(90ms, [&] { return sender.receive(received_, 10); });
    std::byte one{};
    expect_times_out(90ms, [&] { return outcome_of(::read(sender.fd(), &one, 1)); });
    // The call's own time goes before it.
    expect_times_out(200ms, [&] { return sender.receive(received_, 10, {0, 200ms}); });
    fill_target();
    expect_times_out(80ms, [&] { return sender.send(target(), filler_); });
    ASSERT_EQ(sender.connect(target()), success);
    expect_times_out(80ms, [&] { return outcome_of(::write(sender.fd(), filler_.data(), filler_.size())); });
    drain_target();
}

TEST_F(wait_test, huge_timeouts_are_no_overflow) {
    for (const std::uint64_t time :
         {std::uint64_t{1} << 62U, (std::uint64_t{1} << 63U) - 1, std::uint64_t{1} << 63U, ~std::uint64_t{0}}) {
        ASSERT_EQ(sender.send(target(), some_bytes(3)), success);
        EXPECT_EQ(receiver.receive(received_, 10, {0, duration{static_cast<std::int64_t>(time)}}), success) << time;
        std::jthread later{[&] {
            std::this_thread::sleep_for(settling);
            EXPECT_EQ(sender.send(target(), some_bytes(4)), success);
        }};
        EXPECT_EQ(receiver.receive(received_, 10, {0, duration{static_cast<std::int64_t>(time)}}), success) << time;
    }
}

TEST_F(wait_test, receive_until_a_message_comes) {
    std::jthread later{[&] {
        std::this_thread::sleep_for(settling);
        EXPECT_EQ(sender.send(target(), some_bytes(70), 4), success);
    }};
    expect_next(receiver, sender.local(), some_bytes(70), 4);
}

TEST_F(wait_test, send_until_there_is_room) {
    fill_target();
    std::jthread later{[&] {
        std::this_thread::sleep_for(settling);
        drain_target();
    }};
    EXPECT_EQ(sender.send(target(), some_bytes(receiver.max_message()), 5, {0, patience}), success);
    later.join();
    expect_next(receiver, sender.local(), some_bytes(receiver.max_message()), 5);
    expect_nothing(receiver);
}

TEST_F(wait_test, send_to_a_ring_that_goes_while_waiting) {
    fill_target();
    std::jthread later{[&] {
        std::this_thread::sleep_for(settling);
        receiver.close();
    }};
    const auto what = sender.send(target(), filler_, 0, {0, patience});
    EXPECT_TRUE(what == outcome{ECONNREFUSED} || what == outcome{EPIPE}) << what;
}

TEST_F(wait_test, a_signal_ends_a_receive) {
    const interrupter signals{settling};
    EXPECT_EQ(receiver.receive(received_, 10), outcome{EINTR});
    EXPECT_EQ(receiver.receive(received_, 10, {0, patience}), outcome{EINTR});
    std::byte one{};
    EXPECT_EQ(outcome_of(::read(receiver.fd(), &one, 1)), outcome{EINTR});
}

TEST_F(wait_test, a_signal_ends_a_send) {
    fill_target();
    {
        const interrupter signals{settling};
        EXPECT_EQ(sender.send(target(), filler_), outcome{EINTR});
    }
    drain_target();
    expect_nothing(receiver);
}

TEST_F(wait_test, a_signal_after_some_messages_is_no_error) {
    const auto piece = vector_of(filler_);
    std::vector<argo_msg> messages(40, message_of(target(), {&piece, 1}));
    std::uint32_t done = 0;
    {
        const interrupter signals{settling};
        EXPECT_EQ(sender.send(messages, done), success);
    }
    EXPECT_GT(done, 5U);
    EXPECT_LT(done, 40U);
    for (std::uint32_t i = 0; i < done; ++i) {
        expect_next(receiver, sender.local(), filler_);
    }
    expect_nothing(receiver);
}

TEST_F(wait_test, a_signal_ends_waits_for_space) {
    fill_target();
    const interrupter signals{settling};
    argo_space space{};
    EXPECT_EQ(sender.space(target(), 300, space, {ARGO_SPACE_WAIT, forever}), outcome{EINTR});
    EXPECT_EQ(sender.space(target(), 0, space, {ARGO_SPACE_DRAIN, forever}), outcome{EINTR});
    ASSERT_EQ(sender.connect(target()), success);
    EXPECT_EQ(outcome_of(::fsync(sender.fd())), outcome{EINTR});
}

} // namespace
} // namespace guest
