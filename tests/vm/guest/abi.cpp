// SPDX-License-Identifier: MIT
#include "abi.hpp"

#include <cerrno>
#include <grp.h>
#include <iostream>
#include <random>
#include <sys/stat.h>
#include <sys/wait.h>
#include <thread>

namespace guest {

namespace {

using namespace std::chrono_literals;

constexpr uid_t nobody = 65534;

} // namespace

surroundings& around() {
    static surroundings instance;
    return instance;
}

bytes some_bytes(std::size_t count, std::uint32_t seed) {
    bytes data(count);
    fill_message({seed, 0, 0}, nowhere, seed, data);
    return data;
}

argo_msg message_of(const argo_addr& to, std::span<const argo_iovec> vectors, std::uint32_t type) {
    argo_msg one{};
    one.iov = reinterpret_cast<std::uintptr_t>(vectors.data());
    one.iovcnt = static_cast<std::uint32_t>(vectors.size());
    one.addr = to;
    one.type = type;
    return one;
}

void expect_next(const endpoint& at, const argo_addr& from, const_view data, std::uint32_t type) {
    message received;
    ASSERT_EQ(at.receive(received, data.size() + 16, {0, patience}), success);
    EXPECT_EQ(received.len, data.size());
    EXPECT_EQ(received.type, type);
    EXPECT_EQ(received.flags, 0U);
    EXPECT_EQ(to_string(received.from), to_string(from));
    // Not EXPECT_EQ: a megabyte in the log helps nobody.
    EXPECT_TRUE(std::equal(data.begin(), data.end(), received.data.begin(), received.data.end()))
        << "payload of " << data.size() << " bytes differs";
}

void expect_nothing(const endpoint& at) {
    message received;
    EXPECT_EQ(at.receive(received, 16, no_wait), outcome{EAGAIN});
}

void expect_passes(const endpoint& from, const argo_addr& to, const endpoint& at, std::size_t size) {
    const auto data = some_bytes(size, static_cast<std::uint32_t>(size) + 7);
    const auto type = static_cast<std::uint32_t>(size) * 3 + 1;
    ASSERT_EQ(from.send(to, data, type, {0, patience}), success) << size << " bytes";
    expect_next(at, from.local(), data, type);
}

std::uint32_t fill(const endpoint& from, const argo_addr& to, const_view data) {
    std::uint32_t count = 0;
    for (;; ++count) {
        const auto what = from.send(to, data, count, no_wait);
        if (what.code == EAGAIN) {
            return count;
        }
        if (!what) {
            ADD_FAILURE() << "message " << count << " to " << to_string(to) << ": " << what;
            return count;
        }
    }
}

bool eventually(const std::function<bool()>& condition) {
    const auto deadline = std::chrono::steady_clock::now() + patience;
    while (!condition()) {
        if (std::chrono::steady_clock::now() >= deadline) {
            return false;
        }
        std::this_thread::sleep_for(10ms);
    }
    return true;
}

int in_child(const std::function<int()>& body) {
    std::cout.flush();
    const auto child = ::fork();
    if (child == 0) {
        int status = 255;
        try {
            status = body();
        } catch (const std::exception& error) {
            std::cerr << "in the child: " << error.what() << '\n';
        }
        ::_exit(status);
    }
    int status = 0;
    if (child < 0 || ::waitpid(child, &status, 0) != child) {
        return 255;
    }
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

int as_nobody(const std::function<int()>& body) {
    struct stat device {};
    if (::stat("/dev/argo", &device) != 0 || ::chmod("/dev/argo", 0660) != 0) {
        return 254;
    }
    const int result = in_child([&] {
        const auto group = device.st_gid;
        if (::setgroups(1, &group) != 0 || ::setgid(group) != 0 || ::setuid(nobody) != 0) {
            return 253;
        }
        return body();
    });
    ::chmod("/dev/argo", device.st_mode & 07777U);
    return result;
}

std::uint64_t drops_of(std::uint32_t port) {
    std::uint64_t drops = 0;
    for (const auto& entry : rings()) {
        if (entry.port == port) {
            drops += entry.drops;
        }
    }
    return drops;
}

std::optional<argo_ring_entry> listed(std::uint32_t port, std::uint16_t partner) {
    for (const auto& entry : rings()) {
        if (entry.port == port && entry.partner == partner) {
            return entry;
        }
    }
    return std::nullopt;
}

void pair_test::SetUp() {
    ASSERT_EQ(sender.bind({}), success);
    ASSERT_EQ(receiver.bind({}), success);
}

void peer_test::SetUp() {
    if (!around().peer) {
        GTEST_SKIP() << "no --peer was given";
    }
    peer_.emplace(*around().peer);
    ASSERT_EQ(local.bind({.partner = peer_->domid(), .ring_size = 65536}), success);
}

} // namespace guest
