// SPDX-License-Identifier: MIT
// How a stream is read: who reads it much gets it straight from the ring, and has to notice nothing of that.
#include "memory.hpp"
#include "vsock_fixture.hpp"

#include <array>
#include <cerrno>
#include <chrono>
#include <cstdint>
#include <span>

#include <poll.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/socket.h>

namespace guest {
namespace {

namespace asio = boost::asio;
using std::chrono::steady_clock;
using namespace std::chrono_literals;

// More messages in a row than the kernel wants to see before it leaves them to their reader.
constexpr int settled = 32;
constexpr std::size_t packet = 65536;
constexpr int patience_ms = 10000;

class vsock_reading : public vsock_test {
protected:
    void SetUp() override {
        vsock_test::SetUp();
        if (!IsSkipped()) {
            patient(socket).connect(peer(service::echo));
            settle();
        }
    }

    static void round_trip(stream::socket& with, std::size_t size) {
        const auto sent = pattern(size);
        std::vector<char> got(size);
        asio::write(with, asio::buffer(sent));
        asio::read(with, asio::buffer(got));
        ASSERT_TRUE(got == sent);
    }

    void settle() {
        for (int i = 0; i < settled; i++) {
            round_trip(socket, 100);
        }
    }

    [[nodiscard]] ssize_t receive(std::span<std::byte> into, int flags = 0) {
        return ::recv(socket.native_handle(), into.data(), into.size(), flags);
    }

    /// Reads as much as is expected, in pieces of `piece` bytes at most.
    void expect_in_pieces(std::span<const char> expected, std::size_t piece) {
        std::vector<char> got(expected.size());
        for (std::size_t at = 0; at < got.size();) {
            const auto n = ::recv(socket.native_handle(), &got[at], std::min(piece, got.size() - at), 0);
            ASSERT_GT(n, 0) << "at " << at << ", errno " << errno;
            at += static_cast<std::size_t>(n);
        }
        EXPECT_TRUE(std::ranges::equal(got, expected));
    }

