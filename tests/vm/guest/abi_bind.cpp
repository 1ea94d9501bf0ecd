// SPDX-License-Identifier: MIT
#include "abi.hpp"

#include <cerrno>

namespace guest {
namespace {

constexpr std::uint32_t port = 5000;
constexpr std::uint16_t absent_domain = 30000;

TEST(bind, says_what_was_bound) {
    endpoint one;
    argo_bind bound{};
    ASSERT_EQ(one.bind({.port = port, .partner = ARGO_DOMID_SELF, .ring_size = 5000}, bound), success);
    EXPECT_EQ(bound.port, port);
    EXPECT_EQ(bound.domid, own_domid());
    EXPECT_EQ(bound.partner, own_domid());
    EXPECT_GE(bound.ring_size, 5000U);
    EXPECT_GT(bound.max_message, 4096U);
    EXPECT_LT(bound.max_message, bound.ring_size);
}

TEST(bind, own_domid_is_the_same_as_self) {
    endpoint one;
    ASSERT_EQ(one.bind({.port = port, .partner = own_domid()}), success);
    endpoint two;
    EXPECT_EQ(two.bind({.port = port, .partner = ARGO_DOMID_SELF}), outcome{EADDRINUSE});
}

TEST(bind, any_partner_stays_any) {
    endpoint one;
    argo_bind bound{};
    ASSERT_EQ(one.bind({.port = port, .partner = ARGO_DOMID_ANY}, bound), success);
    EXPECT_EQ(bound.partner, ARGO_DOMID_ANY);
    EXPECT_EQ(bound.domid, own_domid());
}

TEST(bind, ephemeral_ports_differ) {
    endpoint one;
    endpoint two;
    ASSERT_EQ(one.bind({}), success);
    ASSERT_EQ(two.bind({}), success);
    EXPECT_GE(one.port(), ARGO_PORT_EPHEMERAL);
    EXPECT_GE(two.port(), ARGO_PORT_EPHEMERAL);
    EXPECT_NE(one.port(), two.port());
}

TEST(bind, default_size) {
    endpoint one;
    ASSERT_EQ(one.bind({.ring_size = 0}), success);
    EXPECT_EQ(one.ring_size(), information().default_ring_size);
}

TEST(bind, sizes_from_the_smallest_to_the_largest) {
    const auto info = information();
    std::vector<std::uint32_t> sizes{1, 2, 15, 16, 17, 47, 48, 63, 64, 65, info.min_ring_size};
    for (std::uint32_t size = 4096; size < info.max_ring_size; size *= 4) {
        sizes.insert(sizes.end(), {size - 65, size - 64, size - 1, size, size + 1, size + 64});
    }
    sizes.insert(sizes.end(), {info.max_ring_size - 1, info.max_ring_size});
    for (const auto size : sizes) {
        endpoint one;
        ASSERT_EQ(one.bind({.ring_size = size}), success) << size;
        EXPECT_GE(one.ring_size(), size);
        EXPECT_LE(one.ring_size(), info.max_ring_size);
        EXPECT_GT(one.max_message(), 0U);
        expect_passes(one, one.local(), one, std::min(one.max_message(), 3000U));
    }
}

TEST(bind, larger_than_the_largest_is_refused) {
    const auto most = information().max_ring_size;
    for (const auto size : {most + 1, most + 4096, 0x01000000U + 1, 0x7fffffffU, 0x80000000U, 0xffffffffU}) {
        endpoint one;
        EXPECT_EQ(one.bind({.ring_size = size}), outcome{EINVAL}) << size;
        // The endpoint is as before.
        EXPECT_EQ(one.bind({}), success);
    }
}

TEST(bind, only_once) {
    endpoint one;
    ASSERT_EQ(one.bind({}), success);
    EXPECT_EQ(one.bind({}), outcome{EISCONN});
    EXPECT_EQ(one.bind({.port = port}), outcome{EISCONN});
    expect_passes(one, one.local(), one, 10);
}

TEST(bind, absent_partner) {
    endpoint one;
    EXPECT_EQ(one.bind({.partner = absent_domain}), outcome{EHOSTUNREACH});
    EXPECT_EQ(one.bind({}), success);
}

TEST(bind, a_closed_port_is_free_at_once) {
    for (int i = 0; i < 20; ++i) {
        endpoint one;
        ASSERT_EQ(one.bind({.port = port}), success) << "time " << i;
    }
}

TEST(bind, same_port_and_partner_is_in_use) {
    for (const std::uint16_t partner : {std::uint16_t{ARGO_DOMID_SELF}, std::uint16_t{ARGO_DOMID_ANY}}) {
        endpoint one;
        endpoint two;
        ASSERT_EQ(one.bind({.port = port, .partner = partner}), success);
        EXPECT_EQ(two.bind({.port = port, .partner = partner}), outcome{EADDRINUSE});
        expect_passes(one, one.local(), one, 10);
    }
}

TEST(bind, exclusive) {
    endpoint one;
    ASSERT_EQ(one.bind({.port = port, .flags = ARGO_BIND_EXCLUSIVE}), success);
    endpoint two;
    EXPECT_EQ(two.bind({.port = port, .partner = ARGO_DOMID_ANY}), outcome{EADDRINUSE});
    EXPECT_EQ(two.bind({.port = port + 1}), success);
}

TEST(bind, not_exclusive_beside_another) {
    endpoint one;
    ASSERT_EQ(one.bind({.port = port}), success);
    endpoint two;
    EXPECT_EQ(two.bind({.port = port, .partner = ARGO_DOMID_ANY, .flags = ARGO_BIND_EXCLUSIVE}), outcome{EADDRINUSE});
    EXPECT_EQ(two.bind({.port = port, .partner = ARGO_DOMID_ANY}), success);
}

TEST(bind, partner_ring_goes_before_wildcard_ring) {
    endpoint sender;
    ASSERT_EQ(sender.bind({}), success);
    endpoint wildcard;
    ASSERT_EQ(wildcard.bind({.port = port, .partner = ARGO_DOMID_ANY}), success);
    expect_passes(sender, self(port), wildcard, 20);
    {
        endpoint own;
        ASSERT_EQ(own.bind({.port = port, .partner = ARGO_DOMID_SELF}), success);
        expect_passes(sender, self(port), own, 21);
        expect_nothing(wildcard);
    }
    expect_passes(sender, self(port), wildcard, 22);
}

TEST(bind, privileged_port_needs_a_capability) {
    for (const std::uint32_t low : {1U, 80U, 1023U}) {
        endpoint one;
        EXPECT_EQ(one.bind({.port = low}), success) << low;
    }
    EXPECT_EQ(as_nobody([] {
                  endpoint one;
                  const bool refused = one.bind({.port = 1023}).code == EACCES && one.bind({.port = 1}).code == EACCES;
                  return refused && one.bind({.port = 1024}) ? 0 : 1;
              }),
              0);
}

TEST(bind, port_of_another_user) {
    endpoint one;
    ASSERT_EQ(one.bind({.port = port, .partner = ARGO_DOMID_SELF}), success);
    EXPECT_EQ(as_nobody([] {
                  endpoint two;
                  const bool in_use = two.bind({.port = port, .partner = ARGO_DOMID_ANY}).code == EADDRINUSE;
                  return in_use && two.bind({.port = port + 1}) ? 0 : 1;
              }),
              0);
}

TEST(bind, an_unbound_endpoint_receives_nothing) {
    const endpoint one;
    message received;
    EXPECT_EQ(one.receive(received, 10, no_wait), outcome{ENOTCONN});
    EXPECT_EQ(one.receive(received, 10), outcome{ENOTCONN});
    std::byte some{};
    EXPECT_EQ(outcome_of(::read(one.fd(), &some, 1)), outcome{ENOTCONN});
}

TEST(bind, every_partner_of_one_port) {
    if (!around().peer || !around().peer2) {
        GTEST_SKIP() << "no --peer and --peer2 were given";
    }
    peer_client first{*around().peer};
    peer_client second{*around().peer2};
    endpoint wildcard;
    endpoint only_first;
    ASSERT_EQ(wildcard.bind({.port = port, .partner = ARGO_DOMID_ANY, .ring_size = 16384}), success);
    ASSERT_EQ(only_first.bind({.port = port, .partner = first.domid(), .ring_size = 16384}), success);
    const traffic what{7, 100, 100};
    const auto to = wildcard.local();
    auto from_first = first.send(what, 5, to);
    auto from_second = second.send(what, 5, to);
    ASSERT_EQ(from_first.error(), success);
    ASSERT_EQ(from_second.error(), success);
    EXPECT_EQ(from_first.finish().error, 0U);
    EXPECT_EQ(from_second.finish().error, 0U);
    verifier at_wildcard{what};
    verifier at_first{what};
    for (int i = 0; i < 5; ++i) {
        message received;
        ASSERT_EQ(only_first.receive(received, 200, {0, patience}), success);
        EXPECT_EQ(received.from.domid, first.domid());
        EXPECT_TRUE(at_first.check(received.from, received.type, received.len, received.data)) << at_first.error();
        ASSERT_EQ(wildcard.receive(received, 200, {0, patience}), success);
        EXPECT_EQ(received.from.domid, second.domid());
        EXPECT_TRUE(at_wildcard.check(received.from, received.type, received.len, received.data))
            << at_wildcard.error();
    }
    expect_nothing(wildcard);
    expect_nothing(only_first);
}

} // namespace
} // namespace guest
