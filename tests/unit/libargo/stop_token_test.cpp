// SPDX-License-Identifier: MIT
#include <array>
#include <atomic>
#include <optional>
#include <stop_token>
#include <string>
#include <thread>
#include <utility>

#include <boost/asio/bind_executor.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/use_future.hpp>

#include "fixture.hpp"

namespace libargo::test {
namespace {

using stop = socket_test;

TEST_F(stop, ends_one_operation_and_no_other) {
    auto receiver = bound(5000);
    std::array<char, 16> bytes{};
    std::stop_source source;
    std::array<outcome, 3> received;
    receiver.async_receive(asio::buffer(bytes), received[0].handler());
    receiver.async_receive(asio::buffer(bytes), bind_stop_token(source.get_token(), received[1].handler()));
    receiver.async_receive(asio::buffer(bytes), received[2].handler());
    poll();
    source.request_stop();
    EXPECT_EQ(received[1].calls, 0) << "not inside";
    poll();
    EXPECT_EQ(received[1].calls, 1);
    EXPECT_EQ(received[1].ec, asio::error::operation_aborted);
    auto sender = connected(5000);
    sender.send(asio::buffer("a", 1));
    sender.send(asio::buffer("b", 1));
    poll();
    EXPECT_EQ(received[0].calls + received[2].calls, 2);
    EXPECT_FALSE(received[0].ec || received[2].ec);
}

TEST_F(stop, before_the_start_nothing_is_done) {
    auto receiver = bound(5000);
    connected(5000).send(asio::buffer("hello", 5));
    std::array<char, 16> bytes{};
    std::stop_source source;
    source.request_stop();
    outcome received;
    receiver.async_receive(asio::buffer(bytes), bind_stop_token(source.get_token(), received.handler()));
    poll();
    EXPECT_EQ(received.ec, asio::error::operation_aborted);
    EXPECT_TRUE(receiver.status().next_message);
}

TEST_F(stop, after_the_end_nothing_happens) {
    auto receiver = bound(5000);
    connected(5000).send(asio::buffer("hello", 5));
    std::array<char, 16> bytes{};
    std::stop_source source;
    outcome received;
    receiver.async_receive(asio::buffer(bytes), bind_stop_token(source.get_token(), received.handler()));
    source.request_stop();
    poll();
    EXPECT_FALSE(received.ec);
    EXPECT_EQ(received.size, 5U);
    source.request_stop();
    receiver.close();
}

TEST_F(stop, the_next_waiting_send_takes_over) {
    auto slow = bound(5000);
    auto fast = bound(5001);
    auto sender = open(2);
    sender.bind({});
    fill(sender, large, at(5000));
    fill(sender, large, at(5001));
    const std::string text(large, 'y');
    std::stop_source source;
    std::array<outcome, 2> sent;
    sender.async_send_to(asio::buffer(text), at(5000), bind_stop_token(source.get_token(), sent[0].handler()));
    sender.async_send_to(asio::buffer(text), at(5001), sent[1].handler());
    poll();
    source.request_stop();
    poll();
    EXPECT_EQ(sent[0].ec, asio::error::operation_aborted);
    static_cast<void>(next(fast));
    poll();
    EXPECT_EQ(sent[1].calls, 1) << "without the timer: the wakeup is its own now";
    EXPECT_FALSE(sent[1].ec);
}

TEST_F(stop, the_last_operation_lets_the_context_end) {
    auto receiver = bound(5000);
    std::array<char, 16> bytes{};
    std::stop_source source;
    outcome received;
    receiver.async_receive(asio::buffer(bytes), bind_stop_token(source.get_token(), received.handler()));
    poll();
    source.request_stop();
    context.restart();
    context.run();
    EXPECT_EQ(received.calls, 1);
}

TEST_F(stop, works_with_futures) {
    auto receiver = bound(5000);
    std::array<char, 16> bytes{};
    std::stop_source source;
    auto future = receiver.async_receive(asio::buffer(bytes), bind_stop_token(source.get_token(), asio::use_future));
    source.request_stop();
    poll();
    EXPECT_THROW(future.get(), system_error);
}

TEST_F(stop, works_with_coroutines) {
    auto receiver = bound(5000);
    std::stop_source source;
    std::optional<error_code> result;
    auto work = [&]() -> asio::awaitable<void> {
        std::array<char, 16> bytes{};
        error_code ec;
        co_await receiver.async_receive(
            asio::buffer(bytes), bind_stop_token(source.get_token(), asio::redirect_error(asio::use_awaitable, ec)));
        result = ec;
    };
    asio::co_spawn(context, work(), asio::detached);
    poll();
    EXPECT_FALSE(result);
    source.request_stop();
    poll();
    EXPECT_EQ(result, error_code(asio::error::operation_aborted));
}

TEST_F(stop, keeps_the_associated_executor) {
    auto receiver = bound(5000);
    const auto strand = asio::make_strand(context);
    std::array<char, 16> bytes{};
    std::stop_source source;
    bool in_strand = false;
    receiver.async_receive(
        asio::buffer(bytes),
        bind_stop_token(source.get_token(), asio::bind_executor(strand, [&](error_code, std::size_t) {
                            in_strand = strand.running_in_this_thread();
                        })));
    source.request_stop();
    poll();
    EXPECT_TRUE(in_strand);
}

TEST_F(stop, may_come_from_another_thread_at_any_time) {
    auto receiver = bound(5000);
    auto sender = connected(5000);
    int aborted = 0;
    int completed = 0;
    for (int i = 0; i < 500; ++i) {
        std::array<char, 16> bytes{};
        std::stop_source source;
        std::atomic<bool> go = false;
        std::jthread stopper([&] {
            while (!go) {
            }
            source.request_stop();
        });
        go = true;
        receiver.async_receive(
            asio::buffer(bytes),
            bind_stop_token(source.get_token(), [&](error_code ec, std::size_t) { ++(ec ? aborted : completed); }));
        if (i % 2 == 0) {
            sender.send(asio::buffer("x", 1));
        }
        context.restart();
        context.run();
        stopper.join();
        if (i % 2 == 0 && receiver.status().next_message) {
            static_cast<void>(next(receiver));
        }
    }
    EXPECT_EQ(aborted + completed, 500);
    EXPECT_GE(aborted, 250);
}

} // namespace
} // namespace libargo::test
