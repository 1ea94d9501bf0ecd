// SPDX-License-Identifier: MIT
// poll and epoll, level and edge triggered; the low-water mark; WATCH.
#include "abi.hpp"

#include <cerrno>
#include <poll.h>
#include <sys/epoll.h>
#include <thread>

namespace guest {
namespace {

using namespace std::chrono_literals;

class watcher {
public:
    watcher(const endpoint& what, std::uint32_t events) : epoll_{::epoll_create1(EPOLL_CLOEXEC)} {
        epoll_event event{};
        event.events = events;
        EXPECT_EQ(::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, what.fd(), &event), 0);
    }

    std::uint32_t next(std::chrono::milliseconds timeout = patience) {
        epoll_event event{};
        const int ready = ::epoll_wait(epoll_.get(), &event, 1, static_cast<int>(timeout.count()));
        EXPECT_GE(ready, 0);
        return ready > 0 ? event.events : 0;
    }

private:
    file epoll_;
};

class poll_test : public pair_test {
protected:
    static short now(const endpoint& one, int events) { return one.poll(static_cast<short>(events), 0ms); }
    static short soon(const endpoint& one, int events) { return one.poll(static_cast<short>(events), patience); }

    void take(std::uint32_t count) const {
        message received;
        for (std::uint32_t i = 0; i < count; ++i) {
            EXPECT_EQ(receiver.receive(received, 5000, {0, patience}), success);
        }
    }

