// SPDX-License-Identifier: MIT
// libargo::socket over the real device, within the own domain.
#include "libargo_fixture.hpp"

#include <atomic>
#include <memory>
#include <set>
#include <string>
#include <thread>

namespace guest {
namespace {

namespace asio = boost::asio;
using namespace std::chrono_literals;
using libargo::error_code;

std::string text_of(std::size_t size) {
    std::string text(size, 'a');
    for (std::size_t i = 0; i < size; ++i) {
        text[i] = static_cast<char>('a' + (i * 7 + size) % 26);
    }
    return text;
}

asio::awaitable<void> echo(libargo::socket& socket, std::size_t count) {
    std::vector<char> buffer(8192);
    for (std::size_t i = 0; i < count; ++i) {
        libargo::message_info info;
        const auto size = co_await socket.async_receive_from(asio::buffer(buffer), info, asio::use_awaitable);
        co_await socket.async_send_to(asio::buffer(buffer.data(), size), info.source, info.type, asio::use_awaitable);
    }
}

TEST_F(socket_test, coroutines_echo) {
    constexpr std::size_t count = 200;
    std::size_t right = 0;
    const auto client = [&]() -> asio::awaitable<void> {
        sender.connect(target);
        std::vector<char> buffer(8192);
        for (std::size_t i = 0; i < count; ++i) {
            const auto text = text_of(i * 37 % 5000);
            co_await sender.async_send(asio::buffer(text), libargo::message_type{5}, asio::use_awaitable);
            const auto size = co_await sender.async_receive(asio::buffer(buffer), asio::use_awaitable);
            right += std::string(buffer.data(), size) == text ? 1U : 0U;
        }
    };
    asio::co_spawn(context, echo(receiver, count), asio::detached);
    asio::co_spawn(context, client(), [](const std::exception_ptr& error) { EXPECT_FALSE(error); });
    run();
    EXPECT_EQ(right, count);
}

TEST_F(socket_test, futures) {
    std::vector<char> buffer(100);
    auto received = receiver.async_receive(asio::buffer(buffer), asio::use_future);
    std::thread other{[this] { context.run_for(60s); }};
    auto sent = sender.async_send_to(asio::buffer("hello", 5), target, asio::use_future);
    EXPECT_EQ(sent.get(), 5U);
    EXPECT_EQ(received.get(), 5U);
    EXPECT_EQ(std::string(buffer.data(), 5), "hello");
    context.stop();
    other.join();
}

TEST_F(socket_test, buffer_sequences_go_as_one_message) {
    const std::string first = "one ";
    const std::string second = "message";
    sender.send_to(std::vector{asio::buffer(first), asio::buffer(second)}, target);
    std::vector<char> head(3);
    std::vector<char> tail(20);
    libargo::message_info info;
    const auto size =
        receiver.receive_from(std::vector<asio::mutable_buffer>{asio::buffer(head), asio::buffer(tail)}, info);
    EXPECT_EQ(size, 11U);
    EXPECT_EQ(info.source, sender.local_address());
    EXPECT_EQ(std::string(head.data(), 3) + std::string(tail.data(), 8), "one message");
}

TEST_F(socket_test, cancel_calls_no_handler_itself) {
    std::vector<char> buffer(100);
    int aborted = 0;
    for (int i = 0; i < 3; ++i) {
        receiver.async_receive(asio::buffer(buffer), [&](error_code ec, std::size_t size) {
            EXPECT_EQ(ec, asio::error::operation_aborted);
            EXPECT_EQ(size, 0U);
            ++aborted;
        });
    }
    context.poll();
    receiver.cancel();
    EXPECT_EQ(aborted, 0);
    run();
    EXPECT_EQ(aborted, 3);
    // It is none the worse for it.
    sender.send_to(asio::buffer("x", 1), target);
    EXPECT_EQ(receiver.receive(asio::buffer(buffer)), 1U);
}

TEST_F(socket_test, one_operation_is_stopped_and_the_next_goes_on) {
    std::vector<char> one(100);
    std::vector<char> two(100);
    std::stop_source stop;
    error_code first;
    std::size_t second = 0;
    receiver.async_receive(asio::buffer(one),
                           libargo::bind_stop_token(stop.get_token(), [&](error_code ec, std::size_t) { first = ec; }));
    receiver.async_receive(asio::buffer(two), [&](error_code, std::size_t size) { second = size; });
    context.poll();
    stop.request_stop();
    sender.send_to(asio::buffer("four", 4), target);
    run();
    EXPECT_EQ(first, asio::error::operation_aborted);
    EXPECT_EQ(second, 4U);
}

TEST_F(socket_test, destructor_ends_what_is_pending) {
    std::vector<char> buffer(100);
    error_code result;
    {
        libargo::socket short_lived(context);
        short_lived.open();
        short_lived.bind({.partner = libargo::domid_t::self, .ring_size = 4096});
        short_lived.async_receive(asio::buffer(buffer), [&](error_code ec, std::size_t) { result = ec; });
        context.poll();
    }
    run();
    EXPECT_EQ(result, asio::error::operation_aborted);
}

TEST(context, ends_with_operations_pending) {
    std::vector<char> buffer(100);
    bool called = false;
    auto context = std::make_unique<asio::io_context>();
    auto socket = std::make_unique<libargo::socket>(*context);
    socket->open();
    socket->bind({.partner = libargo::domid_t::self, .ring_size = 4096});
    socket->async_receive(asio::buffer(buffer), [&](error_code, std::size_t) { called = true; });
    context->poll();
    socket.reset();
    context.reset();
    EXPECT_FALSE(called);
}

TEST_F(socket_test, wait_writable_when_room_comes) {
    const auto filled = fill_receiver();
    EXPECT_FALSE(sender.space(4000, target).sufficient);
    error_code timed;
    sender.wait_writable(4000, target, 50ms, timed);
    EXPECT_EQ(timed, boost::system::errc::timed_out);
    bool writable = false;
    sender.async_wait_writable(4000, target, [&](error_code ec) {
        EXPECT_FALSE(ec) << ec.message();
        writable = true;
    });
    context.poll();
    EXPECT_FALSE(writable);
    asio::steady_timer later(context, 100ms);
    later.async_wait([&](error_code) {
        std::vector<char> buffer(1000);
        for (std::size_t i = 0; i < filled; ++i) {
            EXPECT_EQ(receiver.receive(asio::buffer(buffer)), 1000U);
        }
    });
    run();
    EXPECT_TRUE(writable);
}

TEST_F(socket_test, sends_wait_their_turn_in_a_full_ring) {
    const auto filled = fill_receiver();
    constexpr std::size_t more = 30;
    std::vector<std::string> texts;
    std::size_t sent = 0;
    for (std::size_t i = 0; i < more; ++i) {
        texts.push_back(text_of(500 + i));
    }
    for (const auto& text : texts) {
        sender.async_send_to(asio::buffer(text), target, [&](error_code ec, std::size_t) {
            EXPECT_FALSE(ec) << ec.message();
            ++sent;
        });
    }
    std::vector<std::string> received;
    const auto take = [&]() -> asio::awaitable<void> {
        std::vector<char> buffer(2000);
        for (std::size_t i = 0; i < filled + more; ++i) {
            const auto size = co_await receiver.async_receive(asio::buffer(buffer), asio::use_awaitable);
            if (i >= filled) {
                received.emplace_back(buffer.data(), size);
            }
        }
    };
    asio::co_spawn(context, take(), asio::detached);
    run();
    EXPECT_EQ(sent, more);
    EXPECT_EQ(received, texts);
}

TEST_F(socket_test, several_messages_per_call) {
    std::vector<std::string> texts;
    std::vector<asio::const_buffer> pieces;
    for (std::size_t i = 0; i < 20; ++i) {
        texts.push_back(text_of(i * 10));
    }
    for (const auto& text : texts) {
        pieces.push_back(asio::buffer(text));
    }
    std::vector<libargo::outgoing_message> outgoing;
    for (const auto& piece : pieces) {
        outgoing.push_back({.buffers = {&piece, 1}, .destination = target});
    }
    EXPECT_EQ(sender.send_many(outgoing), 20U);
    std::vector<std::vector<char>> buffers(32, std::vector<char>(100));
    std::vector<asio::mutable_buffer> places;
    for (auto& buffer : buffers) {
        places.push_back(asio::buffer(buffer));
    }
    std::vector<libargo::incoming_message> incoming;
    for (const auto& place : places) {
        incoming.push_back({.buffers = {&place, 1}});
    }
    EXPECT_EQ(receiver.receive_many(incoming), 20U);
    for (std::size_t i = 0; i < 20; ++i) {
        EXPECT_EQ(incoming[i].info.size, texts[i].size());
        EXPECT_EQ(incoming[i].info.truncated, texts[i].size() > 100);
        EXPECT_EQ(std::string(buffers[i].data(), incoming[i].received()), texts[i].substr(0, 100));
    }
}

TEST_F(socket_test, truncation_is_an_error_of_its_own) {
    sender.send_to(asio::buffer(text_of(50)), target);
    std::vector<char> buffer(20);
    error_code ec;
    EXPECT_EQ(receiver.receive(asio::buffer(buffer), ec), 20U);
    EXPECT_EQ(ec, libargo::error::message_truncated);
    EXPECT_EQ(ec, libargo::condition::too_large);
}

TEST_F(socket_test, errors_of_the_kernel) {
    error_code ec;
    sender.send_to(asio::buffer("x", 1), {libargo::domid_t::self, 12345}, ec);
    EXPECT_EQ(ec, boost::system::errc::connection_refused);
    EXPECT_EQ(ec, libargo::condition::peer_absent);
    sender.send_to(asio::buffer("x", 1), {libargo::domid_t{30000}, 12345}, ec);
    EXPECT_EQ(ec, libargo::condition::peer_absent);
    const std::vector<char> large(sender.space(1, target).max_message + 1);
    sender.send_to(asio::buffer(large), target, ec);
    EXPECT_EQ(ec, libargo::condition::too_large);
    sender.send(asio::buffer("x", 1), ec);
    EXPECT_EQ(ec, boost::system::errc::not_connected);
    sender.connect(target);
    sender.send(asio::buffer("x", 1));
    receiver.close();
    sender.send(asio::buffer("x", 1), ec);
    EXPECT_EQ(ec, libargo::condition::peer_gone);
}

TEST_F(socket_test, several_threads_run_the_context) {
    constexpr std::size_t senders = 4;
    constexpr std::size_t each = 200;
    std::atomic<std::size_t> sent{0};
    std::vector<std::unique_ptr<libargo::socket>> sockets;
    const auto send = [&](libargo::socket& socket, std::size_t number) -> asio::awaitable<void> {
        for (std::size_t i = 0; i < each; ++i) {
            const auto text = text_of(number * each + i);
            co_await socket.async_send_to(asio::buffer(text), target,
                                          libargo::message_type{static_cast<std::uint32_t>(number * each + i)},
                                          asio::use_awaitable);
            ++sent;
        }
    };
    std::set<std::uint32_t> seen;
    const auto take = [&]() -> asio::awaitable<void> {
        std::vector<char> buffer(4000);
        while (seen.size() < senders * each) {
            libargo::message_info info;
            const auto size = co_await receiver.async_receive_from(asio::buffer(buffer), info, asio::use_awaitable);
            const auto number = libargo::to_number(info.type);
            EXPECT_TRUE(seen.insert(number).second) << number << " twice";
            EXPECT_EQ(std::string(buffer.data(), size), text_of(number));
        }
    };
    for (std::size_t i = 0; i < senders; ++i) {
        sockets.push_back(std::make_unique<libargo::socket>(context));
        sockets.back()->open();
        sockets.back()->bind({.partner = libargo::domid_t::self, .ring_size = 4096});
        asio::co_spawn(asio::make_strand(context), send(*sockets.back(), i), asio::detached);
    }
    asio::co_spawn(asio::make_strand(context), take(), [](const std::exception_ptr& error) { EXPECT_FALSE(error); });
    std::vector<std::thread> threads;
    for (int i = 0; i < 3; ++i) {
        threads.emplace_back([this] { context.run_for(60s); });
    }
    for (auto& thread : threads) {
        thread.join();
    }
    EXPECT_EQ(sent, senders * each);
    EXPECT_EQ(seen.size(), senders * each);
}

} // namespace
} // namespace guest
