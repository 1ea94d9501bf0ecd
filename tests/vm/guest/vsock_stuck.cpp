// SPDX-License-Identifier: MIT
#include "vsock_stuck.hpp"

#include "absent_memory.hpp"
#include "vsock_socket.hpp"

#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <functional>
#include <iostream>
#include <map>
#include <string>
#include <system_error>
#include <thread>

namespace guest {
namespace {

using std::chrono::seconds;

file listen_at(std::uint32_t port, int type) {
    auto socket = vsock_socket(type);
    vsock_bind(socket, port);
    if (::listen(socket.get(), 16) != 0) {
        throw std::system_error(errno, std::generic_category(), "listen");
    }
    std::cout << "listening" << std::endl;
    return socket;
}

file accept_one(const file& listener) {
    file socket{::accept4(listener.get(), nullptr, nullptr, SOCK_CLOEXEC)};
    if (!socket) {
        throw std::system_error(errno, std::generic_category(), "accept");
    }
    return socket;
}

using call = std::function<void(const file& socket, view memory)>;

const std::map<std::string, call>& calls() {
    static const std::map<std::string, call> all{
        {"read", [](const file& socket, view memory) { ::recv(socket.get(), memory.data(), memory.size(), 0); }},
        {"peek", [](const file& socket, view memory) { ::recv(socket.get(), memory.data(), memory.size(), MSG_PEEK); }},
        {"write",
         [](const file& socket, view memory) { ::send(socket.get(), memory.data(), memory.size(), MSG_NOSIGNAL); }},
        {"option",
         [](const file& socket, view memory) {
             ::setsockopt(socket.get(), AF_VSOCK, SO_VM_SOCKETS_BUFFER_SIZE, memory.data(), sizeof(std::uint64_t));
         }},
    };
    return all;
}

} // namespace

int be_stuck(const arguments& options) {
    const auto how = options.text("how");
    const auto listener = listen_at(options.number<std::uint32_t>("port", 0),
                                    options.text("type") == "record" ? SOCK_SEQPACKET : SOCK_STREAM);
    const absent_memory memory{1};
    const bool listens = options.text("on") == "listener";
    const auto connection = listens ? file{} : accept_one(listener);
    const std::thread user{[&] { calls().at(how)(listens ? listener : connection, memory.all()); }};
    if (!memory.is_awaited(seconds{60})) {
        std::cerr << "the memory was not looked for\n";
        ::_exit(1);
    }
    std::cout << "stuck" << std::endl;
    for (;;) {
        ::pause();
    }
}

int drip(const arguments& options) {
    const auto listener = listen_at(options.number<std::uint32_t>("port", 0), SOCK_STREAM);
    const auto connection = accept_one(listener);
    std::uint64_t taken = 0;
    while (::send(connection.get(), "x", 1, MSG_DONTWAIT | MSG_NOSIGNAL) == 1) {
        ++taken;
    }
    std::cout << R"({"taken": )" << taken << R"(, "errno": ")" << errno_name(errno) << "\"}" << std::endl;
    for (;;) {
        ::pause();
    }
}

} // namespace guest
