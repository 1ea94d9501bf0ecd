// SPDX-License-Identifier: MIT
#include <array>
#include <atomic>
#include <cstring>
#include <memory>
#include <numeric>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "fixture.hpp"

namespace libargo::test {
namespace {

using threads = socket_test;

constexpr int thread_count = 4;

TEST_F(threads, many_senders_and_a_receiver_lose_and_reorder_nothing) {
    constexpr std::uint32_t per_sender = 500;
    constexpr std::size_t sender_count = 4;
    asio::io_context shared(thread_count);
    socket receiver(asio::make_strand(shared));
    detail::socket_access::assign(receiver, driver->open(), driver);
    receiver.bind({.port = 5000});

    std::vector<socket> senders;
    for (std::size_t i = 0; i < sender_count; ++i) {
        senders.emplace_back(asio::make_strand(shared));
        detail::socket_access::assign(senders.back(), driver->open(static_cast<std::uint16_t>(10 + i)), driver);
        senders.back().connect(at(5000));
    }
    std::array<std::uint32_t, sender_count> expected{};
    std::atomic<int> wrong = 0;
    auto listen = [&]() -> asio::awaitable<void> {
        for (std::size_t total = 0; total < per_sender * sender_count; ++total) {
            std::array<char, 512> bytes{};
            message_info info;
            const auto size = co_await receiver.async_receive_from(asio::buffer(bytes), info, asio::use_awaitable);
            auto& wanted = expected.at(to_number(info.source.domid) - 10U);
            const auto fine = to_number(info.type) == wanted && size == wanted % 500 &&
                              std::string_view(bytes.data(), size) == std::string(size, static_cast<char>(wanted));
            wrong += fine ? 0 : 1;
            ++wanted;
        }
    };
    auto speak = [&](socket& sender) -> asio::awaitable<void> {
        for (std::uint32_t i = 0; i < per_sender; ++i) {
            const std::string text(i % 500, static_cast<char>(i));
            co_await sender.async_send(asio::buffer(text), message_type{i}, asio::use_awaitable);
        }
    };
    asio::co_spawn(receiver.get_executor(), listen(), asio::detached);
    for (auto& sender : senders) {
        asio::co_spawn(sender.get_executor(), speak(sender), asio::detached);
    }
    {
        std::vector<std::jthread> runners;
        for (int i = 0; i < thread_count; ++i) {
            runners.emplace_back([&] { shared.run(); });
        }
    }
    EXPECT_EQ(wrong, 0);
    EXPECT_EQ(std::accumulate(expected.begin(), expected.end(), 0U), per_sender * sender_count);
}

TEST_F(threads, operations_start_and_end_in_different_ones) {
    // The socket is used by one thread; the wakeups are handled by others at the same time.
    asio::io_context shared(thread_count);
    auto work = asio::make_work_guard(shared);
    std::vector<std::jthread> runners;
    for (int i = 0; i < thread_count; ++i) {
        runners.emplace_back([&] { shared.run(); });
    }
    std::atomic<int> sent = 0;
    std::atomic<int> received = 0;
    std::atomic<int> ended = 0;
    constexpr int count = 2000;
    {
        auto receiver = bound(5000);
        socket sender(shared);
        detail::socket_access::assign(sender, driver->open(2), driver);
        sender.connect(at(5000));
        const std::string text(300, 'x');
        std::array<char, 512> bytes{};
        for (int i = 0; i < count; ++i) {
            sender.async_send(asio::buffer(text), [&](error_code ec, std::size_t) { ++(ec ? ended : sent); });
            if (i % 4 == 3) {
                for (int j = 0; j < 4; ++j) {
                    receiver.receive(asio::buffer(bytes));
                    ++received;
                }
            }
            if (i % 100 == 50) {
                outcome dropped;
                sender.async_receive(asio::buffer(bytes), [&](error_code, std::size_t) {});
                std::stop_source source;
                sender.async_receive(asio::buffer(bytes),
                                     bind_stop_token(source.get_token(), [&](error_code, std::size_t) {}));
                source.request_stop();
            }
        }
        sender.cancel();
        sender.close();
    }
    work.reset();
    runners.clear();
    EXPECT_EQ(sent + ended, count);
    EXPECT_EQ(received, count);
}

} // namespace
} // namespace libargo::test
