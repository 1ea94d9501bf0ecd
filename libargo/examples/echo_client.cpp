// SPDX-License-Identifier: MIT
// Sends messages to an echo server and checks what comes back. Usage: echo_client DOMID:PORT MESSAGE...
// With a number as the only MESSAGE, that many messages of growing size are sent.
#include <algorithm>
#include <charconv>
#include <chrono>
#include <exception>
#include <string>
#include <utility>
#include <vector>

#include <boost/asio.hpp>
#include <libargo/libargo.hpp>

namespace asio = boost::asio;

static asio::awaitable<void> converse(libargo::socket& socket, const std::vector<std::string>& messages) {
    for (const auto& message : messages) {
        const auto start = std::chrono::steady_clock::now();
        co_await socket.async_send(asio::buffer(message), asio::use_awaitable);
        std::string answer(message.size() + 1, '\0');
        answer.resize(co_await socket.async_receive(asio::buffer(answer), asio::use_awaitable));
        if (answer != message) {
            throw std::runtime_error(
                fmt::format("sent {} bytes, and other {} came back", message.size(), answer.size()));
        }
        const std::chrono::duration<double, std::micro> time = std::chrono::steady_clock::now() - start;
        fmt::print("{} bytes back after {:.1f} us\n", answer.size(), time.count());
    }
}

static std::vector<std::string> messages_from(int argc, char** argv) {
    std::size_t count = 0;
    const std::string_view only = argc == 3 ? argv[2] : "";
    if (std::from_chars(only.data(), only.data() + only.size(), count).ptr != only.data() + only.size() || count == 0) {
        return {argv + 2, argv + argc};
    }
    std::vector<std::string> messages;
    for (std::size_t i = 0; i < count; ++i) {
        messages.emplace_back(std::min<std::size_t>(i * 17, 4000), static_cast<char>('a' + i % 26));
    }
    return messages;
}

int main(int argc, char* argv[]) try {
    if (argc < 3) {
        fmt::print(stderr, "usage: {} DOMID:PORT MESSAGE... | COUNT\n", argv[0]);
        return 2;
    }
    asio::io_context context(1);
    libargo::socket socket(context);
    socket.open();
    socket.connect(libargo::parse_address(argv[1]));
    const auto messages = messages_from(argc, argv);
    auto done = asio::co_spawn(context, converse(socket, messages), asio::use_future);
    context.run();
    done.get();
    fmt::print("{} messages echoed by {}\n", messages.size(), socket.remote_address());
    return 0;
} catch (const libargo::system_error& error) {
    fmt::print(stderr, "echo_client: {}: {}; {}\n", argv[1], error.what(), libargo::advice(error.code()));
    return 1;
} catch (const std::exception& error) {
    fmt::print(stderr, "echo_client: {}\n", error.what());
    return 1;
}