    bytes filler_ = some_bytes(300);
};

TEST_F(poll_test, readable_while_a_message_is_there) {
    EXPECT_EQ(now(receiver, POLLIN), 0);
    ASSERT_EQ(sender.send(target(), {}), success);
    ASSERT_EQ(sender.send(target(), {}), success);
    EXPECT_EQ(soon(receiver, POLLIN), POLLIN);
    take(1);
    EXPECT_EQ(now(receiver, POLLIN), POLLIN);
    take(1);
    EXPECT_EQ(now(receiver, POLLIN), 0);
}

TEST_F(poll_test, wakes_a_reader) {
    std::jthread later{[&] {
        std::this_thread::sleep_for(settling);
        EXPECT_EQ(sender.send(target(), some_bytes(4)), success);
    }};
    EXPECT_EQ(soon(receiver, POLLIN), POLLIN);
}

TEST_F(poll_test, a_strangers_message_is_nothing_to_read) {
    ASSERT_EQ(receiver.connect(address(own_domid(), sender.port() + 1)), success);
    ASSERT_EQ(sender.send(target(), some_bytes(4)), success);
    EXPECT_EQ(receiver.poll(POLLIN, settling) & POLLIN, 0);
}

TEST_F(poll_test, writable_while_the_destination_has_room) {
    ASSERT_EQ(sender.connect(target()), success);
    EXPECT_EQ(soon(sender, POLLOUT), POLLOUT);
    const auto count = fill(sender, nowhere, {});
    EXPECT_EQ(now(sender, POLLOUT), 0);
    EXPECT_EQ(sender.poll(POLLOUT, settling), 0);
    take(count);
    EXPECT_EQ(soon(sender, POLLOUT), POLLOUT);
}

TEST_F(poll_test, wakes_a_writer) {
    ASSERT_EQ(sender.connect(target()), success);
    const auto count = fill(sender, nowhere, {});
    std::jthread later{[&] {
        std::this_thread::sleep_for(settling);
        take(count);
    }};
    EXPECT_EQ(soon(sender, POLLOUT), POLLOUT);
}

TEST_F(poll_test, low_water_mark) {
    ASSERT_EQ(sender.connect(target()), success);
    argo_options options{};
    options.flags = ARGO_OPT_SEND_LOWAT;
    options.send_lowat = receiver.max_message();
    ASSERT_EQ(sender.options(options), success);
    EXPECT_EQ(soon(sender, POLLOUT), POLLOUT);
    ASSERT_EQ(sender.send(nowhere, some_bytes(1)), success);
    ASSERT_EQ(sender.send(nowhere, some_bytes(2)), success);
    // There is room, but less than was asked for.
    EXPECT_EQ(sender.poll(POLLOUT, settling), 0);
    take(1);
    EXPECT_EQ(sender.poll(POLLOUT, settling), 0);
    take(1);
    EXPECT_EQ(soon(sender, POLLOUT), POLLOUT);
}

TEST_F(poll_test, watch_says_when_so_much_fits_there) {
    const auto count = fill(sender, target(), filler_);
    argo_space space{};
    ASSERT_EQ(sender.space(target(), 1000, space, {ARGO_SPACE_WATCH, forever}), success);
    EXPECT_EQ(space.state & ARGO_STATE_SUFFICIENT, 0U);
    EXPECT_EQ(sender.poll(POLLOUT, settling), 0);
    take(2);
    EXPECT_EQ(sender.poll(POLLOUT, settling), 0);
    take(count - 2);
    EXPECT_EQ(soon(sender, POLLOUT), POLLOUT);
    EXPECT_EQ(sender.send(target(), some_bytes(1000), 0, no_wait), success);
}

TEST_F(poll_test, watch_of_nowhere_goes_back_to_the_default_destination) {
    endpoint other;
    ASSERT_EQ(other.bind({}), success);
    ASSERT_EQ(sender.connect(other.local()), success);
    EXPECT_EQ(soon(sender, POLLOUT), POLLOUT);
    fill(sender, target(), filler_);
    argo_space space{};
    ASSERT_EQ(sender.space(target(), 1000, space, {ARGO_SPACE_WATCH, forever}), success);
    EXPECT_EQ(sender.poll(POLLOUT, settling), 0);
    ASSERT_EQ(sender.space(nowhere, 0, space, {ARGO_SPACE_WATCH, forever}), success);
    EXPECT_EQ(soon(sender, POLLOUT), POLLOUT);
}

TEST_F(poll_test, hang_up_when_the_peers_ring_has_gone) {
    ASSERT_EQ(sender.connect(target()), success);
    ASSERT_EQ(sender.send(nowhere, {}), success);
    EXPECT_EQ(now(sender, POLLIN) & POLLHUP, 0);
    std::jthread later{[&] {
        std::this_thread::sleep_for(settling);
        receiver.close();
    }};
    EXPECT_TRUE((soon(sender, POLLIN) & POLLHUP) != 0);
    argo_status status{};
    ASSERT_EQ(sender.status(status), success);
    EXPECT_EQ(status.flags & ARGO_STATUS_HUP, ARGO_STATUS_HUP);
    EXPECT_EQ(sender.send(nowhere, some_bytes(3)), outcome{EPIPE});
    message received;
    EXPECT_EQ(sender.receive(received, 10), outcome{ECONNRESET});
}

TEST_F(poll_test, what_the_peer_sent_before_it_went_is_still_there) {
    ASSERT_EQ(receiver.connect(sender.local()), success);
    ASSERT_EQ(sender.send(target(), some_bytes(10)), success);
    ASSERT_EQ(sender.send(target(), some_bytes(11)), success);
    const auto from = sender.local();
    argo_space space{};
    ASSERT_EQ(receiver.space(nowhere, 1, space), success);
    sender.close();
    EXPECT_TRUE(eventually([&] { return (now(receiver, POLLIN) & POLLHUP) != 0; }));
    expect_next(receiver, from, some_bytes(10));
    expect_next(receiver, from, some_bytes(11));
    message received;
    EXPECT_EQ(receiver.receive(received, 10, {0, patience}), outcome{ECONNRESET});
}

TEST_F(poll_test, the_peer_may_come_back) {
    const auto port = receiver.port();
    ASSERT_EQ(sender.connect(target()), success);
    ASSERT_EQ(sender.send(nowhere, some_bytes(1)), success);
    receiver.close();
    EXPECT_TRUE(eventually([&] { return (now(sender, POLLIN) & POLLHUP) != 0; }));
    endpoint again;
    ASSERT_EQ(again.bind({.port = port}), success);
    ASSERT_EQ(sender.connect(again.local()), success);
    EXPECT_EQ(now(sender, POLLIN) & POLLHUP, 0);
    EXPECT_EQ(soon(sender, POLLOUT) & POLLOUT, POLLOUT);
    expect_passes(sender, nowhere, again, 20);
}

TEST_F(poll_test, level_triggered_epoll) {
    watcher in{receiver, EPOLLIN};
    EXPECT_EQ(in.next(0ms), 0U);
    ASSERT_EQ(sender.send(target(), {}), success);
    EXPECT_EQ(in.next(), EPOLLIN);
    EXPECT_EQ(in.next(), EPOLLIN);
    take(1);
    EXPECT_EQ(in.next(settling), 0U);
}

TEST_F(poll_test, edge_triggered_epoll_in) {
    watcher in{receiver, EPOLLIN | EPOLLET};
    in.next(0ms);
    for (int i = 0; i < 50; ++i) {
        std::jthread later{[&] { EXPECT_EQ(sender.send(target(), some_bytes(4)), success); }};
        // One edge for each arrival in an empty ring, none missing.
        ASSERT_EQ(in.next(), EPOLLIN) << i;
        later.join();
        take(1);
    }
    ASSERT_EQ(sender.send(target(), some_bytes(4)), success);
    EXPECT_EQ(in.next(), EPOLLIN);
    // Not taken, and nothing new: no edge.
    EXPECT_EQ(in.next(settling), 0U);
    ASSERT_EQ(sender.send(target(), some_bytes(4)), success);
    EXPECT_EQ(in.next(), EPOLLIN);
    take(2);
}

TEST_F(poll_test, edge_triggered_epoll_out) {
    ASSERT_EQ(sender.connect(target()), success);
    watcher out{sender, EPOLLOUT | EPOLLET};
    EXPECT_EQ(out.next(), EPOLLOUT);
    for (int i = 0; i < 20; ++i) {
        // As an event loop does it: write until EAGAIN, wait for the edge, write again.
        const auto count = fill(sender, nowhere, filler_);
        std::jthread later{[&] { take(count); }};
        ASSERT_EQ(out.next(), EPOLLOUT) << i;
        later.join();
    }
}

TEST_F(poll_test, edge_triggered_epoll_hang_up) {
    ASSERT_EQ(sender.connect(target()), success);
    ASSERT_EQ(sender.send(nowhere, {}), success);
    watcher hup{sender, EPOLLHUP | EPOLLET};
    EXPECT_EQ(hup.next(settling), 0U);
    receiver.close();
    EXPECT_EQ(hup.next() & EPOLLHUP, EPOLLHUP);
}

TEST_F(poll_test, both_directions_of_one_endpoint) {
    ASSERT_EQ(sender.connect(target()), success);
    EXPECT_EQ(soon(sender, POLLIN | POLLOUT), POLLOUT);
    ASSERT_EQ(receiver.send(sender.local(), {}), success);
    EXPECT_TRUE(eventually([&] { return now(sender, POLLIN | POLLOUT) == (POLLIN | POLLOUT); }));
    fill(sender, nowhere, {});
    EXPECT_EQ(now(sender, POLLIN | POLLOUT), POLLIN);
}

TEST_F(poll_test, several_pollers_all_wake) {
    std::vector<std::jthread> pollers;
    for (int i = 0; i < 4; ++i) {
        pollers.emplace_back([&] { EXPECT_EQ(soon(receiver, POLLIN), POLLIN); });
    }
    std::this_thread::sleep_for(settling);
    ASSERT_EQ(sender.send(target(), {}), success);
    pollers.clear();
    take(1);
}

} // namespace
} // namespace guest
