// SPDX-License-Identifier: MIT
#include "proto/backlog.hpp"

#include <gtest/gtest.h>

#include <cstddef>
#include <cstdint>

namespace argoctl {
namespace {

libargo::address peer(std::uint32_t port) { return {libargo::domid_t{3}, port}; }

TEST(Backlog, EndsForEachPeerByCount) {
    backlog queue;
    for (std::size_t i = 0; i < backlog::peer_messages; ++i) {
        EXPECT_TRUE(queue.add(peer(1), 0));
    }
    EXPECT_FALSE(queue.add(peer(1), 0));
    EXPECT_TRUE(queue.add(peer(2), 0));
    queue.remove(peer(1), 0);
    EXPECT_TRUE(queue.add(peer(1), 0));
    EXPECT_EQ(queue.waiting(peer(1)), backlog::peer_messages);
    EXPECT_EQ(queue.waiting(), backlog::peer_messages + 1);
}

TEST(Backlog, EndsForEachPeerByBytes) {
    backlog queue;
    EXPECT_TRUE(queue.add(peer(1), backlog::peer_bytes));
    EXPECT_FALSE(queue.add(peer(1), 1));
    queue.remove(peer(1), backlog::peer_bytes);
    EXPECT_EQ(queue.waiting(), 0U);
    EXPECT_TRUE(queue.add(peer(1), 1));
}

TEST(Backlog, OneLargeMessageMayWait) {
    backlog queue;
    EXPECT_TRUE(queue.add(peer(1), backlog::peer_bytes * 16));
    EXPECT_FALSE(queue.add(peer(1), 1));
}

TEST(Backlog, AllTogetherHaveAnEnd) {
    backlog queue;
    std::size_t taken = 0;
    // A domain may make up as many ports as it likes.
    for (std::uint32_t port = 1; port < 1'000'000 && queue.add(peer(port), 0); ++port) {
        ++taken;
    }
    EXPECT_LT(taken, 300'000U);
    for (std::uint32_t port = 1; port <= taken; ++port) {
        queue.remove(peer(port), 0);
    }
    EXPECT_EQ(queue.waiting(), 0U);
    EXPECT_TRUE(queue.add(peer(1), 0));
}

} // namespace
} // namespace argoctl
