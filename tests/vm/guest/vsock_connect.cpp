// SPDX-License-Identifier: MIT
// libargo::vsock: how connections come about, and how they do not.
#include "vsock_fixture.hpp"

#include <chrono>

namespace guest {
namespace {

namespace asio = boost::asio;
namespace errc = boost::system::errc;
namespace vsock = libargo::vsock;
using namespace std::chrono_literals;
using libargo::error_code;

class vsock_connect : public vsock_test {
protected:
    error_code connect(const vsock::address& to) {
        error_code result;
        stream::socket socket(context);
        patient(socket).async_connect(to, [&](error_code ec) { result = ec; });
        run();
        EXPECT_FALSE(vsock::advice(result).empty()) << result.message();
        return result;
    }
};

TEST_F(vsock_connect, nobody_listens) {
    const auto ec = connect({vsock_run().peer.value(), vsock_run().port + 999});
    EXPECT_EQ(ec, asio::error::connection_reset) << ec.message();
    EXPECT_EQ(ec, libargo::condition::peer_gone);
}

TEST_F(vsock_connect, nobody_listens_where_one_waits_for_it) {
    stream::socket socket(context);
    error_code ec;
    patient(socket).connect(vsock::address{vsock_run().peer.value(), vsock_run().port + 999}, ec);
    EXPECT_EQ(ec, asio::error::connection_reset) << ec.message();
}

TEST_F(vsock_connect, no_such_domain) {
    const auto ec = connect({vsock::from_domid(libargo::domid_t{0x7fee}), vsock_run().port});
    if (over_loopback()) {
        EXPECT_EQ(ec, errc::no_such_device) << ec.message();
    } else {
        EXPECT_EQ(ec, libargo::condition::peer_absent) << ec.message();
    }
}

TEST_F(vsock_connect, a_cid_that_is_not_ours) {
    stream::acceptor acceptor(context);
    acceptor.open();
    error_code ec;
    acceptor.bind(vsock::address{vsock::from_domid(libargo::domid_t{0x7fee}), vsock::any_port}, ec);
    EXPECT_EQ(ec, errc::address_not_available) << ec.message();
}

TEST_F(vsock_connect, is_called_back) {
    stream::acceptor acceptor(context, vsock::address{});
    const auto port = acceptor.local_endpoint().port();
    std::string got;
    error_code end;
    const auto client = [&]() -> asio::awaitable<void> {
        stream::socket request(context);
        co_await patient(request).async_connect(peer(service::callback), asio::use_awaitable);
        co_await asio::async_write(request, asio::buffer(&port, sizeof(port)), asio::use_awaitable);
        stream::endpoint caller;
        auto socket = co_await acceptor.async_accept(caller, asio::use_awaitable);
        EXPECT_EQ(caller.cid(), vsock_run().peer);
        EXPECT_EQ(socket.remote_endpoint(), caller);
        EXPECT_EQ(socket.local_endpoint().port(), port);
        co_await asio::async_read(socket, asio::dynamic_buffer(got), asio::redirect_error(asio::use_awaitable, end));
    };
    run(client());
    EXPECT_EQ(got, called);
    EXPECT_EQ(end, asio::error::eof) << end.message();
}

TEST_F(vsock_connect, an_accept_is_cancelled) {
    stream::acceptor acceptor(context, vsock::address{});
    error_code result;
    acceptor.async_accept([&](error_code ec, const stream::socket&) { result = ec; });
    context.run_for(50ms);
    EXPECT_FALSE(result);
    acceptor.cancel();
    run();
    EXPECT_EQ(result, asio::error::operation_aborted) << result.message();
}

TEST_F(vsock_connect, a_cid_is_the_domains) {
    error_code ec;
    const auto cid = vsock::local_cid(ec);
    if (vsock_run().own) {
        EXPECT_EQ(cid, *vsock_run().own) << ec.message();
    } else if (over_loopback() && ec) {
        // Kernels before some 6.12 do not tell that of vsock_loopback.
        EXPECT_EQ(ec, errc::no_such_device) << ec.message();
    } else {
        EXPECT_FALSE(ec) << ec.message();
        EXPECT_NE(cid, vsock::any_cid);
    }
}

} // namespace
} // namespace guest
