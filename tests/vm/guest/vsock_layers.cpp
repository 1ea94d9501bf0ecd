// SPDX-License-Identifier: MIT
// What is made for Asio's streams, over libargo::vsock: TLS, and HTTP with Beast.
#include "vsock_fixture.hpp"

#include <utility>

#include <boost/asio/ssl.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>

namespace guest {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
using namespace std::chrono_literals;
using libargo::error_code;

class vsock_tls : public vsock_test {
protected:
    vsock_tls() { trust.set_verify_mode(asio::ssl::verify_peer); }

    /// The servant's certificate, which it made when it started.
    std::string certificate() {
        stream::socket socket(context);
        patient(socket).connect(peer(service::certificate));
        std::string pem;
        error_code ec;
        asio::read(socket, asio::dynamic_buffer(pem), ec);
        EXPECT_EQ(ec, asio::error::eof) << ec.message();
        return pem;
    }

    asio::ssl::context trust{asio::ssl::context::tls_client};
};

TEST_F(vsock_tls, carries_data_both_ways) {
    trust.add_certificate_authority(asio::buffer(certificate()));
    asio::ssl::stream<stream::socket> secure(context, trust);
    const auto sent = pattern(100000);
    std::vector<char> got(sent.size());
    const auto client = [&]() -> asio::awaitable<void> {
        co_await patient(secure.lowest_layer()).async_connect(peer(service::tls), asio::use_awaitable);
        co_await secure.async_handshake(asio::ssl::stream_base::client, asio::use_awaitable);
        asio::async_write(secure, asio::buffer(sent),
                          [](error_code ec, std::size_t) { EXPECT_FALSE(ec) << ec.message(); });
        co_await asio::async_read(secure, asio::buffer(got), asio::use_awaitable);
        co_await secure.async_shutdown(asio::use_awaitable);
    };
    run(client());
    EXPECT_TRUE(got == sent);
}

TEST_F(vsock_tls, refuses_who_is_not_trusted) {
    asio::ssl::stream<stream::socket> secure(context, trust);
    patient(secure.lowest_layer()).connect(peer(service::tls));
    error_code ec;
    secure.handshake(asio::ssl::stream_base::client, ec);
    EXPECT_EQ(ec.category(), asio::error::get_ssl_category()) << ec.message();
}

class vsock_http : public vsock_test {};

TEST_F(vsock_http, gets_pages_over_one_connection) {
    beast::basic_stream<stream> server(context);
    const auto client = [&]() -> asio::awaitable<void> {
        patient(server.socket());
        server.expires_after(30s);
        co_await server.async_connect(stream::endpoint(peer(service::http)), asio::use_awaitable);
        beast::flat_buffer buffer;
        for (const auto* const target : {"/", "/second?page"}) {
            const http::request<http::empty_body> request(http::verb::get, target, 11);
            co_await http::async_write(server, request, asio::use_awaitable);
            http::response<http::string_body> page;
            co_await http::async_read(server, buffer, page, asio::use_awaitable);
            EXPECT_EQ(page.result(), http::status::ok);
            EXPECT_EQ(page.body(), std::string("You asked for ") + target + "\n");
        }
    };
    run(client());
}

TEST_F(vsock_http, gives_up_in_time) {
    beast::basic_stream<stream> silent(context);
    patient(silent.socket());
    silent.connect(stream::endpoint(peer(service::echo)));
    silent.expires_after(50ms);
    std::array<char, 1> nothing{};
    error_code result;
    silent.async_read_some(asio::buffer(nothing), [&](error_code ec, std::size_t) { result = ec; });
    run();
    EXPECT_EQ(result, beast::error::timeout) << result.message();
}

} // namespace
} // namespace guest
