// SPDX-License-Identifier: MIT
// read, write, readv and writev on a connected endpoint: one message each.
#include "abi.hpp"
#include "memory.hpp"

#include <cerrno>
#include <sys/uio.h>

namespace guest {
namespace {

class readwrite_test : public pair_test {
protected:
    void SetUp() override {
        pair_test::SetUp();
        ASSERT_EQ(sender.connect(receiver.local()), success);
        ASSERT_EQ(receiver.connect(sender.local()), success);
    }
};

TEST_F(readwrite_test, one_message_each) {
    for (const std::size_t size : {1U, 15U, 16U, 17U, 1000U, 3000U}) {
        const auto data = some_bytes(size);
        ASSERT_EQ(::write(sender.fd(), data.data(), size), static_cast<ssize_t>(size));
        ASSERT_EQ(::write(sender.fd(), data.data(), 1), 1);
        bytes buffer(4000);
        ASSERT_EQ(::read(receiver.fd(), buffer.data(), buffer.size()), static_cast<ssize_t>(size));
        EXPECT_TRUE(std::equal(data.begin(), data.end(), buffer.begin()));
        ASSERT_EQ(::read(receiver.fd(), buffer.data(), buffer.size()), 1);
        EXPECT_EQ(buffer[0], data[0]);
    }
}

TEST_F(readwrite_test, vectors) {
    auto data = some_bytes(300);
    const std::vector<iovec> out{
        {data.data(), 100}, {data.data() + 100, 0}, {data.data() + 100, 1}, {data.data() + 101, 199}};
    ASSERT_EQ(::writev(sender.fd(), out.data(), static_cast<int>(out.size())), 300);
    bytes buffer(400);
    const std::vector<iovec> in{{buffer.data(), 1}, {buffer.data() + 1, 250}, {buffer.data() + 251, 149}};
    ASSERT_EQ(::readv(receiver.fd(), in.data(), static_cast<int>(in.size())), 300);
    EXPECT_TRUE(std::equal(data.begin(), data.end(), buffer.begin()));
}

TEST_F(readwrite_test, type_of_what_is_written) {
    argo_options options{};
    options.flags = ARGO_OPT_TYPE;
    options.type = 0xabcd1234;
    ASSERT_EQ(sender.options(options), success);
    const auto data = some_bytes(5);
    ASSERT_EQ(::write(sender.fd(), data.data(), data.size()), 5);
    expect_next(receiver, sender.local(), data, 0xabcd1234);
}

TEST_F(readwrite_test, truncation_is_counted) {
    const auto data = some_bytes(50);
    ASSERT_EQ(::write(sender.fd(), data.data(), data.size()), 50);
    ASSERT_EQ(::write(sender.fd(), data.data(), 3), 3);
    bytes buffer(20);
    EXPECT_EQ(::read(receiver.fd(), buffer.data(), buffer.size()), 20);
    EXPECT_TRUE(std::equal(buffer.begin(), buffer.end(), data.begin()));
    EXPECT_EQ(::read(receiver.fd(), buffer.data(), buffer.size()), 3);
    EXPECT_EQ(listed(receiver.port(), own_domid()).value().truncated, 1U);
}

TEST_F(readwrite_test, empty_message_reads_as_zero) {
    ASSERT_EQ(sender.send(nowhere, {}), success);
    ASSERT_EQ(sender.send(nowhere, some_bytes(2)), success);
    bytes buffer(20);
    EXPECT_EQ(::read(receiver.fd(), buffer.data(), buffer.size()), 0);
    EXPECT_EQ(::read(receiver.fd(), buffer.data(), buffer.size()), 2);
}

TEST_F(readwrite_test, nonblocking) {
    ASSERT_TRUE(receiver.nonblocking(true));
    ASSERT_TRUE(sender.nonblocking(true));
    bytes data = some_bytes(1000);
    EXPECT_EQ(outcome_of(::read(receiver.fd(), data.data(), data.size())), outcome{EAGAIN});
    int written = 0;
    while (::write(sender.fd(), data.data(), data.size()) == 1000) {
        ++written;
    }
    EXPECT_EQ(errno, EAGAIN);
    EXPECT_GE(written, 3);
    for (int i = 0; i < written; ++i) {
        EXPECT_EQ(::read(receiver.fd(), data.data(), data.size()), 1000);
    }
    EXPECT_EQ(outcome_of(::read(receiver.fd(), data.data(), data.size())), outcome{EAGAIN});
}

TEST_F(readwrite_test, too_large) {
    const auto data = some_bytes(receiver.max_message() + 1);
    EXPECT_EQ(outcome_of(::write(sender.fd(), data.data(), data.size())), outcome{EMSGSIZE});
    EXPECT_EQ(::write(sender.fd(), data.data(), data.size() - 1), static_cast<ssize_t>(data.size() - 1));
}

TEST_F(readwrite_test, bad_memory_loses_nothing) {
    const guarded memory{1};
    const auto data = some_bytes(64);
    EXPECT_EQ(outcome_of(::write(sender.fd(), memory.forbidden() - 8, 64)), outcome{EFAULT});
    ASSERT_EQ(::write(sender.fd(), data.data(), data.size()), 64);
    EXPECT_EQ(outcome_of(::read(receiver.fd(), memory.forbidden() - 8, 64)), outcome{EFAULT});
    bytes buffer(64);
    ASSERT_TRUE(receiver.nonblocking(true));
    ASSERT_EQ(::read(receiver.fd(), buffer.data(), buffer.size()), 64);
    EXPECT_EQ(buffer, data);
}

TEST_F(readwrite_test, has_no_position) {
    bytes buffer(4);
    EXPECT_EQ(outcome_of(::lseek(sender.fd(), 0, SEEK_SET)), outcome{ESPIPE});
    EXPECT_EQ(outcome_of(::pread(sender.fd(), buffer.data(), buffer.size(), 0)), outcome{ESPIPE});
}

} // namespace
} // namespace guest
