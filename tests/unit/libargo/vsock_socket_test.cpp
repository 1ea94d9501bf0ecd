// SPDX-License-Identifier: MIT
// What AF_VSOCK does without a transport; with one, tests/vm/guest/vsock_*.cpp.
#include <libargo/vsock/protocol.hpp>

#include <chrono>
#include <utility>

#include <boost/asio/io_context.hpp>
#include <gtest/gtest.h>
#include <libargo/vsock/local_cid.hpp>
#include <libargo/vsock/options.hpp>

namespace libargo::vsock::test {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;
using namespace std::chrono_literals;

class vsock_socket : public testing::Test {
protected:
    void SetUp() override {
        error_code ec;
        socket.open({}, ec);
        if (ec) {
            GTEST_SKIP() << "this kernel has no vsock: " << ec.message();
        }
    }

    asio::io_context context;
    stream_protocol::socket socket{context};
};

TEST_F(vsock_socket, has_the_port_that_it_is_bound_to) {
    stream_protocol::acceptor acceptor(context, stream_protocol::endpoint(any_cid, any_port));
    EXPECT_EQ(acceptor.local_endpoint().cid(), any_cid);
    EXPECT_NE(acceptor.local_endpoint().port(), any_port);
    error_code ec;
    socket.bind(acceptor.local_endpoint(), ec);
    EXPECT_EQ(ec, asio::error::address_in_use) << ec.message();
}

TEST_F(vsock_socket, accept_is_cancelled) {
    stream_protocol::acceptor acceptor(context, address{});
    error_code result;
    acceptor.async_accept([&](error_code ec, const stream_protocol::socket&) { result = ec; });
    context.poll();
    EXPECT_FALSE(result);
    acceptor.cancel();
    context.run();
    EXPECT_EQ(result, asio::error::operation_aborted);
}

TEST_F(vsock_socket, nobody_is_there) {
    error_code ec;
    socket.set_option(connect_timeout(100ms));
    socket.async_connect(address{from_domid(domid_t{0x7fef}), 1}, [&](error_code result) { ec = result; });
    context.run_for(10s);
    EXPECT_TRUE(ec);
    EXPECT_THROW(static_cast<void>(socket.remote_endpoint()), boost::system::system_error);
}

TEST_F(vsock_socket, options_are_the_kernels) {
    socket.set_option(buffer_max_size(1U << 20U));
    socket.set_option(buffer_min_size(1000));
    socket.set_option(buffer_size(5000));
    buffer_size size;
    socket.get_option(size);
    EXPECT_EQ(size.value(), 5000U);
    socket.set_option(buffer_size(100));
    socket.get_option(size);
    EXPECT_EQ(size.value(), 1000U) << "not kept above its minimum";
    buffer_max_size most;
    socket.get_option(most);
    EXPECT_EQ(most.value(), 1U << 20U);

    connect_timeout timeout;
    socket.get_option(timeout);
    EXPECT_EQ(timeout.value(), 2s);
    socket.set_option(connect_timeout(1500ms));
    socket.get_option(timeout);
    EXPECT_EQ(timeout.value(), 1500ms);
    error_code ec;
    socket.set_option(connect_timeout(-1us), ec);
    EXPECT_EQ(ec.value(), ERANGE) << ec.message();
}

TEST(vsock_options, have_the_kernels_layout) {
    const stream_protocol stream;
    const buffer_size size(7);
    EXPECT_EQ(size.level(stream), AF_VSOCK);
    EXPECT_EQ(size.name(stream), SO_VM_SOCKETS_BUFFER_SIZE);
    EXPECT_EQ(size.size(stream), sizeof(std::uint64_t));
    EXPECT_EQ(*size.data(stream), 7U);
    EXPECT_THROW(size.resize(stream, 4), std::length_error);

    const connect_timeout timeout(-1500ms);
    EXPECT_EQ(timeout.name(stream), SO_VM_SOCKETS_CONNECT_TIMEOUT);
    EXPECT_EQ(timeout.size(stream), sizeof(timeval));
    EXPECT_EQ(timeout.data(stream)->tv_sec, -2);
    EXPECT_EQ(timeout.data(stream)->tv_usec, 500000);
    EXPECT_EQ(timeout.value(), -1500ms);
}

TEST(vsock_local_cid, is_one_or_no_such_device) {
    error_code ec;
    const auto cid = local_cid(ec);
    if (ec) {
        EXPECT_EQ(ec, boost::system::errc::no_such_device) << ec.message();
        EXPECT_EQ(cid, any_cid);
        EXPECT_THROW(static_cast<void>(local_cid()), boost::system::system_error);
    } else {
        EXPECT_NE(cid, any_cid);
    }
}

} // namespace
} // namespace libargo::vsock::test
