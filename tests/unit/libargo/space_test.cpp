// SPDX-License-Identifier: MIT
#include <cerrno>
#include <chrono>
#include <memory>
#include <string>

#include "fixture.hpp"

namespace libargo::test {
namespace {

using space = socket_test;

TEST_F(space, wait_writable_completes_when_it_fits) {
    auto receiver = bound(5000);
    auto sender = connected(5000);
    outcome now;
    sender.async_wait_writable(large, now.handler());
    poll();
    EXPECT_EQ(now.calls, 1);

    fill(sender, large);
    outcome later;
    outcome small;
    sender.async_wait_writable(large, later.handler());
    sender.async_wait_writable(1, small.handler());
    poll();
    EXPECT_EQ(later.calls, 0);
    EXPECT_EQ(small.calls, 1);
    static_cast<void>(next(receiver));
    poll();
    EXPECT_EQ(later.calls, 1);
    EXPECT_FALSE(later.ec);
}

TEST_F(space, wait_writable_to_an_address) {
    auto receiver = bound(5000);
    auto sender = open(2);
    sender.bind({});
    fill(sender, large, at(5000));
    outcome later;
    sender.async_wait_writable(large, at(5000), later.handler());
    poll();
    EXPECT_EQ(later.calls, 0);
    static_cast<void>(next(receiver));
    poll();
    EXPECT_EQ(later.calls, 1);
}

TEST_F(space, wait_writable_fails_where_it_would_never_fit) {
    auto sender = open(2);
    outcome nobody;
    sender.async_wait_writable(1, at(5000), nobody.handler());
    outcome unconnected;
    sender.async_wait_writable(1, unconnected.handler());
    auto receiver = bound(5000);
    outcome huge;
    sender.async_wait_writable(100000, at(5000), huge.handler());
    poll();
    EXPECT_EQ(nobody.ec, condition::peer_absent);
    EXPECT_EQ(unconnected.ec, boost::system::errc::not_connected);
    EXPECT_EQ(huge.ec, condition::too_large);
}

TEST_F(space, waiting_does_not_hold_up_a_send) {
    auto receiver = bound(5000);
    auto sender = connected(5000);
    fill(sender, large);
    outcome waited;
    outcome sent;
    sender.async_wait_writable(large, waited.handler());
    sender.async_send(asio::buffer("s", 1), sent.handler());
    poll();
    EXPECT_EQ(waited.calls, 0);
    EXPECT_EQ(sent.calls, 1);
}

TEST_F(space, drain_completes_when_all_was_consumed) {
    auto receiver = bound(5000);
    auto sender = connected(5000);
    for (int i = 0; i < 3; ++i) {
        sender.send(asio::buffer("x", 1));
    }
    outcome drained;
    outcome drained_address;
    sender.async_drain(drained.handler());
    sender.async_drain(at(5000), drained_address.handler());
    for (int i = 0; i < 3; ++i) {
        poll();
        EXPECT_EQ(drained.calls, 0);
        static_cast<void>(next(receiver));
    }
    poll();
    EXPECT_EQ(drained.calls, 1);
    EXPECT_FALSE(drained.ec);
    EXPECT_EQ(drained_address.calls, 1);
}

TEST_F(space, drain_fails_when_the_ring_goes) {
    auto receiver = std::make_unique<socket>(bound(5000));
    auto sender = connected(5000);
    sender.send(asio::buffer("x", 1));
    outcome drained;
    sender.async_drain(drained.handler());
    poll();
    receiver.reset();
    driver->refresh();
    poll();
    EXPECT_EQ(drained.calls, 1);
    EXPECT_EQ(drained.ec, condition::peer_absent);
}

TEST_F(space, a_driver_that_refuses_the_watch_does_not_hang_the_send) {
    auto receiver = bound(5000);
    auto sender = connected(5000);
    fill(sender, large);
    for (int i = 0; i < 3; ++i) {
        driver->fail_next(ARGO_IOC_SPACE, ENOMEM);
    }
    const std::string text(large, 'y');
    outcome sent;
    sender.async_send(asio::buffer(text), sent.handler());
    static_cast<void>(next(receiver));
    context.restart();
    context.run_for(std::chrono::seconds(5));
    EXPECT_EQ(sent.calls, 1);
    EXPECT_FALSE(sent.ec);
}

TEST_F(space, space_that_comes_and_goes_is_tried_again) {
    auto receiver = bound(5000);
    auto sender = connected(5000);
    // Four sends meet a full ring, while the watch says that there is room.
    for (int i = 0; i < 4; ++i) {
        driver->fail_next(ARGO_IOC_SEND, EAGAIN);
    }
    outcome sent;
    sender.async_send(asio::buffer("x", 1), sent.handler());
    context.restart();
    context.run_for(std::chrono::seconds(5));
    EXPECT_EQ(sent.calls, 1);
    EXPECT_EQ(next(receiver), "x");
}

TEST_F(space, wakeups_that_nobody_can_use_do_not_keep_the_processor_busy) {
    auto receiver = bound(5000);
    auto sender = connected(5000);
    sender.send(asio::buffer("x", 1));
    // The file is readable all the time, and the receive says that nothing is there.
    for (int i = 0; i < 100000; ++i) {
        driver->fail_next(ARGO_IOC_RECV, EAGAIN);
    }
    std::string text(16, '\0');
    outcome received;
    receiver.async_receive(asio::buffer(text), received.handler());
    context.restart();
    context.run_for(std::chrono::milliseconds(100));
    EXPECT_EQ(received.calls, 0);
    EXPECT_LT(driver->calls(ARGO_IOC_RECV), 2000U);
    receiver.close();
    poll();
    EXPECT_EQ(received.ec, asio::error::operation_aborted);
}

} // namespace
} // namespace libargo::test
