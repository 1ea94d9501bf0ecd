// SPDX-License-Identifier: MIT
// libargo::vsock::stream_protocol: bytes, and how a connection ends.
#include "vsock_fixture.hpp"

#include <array>
#include <chrono>

namespace guest {
namespace {

namespace asio = boost::asio;
namespace vsock = libargo::vsock;
using namespace std::chrono_literals;
using libargo::error_code;

class vsock_stream : public vsock_test {
protected:
    /// Sends so many bytes to an echo and reads them back at the same time.
    void echo(std::size_t size) {
        const auto sent = pattern(size);
        std::vector<char> got(size);
        std::size_t written = 0;
        const auto client = [&]() -> asio::awaitable<void> {
            co_await socket.async_connect(peer(service::echo), asio::use_awaitable);
            asio::async_write(socket, asio::buffer(sent), [&](error_code ec, std::size_t n) {
                EXPECT_FALSE(ec) << ec.message();
                written = n;
            });
            co_await asio::async_read(socket, asio::buffer(got), asio::use_awaitable);
        };
        run(client());
        EXPECT_EQ(written, size);
        EXPECT_TRUE(got == sent);
    }

    stream::socket socket{context};
};

TEST_F(vsock_stream, carries_a_mebibyte_both_ways) {
    patient(socket);
    echo(1U << 20U);
}

TEST_F(vsock_stream, carries_more_than_its_buffer_holds) {
    patient(socket);
    socket.set_option(vsock::buffer_min_size(4096));
    socket.set_option(vsock::buffer_max_size(8192));
    vsock::buffer_size size;
    socket.get_option(size);
    EXPECT_EQ(size.value(), 8192U);
    echo(100000);
}

TEST_F(vsock_stream, waits_as_long_as_it_is_told) {
    socket.open();
    socket.set_option(vsock::connect_timeout(30500ms));
    vsock::connect_timeout time;
    socket.get_option(time);
    EXPECT_EQ(time.value(), 30500ms);
    echo(10);
}

TEST_F(vsock_stream, blocks_too) {
    patient(socket).connect(peer(service::echo));
    std::array<char, 5> got{};
    asio::write(socket, asio::buffer("hello", 5));
    asio::read(socket, asio::buffer(got));
    EXPECT_EQ(std::string(got.data(), got.size()), "hello");
}

TEST_F(vsock_stream, is_a_standard_stream) {
    stream::iostream text;
    text.connect(stream::endpoint(peer(service::echo)));
    ASSERT_TRUE(text) << text.error().message();
    text << "one line\n" << std::flush;
    std::string line;
    std::getline(text, line);
    EXPECT_EQ(line, "one line");
}

TEST_F(vsock_stream, ends_when_the_peer_has_sent_all) {
    std::string got;
    error_code end;
    const auto client = [&]() -> asio::awaitable<void> {
        co_await patient(socket).async_connect(peer(service::echo), asio::use_awaitable);
        co_await asio::async_write(socket, asio::buffer("the end", 7), asio::use_awaitable);
        socket.shutdown(asio::socket_base::shutdown_send);
        co_await asio::async_read(socket, asio::dynamic_buffer(got), asio::redirect_error(asio::use_awaitable, end));
    };
    run(client());
    EXPECT_EQ(got, "the end");
    EXPECT_EQ(end, asio::error::eof) << end.message();
}

TEST_F(vsock_stream, knows_its_ends) {
    patient(socket).connect(peer(service::echo));
    EXPECT_EQ(socket.remote_endpoint().address(), peer(service::echo));
    const auto local = socket.local_endpoint();
    EXPECT_EQ(local.size(), sizeof(sockaddr_vm));
    EXPECT_EQ(local.data()->sa_family, AF_VSOCK);
    EXPECT_NE(local.port(), vsock::any_port);
    // A transport may leave it at "any".
    if (vsock_run().own && local.cid() != vsock::any_cid) {
        EXPECT_EQ(local.cid(), *vsock_run().own);
    }
}

TEST_F(vsock_stream, a_cancelled_receive_leaves_no_trace) {
    patient(socket).connect(peer(service::echo));
    std::array<char, 5> got{};
    error_code result;
    socket.async_read_some(asio::buffer(got), [&](error_code ec, std::size_t) { result = ec; });
    context.run_for(50ms);
    EXPECT_FALSE(result);
    socket.cancel();
    run();
    EXPECT_EQ(result, asio::error::operation_aborted) << result.message();

    asio::write(socket, asio::buffer("hello", 5));
    asio::read(socket, asio::buffer(got));
    EXPECT_EQ(std::string(got.data(), got.size()), "hello");
}

} // namespace
} // namespace guest
