// SPDX-License-Identifier: MIT
#include <array>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "fixture.hpp"

namespace libargo::test {
namespace {

/// Sockets on a context that ends before the test does.
class lifetime : public socket_test {
protected:
    [[nodiscard]] socket on(const asio::any_io_executor& executor, port_t port = port_any) {
        socket made(executor);
        detail::socket_access::assign(made, driver->open(), driver);
        if (port != port_any) {
            made.bind({.port = port});
        }
        return made;
    }
};

TEST_F(lifetime, a_context_may_go_with_operations_pending_on_a_socket_that_goes_first) {
    std::weak_ptr<int> alive;
    {
        asio::io_context short_lived;
        auto receiver = on(short_lived.get_executor(), 5000);
        const auto token = std::make_shared<int>();
        alive = token;
        std::array<char, 16> bytes{};
        receiver.async_receive(asio::buffer(bytes), [token](error_code, std::size_t) { FAIL() << "called"; });
        short_lived.poll();
    }
    EXPECT_TRUE(alive.expired());
}

TEST_F(lifetime, a_context_may_go_with_handlers_that_own_their_socket) {
    std::weak_ptr<socket> alive;
    {
        asio::io_context short_lived;
        const auto receiver = std::make_shared<socket>(on(short_lived.get_executor(), 5000));
        alive = receiver;
        auto bytes = std::make_shared<std::array<char, 16>>();
        receiver->async_receive(asio::buffer(*bytes), [receiver, bytes](error_code, std::size_t) { FAIL(); });
        receiver->async_wait(socket::wait_error, [receiver](error_code) { FAIL(); });
        short_lived.poll();
    }
    EXPECT_TRUE(alive.expired()) << "the handler and the socket own each other";
}

TEST_F(lifetime, a_context_may_go_with_coroutines_waiting) {
    std::weak_ptr<int> alive;
    {
        asio::io_context short_lived;
        const auto token = std::make_shared<int>();
        alive = token;
        auto work = [](socket receiver, std::shared_ptr<int>) -> asio::awaitable<void> {
            std::array<char, 16> bytes{};
            co_await receiver.async_receive(asio::buffer(bytes), asio::use_awaitable);
            ADD_FAILURE() << "it went on";
        };
        asio::co_spawn(short_lived, work(on(short_lived.get_executor(), 5000), token), asio::detached);
        short_lived.poll();
        EXPECT_GE(alive.use_count(), 2);
    }
    EXPECT_TRUE(alive.expired());
}

TEST_F(lifetime, a_context_may_go_with_a_send_waiting_on_the_timer) {
    auto first = bound(5000);
    auto second = bound(5001);
    std::weak_ptr<socket> alive;
    {
        asio::io_context short_lived;
        const auto sender = std::make_shared<socket>(on(asio::make_strand(short_lived), 6000));
        alive = sender;
        const auto text = std::make_shared<std::string>(large, 'x');
        for (const port_t port : {5000U, 5001U}) {
            fill(*sender, large, at(port));
            sender->async_send_to(asio::buffer(*text), at(port), [sender, text](error_code, std::size_t) { FAIL(); });
        }
        short_lived.poll();
    }
    EXPECT_TRUE(alive.expired());
}

TEST_F(lifetime, a_context_may_go_with_completions_on_their_way) {
    std::weak_ptr<socket> alive;
    {
        asio::io_context short_lived;
        const auto receiver = std::make_shared<socket>(on(short_lived.get_executor(), 5000));
        alive = receiver;
        auto bytes = std::make_shared<std::array<char, 16>>();
        for (int i = 0; i < 3; ++i) {
            receiver->async_receive(asio::buffer(*bytes), [receiver, bytes](error_code, std::size_t) { FAIL(); });
        }
        receiver->cancel();
    }
    EXPECT_TRUE(alive.expired());
}

TEST_F(lifetime, run_returns_when_nothing_is_pending) {
    auto receiver = bound(5000);
    EXPECT_EQ(context.run(), 0U);
    std::array<char, 16> bytes{};
    outcome received;
    connected(5000).send(asio::buffer("x", 1));
    receiver.async_receive(asio::buffer(bytes), received.handler());
    context.restart();
    context.run();
    EXPECT_EQ(received.calls, 1);
}

TEST_F(lifetime, a_socket_may_go_in_its_own_handler) {
    auto receiver = std::make_optional(bound(5000));
    std::array<char, 16> bytes{};
    outcome second;
    int calls = 0;
    receiver->async_receive(asio::buffer(bytes), [&](error_code, std::size_t) {
        ++calls;
        receiver.reset();
        EXPECT_EQ(second.calls, 0);
    });
    receiver->async_receive(asio::buffer(bytes), second.handler());
    connected(5000).send(asio::buffer("x", 1));
    poll();
    EXPECT_EQ(calls, 1);
    EXPECT_EQ(second.ec, asio::error::operation_aborted);
}

TEST_F(lifetime, an_exception_of_a_handler_leaves_the_socket_working) {
    auto receiver = bound(5000);
    auto sender = connected(5000);
    std::array<char, 16> bytes{};
    outcome received;
    receiver.async_receive(asio::buffer(bytes), [](error_code, std::size_t) { throw std::runtime_error("no"); });
    receiver.async_receive(asio::buffer(bytes), received.handler());
    poll();
    sender.send(asio::buffer("x", 1));
    EXPECT_THROW(poll(), std::runtime_error);
    sender.send(asio::buffer("x", 1));
    poll();
    EXPECT_EQ(received.calls, 1);
}

TEST_F(lifetime, buffers_that_own_their_memory_live_as_long_as_the_operation) {
    /// A buffer sequence as in Asio's examples: its copies share the memory.
    class shared_buffer {
    public:
        using value_type = asio::const_buffer;
        using const_iterator = const value_type*;

        explicit shared_buffer(const std::string& text)
            : memory_(std::make_shared<std::string>(text)), buffer_(asio::buffer(*memory_)) {}
        [[nodiscard]] const_iterator begin() const { return &buffer_; }
        [[nodiscard]] const_iterator end() const { return &buffer_ + 1; }
        [[nodiscard]] std::weak_ptr<std::string> watch() const { return memory_; }

    private:
        std::shared_ptr<std::string> memory_;
        value_type buffer_;
    };

    auto receiver = bound(5000);
    auto sender = connected(5000);
    fill(sender, large);
    std::weak_ptr<std::string> memory;
    outcome sent;
    {
        const shared_buffer buffer(std::string(large, 'y'));
        memory = buffer.watch();
        sender.async_send(buffer, sent.handler());
    }
    EXPECT_FALSE(memory.expired());
    static_cast<void>(next(receiver));
    poll();
    EXPECT_EQ(sent.calls, 1);
    EXPECT_TRUE(memory.expired());
    EXPECT_EQ(next(receiver), std::string(large, 'y'));
}

} // namespace
} // namespace libargo::test
