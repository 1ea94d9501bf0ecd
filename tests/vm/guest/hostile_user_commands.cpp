// SPDX-License-Identifier: MIT
#include "hostile_user_commands.hpp"

#include "absent_memory.hpp"
#include "hostile_user.hpp"

#include <chrono>
#include <iostream>
#include <stdexcept>
#include <thread>
#include <unistd.h>
#include <vector>

namespace guest {
namespace {

constexpr std::uint32_t first_watched = 20000;

void require(const outcome& what, const char* doing) {
    if (!what) {
        throw std::runtime_error(std::string{doing} + ": errno " + std::to_string(what.code));
    }
}

} // namespace

int be_stuck(const arguments& /*options*/) {
    endpoint sender;
    endpoint receiver;
    require(sender.bind({}), "bind");
    require(receiver.bind({}), "bind");
    require(sender.send(receiver.local(), bytes(100)), "send");
    const absent_memory memory{1};
    const std::thread user{[&] {
        const auto piece = vector_of(memory.all());
        argo_msg one{};
        one.iov = reinterpret_cast<std::uintptr_t>(&piece);
        one.iovcnt = 1;
        std::uint32_t done = 0;
        receiver.receive({&one, 1}, done);
    }};
    if (!memory.is_awaited(std::chrono::seconds{60})) {
        std::cerr << "the memory was not looked for\n";
        ::_exit(1);
    }
    std::cout << "stuck" << std::endl;
    for (;;) {
        ::pause();
    }
}

int watch(const arguments& options) {
    // Only root may watch more than a user.
    become(root);
    std::vector<endpoint> watching(options.number<std::size_t>("count", 1));
    auto port = first_watched;
    for (const auto& one : watching) {
        argo_space state{};
        require(one.space(self(port++), 1, state, {ARGO_SPACE_WATCH, forever}), "watch");
    }
    std::cout << "watching" << std::endl;
    for (;;) {
        ::pause();
    }
}

} // namespace guest
