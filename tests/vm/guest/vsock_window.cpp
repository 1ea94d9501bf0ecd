// SPDX-License-Identifier: MIT
#include "vsock_window.hpp"

#include "vsock_socket.hpp"

#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <iostream>
#include <system_error>
#include <vector>

namespace guest {
namespace {

constexpr std::size_t block_size = 65536;
constexpr int settled_ms = 1500;

[[noreturn]] void fail(const char* what) { throw std::system_error(errno, std::generic_category(), what); }

void send_all(const file& socket, std::uint64_t bytes) {
    const std::vector<char> block(block_size);
    while (bytes > 0) {
        const auto size =
            ::send(socket.get(), block.data(), std::min<std::uint64_t>(bytes, block.size()), MSG_NOSIGNAL);
        if (size < 0) {
            fail("send");
        }
        bytes -= static_cast<std::uint64_t>(size);
    }
}

bool writable(const file& socket) {
    pollfd poll{socket.get(), POLLOUT, 0};
    return ::poll(&poll, 1, settled_ms) == 1;
}

std::uint64_t send_what_fits(const file& socket) {
    const std::vector<char> block(block_size);
    std::uint64_t total = 0;
    while (writable(socket)) {
        const auto size = ::send(socket.get(), block.data(), block.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
        if (size < 0 && errno != EAGAIN) {
            fail("send");
        }
        total += static_cast<std::uint64_t>(std::max<ssize_t>(size, 0));
    }
    return total;
}

/// That fails, with EFAULT or in Linux 6.1 with ENOMEM, since nothing is mapped there.
void send_absent_memory(const file& socket) {
    if (::send(socket.get(), nullptr, 1, MSG_NOSIGNAL) >= 0) {
        fail("send of absent memory");
    }
}

} // namespace

int read_and_stop(const arguments& options) {
    const auto listener = vsock_socket();
    vsock_bind(listener, options.number<std::uint32_t>("port", 0));
    if (const auto size = options.number<std::uint64_t>("buffer", 0);
        size != 0 && ::setsockopt(listener.get(), AF_VSOCK, SO_VM_SOCKETS_BUFFER_SIZE, &size, sizeof(size)) != 0) {
        fail("SO_VM_SOCKETS_BUFFER_SIZE");
    }
    const auto socket = vsock_accept_one(listener);
    const auto writes = options.text("write", "") == "absent";
    std::vector<char> block(writes ? block_size / 16 : block_size);
    for (auto left = options.number<std::uint64_t>("mib", 0) << 20; left > 0;) {
        const auto size = ::recv(socket.get(), block.data(), std::min<std::uint64_t>(left, block.size()), 0);
        if (size <= 0) {
            fail("recv");
        }
        if (writes) {
            send_absent_memory(socket);
        }
        left -= static_cast<std::uint64_t>(size);
    }
    for (;;) {
        ::pause();
    }
}

int fill(const arguments& options) {
    const auto socket = vsock_socket();
    const auto refused =
        vsock_connect(socket, options.number<std::uint32_t>("cid", 0), options.number<std::uint32_t>("port", 0));
    if (refused != 0) {
        throw std::system_error(refused, std::generic_category(), "connect");
    }
    send_all(socket, options.number<std::uint64_t>("mib", 0) << 20);
    std::cout << R"({"room": )" << send_what_fits(socket) << "}\n";
    return 0;
}

} // namespace guest
