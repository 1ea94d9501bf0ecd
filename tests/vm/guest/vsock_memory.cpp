// SPDX-License-Identifier: MIT
// The memory that a connection sends from: the kernel gives it to the hypervisor as it is, where it can.
#include "memory.hpp"
#include "vsock_fixture.hpp"

#include <cerrno>
#include <span>

#include <sys/mman.h>
#include <sys/socket.h>

namespace guest {
namespace {

namespace asio = boost::asio;
namespace vsock = libargo::vsock;
using libargo::error_code;

using pieces = std::vector<iovec>;

// More than one message takes, and more than a stream may have under way.
constexpr std::size_t packet_pages = 17;
constexpr int many_times = 40;

template <class Socket> ssize_t send_pieces(Socket& socket, pieces& what, int flags = 0) {
    msghdr message{};
    message.msg_iov = what.data();
    message.msg_iovlen = what.size();
    return ::sendmsg(socket.native_handle(), &message, flags);
}

/// `bytes` in `count` pieces of different sizes, with an empty one between any two.
pieces cut(std::span<char> bytes, std::size_t count) {
    pieces cut;
    for (std::size_t i = 0, at = 0; i < count; i++) {
        const auto end = i + 1 == count ? bytes.size() : bytes.size() * (i + 1) * (i + 1) / (count * count);
        cut.push_back({bytes.data() + at, end - at});
        cut.push_back({nullptr, 0});
        at = end;
    }
    return cut;
}

pieces whole(view bytes) { return {{bytes.data(), bytes.size()}}; }

// Older kernels make ENOMEM of whatever the transport says.
bool refused(ssize_t sent) { return sent == -1 && (errno == EFAULT || errno == ENOMEM); }

class vsock_memory : public vsock_test {
protected:
    void SetUp() override {
        vsock_test::SetUp();
        if (!IsSkipped()) {
            patient(socket).connect(peer(service::echo));
        }
    }

    void expect_back(std::span<const char> sent) {
        std::vector<char> got(sent.size());
        asio::read(socket, asio::buffer(got));
        EXPECT_TRUE(std::ranges::equal(got, sent));
    }

    void expect_echo(std::size_t size) {
        const auto sent = pattern(size);
        asio::write(socket, asio::buffer(sent));
        expect_back(sent);
    }

    stream::socket socket{context};
};

TEST_F(vsock_memory, may_be_in_many_pieces) {
    for (const std::size_t count : {1U, 2U, 6U, 7U, 8U, 9U, 40U, 200U}) {
        for (const std::size_t size : {200U, 5000U, 65536U, 65537U, 150000U}) {
            auto sent = pattern(size);
            auto from = cut(sent, count);
            ASSERT_EQ(send_pieces(socket, from), static_cast<ssize_t>(size)) << count << " pieces";
            expect_back(sent);
        }
    }
}

TEST_F(vsock_memory, need_not_be_in_the_page_table) {
    const auto file = temporary_file(packet_pages, std::byte{0x5a});
    const mapping pages(file, packet_pages);
    auto from = whole(pages.all());
    ASSERT_EQ(send_pieces(socket, from), static_cast<ssize_t>(pages.size()));
    expect_back(std::vector<char>(pages.size(), 0x5a));
}

TEST_F(vsock_memory, may_be_for_reading_only) {
    const mapping pages(packet_pages);
    std::ranges::fill(pages.all(), std::byte{0x17});
    pages.protect(0, packet_pages, PROT_READ);
    auto from = whole(pages.all());
    ASSERT_EQ(send_pieces(socket, from), static_cast<ssize_t>(pages.size()));
    expect_back(std::vector<char>(pages.size(), 0x17));
}

TEST_F(vsock_memory, that_is_forbidden_is_not_sent_and_costs_no_credit) {
    const guarded pages(1);
    for (int i = 0; i < many_times; i++) {
        iovec over_the_end{pages.all().data(), pages.all().size() + 1};
        pieces from{over_the_end};
        ASSERT_TRUE(refused(send_pieces(socket, from))) << errno;
    }
    for (const auto bad : bad_addresses) {
        // NOLINTNEXTLINE(performance-no-int-to-ptr): the point of it
        pieces from{{reinterpret_cast<void*>(bad), 65536}};
        EXPECT_TRUE(refused(send_pieces(socket, from))) << std::hex << bad << ": " << errno;
    }
    expect_echo(100000);
}

TEST_F(vsock_memory, of_a_stream_ends_where_it_is_forbidden) {
    const guarded pages(packet_pages);
    std::ranges::fill(pages.all(), std::byte{0x21});
    iovec over_the_end{pages.all().data(), pages.all().size() + 1};
    pieces from{over_the_end};
    const auto sent = send_pieces(socket, from);
    // What was sent before it was found counts.
    ASSERT_EQ(sent, 65536) << errno;
    expect_back(std::vector<char>(65536, 0x21));
    expect_echo(100);
}

using vsock_record_memory = vsock_packet_test;

TEST_F(vsock_record_memory, may_be_in_many_pieces) {
    for (const std::size_t count : {1U, 7U, 8U, 40U}) {
        for (const std::size_t size : {200U, 5000U, 60000U}) {
            auto sent = pattern(size);
            auto from = cut(sent, count);
            ASSERT_EQ(send_pieces(socket, from, MSG_EOR), static_cast<ssize_t>(size)) << count << " pieces";
            std::vector<char> got(size + 1);
            ASSERT_EQ(::recv(socket.native_handle(), got.data(), got.size(), 0), static_cast<ssize_t>(size));
            got.resize(size);
            EXPECT_TRUE(got == sent);
        }
    }
}

TEST_F(vsock_record_memory, that_is_forbidden_is_not_sent) {
    const guarded pages(1);
    pieces from{{pages.all().data(), pages.all().size() + 1}};
    EXPECT_TRUE(refused(send_pieces(socket, from))) << errno;
    const auto sent = pattern(100);
    error_code ec;
    EXPECT_EQ(socket.send(asio::buffer(sent), 0, ec), sent.size()) << ec.message();
    std::vector<char> got(1000);
    EXPECT_EQ(::recv(socket.native_handle(), got.data(), got.size(), 0), static_cast<ssize_t>(sent.size()));
}

} // namespace
} // namespace guest
