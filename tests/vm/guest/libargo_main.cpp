// SPDX-License-Identifier: MIT
#include "libargo_fixture.hpp"

#include "arguments.hpp"

#include <iostream>

namespace guest {

namespace asio = boost::asio;
using namespace std::chrono_literals;

std::optional<std::uint16_t>& libargo_peer() {
    static std::optional<std::uint16_t> domid;
    return domid;
}

void socket_test::SetUp() {
    sender.open();
    sender.bind({.partner = libargo::domid_t::self, .ring_size = 16384});
    receiver.open();
    target = receiver.bind({.partner = libargo::domid_t::self, .ring_size = 8192}).local();
}

void socket_test::run() {
    context.restart();
    context.run_for(60s);
    EXPECT_TRUE(context.stopped()) << "something is still pending after a minute";
    context.stop();
}

std::size_t socket_test::fill_receiver() {
    const std::vector<char> data(1000);
    sender.non_blocking(true);
    std::size_t count = 0;
    libargo::error_code ec;
    for (;; ++count) {
        sender.send_to(asio::buffer(data), target, ec);
        if (ec) {
            break;
        }
    }
    EXPECT_EQ(ec, libargo::condition::would_wait) << ec.message();
    sender.non_blocking(false);
    return count;
}

} // namespace guest

int main(int argc, char** argv) {
    testing::InitGoogleTest(&argc, argv);
    try {
        const guest::arguments options{argc, argv};
        if (options.has("peer")) {
            guest::libargo_peer() = guest::parse_domid(options.text("peer"));
        }
        return RUN_ALL_TESTS();
    } catch (const std::exception& error) {
        std::cerr << "argo-libargo-tests: " << error.what() << '\n';
        return 1;
    }
}
