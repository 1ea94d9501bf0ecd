// SPDX-License-Identifier: MIT
// Fetches a page from another domain to standard output. Usage: vsock_http_client CID:PORT PATH
// The exit status is 0 for an answer 2xx, else the first digit of what was answered; 1 where there was no answer.
#include <array>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <exception>
#include <limits>
#include <string>
#include <utility>

#include <boost/asio.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <libargo/vsock/vsock.hpp>

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
namespace vsock = libargo::vsock;
using namespace std::chrono_literals;
using libargo::error_code;

/// Writes the body to standard output as it comes; the result is the answer's status.
static asio::awaitable<unsigned> fetch(beast::basic_stream<vsock::stream_protocol>& server, vsock::address address,
                                       std::string path) {
    server.expires_after(30s);
    // Else the kernel gives up after two seconds.
    server.socket().open();
    server.socket().set_option(vsock::connect_timeout(30s));
    co_await server.async_connect(vsock::stream_protocol::endpoint(address), asio::use_awaitable);

    http::request<http::empty_body> request(http::verb::get, path, 11);
    request.set(http::field::host, vsock::to_string(address));
    request.keep_alive(false);
    co_await http::async_write(server, request, asio::use_awaitable);

    beast::flat_buffer buffer;
    http::response_parser<http::buffer_body> parser;
    // boost::none would be no limit as well, but Beast of Boost 1.74 takes it for 0.
    parser.body_limit(std::numeric_limits<std::uint64_t>::max());
    co_await http::async_read_header(server, buffer, parser, asio::use_awaitable);
    std::array<char, 16384> part{};
    while (!parser.is_done()) {
        auto& body = parser.get().body();
        body.data = part.data();
        body.size = part.size();
        error_code ec;
        server.expires_after(30s);
        co_await http::async_read(server, buffer, parser, asio::redirect_error(asio::use_awaitable, ec));
        if (ec && ec != http::error::need_buffer) {
            throw libargo::system_error(ec);
        }
        const auto size = part.size() - body.size;
        if (std::fwrite(part.data(), 1, size, stdout) != size) {
            throw std::runtime_error("cannot write to standard output");
        }
    }
    co_return parser.get().result_int();
}

int main(int argc, char* argv[]) try {
    if (argc != 3) {
        fmt::print(stderr, "usage: {} CID:PORT PATH\n", argv[0]);
        return 1;
    }
    asio::io_context context(1);
    beast::basic_stream<vsock::stream_protocol> server(context);
    auto done = asio::co_spawn(context, fetch(server, vsock::parse_address(argv[1]), argv[2]), asio::use_future);
    context.run();
    const auto status = done.get();
    if (std::fflush(stdout) != 0) {
        throw std::runtime_error("cannot write to standard output");
    }
    if (status / 100 == 2) {
        return 0;
    }
    fmt::print(stderr, "vsock_http_client: the answer's status is {}\n", status);
    return static_cast<int>(status / 100);
} catch (const libargo::system_error& error) {
    fmt::print(stderr, "vsock_http_client: {}; {}\n", error.what(), vsock::advice(error.code()));
    return 1;
} catch (const std::exception& error) {
    fmt::print(stderr, "vsock_http_client: {}\n", error.what());
    return 1;
}
