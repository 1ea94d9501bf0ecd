// SPDX-License-Identifier: MIT
// With a servant in the domain of --peer: both directions, back-pressure, and a peer that goes away.
#include "abi.hpp"

#include <cerrno>
#include <poll.h>
#include <thread>

namespace guest {
namespace {

using namespace std::chrono_literals;

class between : public peer_test {
protected:
    /// Receives `count` messages at `local` and checks all of them.
    void take(const traffic& what, std::uint64_t count) const {
        verifier check{what};
        message received;
        while (check.messages() < count) {
            ASSERT_EQ(local.receive(received, local.max_message(), {0, patience}), success)
                << "after " << check.messages() << " of " << count;
            ASSERT_TRUE(check.check(received.from, received.type, received.len, received.data)) << check.error();
        }
    }

    void send(const traffic& what, std::uint32_t from, std::uint32_t count, const argo_addr& to) const {
        for (std::uint32_t i = from; i < from + count; ++i) {
            ASSERT_EQ(local.send(to, make_message(what, local.local(), i), i, {0, patience}), success) << i;
        }
    }

    /// Sends until the ring is full; the number of the next message.
    [[nodiscard]] std::uint32_t fill(const traffic& what, const argo_addr& to) const {
        for (std::uint32_t i = 0;; ++i) {
            const auto result = local.send(to, make_message(what, local.local(), i), i, no_wait);
            if (result == outcome{EAGAIN}) {
                return i;
            }
            EXPECT_EQ(result, success);
            if (!result) {
                return i;
            }
        }
    }

