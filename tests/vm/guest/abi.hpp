// SPDX-License-Identifier: MIT
#pragma once

#include "endpoint.hpp"
#include "pattern.hpp"
#include "peer_client.hpp"

#include <gtest/gtest.h>

#include <functional>
#include <optional>
#include <string>
#include <sys/types.h>

namespace guest {

/// What argo-abi-tests was told on its command line.
struct surroundings {
    std::optional<std::uint16_t> peer;
    std::optional<std::uint16_t> peer2;
    std::string hypervisor = "xen";
};
surroundings& around();

/// Long enough for anything that happens at all, also under emulation.
inline constexpr std::chrono::seconds patience{30};
/// Long enough for a thread to have gone to sleep in a call.
inline constexpr std::chrono::milliseconds settling{150};

bytes some_bytes(std::size_t count, std::uint32_t seed = 1);

argo_msg message_of(const argo_addr& to, std::span<const argo_iovec> vectors, std::uint32_t type = 0);

/// Sends and receives one message and compares every byte.
void expect_passes(const endpoint& from, const argo_addr& to, const endpoint& at, std::size_t size);
/// The next message at `at` is exactly this one.
void expect_next(const endpoint& at, const argo_addr& from, const_view data, std::uint32_t type = 0);
void expect_nothing(const endpoint& at);

/// Sends until the ring is full; returns how many messages fitted.
std::uint32_t fill(const endpoint& from, const argo_addr& to, const_view data);

/// Retries until `condition` holds or patience ends; returns whether it does.
bool eventually(const std::function<bool()>& condition);

/// Runs `body` in a child process; its return value is the exit status, 255 an exception.
int in_child(const std::function<int()>& body);
/// The same as a user without any capability, with the device's group.
int as_nobody(const std::function<int()>& body);

std::uint64_t drops_of(std::uint32_t port);
std::optional<argo_ring_entry> listed(std::uint32_t port, std::uint16_t partner);

/// Two endpoints of the own domain, each bound to a ring that takes messages of this domain only.
class pair_test : public testing::Test {
protected:
    void SetUp() override;

    endpoint sender;
    endpoint receiver;
    [[nodiscard]] argo_addr target() const { return receiver.local(); }
};

/// With the servant of --peer.
class peer_test : public testing::Test {
protected:
    void SetUp() override;
    peer_client& peer() { return *peer_; }

    std::optional<peer_client> peer_;
    endpoint local;
};

} // namespace guest
