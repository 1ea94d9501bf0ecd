// SPDX-License-Identifier: MIT
#include "stream_socket.hpp"

#include "arguments.hpp"
#include "file.hpp"

#include <arpa/inet.h>
#include <cerrno>
#include <cstring>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdexcept>
#include <sys/socket.h>
#include <sys/time.h>
#include <system_error>
// After sys/socket.h, which it needs.
#include <linux/vm_sockets.h>

namespace guest::stream {

namespace {

[[noreturn]] void fail(const std::string& doing) { throw std::system_error(errno, std::generic_category(), doing); }

struct address {
    sockaddr_storage storage{};
    socklen_t size = 0;

    [[nodiscard]] int family() const { return storage.ss_family; }
    [[nodiscard]] const sockaddr* get() const { return reinterpret_cast<const sockaddr*>(&storage); }
};

template <typename T> address address_of(const T& specific) {
    address out;
    std::memcpy(&out.storage, &specific, sizeof specific);
    out.size = sizeof specific;
    return out;
}

address tcp_address(in_addr host, std::uint16_t port) {
    sockaddr_in out{};
    out.sin_family = AF_INET;
    out.sin_port = htons(port);
    out.sin_addr = host;
    return address_of(out);
}

address vsock_address(std::uint32_t cid, std::uint16_t port) {
    sockaddr_vm out{};
    out.svm_family = AF_VSOCK;
    out.svm_port = port;
    out.svm_cid = cid;
    return address_of(out);
}

address any_address(const place& where) {
    return where.transport == "tcp" ? tcp_address({htonl(INADDR_ANY)}, where.port)
                                    : vsock_address(VMADDR_CID_ANY, where.port);
}

address address_of_server(const place& where) {
    if (where.transport == "vsock") {
        // What argo_vsock makes of a domid: the first two CIDs are taken, and dom0 is the host.
        return vsock_address(arguments::parse<std::uint16_t>(where.to) + 2U, where.port);
    }
    in_addr host{};
    if (::inet_pton(AF_INET, where.to.c_str(), &host) != 1) {
        throw std::invalid_argument("'" + where.to + "' is no IPv4 address");
    }
    return tcp_address(host, where.port);
}

void set(const file& socket, int level, int option, const auto& value) {
    if (::setsockopt(socket.get(), level, option, &value, sizeof value) != 0) {
        fail("setsockopt");
    }
}

file make_socket(int family) {
    file out{::socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0)};
    if (!out) {
        fail(family == AF_VSOCK ? "a socket of AF_VSOCK" : "a socket");
    }
    return out;
}

class socket_connection final : public connection {
public:
    socket_connection(file socket, int family, std::chrono::microseconds busy_poll) : socket_{std::move(socket)} {
        const timeval limit{patience.count(), 0};
        set(socket_, SOL_SOCKET, SO_RCVTIMEO, limit);
        set(socket_, SOL_SOCKET, SO_SNDTIMEO, limit);
        if (family == AF_INET) {
            set(socket_, IPPROTO_TCP, TCP_NODELAY, 1);
        }
        if (busy_poll.count() != 0) {
            set(socket_, SOL_SOCKET, SO_BUSY_POLL, static_cast<int>(busy_poll.count()));
        }
    }

    std::size_t read(std::span<std::byte> data) override {
        const auto got = ::recv(socket_.get(), data.data(), data.size(), 0);
        if (got < 0) {
            fail("receive");
        }
        return static_cast<std::size_t>(got);
    }

    void write(std::span<const std::byte> data) override {
        while (!data.empty()) {
            const auto sent = ::send(socket_.get(), data.data(), data.size(), MSG_NOSIGNAL);
            if (sent < 0) {
                fail("send");
            }
            data = data.subspan(static_cast<std::size_t>(sent));
        }
    }

    void end_writing() override {
        if (::shutdown(socket_.get(), SHUT_WR) != 0) {
            fail("shutdown");
        }
    }

    void await_end() override {
        std::byte more{};
        if (read({&more, 1}) != 0) {
            throw std::runtime_error("there was more after the end");
        }
    }

private:
    file socket_;
};

class socket_listener final : public listener {
public:
    explicit socket_listener(const place& where) : busy_poll_{where.busy_poll} {
        const auto here = any_address(where);
        socket_ = make_socket(here.family());
        if (here.family() == AF_INET) {
            set(socket_, SOL_SOCKET, SO_REUSEADDR, 1);
        }
        if (::bind(socket_.get(), here.get(), here.size) != 0 || ::listen(socket_.get(), 8) != 0) {
            fail("listen at port " + std::to_string(where.port));
        }
        family_ = here.family();
    }

    std::unique_ptr<connection> accept() override {
        file accepted{::accept4(socket_.get(), nullptr, nullptr, SOCK_CLOEXEC)};
        if (!accepted) {
            fail("accept");
        }
        return std::make_unique<socket_connection>(std::move(accepted), family_, busy_poll_);
    }

private:
    file socket_;
    int family_ = 0;
    std::chrono::microseconds busy_poll_;
};

} // namespace

std::unique_ptr<listener> listen_socket(const place& where) { return std::make_unique<socket_listener>(where); }

std::unique_ptr<connection> connect_socket(const place& where) {
    const auto there = address_of_server(where);
    auto socket = make_socket(there.family());
    if (there.family() == AF_VSOCK) {
        // It would be two seconds, which a busy machine may need.
        set(socket, AF_VSOCK, SO_VM_SOCKETS_CONNECT_TIMEOUT, timeval{patience.count(), 0});
    }
    if (::connect(socket.get(), there.get(), there.size) != 0) {
        fail("connect to " + where.to);
    }
    return std::make_unique<socket_connection>(std::move(socket), there.family(), where.busy_poll);
}

} // namespace guest::stream
