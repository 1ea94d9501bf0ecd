// SPDX-License-Identifier: MIT
#include "vsock_turns.hpp"

#include "vsock_socket.hpp"

#include <poll.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <iostream>
#include <limits>
#include <span>
#include <system_error>
#include <vector>

namespace guest {
namespace {

using clock = std::chrono::steady_clock;

constexpr std::size_t most = 65536;
// Coprime to each other and to the number of ways to read, so that all combinations occur.
constexpr std::array<std::size_t, 5> written{8, 200, 1000, 72, 4096};
constexpr std::array<std::size_t, 7> wanted{1, most, 100, 1000, 8, most, 3000};

[[noreturn]] void fail(const char* what) { throw std::system_error(errno, std::generic_category(), what); }

/// The bytes of a stream of 64-bit numbers that count up.
class numbers {
public:
    void fill(std::span<std::uint8_t> bytes) {
        for (auto& byte : bytes) {
            byte = next();
        }
    }
    /// Returns how many bytes are as they must be, up to the first that is not.
    std::size_t check(std::span<const std::uint8_t> bytes) {
        const auto wrong = std::ranges::find_if(bytes, [this](std::uint8_t byte) { return byte != next(); });
        return static_cast<std::size_t>(wrong - bytes.begin());
    }

private:
    std::uint8_t next() {
        const auto number = at_ / sizeof(at_);
        const auto byte = at_++ % sizeof(at_);
        return static_cast<std::uint8_t>(number >> (std::numeric_limits<std::uint8_t>::digits * byte));
    }

    std::uint64_t at_ = 0;
};

void send_all(const file& socket, std::span<const std::uint8_t> bytes) {
    while (!bytes.empty()) {
        const auto size = ::send(socket.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (size < 0) {
            fail("send");
        }
        bytes = bytes.subspan(static_cast<std::size_t>(size));
    }
}

void wait_readable(const file& socket) {
    pollfd poll{socket.get(), POLLIN, 0};
    ::poll(&poll, 1, -1);
}

/// One way of several; a read that does not wait may find nothing.
ssize_t read_in_way(unsigned way, const file& socket, std::span<std::uint8_t> into) {
    switch (way % 4) {
    case 0:
        wait_readable(socket);
        return ::recv(socket.get(), into.data(), into.size(), 0);
    case 1:
        // What is looked at must be in the socket's queue: the kernel has it moved there from the ring.
        ::recv(socket.get(), into.data(), into.size(), MSG_PEEK | MSG_DONTWAIT);
        return ::recv(socket.get(), into.data(), into.size(), MSG_DONTWAIT);
    case 2:
        return ::recv(socket.get(), into.data(), into.size(), MSG_DONTWAIT);
    default:
        return ::recv(socket.get(), into.data(), into.size(), 0);
    }
}

} // namespace

int send_numbers(const arguments& options) {
    const auto socket = vsock_socket();
    const auto refused =
        vsock_connect(socket, options.number<std::uint32_t>("cid", 0), options.number<std::uint32_t>("port", 0));
    if (refused != 0) {
        throw std::system_error(refused, std::generic_category(), "connect");
    }
    const auto end = clock::now() + std::chrono::seconds{options.number<int>("seconds", 1)};
    std::vector<std::uint8_t> bytes(most);
    numbers source;
    std::uint64_t sent = 0;
    for (std::size_t i = 0; clock::now() < end; ++i) {
        const auto piece = std::span{bytes}.first(written[i % written.size()]);
        source.fill(piece);
        send_all(socket, piece);
        sent += piece.size();
    }
    std::cout << R"({"bytes": )" << sent << "}\n";
    return 0;
}

int read_in_turns(const arguments& options) {
    const auto listener = vsock_socket();
    vsock_bind(listener, options.number<std::uint32_t>("port", 0));
    const auto socket = vsock_accept_one(listener);
    std::vector<std::uint8_t> bytes(most);
    numbers expected;
    std::uint64_t taken = 0;
    bool in_order = true;
    for (unsigned i = 0; in_order; ++i) {
        const auto size = read_in_way(i, socket, std::span{bytes}.first(wanted[i % wanted.size()]));
        if (size < 0 && errno != EAGAIN) {
            fail("recv");
        }
        if (size == 0) {
            break;
        }
        const auto got = std::span{bytes}.first(static_cast<std::size_t>(std::max<ssize_t>(size, 0)));
        const auto right = expected.check(got);
        taken += right;
        in_order = right == got.size();
    }
    std::cout << R"({"bytes": )" << taken << R"(, "in_order": )" << (in_order ? "true" : "false") << "}\n";
    return 0;
}

} // namespace guest
