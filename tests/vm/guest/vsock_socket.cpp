// SPDX-License-Identifier: MIT
#include "vsock_socket.hpp"

#include <cerrno>
#include <cstring>
#include <iostream>
#include <system_error>

namespace guest {
namespace {

sockaddr_vm address_of(std::uint32_t cid, std::uint32_t port) {
    sockaddr_vm address{};
    address.svm_family = AF_VSOCK;
    address.svm_cid = cid;
    address.svm_port = port;
    return address;
}

[[noreturn]] void fail(const char* what) { throw std::system_error(errno, std::generic_category(), what); }

const sockaddr* generic(const sockaddr_vm& address) { return reinterpret_cast<const sockaddr*>(&address); }

} // namespace

file vsock_socket(int type) {
    file socket{::socket(AF_VSOCK, type | SOCK_CLOEXEC, 0)};
    if (socket.get() < 0) {
        fail("socket");
    }
    return socket;
}

void vsock_bind(const file& socket, std::uint32_t port) {
    const auto address = address_of(VMADDR_CID_ANY, port);
    if (::bind(socket.get(), generic(address), sizeof(address)) != 0) {
        fail("bind");
    }
}

file vsock_accept_one(const file& listener) {
    if (::listen(listener.get(), 1) != 0) {
        fail("listen");
    }
    std::cout << "listening" << std::endl;
    file socket{::accept4(listener.get(), nullptr, nullptr, SOCK_CLOEXEC)};
    if (!socket) {
        fail("accept");
    }
    return socket;
}

int vsock_connect(const file& socket, std::uint32_t cid, std::uint32_t port) {
    const auto address = address_of(cid, port);
    return ::connect(socket.get(), generic(address), sizeof(address)) == 0 ? 0 : errno;
}

int pending_error(const file& socket) {
    int error = 0;
    socklen_t size = sizeof(error);
    if (::getsockopt(socket.get(), SOL_SOCKET, SO_ERROR, &error, &size) != 0) {
        fail("SO_ERROR");
    }
    return error;
}

std::string errno_name(int error) {
    const char* name = error == 0 ? "" : ::strerrorname_np(error);
    return name == nullptr ? std::to_string(error) : name;
}

} // namespace guest
