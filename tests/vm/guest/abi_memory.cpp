// SPDX-License-Identifier: MIT
// Payloads in memory that is not mapped, not writable, not there yet, or at the edge of a page.
#include "abi.hpp"
#include "memory.hpp"

#include <cerrno>
#include <sys/mman.h>

namespace guest {
namespace {

class memory_test : public testing::Test {
protected:
    void SetUp() override {
        ASSERT_EQ(sender.bind({}), success);
        ASSERT_EQ(receiver.bind({.ring_size = 65536}), success);
    }

    outcome send(std::span<const argo_iovec> pieces) const {
        auto one = message_of(receiver.local(), pieces);
        std::uint32_t done = 0;
        return sender.send({&one, 1}, done, no_wait);
    }

    outcome receive(std::span<const argo_iovec> pieces) const {
        auto one = message_of({}, pieces);
        std::uint32_t done = 0;
        return receiver.receive({&one, 1}, done, no_wait);
    }

    outcome send(const_view data) const {
        const auto piece = vector_of(data);
        return send({&piece, 1});
    }

    outcome receive(view data) const {
        const auto piece = vector_of(data);
        return receive({&piece, 1});
    }

    void expect_works() const {
        expect_nothing(receiver);
        expect_passes(sender, receiver.local(), receiver, 500);
    }

