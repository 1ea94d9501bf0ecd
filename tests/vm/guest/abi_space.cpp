// SPDX-License-Identifier: MIT
// Can n bytes be sent there, and when; fsync.
#include "abi.hpp"

#include <cerrno>
#include <thread>

namespace guest {
namespace {

constexpr std::uint16_t absent_domain = 30000;
constexpr wait wait_for_room{ARGO_SPACE_WAIT, patience};
constexpr wait wait_for_drain{ARGO_SPACE_DRAIN, patience};

class space_test : public pair_test {
protected:
    std::uint32_t state(std::uint32_t need) {
        EXPECT_EQ(sender.space(target(), need, space_), success);
        return space_.state;
    }

    void take(std::uint32_t count) const {
        message received;
        for (std::uint32_t i = 0; i < count; ++i) {
            EXPECT_EQ(receiver.receive(received, 5000, {0, patience}), success);
        }
    }

    argo_space space_{};
    bytes filler_ = some_bytes(300);
};

TEST_F(space_test, of_an_empty_ring) {
    EXPECT_EQ(state(1), ARGO_STATE_EXISTS | ARGO_STATE_EMPTY | ARGO_STATE_SUFFICIENT);
    EXPECT_EQ(space_.max_message, receiver.max_message());
    EXPECT_EQ(state(0), ARGO_STATE_EXISTS | ARGO_STATE_EMPTY | ARGO_STATE_SUFFICIENT);
    EXPECT_EQ(state(receiver.max_message()), ARGO_STATE_EXISTS | ARGO_STATE_EMPTY | ARGO_STATE_SUFFICIENT);
}

TEST_F(space_test, of_a_ring_with_something_in_it) {
    ASSERT_EQ(sender.send(target(), {}), success);
    EXPECT_EQ(state(1), ARGO_STATE_EXISTS | ARGO_STATE_SUFFICIENT);
    EXPECT_EQ(state(receiver.max_message()), ARGO_STATE_EXISTS);
    take(1);
    EXPECT_TRUE(eventually([&] { return (state(1) & ARGO_STATE_EMPTY) != 0; }));
}

TEST_F(space_test, of_a_full_ring) {
    const auto count = fill(sender, target(), filler_);
    EXPECT_EQ(state(300), ARGO_STATE_EXISTS);
    EXPECT_EQ(space_.max_message, receiver.max_message());
    take(count);
}

TEST_F(space_test, says_exactly_what_fits) {
    // A query for n bytes and a send of n bytes agree, whatever n is and however full the ring.
    for (std::uint32_t used = 0; used < 3000; used += 333) {
        ASSERT_EQ(sender.send(target(), some_bytes(used), 0, no_wait), success);
        for (std::uint32_t need = receiver.max_message() - used - 48; need <= receiver.max_message() - used; ++need) {
            const bool fits = (state(need) & ARGO_STATE_SUFFICIENT) != 0;
            const auto sent = sender.send(target(), some_bytes(need), 0, no_wait);
            EXPECT_EQ(sent, fits ? success : outcome{EAGAIN}) << used << " used, " << need << " needed";
            if (sent) {
                take(2);
                ASSERT_EQ(sender.send(target(), some_bytes(used), 0, no_wait), success);
            }
        }
        take(1);
    }
}

TEST_F(space_test, too_large_for_ever) {
    EXPECT_EQ(state(receiver.max_message() + 1), ARGO_STATE_EXISTS | ARGO_STATE_EMPTY | ARGO_STATE_TOO_LARGE);
    EXPECT_EQ(state(0xffffffff) & (ARGO_STATE_SUFFICIENT | ARGO_STATE_TOO_LARGE), ARGO_STATE_TOO_LARGE);
    EXPECT_EQ(sender.space(target(), receiver.max_message() + 1, space_, wait_for_room), outcome{EMSGSIZE});
}

TEST_F(space_test, shared_ring) {
    endpoint wildcard;
    ASSERT_EQ(wildcard.bind({.partner = ARGO_DOMID_ANY}), success);
    ASSERT_EQ(sender.space(wildcard.local(), 1, space_), success);
    EXPECT_EQ(space_.state, ARGO_STATE_EXISTS | ARGO_STATE_SHARED | ARGO_STATE_EMPTY | ARGO_STATE_SUFFICIENT);
}

TEST_F(space_test, nobody_there) {
    ASSERT_EQ(sender.space(self(12345), 1, space_), success);
    EXPECT_EQ(space_.state, 0U);
    EXPECT_EQ(space_.max_message, 0U);
    EXPECT_EQ(sender.space(address(absent_domain, 1), 1, space_), success);
    EXPECT_EQ(space_.state, 0U);
    EXPECT_EQ(sender.space(self(12345), 1, space_, wait_for_room), outcome{ECONNREFUSED});
    EXPECT_EQ(sender.space(self(12345), 1, space_, wait_for_drain), outcome{ECONNREFUSED});
    const auto absent = sender.space(address(absent_domain, 1), 1, space_, wait_for_room);
    EXPECT_TRUE(absent == outcome{EHOSTUNREACH} || absent == outcome{ECONNREFUSED}) << absent;
}

TEST_F(space_test, default_destination) {
    EXPECT_EQ(sender.space(nowhere, 1, space_), outcome{ENOTCONN});
    ASSERT_EQ(sender.connect(target()), success);
    ASSERT_EQ(sender.space(nowhere, 1, space_), success);
    EXPECT_EQ(space_.max_message, receiver.max_message());
}

TEST_F(space_test, one_thing_at_a_time) {
    for (const std::uint32_t flags :
         {ARGO_SPACE_WAIT | ARGO_SPACE_DRAIN, ARGO_SPACE_WAIT | ARGO_SPACE_WATCH, ARGO_SPACE_DRAIN | ARGO_SPACE_WATCH,
          ARGO_SPACE_WAIT | ARGO_SPACE_DRAIN | ARGO_SPACE_WATCH}) {
        EXPECT_EQ(sender.space(target(), 1, space_, {flags, forever}), outcome{EINVAL}) << flags;
    }
}

TEST_F(space_test, wait_returns_when_there_is_room) {
    EXPECT_EQ(sender.space(target(), receiver.max_message(), space_, wait_for_room), success);
    const auto count = fill(sender, target(), filler_);
    EXPECT_EQ(sender.space(target(), 1000, space_, {ARGO_SPACE_WAIT | ARGO_DONTWAIT, forever}), outcome{EAGAIN});
    const auto start = std::chrono::steady_clock::now();
    EXPECT_EQ(sender.space(target(), 1000, space_, {ARGO_SPACE_WAIT, settling}), outcome{ETIMEDOUT});
    EXPECT_GE(std::chrono::steady_clock::now() - start, settling);
    std::jthread later{[&] {
        std::this_thread::sleep_for(settling);
        take(count);
    }};
    ASSERT_EQ(sender.space(target(), 1000, space_, wait_for_room), success);
    EXPECT_EQ(sender.send(target(), some_bytes(1000), 0, no_wait), success);
}

TEST_F(space_test, a_small_wait_does_not_cost_a_large_one_its_wakeup) {
    const auto count = fill(sender, target(), filler_);
    const auto waiting = [&](std::uint32_t need) {
        return std::jthread{[this, need] {
            endpoint one;
            argo_space space{};
            EXPECT_EQ(one.bind({}), success);
            EXPECT_EQ(one.space(target(), need, space, wait_for_room), success) << need;
        }};
    };
    const auto large = waiting(3000);
    std::this_thread::sleep_for(settling);
    const auto small = waiting(100);
    for (int i = 0; i < 20; ++i) {
        state(0);
    }
    std::this_thread::sleep_for(settling);
    take(1);
    std::this_thread::sleep_for(settling);
    state(0);
    take(count - 1);
}

TEST_F(space_test, wait_ends_when_the_ring_goes) {
    fill(sender, target(), filler_);
    std::jthread later{[&] {
        std::this_thread::sleep_for(settling);
        receiver.close();
    }};
    const auto what = sender.space(target(), 1000, space_, wait_for_room);
    EXPECT_TRUE(what == outcome{ECONNREFUSED} || what == outcome{EPIPE}) << what;
}

TEST_F(space_test, drain_returns_when_all_was_consumed) {
    EXPECT_EQ(sender.space(target(), 0, space_, wait_for_drain), success);
    const auto count = fill(sender, target(), filler_);
    EXPECT_EQ(sender.space(target(), 0, space_, {ARGO_SPACE_DRAIN | ARGO_DONTWAIT, forever}), outcome{EAGAIN});
    EXPECT_EQ(sender.space(target(), 0, space_, {ARGO_SPACE_DRAIN, settling}), outcome{ETIMEDOUT});
    take(count - 1);
    EXPECT_EQ(sender.space(target(), 0, space_, {ARGO_SPACE_DRAIN, settling}), outcome{ETIMEDOUT});
    std::jthread later{[&] {
        std::this_thread::sleep_for(settling);
        take(1);
    }};
    ASSERT_EQ(sender.space(target(), 0, space_, wait_for_drain), success);
    EXPECT_EQ(state(1) & ARGO_STATE_EMPTY, ARGO_STATE_EMPTY);
}

class fsync_test : public space_test {};

TEST_F(fsync_test, without_a_destination) { EXPECT_NE(outcome_of(::fsync(sender.fd())), success); }

TEST_F(fsync_test, nothing_sent) {
    ASSERT_EQ(sender.connect(target()), success);
    EXPECT_EQ(outcome_of(::fsync(sender.fd())), success);
}

TEST_F(fsync_test, returns_when_the_peer_has_consumed_everything) {
    ASSERT_EQ(sender.connect(target()), success);
    for (int i = 0; i < 3; ++i) {
        ASSERT_EQ(sender.send(nowhere, filler_), success);
    }
    std::atomic<int> taken = 0;
    std::jthread later{[&] {
        for (int i = 0; i < 3; ++i) {
            std::this_thread::sleep_for(settling);
            ++taken;
            take(1);
        }
    }};
    EXPECT_EQ(outcome_of(::fsync(sender.fd())), success);
    EXPECT_EQ(taken, 3);
    EXPECT_EQ(outcome_of(::fdatasync(sender.fd())), success);
}

TEST_F(fsync_test, says_that_the_peer_has_gone) {
    ASSERT_EQ(sender.connect(target()), success);
    ASSERT_EQ(sender.send(nowhere, filler_), success);
    std::jthread later{[&] {
        std::this_thread::sleep_for(settling);
        receiver.close();
    }};
    EXPECT_EQ(outcome_of(::fsync(sender.fd())), outcome{EPIPE});
}

} // namespace
} // namespace guest
