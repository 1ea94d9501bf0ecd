// SPDX-License-Identifier: MIT
#include <array>
#include <cstddef>
#include <memory>
#include <stop_token>
#include <string>
#include <thread>

#include <boost/asio/bind_executor.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/thread_pool.hpp>

#include "fixture.hpp"

namespace libargo::test {
namespace {

/// What was allocated.
struct counts {
    std::size_t allocations = 0;
    std::size_t live = 0;
};

/// Counts what is allocated with it.
template <class T> class counting_allocator {
public:
    using value_type = T;

    explicit counting_allocator(std::shared_ptr<counts> count) : count_(std::move(count)) {}
    template <class U>
    counting_allocator(const counting_allocator<U>& other) // NOLINT(google-explicit-constructor): as allocators are
        : count_(other.count()) {}

    [[nodiscard]] T* allocate(std::size_t n) {
        ++count_->allocations;
        ++count_->live;
        return std::allocator<T>{}.allocate(n);
    }
    void deallocate(T* memory, std::size_t n) {
        --count_->live;
        std::allocator<T>{}.deallocate(memory, n);
    }
    [[nodiscard]] const std::shared_ptr<counts>& count() const { return count_; }

    friend bool operator==(const counting_allocator& a, const counting_allocator& b) { return a.count_ == b.count_; }

private:
    std::shared_ptr<counts> count_;
};

/// A handler with an allocator.
template <class Function> struct allocating_handler {
    using allocator_type = counting_allocator<std::byte>;

    allocator_type allocator;
    Function function;

    [[nodiscard]] allocator_type get_allocator() const noexcept { return allocator; }
    void operator()(error_code ec, std::size_t size) { function(ec, size); }
};
template <class Function> allocating_handler(counting_allocator<std::byte>, Function) -> allocating_handler<Function>;

using associated = socket_test;

TEST_F(associated, executor_is_used_when_an_operation_had_to_wait) {
    auto receiver = bound(5000);
    const auto strand = asio::make_strand(context);
    std::array<char, 16> bytes{};
    bool in_strand = false;
    receiver.async_receive(asio::buffer(bytes), asio::bind_executor(strand, [&](error_code, std::size_t) {
                               in_strand = strand.running_in_this_thread();
                           }));
    poll();
    connected(5000).send(asio::buffer("x", 1));
    poll();
    EXPECT_TRUE(in_strand);
}

TEST_F(associated, executor_is_used_when_an_operation_completes_at_once) {
    auto receiver = bound(5000);
    connected(5000).send(asio::buffer("x", 1));
    const auto strand = asio::make_strand(context);
    std::array<char, 16> bytes{};
    bool in_strand = false;
    receiver.async_receive(asio::buffer(bytes), asio::bind_executor(strand, [&](error_code, std::size_t) {
                               in_strand = strand.running_in_this_thread();
                           }));
    poll();
    EXPECT_TRUE(in_strand);
}

TEST_F(associated, executor_of_another_context_is_kept_running) {
    auto receiver = bound(5000);
    asio::thread_pool pool(1);
    std::array<char, 16> bytes{};
    std::thread::id where;
    receiver.async_receive(asio::buffer(bytes), asio::bind_executor(pool.get_executor(), [&](error_code, std::size_t) {
                               where = std::this_thread::get_id();
                           }));
    connected(5000).send(asio::buffer("x", 1));
    poll();
    pool.join(); // returns when the handler was called: the operation was its work
    EXPECT_NE(where, std::thread::id{});
    EXPECT_NE(where, std::this_thread::get_id());
}

TEST_F(associated, executor_of_the_socket_is_the_default) {
    const auto strand = asio::make_strand(context);
    socket receiver(strand);
    detail::socket_access::assign(receiver, driver->open(), driver);
    receiver.bind({.port = 5000});
    std::array<char, 16> bytes{};
    int in_strand = 0;
    const auto handler = [&](error_code, std::size_t) { in_strand += strand.running_in_this_thread() ? 1 : 0; };
    receiver.async_receive(asio::buffer(bytes), handler);
    auto sender = connected(5000);
    sender.send(asio::buffer("x", 1));
    poll();
    EXPECT_EQ(in_strand, 1);
    sender.send(asio::buffer("x", 1));
    receiver.async_receive(asio::buffer(bytes), handler);
    poll();
    EXPECT_EQ(in_strand, 2);
}

TEST_F(associated, allocator_is_used_and_its_memory_is_back_before_the_handler_is_called) {
    auto receiver = bound(5000);
    auto sender = connected(5000);
    const auto count = std::make_shared<counts>();
    std::array<char, 16> bytes{};
    std::size_t live_in_handler = 99;
    receiver.async_receive(asio::buffer(bytes),
                           allocating_handler{counting_allocator<std::byte>(count),
                                              [&](error_code, std::size_t) { live_in_handler = count->live; }});
    poll();
    EXPECT_EQ(count->live, 1U) << "the pending operation";
    sender.send(asio::buffer("x", 1));
    poll();
    EXPECT_EQ(live_in_handler, 0U);
    EXPECT_EQ(count->live, 0U);
    EXPECT_GE(count->allocations, 1U);
}

TEST_F(associated, allocator_is_used_behind_a_stop_token) {
    auto receiver = bound(5000);
    const auto count = std::make_shared<counts>();
    std::array<char, 16> bytes{};
    std::stop_source source;
    receiver.async_receive(asio::buffer(bytes),
                           bind_stop_token(source.get_token(), allocating_handler{counting_allocator<std::byte>(count),
                                                                                  [](error_code, std::size_t) {}}));
    EXPECT_EQ(count->live, 1U);
    source.request_stop();
    poll();
    EXPECT_EQ(count->live, 0U);
}

TEST_F(associated, allocator_gets_its_memory_back_when_a_handler_is_never_called) {
    const auto count = std::make_shared<counts>();
    std::array<char, 16> bytes{};
    {
        asio::io_context short_lived;
        socket receiver(short_lived);
        detail::socket_access::assign(receiver, driver->open(), driver);
        receiver.bind({.port = 5000});
        receiver.async_receive(asio::buffer(bytes), allocating_handler{counting_allocator<std::byte>(count),
                                                                       [](error_code, std::size_t) {}});
        EXPECT_EQ(count->live, 1U);
    }
    EXPECT_EQ(count->live, 0U);
}

} // namespace
} // namespace libargo::test
