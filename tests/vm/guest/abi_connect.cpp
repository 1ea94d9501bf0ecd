// SPDX-License-Identifier: MIT
#include "abi.hpp"

#include <cerrno>

namespace guest {
namespace {

class connect_test : public pair_test {
protected:
    static argo_status status_of(const endpoint& one) {
        argo_status status{};
        EXPECT_EQ(one.status(status), success);
        return status;
    }
};

TEST_F(connect_test, sends_to_the_default_destination) {
    ASSERT_EQ(sender.connect(target()), success);
    expect_passes(sender, nowhere, receiver, 100);
    // Another destination may still be named.
    endpoint other;
    ASSERT_EQ(other.bind({}), success);
    expect_passes(sender, other.local(), other, 50);
}

TEST_F(connect_test, binds_an_unbound_endpoint) {
    endpoint one;
    ASSERT_EQ(one.connect(target()), success);
    const auto status = status_of(one);
    EXPECT_EQ(status.flags & (ARGO_STATUS_BOUND | ARGO_STATUS_CONNECTED), ARGO_STATUS_BOUND | ARGO_STATUS_CONNECTED);
    EXPECT_GE(status.local.port, ARGO_PORT_EPHEMERAL);
    EXPECT_EQ(status.partner, own_domid());
    EXPECT_EQ(to_string(status.remote), to_string(target()));
    ASSERT_EQ(one.send(nowhere, some_bytes(9)), success);
    expect_next(receiver, status.local, some_bytes(9));
    ASSERT_EQ(receiver.send(status.local, some_bytes(8)), success);
    expect_next(one, target(), some_bytes(8));
}

TEST_F(connect_test, peer_need_not_be_there) {
    const endpoint one;
    ASSERT_EQ(one.connect(self(4321)), success);
    EXPECT_EQ(one.send(nowhere, {}), outcome{ECONNREFUSED});
    endpoint late;
    ASSERT_EQ(late.bind({.port = 4321}), success);
    EXPECT_EQ(one.send(nowhere, some_bytes(3)), success);
    expect_next(late, status_of(one).local, some_bytes(3));
}

TEST_F(connect_test, receives_from_the_peer_only_and_counts_the_others) {
    ASSERT_EQ(receiver.connect(sender.local()), success);
    endpoint stranger;
    ASSERT_EQ(stranger.bind({}), success);
    const auto before = drops_of(receiver.port());
    for (int i = 0; i < 3; ++i) {
        ASSERT_EQ(stranger.send(target(), some_bytes(40)), success);
        ASSERT_EQ(sender.send(target(), some_bytes(50)), success);
    }
    for (int i = 0; i < 3; ++i) {
        expect_next(receiver, sender.local(), some_bytes(50));
    }
    expect_nothing(receiver);
    EXPECT_EQ(drops_of(receiver.port()) - before, 3U);
}

TEST_F(connect_test, a_strangers_message_does_not_end_a_wait) {
    ASSERT_EQ(receiver.connect(sender.local()), success);
    endpoint stranger;
    ASSERT_EQ(stranger.bind({}), success);
    ASSERT_EQ(stranger.send(target(), some_bytes(40)), success);
    message received;
    EXPECT_EQ(receiver.receive(received, 100, {0, settling}), outcome{ETIMEDOUT});
}

TEST_F(connect_test, disconnect_opens_it_to_all_again) {
    ASSERT_EQ(receiver.connect(address(own_domid(), 77)), success);
    ASSERT_EQ(receiver.disconnect(), success);
    EXPECT_EQ(status_of(receiver).flags & ARGO_STATUS_CONNECTED, 0U);
    EXPECT_EQ(to_string(status_of(receiver).remote), to_string(nowhere));
    expect_passes(sender, target(), receiver, 30);
    EXPECT_EQ(receiver.send(nowhere, some_bytes(1)), outcome{ENOTCONN});
}

TEST_F(connect_test, disconnected_from_who_has_gone_it_waits_again) {
    endpoint peer;
    ASSERT_EQ(peer.bind({}), success);
    ASSERT_EQ(receiver.connect(peer.local()), success);
    peer.close();
    message received;
    EXPECT_EQ(receiver.receive(received, 100), outcome{ECONNRESET});
    ASSERT_EQ(receiver.disconnect(), success);
    EXPECT_EQ(receiver.receive(received, 100, {0, settling}), outcome{ETIMEDOUT});
    expect_passes(sender, target(), receiver, 30);
}

TEST_F(connect_test, elsewhere) {
    endpoint other;
    ASSERT_EQ(other.bind({}), success);
    ASSERT_EQ(sender.connect(target()), success);
    ASSERT_EQ(sender.connect(other.local()), success);
    expect_passes(sender, nowhere, other, 11);
    expect_nothing(receiver);
}

TEST_F(connect_test, without_a_destination) {
    EXPECT_EQ(sender.send(nowhere, some_bytes(1)), outcome{ENOTCONN});
    const auto data = some_bytes(4);
    EXPECT_EQ(outcome_of(::write(sender.fd(), data.data(), data.size())), outcome{ENOTCONN});
    const endpoint unbound;
    EXPECT_EQ(unbound.send(nowhere, some_bytes(1)), outcome{ENOTCONN});
}

TEST_F(connect_test, an_unbound_sender_gets_a_port) {
    const endpoint one;
    ASSERT_EQ(one.send(target(), some_bytes(6)), success);
    const auto status = status_of(one);
    EXPECT_EQ(status.flags, ARGO_STATUS_BOUND);
    EXPECT_GE(status.local.port, ARGO_PORT_EPHEMERAL);
    expect_next(receiver, status.local, some_bytes(6));
    ASSERT_EQ(receiver.send(status.local, some_bytes(7)), success);
    expect_next(one, target(), some_bytes(7));
}

TEST_F(connect_test, a_peer_that_may_not_send_here) {
    if (!around().peer || *around().peer == own_domid()) {
        GTEST_SKIP() << "no --peer in another domain was given";
    }
    EXPECT_EQ(sender.connect(address(*around().peer, 1)), outcome{EINVAL});
    EXPECT_EQ(sender.connect(address(ARGO_DOMID_ANY, 1)), outcome{EINVAL});
}

TEST_F(connect_test, self_means_the_own_domain) {
    ASSERT_EQ(sender.connect(self(receiver.port())), success);
    expect_passes(sender, nowhere, receiver, 12);
    ASSERT_EQ(receiver.connect(self(sender.port())), success);
    expect_passes(sender, nowhere, receiver, 13);
}

} // namespace
} // namespace guest
