// SPDX-License-Identifier: MIT
#include <string_view>
#include <utility>

#include <boost/asio/buffer.hpp>
#include <boost/asio/io_context.hpp>
#include <libargo/libargo.hpp>

int main() {
    boost::asio::io_context context;
    libargo::socket socket(context);
    libargo::error_code ec;
    const auto peer = libargo::parse_address("3:5000");

    socket.open(ec);
    if (!ec) {
        socket.connect(peer, ec);
    }
    constexpr std::string_view text = "hello";
    socket.async_send(boost::asio::buffer(text), [&](libargo::error_code result, std::size_t) {
        fmt::print("to {}: {}\n", peer, (ec ? ec : result).message());
    });
    context.run();
    return 0;
}
