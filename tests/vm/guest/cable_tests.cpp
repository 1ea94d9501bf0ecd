// SPDX-License-Identifier: MIT
// Cables as /dev/argo has them, in a domain that may plug them: of its own ports, to its own ports.
#include "abi.hpp"

#include <algorithm>
#include <cerrno>
#include <poll.h>
#include <thread>
#include <unistd.h>

namespace guest {
namespace {

using namespace std::chrono_literals;

constexpr argo_addr cable_end{0, ARGO_DOMID_CABLE, 0};
constexpr wait wait_for_room{ARGO_SPACE_WAIT, patience};
constexpr wait wait_for_drain{ARGO_SPACE_DRAIN, patience};

class cable_test : public pair_test {
protected:
    void TearDown() override { static_cast<void>(unplug()); }

    outcome change(unsigned long request, const argo_cable& cable) const {
        argo_cable_change argument{sizeof(argument), 0, cable};
        return toolstack_.call(request, &argument);
    }
    outcome plug(const argo_addr& end) const { return change(ARGO_IOC_CABLE_ADD, {sender.local(), end}); }
    outcome unplug() const { return change(ARGO_IOC_CABLE_REMOVE, {sender.local(), {}}); }
    std::uint32_t list(std::vector<argo_cable>& cables) const {
        argo_cable_list argument{sizeof(argument), 0, reinterpret_cast<std::uintptr_t>(cables.data()),
                                 static_cast<std::uint32_t>(cables.size()), 0};
        EXPECT_EQ(toolstack_.call(ARGO_IOC_CABLE_LIST, &argument), success);
        return argument.count;
    }
    argo_status status() const {
        argo_status out{};
        EXPECT_EQ(sender.status(out), success);
        return out;
    }
    outcome write_one() const { return outcome_of(::write(sender.fd(), filler_.data(), filler_.size())); }
    void drain(const endpoint& at, std::uint32_t count) const {
        for (std::uint32_t i = 0; i < count; ++i) {
            expect_next(at, sender.local(), filler_, i);
        }
    }

