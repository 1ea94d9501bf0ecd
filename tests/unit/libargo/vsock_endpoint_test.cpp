// SPDX-License-Identifier: MIT
#include <libargo/vsock/endpoint.hpp>

#include <concepts>
#include <cstring>
#include <unordered_set>
#include <utility>

#include <gtest/gtest.h>
#include <libargo/vsock/format.hpp>
#include <libargo/vsock/protocol.hpp>

namespace libargo::vsock::test {
namespace {

/// Asio's requirements on an endpoint.
template <class T, class Protocol>
concept endpoint_of = std::regular<T> && requires(T endpoint, const T constant, std::size_t size) {
    { endpoint.data() } -> std::same_as<sockaddr*>;
    { constant.data() } -> std::same_as<const sockaddr*>;
    { constant.size() } -> std::same_as<std::size_t>;
    { constant.capacity() } -> std::same_as<std::size_t>;
    { constant.protocol() } -> std::same_as<Protocol>;
    endpoint.resize(size);
};

/// And on a protocol.
template <class T>
concept protocol = std::regular<T> && requires(const T constant) {
    { constant.family() } -> std::same_as<int>;
    { constant.type() } -> std::same_as<int>;
    { constant.protocol() } -> std::same_as<int>;
} && endpoint_of<typename T::endpoint, T> && std::same_as<typename T::socket::protocol_type, T>;

static_assert(protocol<stream_protocol> && protocol<seqpacket> && protocol<datagram_protocol>);
static_assert(std::same_as<stream_protocol::acceptor::protocol_type, stream_protocol>);
static_assert(std::same_as<seqpacket::acceptor::protocol_type, seqpacket>);
static_assert(std::totally_ordered<stream_protocol::endpoint>);
static_assert(std::convertible_to<address, seqpacket::endpoint>);
// One of another protocol is not an endpoint of this one.
static_assert(!std::convertible_to<stream_protocol::endpoint, seqpacket::endpoint>);

TEST(vsock_protocol, is_what_socket_is_called_with) {
    EXPECT_EQ(stream_protocol{}.family(), AF_VSOCK);
    EXPECT_EQ(stream_protocol{}.type(), SOCK_STREAM);
    EXPECT_EQ(seqpacket{}.type(), SOCK_SEQPACKET);
    EXPECT_EQ(datagram_protocol{}.type(), SOCK_DGRAM);
    EXPECT_EQ(datagram_protocol{}.protocol(), 0);
}

TEST(vsock_endpoint, is_a_sockaddr_vm) {
    const stream_protocol::endpoint endpoint(7, 5000);
    sockaddr_vm raw{};
    ASSERT_EQ(endpoint.size(), sizeof(raw));
    std::memcpy(&raw, endpoint.data(), sizeof(raw));
    EXPECT_EQ(raw.svm_family, AF_VSOCK);
    EXPECT_EQ(raw.svm_cid, 7U);
    EXPECT_EQ(raw.svm_port, 5000U);
    EXPECT_EQ(raw.svm_reserved1, 0U);
    EXPECT_EQ(raw.svm_flags, 0U);
}

TEST(vsock_endpoint, is_filled_by_a_system_call) {
    sockaddr_vm raw{};
    raw.svm_family = AF_VSOCK;
    raw.svm_cid = 9;
    raw.svm_port = 80;
    stream_protocol::endpoint endpoint;
    EXPECT_EQ(endpoint.address(), address{});
    std::memcpy(endpoint.data(), &raw, endpoint.capacity());
    endpoint.resize(sizeof(raw));
    EXPECT_EQ(endpoint.cid(), 9U);
    EXPECT_EQ(endpoint.port(), 80U);
    // recvmsg() gives no address on a connection.
    EXPECT_NO_THROW(endpoint.resize(0));
    EXPECT_THROW(endpoint.resize(endpoint.capacity() + 1), boost::system::system_error);
}

TEST(vsock_endpoint, compares_hashes_and_prints_as_its_address) {
    using endpoint = seqpacket::endpoint;
    const endpoint low(1, 9);
    const endpoint high(address{2, 1});
    EXPECT_LT(low, high);
    EXPECT_NE(low, high);
    EXPECT_EQ(high, endpoint(2, 1));
    const std::unordered_set<endpoint> set{low, high, low};
    EXPECT_EQ(set.size(), 2U);
    EXPECT_EQ(fmt::format("{} {:>6}", low, high), "1:9    2:1");
}

} // namespace
} // namespace libargo::vsock::test
