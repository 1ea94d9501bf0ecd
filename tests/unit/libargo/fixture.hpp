// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include <boost/asio/buffer.hpp>
#include <boost/asio/io_context.hpp>
#include <gtest/gtest.h>
#include <libargo/libargo.hpp>

#include "fake_driver.hpp"

namespace libargo::test {

namespace asio = boost::asio;

/// A context, and sockets of several domains on a simulated driver.
class socket_test : public ::testing::Test {
protected:
    /// Payload that no ring of the tests takes twice.
    static constexpr std::size_t large = 3000;

    template <class Socket = socket> [[nodiscard]] Socket open(std::uint16_t domid = 1) {
        Socket made(context);
        detail::socket_access::assign(made, driver->open(domid), driver);
        return made;
    }

    [[nodiscard]] socket bound(port_t port, std::uint16_t domid = 1) {
        auto made = open(domid);
        made.bind({.port = port});
        return made;
    }

    /// A socket of domain 2 whose default destination is an address in domain 1.
    [[nodiscard]] socket connected(port_t port) {
        auto made = open(2);
        made.connect(at(port));
        return made;
    }

    [[nodiscard]] static address at(port_t port, std::uint16_t domid = 1) { return {domid_t{domid}, port}; }

    /// Receives a message of a socket as text, without waiting.
    [[nodiscard]] static std::string next(socket& from) {
        std::string text(8192, '\0');
        from.non_blocking(true);
        text.resize(from.receive(asio::buffer(text)));
        from.non_blocking(false);
        return text;
    }

    /// Sends until nothing of this size fits.
    static std::size_t fill(socket& from, std::size_t size, const address& to = default_destination) {
        const std::string text(size, 'x');
        std::size_t count = 0;
        while (from.space(size, to).sufficient) {
            from.send_to(asio::buffer(text), to);
            ++count;
        }
        return count;
    }

    /// Runs what is ready, and nothing more.
    void poll() {
        context.restart();
        context.poll();
    }

    std::shared_ptr<fake_driver> driver = std::make_shared<fake_driver>();
    asio::io_context context{1};
};

/// What a handler was called with.
struct outcome {
    int calls = 0;
    error_code ec;
    std::size_t size = 0;

    /// A handler that keeps it here.
    [[nodiscard]] auto handler() {
        return [this](error_code result, std::size_t count = 0) {
            ++calls;
            ec = result;
            size = count;
        };
    }
};

} // namespace libargo::test
