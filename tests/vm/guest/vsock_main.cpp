// SPDX-License-Identifier: MIT
// argo-vsock-tests: libargo::vsock over a transport. Usage, in one domain: argo-vsock-tests --serve [--port=9000]
// and in another, or the same: argo-vsock-tests --peer-cid=N [--port=9000] [--cid=OWN]
#include "arguments.hpp"
#include "vsock_fixture.hpp"
#include "vsock_servant.hpp"

#include <iostream>

namespace guest {

namespace vsock = libargo::vsock;
using namespace std::chrono_literals;

vsock_options& vsock_run() {
    static vsock_options options;
    return options;
}

void vsock_test::SetUp() {
    if (!vsock_run().peer) {
        GTEST_SKIP() << "no --peer-cid was given";
    }
}

void vsock_packet_test::SetUp() {
    vsock_test::SetUp();
    if (IsSkipped()) {
        return;
    }
    libargo::error_code ec;
    patient(socket).connect(peer(service::packets), ec);
    if (unsupported(ec)) {
        GTEST_SKIP() << "no seqpacket: " << ec.message();
    }
    ASSERT_FALSE(ec) << ec.message();
}

void vsock_test::run() {
    context.restart();
    context.run_for(60s);
    EXPECT_TRUE(context.stopped()) << "something is still pending after a minute";
    context.stop();
}

void vsock_test::run(boost::asio::awaitable<void> client) {
    std::exception_ptr failure;
    boost::asio::co_spawn(context, std::move(client), [&](const std::exception_ptr& error) { failure = error; });
    run();
    if (failure) {
        std::rethrow_exception(failure);
    }
}

vsock::address vsock_test::peer(service what) { return address_of(what, {vsock_run().peer.value(), vsock_run().port}); }

bool vsock_test::over_loopback() { return vsock_run().peer == vsock::loopback_cid; }

bool vsock_test::unsupported(const libargo::error_code& ec) {
    return ec.category() == boost::system::system_category() &&
           (ec.value() == ESOCKTNOSUPPORT || ec.value() == ENODEV || ec.value() == EOPNOTSUPP);
}

std::vector<char> vsock_test::pattern(std::size_t size) {
    std::vector<char> data(size);
    for (std::size_t i = 0; i < size; ++i) {
        data[i] = static_cast<char>((i * 7 + (i >> 8U) * 13) % 251);
    }
    return data;
}

} // namespace guest

int main(int argc, char** argv) {
    testing::InitGoogleTest(&argc, argv);
    try {
        const guest::arguments options{argc, argv, {"serve"}};
        auto& run = guest::vsock_run();
        run.port = options.number("port", run.port);
        if (options.has("serve")) {
            guest::serve_vsock(run.port);
            return 0;
        }
        if (options.has("peer-cid")) {
            run.peer = guest::vsock::parse_cid(options.text("peer-cid"));
        }
        if (options.has("cid")) {
            run.own = guest::vsock::parse_cid(options.text("cid"));
        }
        return RUN_ALL_TESTS();
    } catch (const std::exception& error) {
        std::cerr << "argo-vsock-tests: " << error.what() << '\n';
        return 1;
    }
}