    static void expect_done(remote_job& job, std::uint64_t messages) {
        const auto result = job.finish();
        EXPECT_EQ(outcome{static_cast<int>(result.error)}, success) << result.text.data();
        EXPECT_EQ(result.messages, messages);
    }
};

TEST_F(between, echo_of_every_size) {
    auto job = peer().echo(131072);
    ASSERT_EQ(job.error(), success);
    const auto largest = std::min(job.max_message(), local.max_message());
    for (const std::uint32_t size : {0U, 1U, 15U, 16U, 17U, 4095U, 4096U, 4097U, 20000U, largest - 1, largest}) {
        ASSERT_EQ(local.send(job.address(), some_bytes(size), size, {0, patience}), success) << size;
        expect_next(local, job.address(), some_bytes(size), size);
    }
    EXPECT_EQ(local.send(job.address(), some_bytes(job.max_message() + 1)), outcome{EMSGSIZE});
    EXPECT_EQ(job.stop().messages, 11U);
}

TEST_F(between, echo_of_a_mebibyte) {
    auto job = peer().echo(2U << 20U);
    ASSERT_EQ(job.error(), success);
    endpoint large;
    ASSERT_EQ(large.bind({.partner = peer().domid(), .ring_size = 2U << 20U}), success);
    ASSERT_EQ(large.send(job.address(), some_bytes(1U << 20U), 1, {0, patience}), success);
    expect_next(large, job.address(), some_bytes(1U << 20U), 1);
}

TEST_F(between, source_is_vouched_for) {
    auto job = peer().send({1, 5, 5}, 1, local.local());
    ASSERT_EQ(job.error(), success);
    message received;
    ASSERT_EQ(local.receive(received, 10, {0, patience}), success);
    EXPECT_EQ(received.from.domid, peer().domid());
    EXPECT_EQ(to_string(received.from), to_string(job.address()));
}

TEST_F(between, many_messages_there) {
    const traffic what{21, 0, 3000};
    auto job = peer().sink(what, 800);
    ASSERT_EQ(job.error(), success);
    send(what, 0, 800, job.address());
    expect_done(job, 800);
}

TEST_F(between, many_messages_back) {
    const traffic what{22, 0, 3000};
    auto job = peer().send(what, 800, local.local());
    ASSERT_EQ(job.error(), success);
    take(what, 800);
    expect_done(job, 800);
}

TEST_F(between, both_directions_at_once) {
    const traffic what{23, 0, 2000};
    auto there = peer().sink(what, 800, 8192);
    auto back = peer().send(what, 800, local.local(), protocol::send_mode::polling);
    ASSERT_EQ(there.error(), success);
    ASSERT_EQ(back.error(), success);
    std::jthread sending{[&] { send(what, 0, 800, there.address()); }};
    take(what, 800);
    sending.join();
    expect_done(there, 800);
    expect_done(back, 800);
}

TEST_F(between, back_pressure_there) {
    const traffic what{24, 0, 1500};
    auto job = peer().hold(what, 400, 8192);
    ASSERT_EQ(job.error(), success);
    const auto next = fill(what, job.address());
    ASSERT_GT(next, 2U);
    argo_space space{};
    ASSERT_EQ(local.space(job.address(), 1500, space, {ARGO_SPACE_WATCH, forever}), success);
    EXPECT_EQ(local.poll(POLLOUT, settling) & POLLOUT, 0);
    EXPECT_EQ(local.send(job.address(), make_message(what, local.local(), next), next, {0, settling}),
              outcome{ETIMEDOUT});
    std::jthread sending{[&] { send(what, next, 400 - next, job.address()); }};
    std::this_thread::sleep_for(settling);
    job.release();
    sending.join();
    expect_done(job, 400);
}

TEST_F(between, back_pressure_there_with_poll) {
    const traffic what{25, 0, 1500};
    auto job = peer().hold(what, 300, 8192);
    ASSERT_EQ(job.error(), success);
    auto next = fill(what, job.address());
    job.release();
    while (next < 300) {
        const auto data = make_message(what, local.local(), next);
        const auto result = local.send(job.address(), data, next, no_wait);
        if (result == success) {
            ++next;
            continue;
        }
        ASSERT_EQ(result, outcome{EAGAIN});
        argo_space space{};
        ASSERT_EQ(
            local.space(job.address(), static_cast<std::uint32_t>(data.size()), space, {ARGO_SPACE_WATCH, forever}),
            success);
        ASSERT_EQ(local.poll(POLLOUT, patience), POLLOUT) << "before message " << next;
    }
    expect_done(job, 300);
}

TEST_F(between, back_pressure_back) {
    for (const auto mode : {protocol::send_mode::blocking, protocol::send_mode::polling}) {
        endpoint small;
        ASSERT_EQ(small.bind({.partner = peer().domid(), .ring_size = 8192}), success);
        const traffic what{26, 0, 1500};
        auto job = peer().send(what, 400, small.local(), mode);
        ASSERT_EQ(job.error(), success);
        // Not read before it is full.
        argo_status status{};
        EXPECT_TRUE(eventually([&] { return small.status(status) && status.fill > status.ring_size / 2; }));
        std::this_thread::sleep_for(settling);
        verifier check{what};
        message received;
        while (check.messages() < 400) {
            ASSERT_EQ(small.receive(received, 2000, {0, patience}), success) << "after " << check.messages();
            ASSERT_TRUE(check.check(received.from, received.type, received.len, received.data)) << check.error();
            // A slow reader, now and then.
            if (check.messages() % 100 == 0) {
                std::this_thread::sleep_for(settling);
            }
        }
        const auto result = job.finish();
        EXPECT_EQ(outcome{static_cast<int>(result.error)}, success) << result.text.data();
        if (mode == protocol::send_mode::polling) {
            EXPECT_GT(result.waits, 0U);
        }
    }
}

TEST_F(between, ten_senders_on_one_ring) {
    const traffic what{27, 0, 900};
    endpoint shared;
    ASSERT_EQ(shared.bind({.partner = ARGO_DOMID_ANY, .ring_size = 16384}), success);
    std::optional<peer_client> second;
    if (around().peer2) {
        second.emplace(*around().peer2);
    }
    std::vector<remote_job> jobs;
    jobs.reserve(8);
    for (int i = 0; i < 8; ++i) {
        jobs.push_back((second && i % 2 == 1 ? *second : peer()).send(what, 150, shared.local()));
    }
    std::vector<std::jthread> own;
    own.reserve(2);
    for (int i = 0; i < 2; ++i) {
        own.emplace_back([&] {
            endpoint one;
            ASSERT_EQ(one.bind({}), success);
            for (std::uint32_t n = 0; n < 150; ++n) {
                ASSERT_EQ(one.send(shared.local(), make_message(what, one.local(), n), n, {0, patience}), success);
            }
        });
    }
    verifier check{what};
    message received;
    while (check.messages() < 1500) {
        ASSERT_EQ(shared.receive(received, 1000, {0, patience}), success) << "after " << check.messages();
        ASSERT_TRUE(check.check(received.from, received.type, received.len, received.data)) << check.error();
    }
    own.clear();
    EXPECT_EQ(check.senders(), 10U);
    expect_nothing(shared);
    for (auto& job : jobs) {
        expect_done(job, 150);
    }
}

TEST_F(between, space_there) {
    const traffic what{28, 500, 500};
    auto job = peer().hold(what, 0, 8192);
    ASSERT_EQ(job.error(), success);
    argo_space space{};
    ASSERT_EQ(local.space(job.address(), 1, space), success);
    EXPECT_EQ(space.state, ARGO_STATE_EXISTS | ARGO_STATE_EMPTY | ARGO_STATE_SUFFICIENT);
    EXPECT_EQ(space.max_message, job.max_message());
    const auto sent = fill(what, job.address());
    ASSERT_EQ(local.space(job.address(), 500, space), success);
    EXPECT_EQ(space.state, unsigned{ARGO_STATE_EXISTS});
    ASSERT_EQ(local.space(job.address(), job.max_message() + 1, space), success);
    EXPECT_EQ(space.state & ARGO_STATE_TOO_LARGE, ARGO_STATE_TOO_LARGE);
    std::jthread later{[&] {
        std::this_thread::sleep_for(settling);
        job.release();
    }};
    EXPECT_EQ(local.space(job.address(), 0, space, {ARGO_SPACE_DRAIN, patience}), success);
    later.join();
    EXPECT_EQ(job.stop().messages, sent);
}

TEST_F(between, fsync_waits_for_the_peer) {
    const traffic what{29, 100, 100};
    auto job = peer().hold(what, 0, 8192);
    ASSERT_EQ(job.error(), success);
    ASSERT_EQ(local.connect(job.address()), success);
    send(what, 0, 5, nowhere);
    std::atomic<bool> released{false};
    std::jthread later{[&] {
        std::this_thread::sleep_for(settling);
        released = true;
        job.release();
    }};
    EXPECT_EQ(outcome_of(::fsync(local.fd())), success);
    EXPECT_TRUE(released);
    later.join();
    ASSERT_EQ(local.disconnect(), success);
    EXPECT_EQ(job.stop().messages, 5U);
}

TEST_F(between, ring_for_somebody_else) {
    if (peer().domid() == own_domid()) {
        GTEST_SKIP() << "the peer is in this domain";
    }
    protocol::request want;
    want.op = protocol::operation::sink;
    want.partner = peer().domid();
    want.ring_size = 4096;
    auto job = peer().start(want);
    ASSERT_EQ(job.error(), success);
    EXPECT_EQ(local.send(job.address(), some_bytes(1)), outcome{ECONNREFUSED});
    argo_space space{};
    ASSERT_EQ(local.space(job.address(), 1, space), success);
    EXPECT_EQ(space.state, 0U);
}

TEST_F(between, errors_of_the_peers_bind_come_back) {
    protocol::request want;
    want.op = protocol::operation::sink;
    want.port = 4500;
    want.partner = ARGO_DOMID_ANY;
    auto first = peer().start(want);
    ASSERT_EQ(first.error(), success);
    EXPECT_EQ(peer().start(want).error(), outcome{EADDRINUSE});
    want.partner = 30000;
    EXPECT_EQ(peer().start(want).error(), outcome{EHOSTUNREACH});
}

TEST_F(between, hang_up_when_the_peer_unbinds) {
    auto job = peer().echo();
    ASSERT_EQ(job.error(), success);
    ASSERT_EQ(local.connect(job.address()), success);
    ASSERT_EQ(local.send(nowhere, some_bytes(10)), success);
    expect_next(local, job.address(), some_bytes(10));
    EXPECT_EQ(local.poll(POLLIN, 0ms) & POLLHUP, 0);
    EXPECT_EQ(job.stop().messages, 1U);
    EXPECT_EQ(local.poll(0, patience) & POLLHUP, POLLHUP);
    EXPECT_EQ(local.send(nowhere, some_bytes(10)), outcome{EPIPE});
    message received;
    EXPECT_EQ(local.receive(received, 10, {0, patience}), outcome{ECONNRESET});
    // It was a connection; to one that does not know that, the address is merely nobody's.
    ASSERT_EQ(local.disconnect(), success);
    EXPECT_EQ(local.send(job.address(), some_bytes(10)), outcome{ECONNREFUSED});
}

TEST_F(between, a_blocked_receive_ends_when_the_peer_unbinds) {
    auto job = peer().echo();
    ASSERT_EQ(job.error(), success);
    ASSERT_EQ(local.connect(job.address()), success);
    ASSERT_EQ(local.send(nowhere, some_bytes(10)), success);
    expect_next(local, job.address(), some_bytes(10));
    std::jthread later{[&] {
        std::this_thread::sleep_for(settling);
        job.stop();
    }};
    message received;
    EXPECT_EQ(local.receive(received, 10, {0, patience}), outcome{ECONNRESET});
}

TEST_F(between, a_blocked_send_ends_when_the_peer_unbinds) {
    const traffic what{30, 700, 700};
    auto job = peer().hold(what, 0, 8192);
    ASSERT_EQ(job.error(), success);
    ASSERT_EQ(local.connect(job.address()), success);
    const auto next = fill(what, nowhere);
    std::jthread later{[&] {
        std::this_thread::sleep_for(settling);
        job.stop();
    }};
    EXPECT_EQ(local.send(nowhere, some_bytes(700), next, {0, patience}), outcome{EPIPE});
    later.join();
    EXPECT_EQ(outcome_of(::fsync(local.fd())), outcome{EPIPE});
}

TEST_F(between, a_third_domain_is_not_heard) {
    if (!around().peer2) {
        GTEST_SKIP() << "no --peer2 was given";
    }
    peer_client second{*around().peer2};
    endpoint shared;
    ASSERT_EQ(shared.bind({.partner = ARGO_DOMID_ANY, .ring_size = 16384}), success);
    auto job = peer().echo();
    ASSERT_EQ(shared.connect(job.address()), success);
    // Also not under the peer's own port number.
    protocol::request want;
    want.op = protocol::operation::send;
    want.port = job.address().port;
    want.partner = own_domid();
    want.count = 3;
    want.max_size = 10;
    want.to = shared.local();
    auto intruder = second.start(want);
    ASSERT_EQ(intruder.error(), success);
    expect_done(intruder, 3);
    EXPECT_EQ(shared.poll(POLLIN, settling) & POLLIN, 0);
    ASSERT_EQ(shared.send(nowhere, some_bytes(20)), success);
    expect_next(shared, job.address(), some_bytes(20));
    EXPECT_EQ(drops_of(shared.port()), 3U);
}

} // namespace
} // namespace guest
