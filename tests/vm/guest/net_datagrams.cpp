// SPDX-License-Identifier: MIT
#include "net_datagrams.hpp"

#include "file.hpp"

#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <iostream>
#include <memory>
#include <stdexcept>
#include <string>
#include <system_error>
#include <vector>

namespace guest {
namespace {

constexpr std::size_t largest = 65536;
constexpr int patience_s = 10;

[[noreturn]] void fail(const char* what) { throw std::system_error(errno, std::generic_category(), what); }

file udp_socket(int family) {
    file out{::socket(family, SOCK_DGRAM | SOCK_CLOEXEC, 0)};
    if (!out) {
        fail("socket");
    }
    const timeval patience{patience_s, 0};
    ::setsockopt(out.get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
    return out;
}

file connected(const std::string& to, const std::string& port) {
    addrinfo hints{};
    hints.ai_socktype = SOCK_DGRAM;
    hints.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV;
    addrinfo* found = nullptr;
    if (::getaddrinfo(to.c_str(), port.c_str(), &hints, &found) != 0) {
        throw std::invalid_argument("'" + to + "' is no address");
    }
    const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> address{found, ::freeaddrinfo};
    auto out = udp_socket(address->ai_family);
    if (::connect(out.get(), address->ai_addr, address->ai_addrlen) != 0) {
        fail("connect");
    }
    return out;
}

void fill(std::vector<char>& data) {
    for (std::size_t i = 0; i < data.size(); ++i) {
        data[i] = static_cast<char>((data.size() * 31 + i * 7) % 251);
    }
}

} // namespace

int echo_datagrams(const arguments& options) {
    auto socket = udp_socket(AF_INET6);
    sockaddr_in6 here{};
    here.sin6_family = AF_INET6;
    here.sin6_port = htons(options.number<std::uint16_t>("port", 0));
    if (::bind(socket.get(), reinterpret_cast<const sockaddr*>(&here), sizeof(here)) != 0) {
        fail("bind");
    }
    std::cout << "answering" << std::endl;
    std::vector<char> data(largest);
    for (;;) {
        sockaddr_storage from{};
        socklen_t size = sizeof(from);
        const auto got =
            ::recvfrom(socket.get(), data.data(), data.size(), 0, reinterpret_cast<sockaddr*>(&from), &size);
        if (got >= 0) {
            ::sendto(socket.get(), data.data(), static_cast<std::size_t>(got), 0,
                     reinterpret_cast<const sockaddr*>(&from), size);
        }
    }
}

int send_each_size(const arguments& options) {
    const auto socket = connected(options.text("to"), options.text("port"));
    const auto most = options.number<std::size_t>("most", 0);
    const auto step = options.number<std::size_t>("step", 1);
    std::size_t good = 0;
    std::size_t bad = 0;
    std::vector<char> got(largest);
    for (std::size_t size = 0; size <= most; size = size == most ? most + 1 : std::min(size + step, most)) {
        std::vector<char> sent(size);
        fill(sent);
        if (::send(socket.get(), sent.data(), sent.size(), 0) != static_cast<ssize_t>(size)) {
            fail("send");
        }
        const auto n = ::recv(socket.get(), got.data(), got.size(), 0);
        const bool same = n == static_cast<ssize_t>(size) && std::equal(sent.begin(), sent.end(), got.begin());
        ++(same ? good : bad);
        if (n < 0) {
            break;
        }
    }
    std::cout << R"({"good": )" << good << R"(, "bad": )" << bad << "}\n";
    return 0;
}

} // namespace guest
