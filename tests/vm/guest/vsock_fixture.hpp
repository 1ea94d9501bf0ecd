// SPDX-License-Identifier: MIT
#pragma once

#include "vsock_services.hpp"

#include <libargo/vsock/vsock.hpp>

#include <boost/asio.hpp>
#include <gtest/gtest.h>

#include <chrono>
#include <optional>
#include <string>
#include <vector>

namespace guest {

/// What the tests were started with.
struct vsock_options {
    std::optional<libargo::vsock::cid_t> peer; ///< --peer-cid: where a servant is; 1 is this domain itself
    std::optional<libargo::vsock::cid_t> own;  ///< --cid: what this domain is known by
    libargo::vsock::port_t port = 9000;        ///< --port of the servant
};

/// The options of this run.
vsock_options& vsock_run();

/// A context that is run in the test's own thread, and a servant to talk to; without one the test is skipped.
class vsock_test : public testing::Test {
protected:
    using stream = libargo::vsock::stream_protocol;

    void SetUp() override;

    /// Runs what is there to do. Fails the test when it is not done in a long time.
    void run();
    /// The same with a coroutine, whose exception is the test's.
    void run(boost::asio::awaitable<void> client);

    /// Opens a socket that waits long for its connection: in a busy lab the kernel's two seconds may be too few.
    template <class Socket> static Socket& patient(Socket& socket) {
        socket.open();
        socket.set_option(libargo::vsock::connect_timeout(std::chrono::seconds(30)));
        return socket;
    }

    /// Where the servant has it.
    [[nodiscard]] static libargo::vsock::address peer(service what);
    /// Whether the servant is in this kernel, behind vsock_loopback.
    [[nodiscard]] static bool over_loopback();
    /// Whether an error says that the transport or the kernel has no such sockets.
    [[nodiscard]] static bool unsupported(const libargo::error_code& ec);

    /// Bytes that no part of is like another.
    [[nodiscard]] static std::vector<char> pattern(std::size_t size);

    boost::asio::io_context context;
};

/// With a connection to the servant that keeps the boundaries of messages. Skipped where there are none.
class vsock_packet_test : public vsock_test {
protected:
    void SetUp() override;

    libargo::vsock::seqpacket::socket socket{context};
};

} // namespace guest
