// SPDX-License-Identifier: MIT
#include <array>
#include <functional>
#include <future>
#include <memory>
#include <string>
#include <thread>
#include <utility>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/use_future.hpp>

#include "fixture.hpp"

namespace libargo::test {
namespace {

using token = socket_test;

TEST_F(token, callbacks_that_can_only_be_moved) {
    auto receiver = bound(5000);
    std::array<char, 16> bytes{};
    int called = 0;
    receiver.async_receive(asio::buffer(bytes),
                           [&called, owned = std::make_unique<int>(7)](error_code, std::size_t) { called = *owned; });
    poll();
    connected(5000).send(asio::buffer("x", 1));
    poll();
    EXPECT_EQ(called, 7);
}

TEST_F(token, callbacks_that_are_lvalues_or_function_objects) {
    auto receiver = bound(5000);
    auto sender = connected(5000);
    std::array<char, 16> bytes{};
    int calls = 0;
    const std::function<void(error_code, std::size_t)> handler = [&](error_code, std::size_t) { ++calls; };
    receiver.async_receive(asio::buffer(bytes), handler);
    receiver.async_receive(asio::buffer(bytes), handler);
    sender.send(asio::buffer("x", 1));
    sender.send(asio::buffer("x", 1));
    poll();
    EXPECT_EQ(calls, 2);
}

TEST_F(token, detached) {
    auto receiver = bound(5000);
    auto sender = connected(5000);
    sender.async_send(asio::buffer("hello", 5), asio::detached);
    poll();
    EXPECT_EQ(next(receiver), "hello");
}

TEST_F(token, futures) {
    auto receiver = bound(5000);
    auto sender = connected(5000);
    std::array<char, 16> bytes{};
    auto received = receiver.async_receive(asio::buffer(bytes), asio::use_future);
    auto sent = sender.async_send(asio::buffer("hello", 5), message_type{1}, asio::use_future);
    auto writable = sender.async_wait_writable(1, asio::use_future);
    auto failed = open(3).async_send(asio::buffer("x", 1), asio::use_future);
    std::jthread runner([&] { context.run(); });
    EXPECT_EQ(sent.get(), 5U);
    EXPECT_EQ(received.get(), 5U);
    writable.get();
    EXPECT_THROW(failed.get(), system_error);
}

TEST_F(token, coroutines) {
    auto receiver = bound(5000);
    auto sender = connected(5000);
    std::string heard;
    auto listen = [&]() -> asio::awaitable<void> {
        for (int i = 0; i < 3; ++i) {
            std::array<char, 16> bytes{};
            message_info info;
            const auto size = co_await receiver.async_receive_from(asio::buffer(bytes), info, asio::use_awaitable);
            heard.append(bytes.data(), size);
            EXPECT_EQ(info.source, sender.local_address());
        }
        error_code ec;
        co_await receiver.async_send_to(asio::buffer("x", 1), at(9999), asio::redirect_error(asio::use_awaitable, ec));
        EXPECT_EQ(ec, condition::peer_absent);
        EXPECT_THROW(co_await receiver.async_wait_writable(1, at(9999), asio::use_awaitable), system_error);
    };
    auto speak = [&]() -> asio::awaitable<void> {
        for (const std::string text : {"one ", "two ", "three"}) {
            co_await sender.async_wait_writable(text.size(), asio::use_awaitable);
            co_await sender.async_send(asio::buffer(text), asio::use_awaitable);
        }
        co_await sender.async_drain(asio::use_awaitable);
    };
    int finished = 0;
    const auto finish = [&](const std::exception_ptr& failure) {
        EXPECT_EQ(failure, nullptr);
        ++finished;
    };
    asio::co_spawn(context, listen(), finish);
    asio::co_spawn(context, speak(), finish);
    context.run();
    EXPECT_EQ(finished, 2);
    EXPECT_EQ(heard, "one two three");
}

TEST_F(token, a_socket_may_have_a_default_one) {
    using awaiting_socket = asio::use_awaitable_t<>::as_default_on_t<socket>;
    auto receiver = asio::use_awaitable_t<>::as_default_on(bound(5000));
    auto sender = connected(5000);
    static_assert(std::is_same_v<decltype(receiver), awaiting_socket>);
    std::size_t size = 0;
    auto work = [&]() -> asio::awaitable<void> {
        std::array<char, 16> bytes{};
        message_info info;
        co_await receiver.async_wait(awaiting_socket::wait_read);
        size += co_await receiver.async_receive(asio::buffer(bytes));
        size += co_await receiver.async_receive_from(asio::buffer(bytes), info);
        size += co_await receiver.async_send_to(asio::buffer("yes", 3), info.source);
        size += co_await receiver.async_send_to(asio::buffer("yes", 3), info.source, message_type{1});
        co_await receiver.async_wait_writable(1, info.source);
        co_await receiver.async_wait(awaiting_socket::wait_write);
    };
    asio::co_spawn(context, work(), asio::detached);
    poll();
    sender.send(asio::buffer("hello", 5));
    sender.send(asio::buffer("hello", 5));
    poll();
    EXPECT_EQ(size, 16U);
}

TEST_F(token, a_socket_may_have_a_concrete_executor) {
    using plain_socket = basic_socket<asio::io_context::executor_type>;
    plain_socket receiver(context);
    detail::socket_access::assign(receiver, driver->open(), driver);
    receiver.bind({.port = 5000});
    std::array<char, 16> bytes{};
    outcome received;
    receiver.async_receive(asio::buffer(bytes), received.handler());
    connected(5000).send(asio::buffer("x", 1));
    poll();
    EXPECT_EQ(received.calls, 1);
    // One with any executor takes it over, with what is pending.
    receiver.async_receive(asio::buffer(bytes), received.handler());
    socket general(std::move(receiver));
    general = socket(plain_socket(context));
    poll();
    EXPECT_EQ(received.calls, 2);
    EXPECT_EQ(received.ec, asio::error::operation_aborted);
}

} // namespace
} // namespace libargo::test
