// SPDX-License-Identifier: MIT
// close, dup, fork and exit, also under threads that wait.
#include "abi.hpp"

#include <atomic>
#include <cerrno>
#include <csignal>
#include <sys/wait.h>
#include <thread>

namespace guest {
namespace {

using namespace std::chrono_literals;

class lifetime_test : public pair_test {
protected:
    [[nodiscard]] bool port_is_free() const {
        endpoint probe;
        return probe.bind({.port = receiver.port()}).code == 0;
    }
};

TEST_F(lifetime_test, close_while_another_thread_receives) {
    std::atomic<bool> got{false};
    std::jthread blocked{[&] {
        message received;
        // Its call holds the file: the close of the number takes nothing from under it.
        got = receiver.receive(received, 100, {0, patience}) == success && received.data == some_bytes(42);
    }};
    std::this_thread::sleep_for(settling);
    const auto to = target();
    receiver.close();
    std::this_thread::sleep_for(settling);
    EXPECT_EQ(sender.send(to, some_bytes(42)), success);
    blocked.join();
    EXPECT_TRUE(got);
    EXPECT_TRUE(eventually([&] { return port_is_free(); }));
}

TEST_F(lifetime_test, close_while_another_thread_sends) {
    const auto count = fill(sender, target(), some_bytes(300));
    std::jthread blocked{[&] { EXPECT_EQ(sender.send(target(), some_bytes(300), count, {0, patience}), success); }};
    std::this_thread::sleep_for(settling);
    const auto from = sender.local();
    sender.close();
    for (std::uint32_t i = 0; i <= count; ++i) {
        expect_next(receiver, from, some_bytes(300), i);
    }
}

TEST_F(lifetime_test, close_while_another_thread_polls) {
    std::jthread blocked{[&] { static_cast<void>(receiver.poll(1, 500ms)); }};
    std::this_thread::sleep_for(settling);
    receiver.close();
    blocked.join();
    EXPECT_TRUE(eventually([&] { return port_is_free(); }));
}

TEST_F(lifetime_test, dup_is_the_same_endpoint) {
    auto copy = receiver.duplicate();
    expect_passes(sender, target(), copy, 10);
    receiver.close();
    EXPECT_FALSE(port_is_free());
    expect_passes(sender, target(), copy, 11);
    copy.close();
    EXPECT_TRUE(port_is_free());
}

TEST_F(lifetime_test, fork_shares_the_endpoint) {
    ASSERT_EQ(sender.send(target(), some_bytes(20)), success);
    EXPECT_EQ(in_child([&] {
                  message received;
                  const bool got = receiver.receive(received, 100, {0, patience}) == success;
                  return got && received.data == some_bytes(20) && sender.send(target(), some_bytes(21)) ? 0 : 1;
              }),
              0);
    // Its exit has unbound nothing here.
    expect_next(receiver, sender.local(), some_bytes(21));
    expect_passes(sender, target(), receiver, 22);
}

TEST_F(lifetime_test, a_child_keeps_it_when_the_parent_closes) {
    const auto child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
        message received;
        const bool got = receiver.receive(received, 100, {0, patience}) == success;
        ::_exit(got && received.data == some_bytes(33) ? 0 : 1);
    }
    const auto to = target();
    receiver.close();
    EXPECT_EQ(sender.send(to, some_bytes(33)), success);
    int status = -1;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    EXPECT_EQ(status, 0);
    EXPECT_TRUE(port_is_free());
}

TEST_F(lifetime_test, exit_with_messages_unread) {
    EXPECT_EQ(in_child([] {
                  endpoint one;
                  if (!one.bind({.port = 6000})) {
                      return 1;
                  }
                  return fill(one, one.local(), some_bytes(100)) > 5 ? 0 : 2;
              }),
              0);
    endpoint again;
    ASSERT_EQ(again.bind({.port = 6000}), success);
    // None of them is seen by the next owner of the port.
    expect_nothing(again);
}

TEST_F(lifetime_test, exit_with_a_blocked_thread) {
    EXPECT_EQ(in_child([] {
                  endpoint one;
                  if (!one.bind({.port = 6000})) {
                      return 1;
                  }
                  std::thread{[&] {
                      message received;
                      one.receive(received, 100);
                  }}.detach();
                  std::this_thread::sleep_for(settling);
                  ::_exit(0);
              }),
              0);
    endpoint again;
    EXPECT_EQ(again.bind({.port = 6000}), success);
}

TEST_F(lifetime_test, killed_while_it_waits) {
    for (const bool sending : {false, true}) {
        const auto count = sending ? fill(sender, target(), some_bytes(300)) : 0;
        const auto child = ::fork();
        ASSERT_GE(child, 0);
        if (child == 0) {
            message received;
            if (sending) {
                sender.send(target(), some_bytes(300));
            } else {
                receiver.receive(received, 100);
            }
            ::_exit(1);
        }
        std::this_thread::sleep_for(settling);
        ASSERT_EQ(::kill(child, SIGKILL), 0);
        int status = 0;
        ASSERT_EQ(::waitpid(child, &status, 0), child);
        EXPECT_TRUE(WIFSIGNALED(status));
        for (std::uint32_t i = 0; i < count; ++i) {
            expect_next(receiver, sender.local(), some_bytes(300), i);
        }
        expect_passes(sender, target(), receiver, 50);
    }
}

TEST_F(lifetime_test, opened_and_closed_again_and_again) {
    const auto before = information().rings;
    for (int i = 0; i < 300; ++i) {
        endpoint one;
        ASSERT_EQ(one.bind({}), success);
        ASSERT_EQ(one.send(target(), {}, 0, no_wait), success);
        message received;
        ASSERT_EQ(receiver.receive(received, 0, {0, patience}), success);
        ASSERT_EQ(sender.send(one.local(), some_bytes(64), 0, no_wait), success);
    }
    EXPECT_EQ(information().rings, before);
}

} // namespace
} // namespace guest
