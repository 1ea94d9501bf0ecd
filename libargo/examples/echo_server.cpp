// SPDX-License-Identifier: MIT
// Sends every message back to where it came from. Usage: echo_server PORT
#include <csignal>
#include <exception>
#include <utility>
#include <vector>

#include <boost/asio.hpp>
#include <libargo/libargo.hpp>

namespace asio = boost::asio;

static asio::awaitable<void> echo(libargo::socket& socket, std::size_t max_message) {
    std::vector<char> buffer(max_message);
    for (;;) {
        libargo::message_info info;
        const auto size = co_await socket.async_receive_from(asio::buffer(buffer), info, asio::use_awaitable);
        libargo::error_code ec;
        co_await socket.async_send_to(asio::buffer(buffer.data(), size), info.source, info.type,
                                      asio::redirect_error(asio::use_awaitable, ec));
        if (ec) {
            fmt::print(stderr, "cannot answer {}: {}; {}\n", info.source, ec.message(), libargo::advice(ec));
        }
    }
}

int main(int argc, char* argv[]) try {
    if (argc != 2) {
        fmt::print(stderr, "usage: {} PORT\n", argv[0]);
        return 2;
    }
    asio::io_context context(1);
    libargo::socket socket(context);
    socket.open();
    const auto bound = socket.bind({.port = libargo::parse_port(argv[1])});
    fmt::print("echo server on {}\n", bound.local());
    std::fflush(stdout);

    std::exception_ptr failure;
    asio::co_spawn(context, echo(socket, bound.max_message), [&](const std::exception_ptr& error) {
        failure = error;
        context.stop();
    });
    asio::signal_set signals(context, SIGINT, SIGTERM);
    signals.async_wait([&](auto, auto) { context.stop(); });
    context.run();
    if (failure) {
        std::rethrow_exception(failure);
    }
    return 0;
} catch (const libargo::system_error& error) {
    fmt::print(stderr, "echo_server: {}; {}\n", error.what(), libargo::advice(error.code()));
    return 1;
} catch (const std::exception& error) {
    fmt::print(stderr, "echo_server: {}\n", error.what());
    return 1;
}
