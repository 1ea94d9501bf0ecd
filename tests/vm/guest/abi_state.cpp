// SPDX-License-Identifier: MIT
// Options, status, and the list of rings.
#include "abi.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

namespace guest {
namespace {

TEST(options, defaults) {
    const endpoint one;
    argo_options options{};
    ASSERT_EQ(one.options(options), success);
    EXPECT_EQ(options.send_lowat, 1U);
    EXPECT_EQ(options.type, 0U);
    EXPECT_EQ(options.send_timeout_ns, 0U);
    EXPECT_EQ(options.recv_timeout_ns, 0U);
}

TEST(options, only_those_named_are_set) {
    const endpoint one;
    const auto others = [](std::uint32_t flags) {
        argo_options options{};
        options.flags = flags;
        options.send_lowat = 100;
        options.type = 200;
        options.send_timeout_ns = 300;
        options.recv_timeout_ns = 400;
        return options;
    };
    auto options = others(0);
    ASSERT_EQ(one.options(options), success);
    EXPECT_EQ(options.send_lowat, 1U);
    options = others(ARGO_OPT_SEND_LOWAT);
    ASSERT_EQ(one.options(options), success);
    EXPECT_EQ(options.send_lowat, 100U);
    EXPECT_EQ(options.type, 0U);
    options = others(ARGO_OPT_TYPE);
    ASSERT_EQ(one.options(options), success);
    EXPECT_EQ(options.type, 200U);
    EXPECT_EQ(options.send_timeout_ns, 0U);
    options = others(ARGO_OPT_SEND_TIMEOUT);
    ASSERT_EQ(one.options(options), success);
    EXPECT_EQ(options.send_timeout_ns, 300U);
    EXPECT_EQ(options.recv_timeout_ns, 0U);
    options = others(ARGO_OPT_RECV_TIMEOUT);
    ASSERT_EQ(one.options(options), success);
    options = {};
    ASSERT_EQ(one.options(options), success);
    EXPECT_EQ(options.send_lowat, 100U);
    EXPECT_EQ(options.type, 200U);
    EXPECT_EQ(options.send_timeout_ns, 300U);
    EXPECT_EQ(options.recv_timeout_ns, 400U);
}

class status_test : public pair_test {
protected:
    static argo_status of(const endpoint& one) {
        argo_status status{};
        EXPECT_EQ(one.status(status), success);
        return status;
    }
};

TEST_F(status_test, of_an_unbound_endpoint) {
    const auto status = of(endpoint{});
    EXPECT_EQ(status.flags, 0U);
    EXPECT_EQ(status.ring_size, 0U);
    EXPECT_EQ(status.fill, 0U);
    EXPECT_EQ(status.next_len, 0xffffffffU);
    EXPECT_EQ(to_string(status.remote), to_string(nowhere));
}

TEST_F(status_test, of_a_bound_endpoint) {
    const auto status = of(receiver);
    EXPECT_EQ(status.flags, ARGO_STATUS_BOUND);
    EXPECT_EQ(to_string(status.local), to_string(receiver.local()));
    EXPECT_EQ(status.partner, own_domid());
    EXPECT_EQ(status.ring_size, receiver.ring_size());
    EXPECT_EQ(status.fill, 0U);
    EXPECT_EQ(status.next_len, 0xffffffffU);
    EXPECT_EQ(to_string(status.remote), to_string(nowhere));
}

TEST_F(status_test, follows_the_messages) {
    for (const std::size_t size : {0U, 100U, 17U}) {
        ASSERT_EQ(sender.send(target(), some_bytes(size)), success);
    }
    auto status = of(receiver);
    EXPECT_EQ(status.next_len, 0U);
    EXPECT_GE(status.fill, 117U + 3 * 16);
    EXPECT_LE(status.fill, 112U + 32 + 3 * 16);
    expect_next(receiver, sender.local(), {});
    EXPECT_EQ(of(receiver).next_len, 100U);
    expect_next(receiver, sender.local(), some_bytes(100));
    expect_next(receiver, sender.local(), some_bytes(17));
    EXPECT_EQ(of(receiver).fill, 0U);
}

TEST_F(status_test, next_is_what_a_receive_would_return) {
    ASSERT_EQ(sender.send(target(), some_bytes(40)), success);
    ASSERT_EQ(receiver.connect(address(own_domid(), sender.port() + 1)), success);
    EXPECT_EQ(of(receiver).next_len, 0xffffffffU);
}

outcome list(std::span<std::byte> room, std::uint32_t entry_size, std::uint32_t& count) {
    argo_list argument{};
    argument.size = sizeof(argument);
    argument.entries = reinterpret_cast<std::uintptr_t>(room.data());
    argument.entry_size = entry_size;
    argument.count = count;
    const auto what = endpoint{}.call(ARGO_IOC_LIST, &argument);
    count = argument.count;
    return what;
}

class list_test : public pair_test {};

TEST_F(list_test, says_who_owns_what) {
    const auto entry = listed(receiver.port(), own_domid());
    ASSERT_TRUE(entry);
    EXPECT_STREQ(entry->owner, "argo_char");
    // Linux keeps 15 characters of a command's name.
    EXPECT_EQ(std::string(entry->comm), std::string("argo-abi-tests").substr(0, 15));
    EXPECT_EQ(entry->pid, static_cast<std::uint32_t>(::getpid()));
    EXPECT_EQ(entry->uid, ::getuid());
    EXPECT_EQ(entry->ring_size, receiver.ring_size());
    EXPECT_EQ(entry->flags, 0U);
}

TEST_F(list_test, counts) {
    const auto before_sender = listed(sender.port(), own_domid()).value();
    for (const std::size_t size : {0U, 10U, 300U}) {
        expect_passes(sender, target(), receiver, size);
    }
    ASSERT_EQ(sender.send(target(), some_bytes(64)), success);
    const auto receiving = listed(receiver.port(), own_domid()).value();
    EXPECT_EQ(receiving.rx_messages, 3U);
    EXPECT_EQ(receiving.rx_bytes, 310U);
    EXPECT_EQ(receiving.tx_messages, 0U);
    EXPECT_GE(receiving.fill, 64U + 16);
    EXPECT_EQ(receiving.drops, 0U);
    EXPECT_EQ(receiving.resets, 0U);
    const auto sending = listed(sender.port(), own_domid()).value();
    EXPECT_EQ(sending.tx_messages - before_sender.tx_messages, 4U);
    EXPECT_EQ(sending.tx_bytes - before_sender.tx_bytes, 374U);
    EXPECT_EQ(sending.tx_full, before_sender.tx_full);
    fill(sender, target(), some_bytes(300));
    EXPECT_GT(listed(sender.port(), own_domid()).value().tx_full, before_sender.tx_full);
    message received;
    endpoint waiting;
    ASSERT_EQ(waiting.bind({}), success);
    EXPECT_EQ(waiting.receive(received, 1, {0, std::chrono::milliseconds{1}}), outcome{ETIMEDOUT});
    EXPECT_EQ(listed(waiting.port(), own_domid()).value().rx_waits, 1U);
}

TEST_F(list_test, too_little_room) {
    const auto all = static_cast<std::uint32_t>(rings().size());
    ASSERT_GE(all, 2U);
    bytes room(sizeof(argo_ring_entry) * 2, std::byte{0xee});
    std::uint32_t count = 1;
    ASSERT_EQ(list(room, sizeof(argo_ring_entry), count), success);
    EXPECT_EQ(count, all);
    EXPECT_TRUE(std::all_of(room.begin() + sizeof(argo_ring_entry), room.end(),
                            [](std::byte value) { return value == std::byte{0xee}; }));
    count = 0;
    ASSERT_EQ(list({}, sizeof(argo_ring_entry), count), success);
    EXPECT_EQ(count, all);
}

TEST_F(list_test, larger_entries_end_with_zeros) {
    const auto expected = rings();
    constexpr std::uint32_t larger = sizeof(argo_ring_entry) + 24;
    bytes room(larger * (expected.size() + 4), std::byte{0xee});
    auto count = static_cast<std::uint32_t>(expected.size() + 4);
    ASSERT_EQ(list(room, larger, count), success);
    ASSERT_EQ(count, expected.size());
    for (std::size_t i = 0; i < count; ++i) {
        argo_ring_entry entry{};
        std::memcpy(&entry, &room[i * larger], sizeof(entry));
        EXPECT_EQ(entry.port, expected[i].port);
        EXPECT_EQ(entry.pid, expected[i].pid);
        for (std::size_t j = sizeof(entry); j < larger; ++j) {
            ASSERT_EQ(room[i * larger + j], std::byte{0}) << "entry " << i << ", byte " << j;
        }
    }
}

TEST_F(list_test, smaller_entries_get_their_beginning_only) {
    const auto expected = rings();
    constexpr std::uint32_t smaller = 8;
    bytes room(smaller * expected.size() + 16, std::byte{0xee});
    auto count = static_cast<std::uint32_t>(expected.size());
    ASSERT_EQ(list(room, smaller, count), success);
    for (std::size_t i = 0; i < expected.size(); ++i) {
        EXPECT_EQ(std::memcmp(&room[i * smaller], &expected[i], smaller), 0) << "entry " << i;
    }
    EXPECT_TRUE(std::all_of(room.end() - 16, room.end(), [](std::byte value) { return value == std::byte{0xee}; }));
    for (const std::uint32_t size : {0U, 1U, 7U}) {
        count = 4;
        EXPECT_EQ(list(room, size, count), outcome{EINVAL}) << size;
    }
}

TEST_F(list_test, huge_entries_and_counts) {
    bytes room(sizeof(argo_ring_entry) * 256);
    auto count = 0xffffffffU;
    EXPECT_EQ(list(room, sizeof(argo_ring_entry), count), success);
    EXPECT_EQ(count, rings().size());
    count = 2;
    const auto what = list(room, 0xfffffff8U, count);
    EXPECT_TRUE(what == outcome{EFAULT} || what == outcome{EINVAL}) << what;
}

TEST_F(list_test, unmapped_room) {
    for (const std::uint64_t bad : {std::uint64_t{0}, std::uint64_t{8}, 0xffff880000000000U}) {
        argo_list argument{};
        argument.size = sizeof(argument);
        argument.entries = bad;
        argument.entry_size = sizeof(argo_ring_entry);
        argument.count = 1;
        EXPECT_EQ(endpoint{}.call(ARGO_IOC_LIST, &argument), outcome{EFAULT}) << std::hex << bad;
    }
}

TEST_F(list_test, without_a_capability_only_the_own) {
    const auto of_root = rings().size();
    EXPECT_EQ(as_nobody([of_root] {
                  if (!rings().empty()) {
                      return 1;
                  }
                  endpoint own;
                  if (!own.bind({})) {
                      return 2;
                  }
                  const auto seen = rings();
                  if (seen.size() != 1 || seen[0].port != own.port() || seen[0].uid != ::getuid()) {
                      return 3;
                  }
                  if (seen[0].pid != static_cast<std::uint32_t>(::getpid())) {
                      return 4;
                  }
                  // Nor does the count say how many others there are.
                  std::uint32_t count = 0;
                  return list({}, sizeof(argo_ring_entry), count) && count == 1 && of_root > 1 ? 0 : 5;
              }),
              0);
}

TEST_F(list_test, with_the_capability_those_of_others) {
    std::array<int, 2> ends{-1, -1};
    std::array<int, 2> back{-1, -1};
    ASSERT_EQ(::pipe2(ends.data(), O_CLOEXEC), 0);
    ASSERT_EQ(::pipe2(back.data(), O_CLOEXEC), 0);
    const file bound_in{ends[0]};
    file bound_out{ends[1]};
    file seen_in{back[0]};
    file seen_out{back[1]};
    const auto child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
        const int result = as_nobody([&] {
            endpoint own;
            if (!own.bind({})) {
                return 1;
            }
            const auto port = own.port();
            std::byte answer{};
            return ::write(bound_out.get(), &port, sizeof(port)) == sizeof(port) &&
                           ::read(seen_in.get(), &answer, 1) == 1
                       ? 0
                       : 2;
        });
        ::_exit(result);
    }
    bound_out.reset();
    std::uint32_t port = 0;
    ASSERT_EQ(::read(bound_in.get(), &port, sizeof(port)), static_cast<ssize_t>(sizeof(port)));
    const auto entry = listed(port, own_domid());
    EXPECT_EQ(::write(seen_out.get(), "", 1), 1);
    EXPECT_TRUE(entry && entry->uid == 65534U);
    EXPECT_TRUE(eventually([&] { return !listed(port, own_domid()); }));
}

} // namespace
} // namespace guest