    stream::socket socket{context};
};

TEST_F(vsock_reading, may_be_in_pieces_of_any_size) {
    const auto sent = pattern(2 * packet + 1000);
    for (const std::size_t piece : {999U, 4096U, 65535U, 65536U, 65537U, 200000U}) {
        asio::write(socket, asio::buffer(sent));
        expect_in_pieces(sent, piece);
    }
}

TEST_F(vsock_reading, may_look_first) {
    const auto sent = pattern(5000);
    for (int i = 0; i < settled; i++) {
        asio::write(socket, asio::buffer(sent));
        std::vector<std::byte> seen(100);
        ASSERT_EQ(receive(seen, MSG_PEEK), 100) << errno;
        EXPECT_TRUE(std::ranges::equal(std::as_bytes(std::span(sent)).first(100), seen));
        expect_in_pieces(sent, sent.size());
    }
    std::array<std::byte, 1> none{};
    EXPECT_EQ(receive(none, MSG_PEEK | MSG_DONTWAIT), -1);
    EXPECT_EQ(errno, EAGAIN);
}

TEST_F(vsock_reading, goes_into_memory_that_is_not_there_yet) {
    const auto sent = pattern(packet);
    for (int i = 0; i < settled; i++) {
        const mapping fresh(packet / page_size());
        asio::write(socket, asio::buffer(sent));
        for (std::size_t at = 0; at < packet;) {
            const auto n = receive(fresh.all().subspan(at));
            ASSERT_GT(n, 0) << errno;
            at += static_cast<std::size_t>(n);
        }
        EXPECT_TRUE(std::ranges::equal(std::as_bytes(std::span(sent)), fresh.all()));
    }
}

TEST_F(vsock_reading, does_not_wait_for_what_poll_saw) {
    stream::socket other(context);
    patient(other).connect(peer(service::echo));
    const auto sent = pattern(100);
    std::vector<std::byte> got(sent.size());
    // In turns, so that none is left to its reader: it is there a moment before the kernel takes it for him.
    for (int i = 0; i < 20 * settled; i++) {
        auto& turn = i % 2 == 0 ? socket : other;
        asio::write(turn, asio::buffer(sent));
        pollfd what{.fd = turn.native_handle(), .events = POLLIN, .revents = 0};
        const auto began = steady_clock::now();
        while (::poll(&what, 1, 0) == 0) {
            ASSERT_LT(steady_clock::now() - began, std::chrono::milliseconds(patience_ms)) << "message " << i;
        }
        ASSERT_EQ(::recv(what.fd, got.data(), got.size(), MSG_DONTWAIT), std::ssize(got)) << errno << ", message " << i;
    }
}

TEST_F(vsock_reading, does_not_wait_for_memory_that_is_not_there_yet) {
    const auto sent = pattern(1000);
    for (int i = 0; i < settled; i++) {
        const mapping fresh(1);
        asio::write(socket, asio::buffer(sent));
        pollfd what{.fd = socket.native_handle(), .events = POLLIN, .revents = 0};
        ASSERT_EQ(::poll(&what, 1, patience_ms), 1);
        ASSERT_EQ(receive(fresh.all(), MSG_DONTWAIT), std::ssize(sent)) << errno << ", message " << i;
    }
}

TEST_F(vsock_reading, loses_nothing_to_forbidden_memory) {
    const auto sent = pattern(3 * page_size());
    const guarded pages(1);
    for (int i = 0; i < settled; i++) {
        asio::write(socket, asio::buffer(sent));
        ASSERT_EQ(receive({pages.forbidden(), page_size()}), -1);
        // Older kernels make ENOMEM of whatever the transport says.
        EXPECT_TRUE(errno == EFAULT || errno == ENOMEM) << errno;
        // What fits before it may be read or not, but is not lost.
        const auto n = receive({pages.all().data(), pages.all().size() + 1});
        const std::size_t read = n < 0 ? 0 : static_cast<std::size_t>(n);
        ASSERT_LE(read, pages.all().size());
        EXPECT_TRUE(std::ranges::equal(std::as_bytes(std::span(sent)).first(read), pages.all().first(read)));
        expect_in_pieces(std::span(sent).subspan(read), sent.size());
    }
}

TEST_F(vsock_reading, is_told_of_at_every_edge) {
    const file poller(::epoll_create1(EPOLL_CLOEXEC));
    epoll_event what{.events = static_cast<std::uint32_t>(EPOLLIN) | static_cast<std::uint32_t>(EPOLLET), .data = {}};
    ASSERT_EQ(::epoll_ctl(poller.get(), EPOLL_CTL_ADD, socket.native_handle(), &what), 0);
    const auto sent = pattern(300);
    std::vector<std::byte> into(1000);
    for (int i = 0; i < 10 * settled; i++) {
        asio::write(socket, asio::buffer(sent));
        std::size_t got = 0;
        while (got < sent.size()) {
            ASSERT_EQ(::epoll_wait(poller.get(), &what, 1, patience_ms), 1)
                << "message " << i << ", " << got << " bytes";
            ssize_t n = 0;
            while ((n = receive(into, MSG_DONTWAIT)) > 0) {
                got += static_cast<std::size_t>(n);
            }
        }
        ASSERT_EQ(got, sent.size());
    }
}

TEST_F(vsock_reading, does_not_hold_up_others) {
    stream::socket other(context);
    patient(other).connect(peer(service::echo));
    const auto sent = pattern(packet);
    const auto began = steady_clock::now();
    // What comes back is not read: others come behind it in the ring.
    asio::write(socket, asio::buffer(sent));
    for (int i = 0; i < settled; i++) {
        round_trip(other, 100);
    }
    EXPECT_LT(steady_clock::now() - began, 5s);
    expect_in_pieces(sent, packet);
}

TEST_F(vsock_reading, may_be_given_up_in_the_middle) {
    asio::write(socket, asio::buffer(pattern(4 * packet)));
    socket.close();
    // Neither this one nor those that come for it later keep others from being heard.
    for (int i = 0; i < 3; i++) {
        stream::socket other(context);
        patient(other).connect(peer(service::echo));
        round_trip(other, 100);
    }
}

TEST_F(vsock_reading, ends_behind_all_that_was_sent) {
    const auto sent = pattern(4 * packet);
    asio::write(socket, asio::buffer(sent));
    socket.shutdown(stream::socket::shutdown_send);
    expect_in_pieces(sent, packet);
    std::array<std::byte, 1> none{};
    EXPECT_EQ(receive(none), 0) << errno;
}

} // namespace
} // namespace guest
