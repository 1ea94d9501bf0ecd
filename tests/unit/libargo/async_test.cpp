// SPDX-License-Identifier: MIT
#include <array>
#include <cerrno>
#include <memory>
#include <string>
#include <vector>

#include "fixture.hpp"

namespace libargo::test {
namespace {

namespace errc = boost::system::errc;

using async = socket_test;

TEST_F(async, a_receive_waits_for_a_message) {
    auto receiver = bound(5000);
    auto sender = connected(5000);
    std::array<char, 16> bytes{};
    message_info info;
    outcome received;
    receiver.async_receive_from(asio::buffer(bytes), info, received.handler());
    poll();
    EXPECT_EQ(received.calls, 0);
    sender.send(asio::buffer("hello", 5), message_type{3});
    poll();
    ASSERT_EQ(received.calls, 1);
    EXPECT_FALSE(received.ec);
    EXPECT_EQ(received.size, 5U);
    EXPECT_EQ(info.type, message_type{3});
    EXPECT_EQ(info.source, sender.local_address());
}

TEST_F(async, what_is_there_is_received_without_waiting_and_never_inside_the_call) {
    auto receiver = bound(5000);
    connected(5000).send(asio::buffer("hello", 5));
    std::array<char, 16> bytes{};
    outcome received;
    receiver.async_receive(asio::buffer(bytes), received.handler());
    EXPECT_EQ(received.calls, 0);
    EXPECT_FALSE(receiver.status().next_message) << "it was taken at once";
    poll();
    EXPECT_EQ(received.calls, 1);
    EXPECT_EQ(received.size, 5U);
}

TEST_F(async, receives_complete_in_order) {
    auto receiver = bound(5000);
    auto sender = connected(5000);
    std::vector<std::array<char, 4>> storage(20);
    std::string order;
    for (auto& bytes : storage) {
        receiver.async_receive(asio::buffer(bytes), [&](error_code, std::size_t) { order += bytes[0]; });
    }
    std::string expected;
    for (std::size_t i = 0; i < storage.size(); ++i) {
        const std::string text(1, static_cast<char>('a' + i));
        sender.send(asio::buffer(text));
        expected += text;
        if (i % 3 == 0) {
            poll();
        }
    }
    poll();
    EXPECT_EQ(order, expected);
}

TEST_F(async, truncation_is_an_error_of_receive_and_information_of_receive_from) {
    auto receiver = bound(5000);
    auto sender = connected(5000);
    std::array<char, 2> bytes{};
    message_info info;
    outcome plain;
    outcome from;
    receiver.async_receive(asio::buffer(bytes), plain.handler());
    receiver.async_receive_from(asio::buffer(bytes), info, from.handler());
    sender.send(asio::buffer("hello", 5));
    sender.send(asio::buffer("hello", 5));
    poll();
    EXPECT_EQ(plain.ec, error::message_truncated);
    EXPECT_EQ(plain.size, 2U);
    EXPECT_FALSE(from.ec);
    EXPECT_EQ(from.size, 2U);
    EXPECT_TRUE(info.truncated);
    EXPECT_EQ(info.size, 5U);
}

TEST_F(async, a_send_waits_for_space) {
    auto receiver = bound(5000);
    auto sender = connected(5000);
    fill(sender, large);
    const std::string text(large, 'y');
    outcome sent;
    sender.async_send(asio::buffer(text), sent.handler());
    poll();
    EXPECT_EQ(sent.calls, 0);
    EXPECT_EQ(next(receiver), std::string(large, 'x'));
    poll();
    ASSERT_EQ(sent.calls, 1);
    EXPECT_EQ(sent.size, large);
    EXPECT_EQ(next(receiver), text);
}

TEST_F(async, a_small_send_does_not_overtake_a_large_one_to_the_same_destination) {
    auto receiver = bound(5000);
    auto sender = connected(5000);
    fill(sender, large);
    const std::string text(large, 'y');
    std::string order;
    sender.async_send(asio::buffer(text), [&](error_code, std::size_t) { order += 'L'; });
    // The same destination by another name.
    sender.async_send_to(asio::buffer("s", 1), at(5000), [&](error_code, std::size_t) { order += 'S'; });
    poll();
    EXPECT_TRUE(sender.space(1).sufficient) << "the small one would fit";
    EXPECT_EQ(order, "");
    static_cast<void>(next(receiver));
    poll();
    EXPECT_EQ(order, "LS");
    EXPECT_EQ(next(receiver), text);
    EXPECT_EQ(next(receiver), "s");
}

TEST_F(async, a_full_destination_does_not_hold_up_another) {
    auto slow = bound(5000);
    auto fast = bound(5001);
    auto sender = open(2);
    sender.bind({});
    fill(sender, large, at(5000));
    const std::string text(large, 'y');
    outcome to_slow;
    outcome to_fast;
    sender.async_send_to(asio::buffer(text), at(5000), to_slow.handler());
    sender.async_send_to(asio::buffer(text), at(5001), to_fast.handler());
    poll();
    EXPECT_EQ(to_slow.calls, 0);
    EXPECT_EQ(to_fast.calls, 1);
}

TEST_F(async, each_of_several_full_destinations_gets_its_turn) {
    constexpr port_t count = 5;
    std::vector<socket> receivers;
    for (port_t i = 0; i < count; ++i) {
        receivers.push_back(bound(5000 + i));
    }
    auto sender = open(2);
    sender.bind({});
    const std::string text(large, 'y');
    std::vector<outcome> sent(count);
    for (port_t i = 0; i < count; ++i) {
        fill(sender, large, at(5000 + i));
        sender.async_send_to(asio::buffer(text), at(5000 + i), sent[i].handler());
    }
    // The last one gets space first: the descriptor wakes for the first one only.
    for (port_t i = count; i-- > 0;) {
        static_cast<void>(next(receivers[i]));
        context.restart();
        while (sent[i].calls == 0) {
            ASSERT_EQ(context.run_one_for(std::chrono::seconds(5)), 1U);
        }
        for (port_t j = 0; j < i; ++j) {
            EXPECT_EQ(sent[j].calls, 0);
        }
    }
    context.restart();
    EXPECT_EQ(context.run_for(std::chrono::seconds(5)), context.poll());
    EXPECT_TRUE(context.stopped()) << "nothing is left waiting";
}

TEST_F(async, the_context_ends_also_when_the_timer_completed_what_a_wakeup_was_for) {
    auto first = bound(5000);
    auto second = bound(5001);
    auto sender = open(2);
    const auto own = sender.bind({}).local();
    const std::string text(large, 'y');
    std::array<char, 16> bytes{};
    outcome received;
    std::array<outcome, 2> sent;
    sender.async_receive(asio::buffer(bytes), received.handler());
    for (const port_t i : {0U, 1U}) {
        fill(sender, large, at(5000 + i));
        sender.async_send_to(asio::buffer(text), at(5000 + i), sent.at(i).handler());
    }
    poll();
    driver->lose_wakeups(true);
    static_cast<void>(next(first));
    static_cast<void>(next(second));
    context.restart();
    while (sent[0].calls + sent[1].calls < 2) {
        ASSERT_EQ(context.run_one_for(std::chrono::seconds(5)), 1U);
    }
    driver->lose_wakeups(false);
    first.send_to(asio::buffer("x", 1), own);
    context.restart();
    context.run_for(std::chrono::seconds(5));
    EXPECT_EQ(received.calls, 1);
    EXPECT_TRUE(context.stopped());
}

TEST_F(async, a_ring_that_goes_while_a_send_waits_is_an_error) {
    auto receiver = std::make_unique<socket>(bound(5000));
    auto sender = connected(5000);
    fill(sender, large);
    const std::string text(large, 'y');
    outcome sent;
    sender.async_send(asio::buffer(text), sent.handler());
    poll();
    receiver.reset();
    driver->refresh();
    poll();
    EXPECT_EQ(sent.calls, 1);
    EXPECT_EQ(sent.ec, condition::peer_gone);
}

TEST_F(async, a_connect_does_not_strand_a_waiting_send) {
    auto receiver = bound(5000);
    auto other = bound(5001);
    auto sender = connected(5000);
    fill(sender, large);
    const std::string text(large, 'y');
    outcome sent;
    sender.async_send_to(asio::buffer(text), at(5000), sent.handler());
    poll();
    sender.connect(at(5001));
    poll();
    EXPECT_EQ(sent.calls, 0);
    static_cast<void>(next(receiver));
    poll();
    EXPECT_EQ(sent.calls, 1);
    EXPECT_EQ(next(receiver), text);
}

TEST_F(async, errors_complete_the_operation) {
    auto sender = connected(5000);
    std::array<char, 4> bytes{};
    outcome sent;
    sender.async_send(asio::buffer(bytes), sent.handler());
    poll();
    EXPECT_EQ(sent.ec, condition::peer_absent);
    outcome received;
    open(3).async_receive(asio::buffer(bytes), received.handler());
    poll();
    EXPECT_EQ(received.ec, errc::not_connected);
}

TEST_F(async, a_signal_is_not_an_error) {
    auto receiver = bound(5000);
    auto sender = connected(5000);
    driver->fail_next(ARGO_IOC_SEND, EINTR);
    outcome sent;
    sender.async_send(asio::buffer("x", 1), sent.handler());
    poll();
    EXPECT_EQ(sent.calls, 1);
    EXPECT_FALSE(sent.ec);
    EXPECT_EQ(next(receiver), "x");
}

TEST_F(async, a_socket_that_is_not_open_completes_with_bad_descriptor) {
    socket closed(context);
    std::array<char, 4> bytes{};
    outcome received;
    closed.async_receive(asio::buffer(bytes), received.handler());
    EXPECT_EQ(received.calls, 0);
    poll();
    EXPECT_EQ(received.ec, asio::error::bad_descriptor);
}

TEST_F(async, a_moved_socket_keeps_its_operations_and_the_other_is_usable) {
    auto receiver = bound(5000);
    std::array<char, 16> bytes{};
    outcome received;
    receiver.async_receive(asio::buffer(bytes), received.handler());
    socket moved(std::move(receiver));
    socket assigned(context);
    assigned = std::move(moved);
    // NOLINTBEGIN(bugprone-use-after-move,clang-analyzer-cplusplus.Move): that is what is tested
    EXPECT_FALSE(receiver.is_open());
    connected(5000).send(asio::buffer("hello", 5));
    poll();
    EXPECT_EQ(received.size, 5U);
    detail::socket_access::assign(receiver, driver->open(), driver);
    EXPECT_TRUE(receiver.is_open());
    EXPECT_EQ(receiver.get_executor(), assigned.get_executor());
    // NOLINTEND(bugprone-use-after-move,clang-analyzer-cplusplus.Move)
}

TEST_F(async, several_messages_are_sent_as_space_comes) {
    driver->set_max_batch(2);
    auto receiver = bound(5000);
    auto sender = connected(5000);
    const std::string text(large, 'x');
    const std::array buffers{asio::const_buffer(asio::buffer(text))};
    const std::vector<outgoing_message> out(5, {.buffers = buffers});
    outcome sent;
    sender.async_send_many(out, sent.handler());
    for (int i = 0; i < 5; ++i) {
        EXPECT_EQ(next(receiver), text);
        poll();
    }
    EXPECT_EQ(sent.calls, 1);
    EXPECT_EQ(sent.size, 5U);
    outcome nothing;
    sender.async_send_many({}, nothing.handler());
    poll();
    EXPECT_EQ(nothing.calls, 1);
    EXPECT_FALSE(nothing.ec);
}

TEST_F(async, several_messages_are_received_at_once) {
    auto receiver = bound(5000);
    auto sender = connected(5000);
    std::array<std::array<char, 8>, 4> storage{};
    std::array<asio::mutable_buffer, 4> rooms;
    std::array<incoming_message, 4> in;
    for (std::size_t i = 0; i < in.size(); ++i) {
        rooms.at(i) = asio::buffer(storage.at(i));
        in.at(i).buffers = {&rooms.at(i), 1};
    }
    outcome received;
    receiver.async_receive_many(in, received.handler());
    poll();
    EXPECT_EQ(received.calls, 0);
    for (const auto* const text : {"one", "two", "three"}) {
        sender.send(asio::buffer(std::string_view(text)));
    }
    poll();
    ASSERT_EQ(received.size, 3U);
    EXPECT_EQ(std::string(storage[2].data(), in[2].received()), "three");
}

TEST_F(async, readiness) {
    auto receiver = bound(5000);
    auto sender = connected(5000);
    outcome readable;
    outcome writable;
    receiver.async_wait(socket::wait_read, readable.handler());
    sender.async_wait(socket::wait_write, writable.handler());
    poll();
    EXPECT_EQ(readable.calls, 0);
    EXPECT_EQ(writable.calls, 1);

    sender.send_low_water_mark(large);
    fill(sender, large);
    sender.async_wait(socket::wait_write, writable.handler());
    poll();
    EXPECT_EQ(readable.calls, 1);
    EXPECT_TRUE(receiver.status().next_message) << "it is still there";
    EXPECT_EQ(writable.calls, 1);
    static_cast<void>(next(receiver));
    poll();
    EXPECT_EQ(writable.calls, 2);
}

TEST_F(async, a_reader_that_is_woken_for_nothing_takes_off_a_watch_that_is_done) {
    auto peer = std::make_unique<socket>(bound(5000));
    auto sender = open(2);
    const auto own = sender.bind({}).local();
    std::array<char, 8> bytes{};
    outcome received;
    sender.async_receive(asio::buffer(bytes), received.handler());
    fill(sender, large, at(5000));
    const std::string text(large, 'y');
    outcome sent;
    sender.async_send_to(asio::buffer(text), at(5000), sent.handler());
    poll();
    EXPECT_TRUE(driver->watches(sender.native_handle()));
    peer.reset();
    driver->refresh();
    poll();
    EXPECT_EQ(sent.ec, condition::peer_absent);

    driver->fail_next(ARGO_IOC_RECV, EAGAIN);
    bound(5001).send_to(asio::buffer("x", 1), own);
    poll();
    EXPECT_FALSE(driver->watches(sender.native_handle()));
    EXPECT_EQ(received.calls, 1);
}

} // namespace
} // namespace libargo::test
