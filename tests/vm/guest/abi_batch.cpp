// SPDX-License-Identifier: MIT
// Several messages in one call.
#include "abi.hpp"

#include <cerrno>

namespace guest {
namespace {

class batch_test : public testing::Test {
protected:
    void SetUp() override {
        ASSERT_EQ(sender.bind({}), success);
        ASSERT_EQ(receiver.bind({.ring_size = 65536}), success);
    }

    /// Messages of 10 bytes, 11 bytes, ... numbered from 0 in their type.
    std::vector<argo_msg> outgoing(std::uint32_t count) {
        payloads_.clear();
        pieces_.assign(count, {});
        std::vector<argo_msg> messages;
        for (std::uint32_t i = 0; i < count; ++i) {
            payloads_.push_back(some_bytes(10 + i % 50, i));
            pieces_[i] = vector_of(payloads_.back());
            messages.push_back(message_of(receiver.local(), {&pieces_[i], 1}, i));
        }
        return messages;
    }

    void expect_arrive(std::uint32_t from, std::uint32_t count) const {
        for (std::uint32_t i = from; i < from + count; ++i) {
            expect_next(receiver, sender.local(), payloads_[i], i);
        }
        expect_nothing(receiver);
    }

    endpoint sender;
    endpoint receiver;
    std::vector<bytes> payloads_;
    std::vector<argo_iovec> pieces_;
};

TEST_F(batch_test, many_at_once) {
    for (const std::uint32_t count : {1U, 2U, 3U, 64U, information().max_batch}) {
        auto messages = outgoing(count);
        std::uint32_t done = 0;
        if (count > 512) {
            continue;
        }
        ASSERT_EQ(sender.send(messages, done, {0, patience}), success);
        ASSERT_EQ(done, count);
        expect_arrive(0, count);
    }
}

TEST_F(batch_test, receive_takes_those_that_are_there) {
    auto messages = outgoing(20);
    std::uint32_t done = 0;
    ASSERT_EQ(sender.send(messages, done), success);
    ASSERT_EQ(done, 20U);
    std::vector<bytes> buffers(32, bytes(100));
    std::vector<argo_iovec> pieces;
    std::vector<argo_msg> places;
    for (const auto& buffer : buffers) {
        pieces.push_back(vector_of(buffer));
    }
    for (const auto& piece : pieces) {
        places.push_back(message_of({}, {&piece, 1}));
    }
    // Blocking: it waits for the first only.
    ASSERT_EQ(receiver.receive(places, done, {0, patience}), success);
    ASSERT_EQ(done, 20U);
    for (std::uint32_t i = 0; i < done; ++i) {
        EXPECT_EQ(places[i].type, i);
        EXPECT_EQ(places[i].len, payloads_[i].size());
        EXPECT_EQ(to_string(places[i].addr), to_string(sender.local()));
        EXPECT_TRUE(std::equal(payloads_[i].begin(), payloads_[i].end(), buffers[i].begin()));
    }
    EXPECT_EQ(places[20].len, 0U);
    // And no more than there is room for.
    ASSERT_EQ(sender.send(messages, done), success);
    places.resize(5);
    for (auto& place : places) {
        place.flags = 0;
    }
    ASSERT_EQ(receiver.receive(places, done, no_wait), success);
    EXPECT_EQ(done, 5U);
    EXPECT_EQ(places[4].type, 4U);
    expect_arrive(5, 15);
}

TEST_F(batch_test, none_and_too_many) {
    std::vector<argo_msg> none;
    std::uint32_t done = 0;
    EXPECT_EQ(sender.send(none, done), outcome{EINVAL});
    EXPECT_EQ(receiver.receive(none, done, no_wait), outcome{EINVAL});
    auto messages = outgoing(information().max_batch + 1);
    EXPECT_EQ(sender.send(messages, done), outcome{EINVAL});
    EXPECT_EQ(receiver.receive(messages, done, no_wait), outcome{EINVAL});
    expect_nothing(receiver);
}

TEST_F(batch_test, to_several_destinations) {
    endpoint other;
    ASSERT_EQ(other.bind({}), success);
    auto messages = outgoing(4);
    messages[1].addr = messages[3].addr = other.local();
    std::uint32_t done = 0;
    ASSERT_EQ(sender.send(messages, done), success);
    EXPECT_EQ(done, 4U);
    expect_next(receiver, sender.local(), payloads_[0], 0);
    expect_next(receiver, sender.local(), payloads_[2], 2);
    expect_next(other, sender.local(), payloads_[1], 1);
    expect_next(other, sender.local(), payloads_[3], 3);
}

TEST_F(batch_test, an_error_in_the_middle) {
    auto messages = outgoing(6);
    messages[3].addr = self(12345);
    std::uint32_t done = 0;
    ASSERT_EQ(sender.send(messages, done), success);
    EXPECT_EQ(done, 3U);
    // It comes back from the next call, since it is still there.
    EXPECT_EQ(sender.send(std::span(messages).subspan(3), done), outcome{ECONNREFUSED});
    EXPECT_EQ(done, 0U);
    messages[3].addr = receiver.local();
    ASSERT_EQ(sender.send(std::span(messages).subspan(3), done), success);
    EXPECT_EQ(done, 3U);
    expect_arrive(0, 6);
}

TEST_F(batch_test, a_bad_buffer_in_the_middle) {
    auto messages = outgoing(4);
    pieces_[2].base = 8;
    std::uint32_t done = 0;
    ASSERT_EQ(sender.send(messages, done), success);
    EXPECT_EQ(done, 2U);
    EXPECT_EQ(sender.send(std::span(messages).subspan(2), done), outcome{EFAULT});
    pieces_[2] = vector_of(payloads_[2]);
    ASSERT_EQ(sender.send(std::span(messages).subspan(2), done), success);
    expect_arrive(0, 4);
}

TEST_F(batch_test, a_bad_place_in_the_middle_of_a_receive_loses_nothing) {
    auto messages = outgoing(3);
    std::uint32_t done = 0;
    ASSERT_EQ(sender.send(messages, done), success);
    std::vector<bytes> buffers(3, bytes(100));
    std::vector<argo_iovec> pieces{vector_of(buffers[0]), {8, 100}, vector_of(buffers[2])};
    std::vector<argo_msg> places;
    for (const auto& piece : pieces) {
        places.push_back(message_of({}, {&piece, 1}));
    }
    ASSERT_EQ(receiver.receive(places, done, no_wait), success);
    EXPECT_EQ(done, 1U);
    expect_arrive(1, 2);
}

TEST_F(batch_test, full_after_some) {
    endpoint small;
    ASSERT_EQ(small.bind({.ring_size = 4096}), success);
    const auto data = some_bytes(500);
    const auto piece = vector_of(data);
    std::vector<argo_msg> messages(40, message_of(small.local(), {&piece, 1}));
    std::uint32_t first = 0;
    ASSERT_EQ(sender.send(messages, first, no_wait), success);
    EXPECT_GT(first, 4U);
    EXPECT_LE(first, small.ring_size() / 500);
    std::uint32_t done = 0;
    EXPECT_EQ(sender.send(messages, done, no_wait), outcome{EAGAIN});
    EXPECT_EQ(done, 0U);
    // A timeout after some is no error either.
    expect_next(small, sender.local(), data);
    ASSERT_EQ(sender.send(messages, done, {0, settling}), success);
    EXPECT_EQ(done, 1U);
    EXPECT_EQ(sender.send(messages, done, {0, settling}), outcome{ETIMEDOUT});
    EXPECT_EQ(done, 0U);
    for (std::uint32_t i = 0; i < first; ++i) {
        expect_next(small, sender.local(), data);
    }
    expect_nothing(small);
}

TEST_F(batch_test, unmapped_array) {
    for (const std::uint64_t bad : {std::uint64_t{0}, std::uint64_t{8}, ~std::uint64_t{0} - 4095}) {
        argo_batch batch{};
        batch.size = sizeof(batch);
        batch.flags = ARGO_DONTWAIT;
        batch.msgs = bad;
        batch.count = 2;
        EXPECT_EQ(sender.call(ARGO_IOC_SEND, &batch), outcome{EFAULT});
        const auto what = receiver.call(ARGO_IOC_RECV, &batch);
        EXPECT_TRUE(what == outcome{EFAULT} || what == outcome{EAGAIN}) << what;
    }
}

} // namespace
} // namespace guest