    endpoint toolstack_;
    argo_space space_{};
    bytes filler_ = some_bytes(300);
};

TEST_F(cable_test, arguments) {
    const argo_cable good{sender.local(), target()};
    const auto with = [&](auto alter) {
        argo_cable_change argument{sizeof(argument), 0, good};
        alter(argument);
        return toolstack_.call(ARGO_IOC_CABLE_ADD, &argument);
    };
    EXPECT_EQ(with([](auto& a) { a.size -= 1; }), outcome{EINVAL});
    EXPECT_EQ(with([](auto& a) { a.flags = 1; }), outcome{EINVAL});
    EXPECT_EQ(with([](auto& a) { a.cable.src.reserved = 1; }), outcome{EINVAL});
    EXPECT_EQ(with([](auto& a) { a.cable.dst.reserved = 1; }), outcome{EINVAL});
    EXPECT_EQ(with([](auto& a) { a.cable.src.domid = 30000; }), outcome{EHOSTUNREACH});
    EXPECT_EQ(with([](auto& a) { a.cable.dst.domid = 30000; }), outcome{EHOSTUNREACH});
    EXPECT_EQ(change(ARGO_IOC_CABLE_REMOVE, good), outcome{EINVAL}) << "with a destination";
    EXPECT_EQ(toolstack_.call(ARGO_IOC_CABLE_ADD, nullptr), outcome{EFAULT});
    argo_cable_list argument{sizeof(argument), 0, 8, 1, 1};
    EXPECT_EQ(toolstack_.call(ARGO_IOC_CABLE_LIST, &argument), outcome{EINVAL}) << "reserved";
    argument.reserved = 0;
    EXPECT_EQ(toolstack_.call(ARGO_IOC_CABLE_LIST, &argument), success) << "none to write";
    ASSERT_EQ(plug(target()), success);
    argument.count = 1;
    EXPECT_EQ(toolstack_.call(ARGO_IOC_CABLE_LIST, &argument), outcome{EFAULT});
}

TEST_F(cable_test, a_port_has_one) {
    EXPECT_EQ(unplug(), outcome{ENOENT});
    ASSERT_EQ(plug(target()), success);
    EXPECT_EQ(plug(target()), outcome{EEXIST});
    EXPECT_EQ(unplug(), success);
    EXPECT_EQ(unplug(), outcome{ENOENT});
    EXPECT_EQ(change(ARGO_IOC_CABLE_ADD, {self(sender.port()), self(receiver.port())}), success);
    expect_passes(sender, cable_end, receiver, 5);
}

TEST_F(cable_test, only_root_may_plug) {
    EXPECT_EQ(as_nobody([&] {
                  const endpoint own;
                  argo_cable_change argument{sizeof(argument), 0, {sender.local(), target()}};
                  argo_cable_list none{sizeof(none), 0, 0, 0, 0};
                  return own.call(ARGO_IOC_CABLE_ADD, &argument).code == EPERM &&
                                 own.call(ARGO_IOC_CABLE_REMOVE, &argument).code == EPERM &&
                                 own.call(ARGO_IOC_CABLE_LIST, &none).code == EPERM
                             ? 0
                             : 1;
              }),
              0);
}

TEST_F(cable_test, listing_tells_how_many_there_are) {
    ASSERT_EQ(plug(target()), success);
    std::vector<argo_cable> cables(1000);
    const auto count = list(cables);
    ASSERT_GE(count, 1U);
    ASSERT_LT(count, 1000U);
    const auto found = std::count_if(cables.begin(), cables.begin() + count, [&](const argo_cable& cable) {
        return same(cable.src, sender.local()) && same(cable.dst, target());
    });
    EXPECT_EQ(found, 1);
    cables.clear();
    EXPECT_EQ(list(cables), count) << "no room";
}

TEST_F(cable_test, messages_go_to_the_other_end) {
    ASSERT_EQ(plug(target()), success);
    for (const std::size_t size : {0, 1, 16, 4000}) {
        expect_passes(sender, cable_end, receiver, size);
    }
}

TEST_F(cable_test, none_is_enotconn) {
    EXPECT_EQ(sender.send(cable_end, filler_), outcome{ENOTCONN});
    EXPECT_EQ(sender.send(cable_end, filler_, 0, no_wait), outcome{ENOTCONN});
    EXPECT_EQ(sender.space(cable_end, 1, space_), success);
    EXPECT_EQ(space_.state, 0U);
    EXPECT_EQ(sender.space(cable_end, 1, space_, wait_for_room), outcome{ENOTCONN});
    EXPECT_EQ(sender.space(cable_end, 1, space_, wait_for_drain), outcome{ENOTCONN});
    EXPECT_EQ(sender.send({7, ARGO_DOMID_CABLE, 0}, filler_), outcome{EINVAL}) << "a cable has one end";
    EXPECT_EQ(sender.connect({7, ARGO_DOMID_CABLE, 0}), outcome{EINVAL});
}

TEST_F(cable_test, an_unbound_endpoint_has_none) {
    const endpoint unbound;
    EXPECT_EQ(unbound.send(cable_end, filler_), outcome{ENOTCONN});
    EXPECT_EQ(unbound.connect(cable_end), outcome{ENOTCONN});
    EXPECT_EQ(unbound.space(cable_end, 1, space_), outcome{ENOTCONN});
    EXPECT_EQ(unbound.space(cable_end, 1, space_, {ARGO_SPACE_WATCH}), outcome{ENOTCONN});
}

TEST_F(cable_test, no_ring_at_the_end_is_econnrefused) {
    ASSERT_EQ(plug(address(sender.domid(), 9999)), success);
    EXPECT_EQ(sender.send(cable_end, filler_), outcome{ECONNREFUSED});
    EXPECT_EQ(sender.space(cable_end, 1, space_, wait_for_room), outcome{ECONNREFUSED});
}

TEST_F(cable_test, the_parent_is_enxio) {
    ASSERT_EQ(plug(address(ARGO_DOMID_PARENT, 1)), success);
    EXPECT_EQ(sender.send(cable_end, filler_), outcome{ENXIO});
    EXPECT_EQ(sender.space(cable_end, 1, space_, wait_for_room), outcome{ENXIO});
}

TEST_F(cable_test, space_is_that_at_the_other_end) {
    ASSERT_EQ(plug(target()), success);
    EXPECT_EQ(sender.space(cable_end, 1, space_), success);
    EXPECT_EQ(space_.state, ARGO_STATE_EXISTS | ARGO_STATE_EMPTY | ARGO_STATE_SUFFICIENT);
    EXPECT_EQ(space_.max_message, receiver.max_message());
    const auto count = fill(sender, cable_end, filler_);
    ASSERT_GT(count, 0U);
    EXPECT_EQ(sender.space(cable_end, 300, space_, {ARGO_SPACE_WAIT | ARGO_DONTWAIT}), outcome{EAGAIN});
    std::thread reader([&] {
        std::this_thread::sleep_for(settling);
        drain(receiver, count);
    });
    EXPECT_EQ(sender.space(cable_end, 300, space_, wait_for_room), success);
    EXPECT_EQ(sender.space(cable_end, 0, space_, wait_for_drain), success);
    reader.join();
}

TEST_F(cable_test, a_send_waits_for_space) {
    ASSERT_EQ(plug(target()), success);
    const auto count = fill(sender, cable_end, filler_);
    std::thread reader([&] {
        std::this_thread::sleep_for(settling);
        drain(receiver, count);
    });
    EXPECT_EQ(sender.send(cable_end, filler_, 77, {0, patience}), success);
    reader.join();
    expect_next(receiver, sender.local(), filler_, 77);
}

TEST_F(cable_test, a_wait_ends_with_its_cable) {
    ASSERT_EQ(plug(target()), success);
    const auto count = fill(sender, cable_end, filler_);
    std::thread toolstack([&] {
        std::this_thread::sleep_for(settling);
        EXPECT_EQ(unplug(), success);
    });
    EXPECT_EQ(sender.send(cable_end, filler_, 0, {0, patience}), outcome{ENOTCONN});
    toolstack.join();
    drain(receiver, count);
    expect_nothing(receiver);
}

TEST_F(cable_test, a_wait_goes_on_where_the_cable_leads_now) {
    endpoint other;
    ASSERT_EQ(other.bind({}), success);
    ASSERT_EQ(plug(target()), success);
    const auto count = fill(sender, cable_end, filler_);
    std::thread toolstack([&] {
        std::this_thread::sleep_for(settling);
        EXPECT_EQ(unplug(), success);
        EXPECT_EQ(plug(other.local()), success);
    });
    // Between the two there is no cable, which a waiter may see.
    outcome sent{ENOTCONN};
    EXPECT_TRUE(eventually([&] {
        sent = sender.send(cable_end, filler_, 77, {0, patience});
        return sent.code != ENOTCONN;
    }));
    EXPECT_EQ(sent, success);
    toolstack.join();
    expect_next(other, sender.local(), filler_, 77);
    expect_nothing(other);
    drain(receiver, count);
    expect_nothing(receiver);
}

TEST_F(cable_test, is_a_default_destination) {
    ASSERT_EQ(plug(target()), success);
    ASSERT_EQ(sender.connect(cable_end), success);
    EXPECT_EQ(write_one(), success);
    expect_next(receiver, sender.local(), filler_);
    EXPECT_EQ(status().flags & (ARGO_STATUS_CONNECTED | ARGO_STATUS_HUP), ARGO_STATUS_CONNECTED);
    EXPECT_EQ(to_string(status().remote), to_string(cable_end));
    EXPECT_EQ(::fsync(sender.fd()), 0);
    // Whoever is at the other end may answer from anywhere.
    endpoint third;
    ASSERT_EQ(third.bind({}), success);
    expect_passes(third, sender.local(), sender, 9);
    EXPECT_EQ(sender.disconnect(), success);
    EXPECT_EQ(write_one(), outcome{ENOTCONN});
}

TEST_F(cable_test, poll_is_about_the_other_end) {
    ASSERT_EQ(plug(target()), success);
    ASSERT_EQ(sender.connect(cable_end), success);
    EXPECT_EQ(sender.poll(POLLOUT, 0ms), POLLOUT);
    const auto count = fill(sender, cable_end, filler_);
    while (sender.send(cable_end, {}, count, no_wait)) {
    }
    EXPECT_EQ(sender.poll(POLLOUT, 50ms), 0);
    drain(receiver, count);
    EXPECT_EQ(sender.poll(POLLOUT, std::chrono::duration_cast<std::chrono::milliseconds>(patience)), POLLOUT);
}

TEST_F(cable_test, hang_up_until_plugged_again) {
    ASSERT_EQ(plug(target()), success);
    ASSERT_EQ(sender.connect(cable_end), success);
    EXPECT_EQ(write_one(), success);
    EXPECT_EQ(unplug(), success);
    EXPECT_EQ(write_one(), outcome{EPIPE});
    EXPECT_NE(sender.poll(POLLOUT, 0ms) & POLLHUP, 0);
    EXPECT_EQ(sender.send(cable_end, filler_), outcome{ENOTCONN}) << "where the caller names it";
    ASSERT_EQ(plug(target()), success);
    EXPECT_EQ(write_one(), success);
    EXPECT_EQ(sender.poll(POLLOUT, 0ms) & POLLHUP, 0);
}

} // namespace
} // namespace guest
