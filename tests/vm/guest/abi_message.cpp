// SPDX-License-Identifier: MIT
// One message at a time: vectors, sizes, types, truncation, peek, addresses that nobody is at.
#include "abi.hpp"

#include <cerrno>
#include <deque>
#include <numeric>

namespace guest {
namespace {

constexpr std::uint16_t absent_domain = 30000;

class message_test : public pair_test {
protected:
    /// `data` cut into pieces of the sizes given.
    static std::vector<argo_iovec> cut(const_view data, std::span<const std::size_t> sizes) {
        std::vector<argo_iovec> pieces;
        for (const auto size : sizes) {
            pieces.push_back(vector_of(data.first(size)));
            data = data.subspan(size);
        }
        return pieces;
    }

    outcome send(std::span<const argo_iovec> pieces) const {
        auto one = message_of(target(), pieces);
        std::uint32_t done = 0;
        return sender.send({&one, 1}, done, no_wait);
    }

    /// Sends in pieces, receives in pieces, compares.
    void expect_pieces(std::span<const std::size_t> sent, std::span<const std::size_t> received) const {
        const auto size = std::accumulate(sent.begin(), sent.end(), std::size_t{0});
        const auto data = some_bytes(size);
        ASSERT_EQ(send(cut(data, sent)), success);
        bytes buffer(std::accumulate(received.begin(), received.end(), std::size_t{0}), std::byte{0xee});
        const auto places = cut(buffer, received);
        auto one = message_of({}, places);
        std::uint32_t done = 0;
        ASSERT_EQ(receiver.receive({&one, 1}, done, {0, patience}), success);
        ASSERT_EQ(done, 1U);
        EXPECT_EQ(one.len, size);
        EXPECT_EQ(one.flags, 0U);
        EXPECT_TRUE(std::equal(data.begin(), data.end(), buffer.begin()));
    }
};

TEST_F(message_test, one_piece_and_many) {
    const auto most = information().max_iov;
    for (const std::size_t count : {1U, 2U, 7U, 8U, 9U, 15U, 16U, 17U, 100U, most}) {
        if (count > most) {
            continue;
        }
        const std::vector<std::size_t> pieces(count, count > 100 ? 1 : 13);
        const std::vector<std::size_t> whole{4000};
        expect_pieces(pieces, whole);
        expect_pieces(pieces, pieces);
    }
}

TEST_F(message_test, too_many_pieces) {
    const auto most = information().max_iov;
    const auto data = some_bytes(1);
    for (const auto count : {most + 1, most + 100, 2 * most + 1}) {
        const std::vector<argo_iovec> pieces(count, vector_of(data));
        EXPECT_EQ(send(pieces), outcome{EINVAL}) << count;
        auto one = message_of({}, pieces);
        std::uint32_t done = 0;
        EXPECT_EQ(receiver.receive({&one, 1}, done, no_wait), outcome{EINVAL}) << count;
    }
    for (const auto count : {0x10000000U, 0x7fffffffU, 0xffffffffU}) {
        const auto piece = vector_of(data);
        auto one = message_of(target(), {&piece, 1});
        one.iovcnt = count;
        std::uint32_t done = 0;
        EXPECT_EQ(sender.send({&one, 1}, done, no_wait), outcome{EINVAL}) << count;
    }
    expect_nothing(receiver);
}

TEST_F(message_test, empty_pieces) {
    const std::vector<std::size_t> whole{100};
    for (const auto& pieces : std::vector<std::vector<std::size_t>>{
             {0}, {0, 0, 0}, {0, 5}, {5, 0}, {5, 0, 5}, {0, 0, 1, 0, 0, 1, 0, 0}, {0, 0, 0, 0, 0, 0, 0, 0, 1}}) {
        if (pieces.size() > information().max_iov) {
            continue;
        }
        expect_pieces(pieces, whole);
        expect_pieces(std::vector<std::size_t>(1, std::accumulate(pieces.begin(), pieces.end(), std::size_t{0})),
                      pieces);
    }
}

TEST_F(message_test, no_pieces_at_all) {
    ASSERT_EQ(send({}), success);
    auto one = message_of({}, {});
    std::uint32_t done = 0;
    ASSERT_EQ(receiver.receive({&one, 1}, done, {0, patience}), success);
    EXPECT_EQ(done, 1U);
    EXPECT_EQ(one.len, 0U);
    EXPECT_EQ(one.flags, 0U);
}

TEST_F(message_test, pieces_longer_than_any_message) {
    const auto data = some_bytes(16);
    auto piece = vector_of(data);
    for (const std::uint64_t length : {std::uint64_t{1} << 24U, std::uint64_t{1} << 32U, (std::uint64_t{1} << 32U) + 8,
                                       std::uint64_t{1} << 63U, ~std::uint64_t{0}}) {
        piece.len = length;
        const auto what = send({&piece, 1});
        EXPECT_TRUE(what == outcome{EMSGSIZE} || what == outcome{EINVAL} || what == outcome{EFAULT})
            << length << ": " << what;
    }
    // Together they would be short again in 32 or 64 bits.
    const std::vector<argo_iovec> wrapping{{piece.base, 8}, {piece.base, ~std::uint64_t{0}}, {piece.base, 1}};
    const auto what = send(wrapping);
    EXPECT_TRUE(what == outcome{EMSGSIZE} || what == outcome{EINVAL} || what == outcome{EFAULT}) << what;
    expect_nothing(receiver);
    expect_passes(sender, target(), receiver, 16);
}

TEST_F(message_test, types_arrive_as_sent) {
    for (const std::uint32_t type : {0U, 1U, 0x6447724dU, 0x80000000U, 0xffffffffU}) {
        ASSERT_EQ(sender.send(target(), some_bytes(4), type), success);
        expect_next(receiver, sender.local(), some_bytes(4), type);
    }
}

TEST_F(message_test, truncation_is_reported_with_the_full_length) {
    const auto data = some_bytes(100);
    for (const std::size_t room : {0U, 1U, 16U, 99U}) {
        ASSERT_EQ(sender.send(target(), data, 5), success);
        ASSERT_EQ(sender.send(target(), some_bytes(10), 6), success);
        message received;
        ASSERT_EQ(receiver.receive(received, room, {0, patience}), success);
        EXPECT_EQ(received.flags, ARGO_MSG_TRUNC);
        EXPECT_EQ(received.len, data.size());
        EXPECT_EQ(received.type, 5U);
        EXPECT_TRUE(std::equal(received.data.begin(), received.data.end(), data.begin()));
        EXPECT_EQ(received.data.size(), room);
        // The rest of it is gone.
        expect_next(receiver, sender.local(), some_bytes(10), 6);
    }
    EXPECT_EQ(listed(receiver.port(), own_domid()).value().truncated, 4U);
}

TEST_F(message_test, nothing_is_written_beyond_the_message) {
    ASSERT_EQ(sender.send(target(), some_bytes(10)), success);
    bytes buffer(64, std::byte{0xee});
    const auto piece = vector_of(buffer);
    auto one = message_of({}, {&piece, 1});
    std::uint32_t done = 0;
    ASSERT_EQ(receiver.receive({&one, 1}, done, {0, patience}), success);
    EXPECT_EQ(bytes(buffer.begin() + 10, buffer.end()), bytes(54, std::byte{0xee}));
}

TEST_F(message_test, peek_leaves_the_message) {
    ASSERT_EQ(sender.send(target(), some_bytes(50), 9), success);
    for (const std::size_t room : {0U, 20U, 50U, 60U}) {
        message received;
        ASSERT_EQ(receiver.receive(received, room, peek), success);
        EXPECT_EQ(received.len, 50U);
        EXPECT_EQ(received.type, 9U);
        EXPECT_EQ(received.flags, room < 50 ? ARGO_MSG_TRUNC : 0U);
    }
    expect_next(receiver, sender.local(), some_bytes(50), 9);
    message received;
    EXPECT_EQ(receiver.receive(received, 10, peek), outcome{EAGAIN});
    EXPECT_EQ(listed(receiver.port(), own_domid()).value().rx_messages, 1U);
}

TEST_F(message_test, peek_is_for_one_message) {
    std::vector<argo_msg> two(2);
    std::uint32_t done = 0;
    EXPECT_EQ(receiver.receive(two, done, peek), outcome{EINVAL});
    EXPECT_EQ(sender.send(target(), {}, 0, {ARGO_PEEK, forever}), outcome{EINVAL});
}

TEST_F(message_test, nobody_there) {
    EXPECT_EQ(sender.send(self(12345), some_bytes(1)), outcome{ECONNREFUSED});
    EXPECT_EQ(sender.send(address(absent_domain, 1), some_bytes(1)), outcome{EHOSTUNREACH});
    // These do not block either.
    EXPECT_EQ(sender.send(self(12345), some_bytes(1), 0, {0, patience}), outcome{ECONNREFUSED});
    expect_passes(sender, target(), receiver, 10);
}

TEST_F(message_test, ring_for_somebody_else) {
    if (!around().peer || *around().peer == own_domid()) {
        GTEST_SKIP() << "no --peer in another domain was given";
    }
    endpoint other;
    ASSERT_EQ(other.bind({.partner = *around().peer}), success);
    EXPECT_EQ(sender.send(other.local(), some_bytes(1)), outcome{ECONNREFUSED});
}

TEST_F(message_test, to_any_domain) {
    const auto what = sender.send(address(ARGO_DOMID_ANY, receiver.port()), some_bytes(1));
    EXPECT_TRUE(what == outcome{EINVAL} || what == outcome{EHOSTUNREACH}) << what;
    expect_nothing(receiver);
}

TEST_F(message_test, reserved_fields_of_a_message) {
    const auto data = some_bytes(4);
    const auto piece = vector_of(data);
    std::uint32_t done = 0;
    for (unsigned bit = 0; bit < 32; ++bit) {
        auto one = message_of(target(), {&piece, 1});
        one.flags = 1U << bit;
        EXPECT_EQ(sender.send({&one, 1}, done, no_wait), outcome{EINVAL}) << "flag " << bit;
    }
    for (unsigned bit = 0; bit < 16; ++bit) {
        auto one = message_of(target(), {&piece, 1});
        one.addr.reserved = static_cast<std::uint16_t>(1U << bit);
        EXPECT_EQ(sender.send({&one, 1}, done, no_wait), outcome{EINVAL}) << "reserved bit " << bit;
    }
    expect_nothing(receiver);
    ASSERT_EQ(sender.send(target(), data), success);
    for (unsigned bit = 0; bit < 32; ++bit) {
        auto one = message_of({}, {&piece, 1});
        one.flags = 1U << bit;
        EXPECT_EQ(receiver.receive({&one, 1}, done, no_wait), outcome{EINVAL}) << "flag " << bit;
    }
    expect_next(receiver, sender.local(), data);
}

TEST_F(message_test, order_is_kept) {
    const traffic what{3, 0, 60};
    verifier check{what};
    std::uint32_t sent = 0;
    for (int round = 0; round < 20; ++round) {
        for (int i = 0; i < 20; ++i, ++sent) {
            ASSERT_EQ(sender.send(target(), make_message(what, sender.local(), sent), sent, no_wait), success);
        }
        for (int i = 0; i < 20; ++i) {
            message received;
            ASSERT_EQ(receiver.receive(received, 100, no_wait), success);
            ASSERT_TRUE(check.check(received.from, received.type, received.len, received.data)) << check.error();
        }
    }
}

} // namespace
} // namespace guest
