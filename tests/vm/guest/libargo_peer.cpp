// SPDX-License-Identifier: MIT
// libargo::socket over the real device, with the servant of another domain.
#include "libargo_fixture.hpp"

#include "peer_client.hpp"

namespace guest {
namespace {

namespace asio = boost::asio;
using namespace std::chrono_literals;
using libargo::error_code;

libargo::address to_libargo(const argo_addr& addr) { return {libargo::domid_t{addr.domid}, addr.port}; }

class socket_and_peer : public testing::Test {
protected:
    void SetUp() override {
        if (!libargo_peer()) {
            GTEST_SKIP() << "no --peer was given";
        }
        peer.emplace(*libargo_peer());
        socket.open();
        local = socket.bind({.partner = libargo::domid_t{peer->domid()}, .ring_size = 65536}).local();
    }

    [[nodiscard]] argo_addr source() const { return {local.port, libargo::to_number(local.domid), 0}; }

    /// Sends until the ring at `to` is full; returns the number of the next message.
    std::uint32_t fill(const traffic& what, const libargo::address& to) {
        socket.non_blocking(true);
        std::uint32_t number = 0;
        error_code ec;
        for (;; ++number) {
            const auto data = make_message(what, source(), number);
            socket.send_to(asio::buffer(data), to, libargo::message_type{number}, ec);
            if (ec) {
                break;
            }
        }
        EXPECT_EQ(ec, libargo::condition::would_wait) << ec.message();
        socket.non_blocking(false);
        return number;
    }

    void run() {
        context.restart();
        context.run_for(60s);
        EXPECT_TRUE(context.stopped()) << "something is still pending after a minute";
    }

    static void expect_done(remote_job& job, std::uint64_t messages) {
        const auto result = job.finish();
        EXPECT_EQ(result.error, 0U) << result.text.data();
        EXPECT_EQ(result.messages, messages);
    }

    std::optional<peer_client> peer;
    asio::io_context context;
    libargo::socket socket{context};
    libargo::address local;
};

TEST_F(socket_and_peer, coroutine_echo) {
    auto job = peer->echo();
    ASSERT_EQ(job.error(), success);
    const traffic what{51, 0, 6000};
    std::uint32_t right = 0;
    const auto client = [&]() -> asio::awaitable<void> {
        socket.connect(to_libargo(job.address()));
        bytes buffer(6000);
        for (std::uint32_t i = 0; i < 100; ++i) {
            const auto data = make_message(what, source(), i);
            co_await socket.async_send(asio::buffer(data), asio::use_awaitable);
            const auto size = co_await socket.async_receive(asio::buffer(buffer), asio::use_awaitable);
            right += bytes(buffer.begin(), buffer.begin() + static_cast<std::ptrdiff_t>(size)) == data ? 1U : 0U;
        }
    };
    asio::co_spawn(context, client(), [](const std::exception_ptr& error) { EXPECT_FALSE(error); });
    run();
    EXPECT_EQ(right, 100U);
}

TEST_F(socket_and_peer, wait_writable_with_a_full_ring) {
    const traffic what{52, 700, 700};
    auto job = peer->hold(what, 0, 8192);
    ASSERT_EQ(job.error(), success);
    const auto to = to_libargo(job.address());
    const auto filled = fill(what, to);
    bool writable = false;
    socket.async_wait_writable(5000, to, [&](error_code ec) {
        EXPECT_FALSE(ec) << ec.message();
        writable = true;
    });
    context.run_for(200ms);
    EXPECT_FALSE(writable);
    job.release();
    run();
    EXPECT_TRUE(writable);
    EXPECT_TRUE(socket.space(5000, to).sufficient);
    EXPECT_EQ(job.stop().messages, filled);
}

TEST_F(socket_and_peer, sends_wait_for_a_full_ring) {
    const traffic what{53, 0, 1500};
    auto job = peer->hold(what, 300, 8192);
    ASSERT_EQ(job.error(), success);
    const auto to = to_libargo(job.address());
    std::uint32_t next = fill(what, to);
    const auto client = [&]() -> asio::awaitable<void> {
        for (; next < 300; ++next) {
            const auto data = make_message(what, source(), next);
            co_await socket.async_send_to(asio::buffer(data), to, libargo::message_type{next}, asio::use_awaitable);
        }
    };
    asio::co_spawn(context, client(), [](const std::exception_ptr& error) { EXPECT_FALSE(error); });
    context.run_for(200ms);
    EXPECT_LT(next, 300U);
    job.release();
    run();
    expect_done(job, 300);
}

TEST_F(socket_and_peer, cancelled_while_the_ring_is_full) {
    const traffic what{54, 700, 700};
    auto job = peer->hold(what, 0, 8192);
    ASSERT_EQ(job.error(), success);
    const auto to = to_libargo(job.address());
    const auto filled = fill(what, to);
    const auto data = make_message(what, source(), filled);
    error_code sent;
    error_code waited;
    socket.async_send_to(asio::buffer(data), to, [&](error_code ec, std::size_t) { sent = ec; });
    socket.async_wait_writable(700, to, [&](error_code ec) { waited = ec; });
    context.run_for(100ms);
    socket.cancel();
    run();
    EXPECT_EQ(sent, asio::error::operation_aborted);
    EXPECT_EQ(waited, asio::error::operation_aborted);
    // What was cancelled was not delivered.
    job.release();
    socket.drain(to, 30s);
    EXPECT_EQ(job.stop().messages, filled);
}

TEST_F(socket_and_peer, drain_completes_when_the_peer_has_read_all) {
    const traffic what{55, 100, 100};
    auto job = peer->hold(what, 0, 8192);
    ASSERT_EQ(job.error(), success);
    const auto to = to_libargo(job.address());
    const auto filled = fill(what, to);
    bool drained = false;
    socket.async_drain(to, [&](error_code ec) {
        EXPECT_FALSE(ec) << ec.message();
        drained = true;
    });
    context.run_for(200ms);
    EXPECT_FALSE(drained);
    job.release();
    run();
    EXPECT_TRUE(drained);
    EXPECT_EQ(job.stop().messages, filled);
}

TEST_F(socket_and_peer, a_peer_that_goes_ends_a_receive) {
    auto job = peer->echo();
    ASSERT_EQ(job.error(), success);
    socket.connect(to_libargo(job.address()));
    bytes buffer(100);
    socket.send(asio::buffer("hello", 5));
    EXPECT_EQ(socket.receive(asio::buffer(buffer)), 5U);
    error_code result;
    socket.async_receive(asio::buffer(buffer), [&](error_code ec, std::size_t) { result = ec; });
    context.run_for(100ms);
    job.stop();
    run();
    EXPECT_EQ(result, libargo::condition::peer_gone) << result.message();
}

} // namespace
} // namespace guest
