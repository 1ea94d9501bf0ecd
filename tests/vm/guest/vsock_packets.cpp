// SPDX-License-Identifier: MIT
// libargo::vsock: sockets that keep the boundaries of messages.
#include "vsock_fixture.hpp"

#include <array>

#include <sys/socket.h>

namespace guest {
namespace {

namespace asio = boost::asio;
namespace vsock = libargo::vsock;
using libargo::error_code;

class vsock_seqpacket : public vsock_packet_test {
protected:
    /// Receives one message. `flags` is what the kernel says of it.
    std::vector<char> receive(std::size_t size, asio::socket_base::message_flags& flags) {
        std::vector<char> buffer(size);
        error_code result;
        socket.async_receive(asio::buffer(buffer), flags, [&](error_code ec, std::size_t n) {
            result = ec;
            buffer.resize(n);
        });
        run();
        EXPECT_FALSE(result) << result.message();
        return buffer;
    }

    void send(const std::vector<char>& message) {
        error_code result;
        socket.async_send(asio::buffer(message), 0, [&](error_code ec, std::size_t n) {
            result = ec;
            EXPECT_EQ(n, message.size());
        });
        run();
        EXPECT_FALSE(result) << result.message();
    }
};

TEST_F(vsock_seqpacket, keeps_boundaries) {
    const std::array<std::size_t, 5> sizes{1, 100, 5000, 3, 40000};
    for (const auto size : sizes) {
        send(pattern(size));
    }
    for (const auto size : sizes) {
        asio::socket_base::message_flags flags = 0;
        EXPECT_EQ(receive(65536, flags), pattern(size)) << size;
        EXPECT_EQ(flags & MSG_TRUNC, 0) << size;
    }
}

TEST_F(vsock_seqpacket, may_wait_unread_in_great_number) {
    // They come back while nobody reads: small and large ones are kept in different ways.
    const auto size_of = [](std::size_t i) { return i % 97 == 0 ? 2000 : 1 + i % 50; };
    constexpr std::size_t records = 4000;
    for (std::size_t i = 0; i < records; ++i) {
        send(pattern(size_of(i)));
    }
    for (std::size_t i = 0; i < records; ++i) {
        asio::socket_base::message_flags flags = 0;
        ASSERT_EQ(receive(65536, flags), pattern(size_of(i))) << i;
        ASSERT_EQ(flags & MSG_TRUNC, 0) << i;
    }
}

TEST_F(vsock_seqpacket, may_be_looked_at_first) {
    send(pattern(3));
    send(pattern(5000));
    for (const std::size_t size : {3U, 5000U}) {
        // The socket does not block since the first asynchronous operation.
        socket.wait(asio::socket_base::wait_read);
        std::vector<char> seen(65536);
        const auto n = ::recv(socket.native_handle(), seen.data(), seen.size(), MSG_PEEK);
        ASSERT_EQ(n, static_cast<ssize_t>(size)) << errno;
        asio::socket_base::message_flags flags = 0;
        EXPECT_EQ(receive(65536, flags), pattern(size));
    }
}

TEST_F(vsock_seqpacket, says_what_was_cut_off) {
    send(pattern(100));
    send(pattern(7));
    asio::socket_base::message_flags flags = 0;
    EXPECT_EQ(receive(10, flags), pattern(10));
    EXPECT_EQ(flags & MSG_TRUNC, MSG_TRUNC);
    EXPECT_EQ(receive(10, flags), pattern(7));
    EXPECT_EQ(flags & MSG_TRUNC, 0);
}

TEST_F(vsock_seqpacket, ends_without_an_error) {
    socket.shutdown(asio::socket_base::shutdown_send);
    asio::socket_base::message_flags flags = 0;
    EXPECT_TRUE(receive(10, flags).empty());
}

TEST_F(vsock_seqpacket, knows_its_ends) {
    EXPECT_EQ(socket.remote_endpoint().address(), peer(service::packets));
    EXPECT_NE(socket.local_endpoint().port(), vsock::any_port);
}

class vsock_datagram : public vsock_test {
protected:
    void SetUp() override {
        vsock_test::SetUp();
        if (IsSkipped()) {
            return;
        }
        error_code ec;
        socket.open({}, ec);
        if (!ec) {
            socket.bind(vsock::address{}, ec);
        }
        if (unsupported(ec)) {
            GTEST_SKIP() << "no datagrams: " << ec.message();
        }
        ASSERT_FALSE(ec) << ec.message();
    }

    vsock::datagram_protocol::socket socket{context};
};

TEST_F(vsock_datagram, come_back_from_where_they_went) {
    const auto client = [&]() -> asio::awaitable<void> {
        for (const std::size_t size : {1U, 100U, 5000U}) {
            const auto sent = pattern(size);
            co_await socket.async_send_to(asio::buffer(sent), peer(service::datagrams), asio::use_awaitable);
            std::vector<char> got(65536);
            vsock::datagram_protocol::endpoint sender;
            got.resize(co_await socket.async_receive_from(asio::buffer(got), sender, asio::use_awaitable));
            EXPECT_EQ(got, sent) << size;
            EXPECT_EQ(sender.address(), peer(service::datagrams));
        }
    };
    run(client());
}

TEST_F(vsock_datagram, lose_what_does_not_fit) {
    socket.send_to(asio::buffer(pattern(100)), peer(service::datagrams));
    socket.send_to(asio::buffer(pattern(7)), peer(service::datagrams));
    std::array<char, 10> buffer{};
    iovec piece{buffer.data(), buffer.size()};
    msghdr header{};
    header.msg_iov = &piece;
    header.msg_iovlen = 1;
    EXPECT_EQ(::recvmsg(socket.native_handle(), &header, 0), 10);
    EXPECT_EQ(header.msg_flags & MSG_TRUNC, MSG_TRUNC);
    EXPECT_EQ(std::vector<char>(buffer.begin(), buffer.end()), pattern(10));
    EXPECT_EQ(socket.receive(asio::buffer(buffer)), 7U);
}

} // namespace
} // namespace guest
