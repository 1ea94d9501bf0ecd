// SPDX-License-Identifier: MIT
// Waking readers and pollers, however many a user makes of them.
#include "hostile_user.hpp"

#include <algorithm>
#include <cerrno>
#include <fstream>
#include <set>
#include <sys/epoll.h>

namespace guest {
namespace {

using std::chrono::steady_clock;

class wakes : public pair_test {
protected:
    outcome send() const { return sender.send(target(), some_bytes(10), 0, no_wait); }

    /// The fastest of some sends, each of which tells the receiver of a message.
    [[nodiscard]] steady_clock::duration time_of_a_send() const {
        auto fastest = steady_clock::duration::max();
        for (int i = 0; i < 10; ++i) {
            const auto began = steady_clock::now();
            EXPECT_EQ(send(), success);
            fastest = std::min(fastest, steady_clock::now() - began);
            expect_next(receiver, sender.local(), some_bytes(10));
        }
        return fastest;
    }
};

TEST_F(wakes, many_pollers_cost_the_sender_nothing) {
    constexpr std::size_t many = 20000;
    const auto before = time_of_a_send();
    const file events{::epoll_create1(EPOLL_CLOEXEC)};
    std::vector<endpoint> pollers;
    for (std::size_t i = 0; i < many; ++i) {
        pollers.push_back(receiver.duplicate());
        epoll_event wanted{EPOLLIN | EPOLLET, {.u64 = i}};
        ASSERT_EQ(::epoll_ctl(events.get(), EPOLL_CTL_ADD, pollers.back().fd(), &wanted), 0);
    }
    const auto after = time_of_a_send();
    // To tell them all takes milliseconds.
    EXPECT_LT(after, 5 * before + std::chrono::milliseconds{1});

    ASSERT_EQ(send(), success);
    std::set<std::uint64_t> told;
    std::vector<epoll_event> some(1000);
    EXPECT_TRUE(eventually([&] {
        const auto count = ::epoll_wait(events.get(), some.data(), static_cast<int>(some.size()), 1000);
        std::for_each_n(some.begin(), std::max(count, 0), [&](const auto& event) { told.insert(event.data.u64); });
        return told.size() == many;
    })) << told.size()
        << " of them were told";
}

TEST_F(wakes, pollers_of_a_user_are_bounded) {
    std::size_t most = 0;
    std::ifstream{"/proc/sys/fs/epoll/max_user_watches"} >> most;
    ASSERT_GT(most, 0U);
    ASSERT_LE(most, 50000U) << "who runs this as a test lowers fs.epoll.max_user_watches";
    // Each epoll polls each file, so that few files are many pollers.
    constexpr std::size_t files = 1000;
    std::vector<endpoint> pollers;
    for (std::size_t i = 0; i < files; ++i) {
        pollers.push_back(receiver.duplicate());
    }
    std::vector<file> events;
    std::size_t count = 0;
    outcome added = success;
    for (; added == success && count <= most; ++count) {
        if (count % files == 0) {
            events.emplace_back(::epoll_create1(EPOLL_CLOEXEC));
        }
        epoll_event wanted{EPOLLIN, {.u64 = count}};
        const auto fd = pollers[count % files].fd();
        added = outcome{::epoll_ctl(events.back().get(), EPOLL_CTL_ADD, fd, &wanted) == 0 ? 0 : errno};
    }
    EXPECT_EQ(added, outcome{ENOSPC});
    EXPECT_LE(count, most + 1);
}

TEST_F(wakes, every_message_wakes_a_reader) {
    constexpr std::size_t readers = 20;
    std::vector<std::future<outcome>> reading;
    for (std::size_t i = 0; i < readers; ++i) {
        reading.push_back(std::async(std::launch::async, [&] {
            message received;
            return receiver.receive(received, 10, {0, patience});
        }));
    }
    EXPECT_EQ(reading.back().wait_for(settling), std::future_status::timeout);
    for (std::size_t i = 0; i < readers; ++i) {
        ASSERT_EQ(send(), success);
    }
    for (auto& one : reading) {
        EXPECT_EQ(one.get(), success);
    }
}

TEST_F(wakes, a_reader_that_peeks_wakes_the_next_one) {
    constexpr std::size_t readers = 5;
    std::vector<std::future<outcome>> peeking;
    for (std::size_t i = 0; i < readers; ++i) {
        peeking.push_back(std::async(std::launch::async, [&] {
            message received;
            return receiver.receive(received, 10, {ARGO_PEEK, patience});
        }));
    }
    EXPECT_EQ(peeking.back().wait_for(settling), std::future_status::timeout);
    ASSERT_EQ(send(), success);
    for (auto& one : peeking) {
        EXPECT_EQ(one.get(), success);
    }
}

TEST_F(wakes, all_readers_learn_that_the_peer_has_gone) {
    constexpr std::size_t readers = 5;
    ASSERT_EQ(receiver.connect(sender.local()), success);
    std::vector<std::future<outcome>> reading;
    for (std::size_t i = 0; i < readers; ++i) {
        reading.push_back(std::async(std::launch::async, [&] {
            message received;
            return receiver.receive(received, 10, {0, patience});
        }));
    }
    EXPECT_EQ(reading.back().wait_for(settling), std::future_status::timeout);
    sender.close();
    for (auto& one : reading) {
        EXPECT_EQ(one.get(), outcome{ECONNRESET});
    }
}

} // namespace
} // namespace guest
