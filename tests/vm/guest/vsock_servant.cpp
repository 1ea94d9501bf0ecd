// SPDX-License-Identifier: MIT
#include "vsock_servant.hpp"

#include "vsock_certificate.hpp"
#include "vsock_services.hpp"

#include <array>
#include <iostream>
#include <utility>

#include <boost/asio.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>
#include <libargo/vsock/vsock.hpp>

namespace guest {
namespace {

namespace asio = boost::asio;
namespace http = boost::beast::http;
namespace vsock = libargo::vsock;
using stream = vsock::stream_protocol;
using libargo::error_code;

constexpr std::size_t max_packet = 65536;

/// What a session throws ends it, as its peer's end does.
void ended(const std::exception_ptr&) {}

template <class Protocol, class Session>
asio::awaitable<void> accept(typename Protocol::acceptor acceptor, Session session) {
    for (;;) {
        asio::co_spawn(acceptor.get_executor(), session(co_await acceptor.async_accept(asio::use_awaitable)), ended);
    }
}

template <class Stream> asio::awaitable<void> echo_stream(Stream& peer) {
    std::vector<char> buffer(16384);
    error_code ec;
    for (;;) {
        const auto size =
            co_await peer.async_read_some(asio::buffer(buffer), asio::redirect_error(asio::use_awaitable, ec));
        if (ec) {
            co_return;
        }
        co_await asio::async_write(peer, asio::buffer(buffer.data(), size), asio::use_awaitable);
    }
}

asio::awaitable<void> echo(stream::socket peer) { co_await echo_stream(peer); }

asio::awaitable<void> echo_tls(stream::socket peer, asio::ssl::context& context) {
    asio::ssl::stream<stream::socket> secure(std::move(peer), context);
    co_await secure.async_handshake(asio::ssl::stream_base::server, asio::use_awaitable);
    co_await echo_stream(secure);
    co_await secure.async_shutdown(asio::use_awaitable);
}

asio::awaitable<void> answer_http(stream::socket peer) {
    boost::beast::flat_buffer buffer;
    for (bool more = true; more;) {
        http::request<http::empty_body> request;
        co_await http::async_read(peer, buffer, request, asio::use_awaitable);
        http::response<http::string_body> page(http::status::ok, request.version());
        page.body() = "You asked for " + std::string(request.target()) + "\n";
        page.keep_alive(request.keep_alive());
        page.prepare_payload();
        co_await http::async_write(peer, page, asio::use_awaitable);
        more = page.keep_alive();
    }
}

asio::awaitable<void> echo_packets(vsock::seqpacket::socket peer) {
    std::vector<char> buffer(max_packet);
    for (;;) {
        asio::socket_base::message_flags flags = 0;
        const auto size = co_await peer.async_receive(asio::buffer(buffer), flags, asio::use_awaitable);
        if (size == 0) {
            co_return;
        }
        co_await peer.async_send(asio::buffer(buffer.data(), size), 0, asio::use_awaitable);
    }
}

asio::awaitable<void> echo_datagrams(vsock::datagram_protocol::socket socket) {
    std::vector<char> buffer(max_packet);
    for (;;) {
        vsock::datagram_protocol::endpoint sender;
        const auto size = co_await socket.async_receive_from(asio::buffer(buffer), sender, asio::use_awaitable);
        error_code gone;
        co_await socket.async_send_to(asio::buffer(buffer.data(), size), sender,
                                      asio::redirect_error(asio::use_awaitable, gone));
    }
}

asio::awaitable<void> call_back(stream::socket peer) {
    vsock::port_t port = 0;
    co_await asio::async_read(peer, asio::buffer(&port, sizeof(port)), asio::use_awaitable);
    stream::socket caller(peer.get_executor());
    co_await caller.async_connect(vsock::address{peer.remote_endpoint().cid(), port}, asio::use_awaitable);
    co_await asio::async_write(caller, asio::buffer(called), asio::use_awaitable);
}

} // namespace

void serve_vsock(libargo::vsock::port_t base) {
    asio::io_context context(1);
    const auto own = make_certificate();
    asio::ssl::context secret(asio::ssl::context::tls_server);
    secret.use_certificate_chain(asio::buffer(own.chain));
    secret.use_private_key(asio::buffer(own.key), asio::ssl::context::pem);

    const auto offer = [&]<class Protocol>(Protocol, service what, auto session) {
        typename Protocol::acceptor acceptor(context, address_of(what, {vsock::any_cid, base}));
        asio::co_spawn(context, accept<Protocol>(std::move(acceptor), std::move(session)), asio::detached);
    };
    offer(stream{}, service::echo, echo);
    offer(stream{}, service::tls, [&](stream::socket peer) { return echo_tls(std::move(peer), secret); });
    offer(stream{}, service::http, answer_http);
    offer(vsock::seqpacket{}, service::packets, echo_packets);
    offer(stream{}, service::callback, call_back);
    offer(stream{}, service::certificate, [&](stream::socket peer) -> asio::awaitable<void> {
        co_await asio::async_write(peer, asio::buffer(own.chain), asio::use_awaitable);
    });

    error_code ec;
    vsock::datagram_protocol::socket datagrams(context);
    datagrams.open({}, ec);
    if (!ec) {
        datagrams.bind(address_of(service::datagrams, {vsock::any_cid, base}), ec);
    }
    if (ec) {
        std::cout << "no datagrams: " << ec.message() << '\n';
    } else {
        asio::co_spawn(context, echo_datagrams(std::move(datagrams)), asio::detached);
    }
    std::cout << "ready" << std::endl;
    context.run();
}

} // namespace guest
