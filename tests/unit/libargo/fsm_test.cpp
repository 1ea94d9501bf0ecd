// SPDX-License-Identifier: MIT
#include <cerrno>
#include <utility>

#include <gtest/gtest.h>
#include <libargo/detail/order_gate.hpp>
#include <libargo/detail/transfer_fsm.hpp>
#include <libargo/detail/watch_fsm.hpp>

namespace libargo::test {
namespace {

using detail::order_gate;
using detail::ordering;
using detail::transfer_fsm;
using detail::watch;
using detail::watch_fsm;
using action = transfer_fsm::action;
using extent = transfer_fsm::extent;

TEST(transfer_fsm, nothing_to_do_is_complete) {
    const transfer_fsm course(0, extent::all);
    EXPECT_EQ(course.start(), action::complete);
    EXPECT_EQ(course.done(), 0U);
    EXPECT_EQ(course.error(), 0);
}

TEST(transfer_fsm, a_send_goes_on_until_all_are_sent) {
    transfer_fsm course(5, extent::all);
    EXPECT_EQ(course.start(), action::transfer);
    EXPECT_EQ(course.slice(2), 2U);
    EXPECT_EQ(course.resume(0, 2, true), action::transfer);
    EXPECT_EQ(course.resume(EAGAIN, 0, true), action::wait);
    EXPECT_EQ(course.resume(0, 2, true), action::transfer);
    EXPECT_EQ(course.slice(2), 1U);
    EXPECT_EQ(course.resume(0, 1, true), action::complete);
    EXPECT_EQ(course.done(), 5U);
    EXPECT_EQ(course.error(), 0);
}

TEST(transfer_fsm, a_receive_takes_what_is_there) {
    transfer_fsm course(5, extent::some);
    EXPECT_EQ(course.resume(EAGAIN, 0, true), action::wait);
    EXPECT_EQ(course.resume(0, 2, true), action::complete);
    EXPECT_EQ(course.done(), 2U);
}

TEST(transfer_fsm, an_error_is_reported_if_nothing_was_done) {
    transfer_fsm nothing(5, extent::all);
    EXPECT_EQ(nothing.resume(EPIPE, 0, true), action::complete);
    EXPECT_EQ(nothing.error(), EPIPE);

    transfer_fsm something(5, extent::all);
    EXPECT_EQ(something.resume(0, 1, true), action::transfer);
    EXPECT_EQ(something.resume(EPIPE, 0, true), action::complete);
    EXPECT_EQ(something.error(), 0);
    EXPECT_EQ(something.done(), 1U);
}

TEST(transfer_fsm, one_that_may_not_wait_is_told) {
    for (const int err : {EAGAIN, EINTR, ETIMEDOUT}) {
        transfer_fsm course(5, extent::all);
        EXPECT_EQ(course.resume(err, 0, false), action::complete);
        EXPECT_EQ(course.error(), err);
    }
}

TEST(transfer_fsm, a_driver_that_does_nothing_does_not_make_it_spin) {
    transfer_fsm course(5, extent::all);
    EXPECT_EQ(course.resume(0, 0, true), action::complete);
    EXPECT_EQ(transfer_fsm(5, extent::all).slice(0), 1U);
}

TEST(order_gate, keeps_the_order_to_a_destination) {
    const ordering first{ordering::scope::destination, {domid_t{1}, 1}};
    const ordering second{ordering::scope::destination, {domid_t{1}, 2}};
    const ordering all{ordering::scope::everything, {}};
    const ordering none{};

    order_gate gate;
    EXPECT_TRUE(gate.may_pass(all));
    gate.block(none);
    EXPECT_TRUE(gate.may_pass(all));
    gate.block(first);
    EXPECT_FALSE(gate.may_pass(first));
    EXPECT_TRUE(gate.may_pass(second));
    EXPECT_FALSE(gate.may_pass(all));
    EXPECT_TRUE(gate.may_pass(none));
    gate.block(all);
    EXPECT_FALSE(gate.may_pass(second));
    EXPECT_TRUE(gate.may_pass(none));
}

TEST(watch_fsm, tells_the_driver_once) {
    const watch wanted{{domid_t{1}, 1}, 100};
    const space_state full{.exists = true, .max_message = 4000};

    watch_fsm fsm;
    EXPECT_TRUE(fsm.is_default());
    EXPECT_FALSE(fsm.must_install({}));
    EXPECT_TRUE(fsm.must_install(wanted));
    EXPECT_EQ(fsm.installed(wanted, full), watch_fsm::action::arm);
    EXPECT_FALSE(fsm.must_install(wanted));
    EXPECT_TRUE(fsm.must_install({wanted.destination, 101}));
    EXPECT_TRUE(fsm.must_install({}));
    fsm.forget();
    EXPECT_TRUE(fsm.must_install(wanted));
    EXPECT_TRUE(fsm.is_default());
}

TEST(watch_fsm, does_not_wait_for_what_is_settled) {
    const watch wanted{{domid_t{1}, 1}, 100};
    watch_fsm fsm;
    EXPECT_EQ(fsm.installed(wanted, {.exists = true, .sufficient = true}), watch_fsm::action::retry);
    EXPECT_EQ(fsm.installed(wanted, {.exists = true, .too_large = true}), watch_fsm::action::retry);
    EXPECT_EQ(fsm.installed(wanted, {.exists = false}), watch_fsm::action::retry);
    EXPECT_EQ(fsm.installed({}, {.exists = false}), watch_fsm::action::arm);
}

} // namespace
} // namespace libargo::test
