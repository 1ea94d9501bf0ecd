// SPDX-License-Identifier: MIT
#pragma once

#include <libargo/libargo.hpp>

#include <boost/asio.hpp>
#include <gtest/gtest.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

namespace guest {

/// The domain with a servant, of --peer.
std::optional<std::uint16_t>& libargo_peer();

/// Two sockets of the own domain, and a context that is run in the test's own thread.
class socket_test : public testing::Test {
protected:
    void SetUp() override;

    /// Runs what is there to do. Fails the test when it is not done in a long time.
    void run();

    /// Sends to `receiver` until its ring is full; returns how many messages that were.
    std::size_t fill_receiver();

    boost::asio::io_context context;
    libargo::socket sender{context};
    libargo::socket receiver{context};
    libargo::address target;
};

} // namespace guest