    endpoint sender;
    endpoint receiver;
};

TEST_F(memory_test, send_from_nowhere) {
    for (const auto bad : bad_addresses) {
        const argo_iovec piece{bad, 100};
        EXPECT_EQ(send({&piece, 1}), outcome{EFAULT}) << std::hex << bad;
    }
    expect_works();
}

TEST_F(memory_test, send_with_a_hole_in_the_vector) {
    const auto data = some_bytes(1000);
    for (std::size_t at = 0; at < 5; ++at) {
        std::vector<argo_iovec> pieces(5, vector_of(data));
        pieces[at].base = 8;
        EXPECT_EQ(send(pieces), outcome{EFAULT}) << "piece " << at;
        // Nothing of it was delivered, and the next one is right.
        expect_works();
    }
}

TEST_F(memory_test, send_from_the_edge_of_what_is_mapped) {
    const guarded memory{3};
    const auto data = some_bytes(memory.all().size());
    std::copy(data.begin(), data.end(), memory.all().begin());
    for (const std::size_t size : {1U, 15U, 16U, 17U, 4095U, 4096U, 4097U, 10000U}) {
        ASSERT_EQ(send(memory.last(size)), success) << size;
        expect_next(receiver, sender.local(), const_view(data).last(size));
        EXPECT_EQ(send(const_view(memory.last(size).data(), size + 1)), outcome{EFAULT}) << size;
        expect_nothing(receiver);
    }
}

TEST_F(memory_test, receive_to_the_edge_of_what_is_mapped) {
    const guarded memory{3};
    for (const std::size_t size : {1U, 15U, 16U, 17U, 4095U, 4096U, 4097U, 10000U}) {
        ASSERT_EQ(send(some_bytes(size)), success);
        // One byte too far: refused, and the message is still there.
        EXPECT_EQ(receive(view(memory.last(size).data() + 1, size)), outcome{EFAULT}) << size;
        ASSERT_EQ(receive(memory.last(size)), success) << size;
        const auto data = some_bytes(size);
        EXPECT_TRUE(std::equal(data.begin(), data.end(), memory.last(size).begin()));
    }
    expect_works();
}

TEST_F(memory_test, receive_to_read_only_memory_loses_nothing) {
    const mapping memory{2};
    memory.protect(0, 2, PROT_READ);
    ASSERT_EQ(send(some_bytes(6000)), success);
    for (int i = 0; i < 3; ++i) {
        EXPECT_EQ(receive(memory.all()), outcome{EFAULT});
    }
    // Half of it writable is no better.
    memory.protect(0, 1, PROT_READ | PROT_WRITE);
    EXPECT_EQ(receive(memory.all()), outcome{EFAULT});
    memory.protect(1, 1, PROT_READ | PROT_WRITE);
    ASSERT_EQ(receive(memory.all()), success);
    const auto data = some_bytes(6000);
    EXPECT_TRUE(std::equal(data.begin(), data.end(), memory.data()));
    expect_works();
}

TEST_F(memory_test, receive_to_nowhere_loses_nothing) {
    ASSERT_EQ(send(some_bytes(100)), success);
    for (const auto bad : bad_addresses) {
        const argo_iovec piece{bad, 100};
        EXPECT_EQ(receive({&piece, 1}), outcome{EFAULT}) << std::hex << bad;
    }
    bytes buffer(100);
    const std::vector<argo_iovec> pieces{vector_of(view(buffer).first(50)), {8, 10}, vector_of(view(buffer).last(50))};
    EXPECT_EQ(receive(pieces), outcome{EFAULT});
    expect_next(receiver, sender.local(), some_bytes(100));
    expect_works();
}

TEST_F(memory_test, send_from_read_only_memory) {
    const mapping memory{1};
    const auto data = some_bytes(2000);
    std::copy(data.begin(), data.end(), memory.data());
    memory.protect(0, 1, PROT_READ);
    ASSERT_EQ(send(memory.all().first(2000)), success);
    expect_next(receiver, sender.local(), data);
}

TEST_F(memory_test, send_from_pages_that_are_not_there_yet) {
    {
        const mapping fresh{8};
        ASSERT_EQ(send(fresh.all()), success);
        expect_next(receiver, sender.local(), bytes(fresh.size()));
    }
    const auto file = temporary_file(8, std::byte{0x5a});
    const mapping fresh{file, 8};
    ASSERT_EQ(send(fresh.all()), success);
    expect_next(receiver, sender.local(), bytes(fresh.size(), std::byte{0x5a}));
}

TEST_F(memory_test, send_pieces_from_pages_that_are_not_there_yet) {
    const auto file = temporary_file(8, std::byte{0x77});
    const mapping fresh{file, 8};
    std::vector<argo_iovec> pieces;
    for (std::size_t page = 0; page < 8; ++page) {
        pieces.push_back(vector_of({fresh.data() + page * page_size(), 100}));
    }
    ASSERT_EQ(send(pieces), success);
    expect_next(receiver, sender.local(), bytes(800, std::byte{0x77}));
}

TEST_F(memory_test, receive_to_pages_that_are_not_there_yet) {
    const auto file = temporary_file(8, std::byte{0x11});
    const mapping anonymous{8};
    const mapping shared{file, 8};
    for (const mapping* fresh : {&anonymous, &shared}) {
        const auto data = some_bytes(fresh->size());
        ASSERT_EQ(send(data), success);
        ASSERT_EQ(receive(fresh->all()), success);
        EXPECT_TRUE(std::equal(data.begin(), data.end(), fresh->data()));
    }
    bytes stored(shared.size());
    ASSERT_EQ(::pread(file.get(), stored.data(), stored.size(), 0), static_cast<ssize_t>(stored.size()));
    EXPECT_TRUE(stored == some_bytes(shared.size()));
}

TEST_F(memory_test, file_that_ends_before_its_mapping) {
    const auto file = temporary_file(1, std::byte{0x11});
    const mapping longer{file, 2};
    EXPECT_EQ(send(longer.all()), outcome{EFAULT});
    ASSERT_EQ(send(some_bytes(5000)), success);
    EXPECT_EQ(receive(longer.all()), outcome{EFAULT});
    expect_next(receiver, sender.local(), some_bytes(5000));
    expect_works();
}

TEST_F(memory_test, copy_on_write_after_fork) {
    mapping memory{4};
    const auto data = some_bytes(memory.size());
    std::copy(data.begin(), data.end(), memory.data());
    ASSERT_EQ(send(some_bytes(memory.size(), 2)), success);
    EXPECT_EQ(in_child([&] {
                  const auto other = some_bytes(memory.size(), 2);
                  return receive(memory.all()) && std::equal(other.begin(), other.end(), memory.data()) ? 0 : 1;
              }),
              0);
    EXPECT_TRUE(std::equal(data.begin(), data.end(), memory.data()));
    EXPECT_EQ(in_child([&] { return send(memory.all()) ? 0 : 1; }), 0);
    expect_next(receiver, sender.local(), data);
}

TEST_F(memory_test, vectors_and_messages_that_are_not_mapped) {
    const guarded memory{1};
    const auto data = some_bytes(10);
    const auto piece = vector_of(data);
    auto one = message_of(receiver.local(), {&piece, 1});
    std::uint32_t done = 0;
    for (const auto bad : bad_addresses) {
        one.iov = bad;
        EXPECT_EQ(sender.send({&one, 1}, done, no_wait), outcome{EFAULT}) << std::hex << bad;
    }
    ASSERT_EQ(sender.send(receiver.local(), data), success);
    for (const auto bad : bad_addresses) {
        one = message_of({}, {&piece, 1});
        one.iov = bad;
        EXPECT_EQ(receiver.receive({&one, 1}, done, no_wait), outcome{EFAULT}) << std::hex << bad;
    }
    // The second entry lies across the end of what is mapped.
    const auto place = memory.last(24);
    std::copy_n(reinterpret_cast<const std::byte*>(&piece), sizeof(piece), place.begin());
    one = message_of(receiver.local(), {&piece, 1});
    one.iov = reinterpret_cast<std::uintptr_t>(place.data());
    one.iovcnt = 2;
    EXPECT_EQ(sender.send({&one, 1}, done, no_wait), outcome{EFAULT});
    expect_next(receiver, sender.local(), data);
    expect_works();
}

} // namespace
} // namespace guest
