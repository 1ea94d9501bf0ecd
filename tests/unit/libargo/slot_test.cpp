// SPDX-License-Identifier: MIT
// Asio's own per-operation cancellation and what else its newer releases have. With Boost 1.74 there is none of it, and
// nothing here.
#include <boost/version.hpp>

#if BOOST_VERSION >= 107700

#include <array>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>

#include "fixture.hpp"

#if BOOST_VERSION >= 108000
#include <boost/asio/deferred.hpp>
#endif

namespace libargo::test {
namespace {

using slot = socket_test;

TEST_F(slot, ends_one_operation_and_no_other) {
    auto receiver = bound(5000);
    std::array<char, 16> bytes{};
    for (const auto type : {asio::cancellation_type::terminal, asio::cancellation_type::partial,
                            asio::cancellation_type::total, asio::cancellation_type::all}) {
        asio::cancellation_signal signal;
        outcome stopped;
        outcome other;
        receiver.async_receive(asio::buffer(bytes), asio::bind_cancellation_slot(signal.slot(), stopped.handler()));
        receiver.async_receive(asio::buffer(bytes), other.handler());
        poll();
        signal.emit(asio::cancellation_type::none);
        poll();
        EXPECT_EQ(stopped.calls, 0);
        signal.emit(type);
        EXPECT_EQ(stopped.calls, 0) << "not inside";
        poll();
        EXPECT_EQ(stopped.ec, asio::error::operation_aborted);
        EXPECT_EQ(other.calls, 0);
        receiver.cancel();
        poll();
        signal.emit(type); // the operation has gone
    }
}

TEST_F(slot, is_found_behind_a_stop_token) {
    auto receiver = bound(5000);
    std::array<char, 16> bytes{};
    asio::cancellation_signal signal;
    const std::stop_source source;
    outcome stopped;
    receiver.async_receive(
        asio::buffer(bytes),
        bind_stop_token(source.get_token(), asio::bind_cancellation_slot(signal.slot(), stopped.handler())));
    signal.emit(asio::cancellation_type::total);
    poll();
    EXPECT_EQ(stopped.ec, asio::error::operation_aborted);
}

#if BOOST_VERSION >= 108000
TEST_F(slot, deferred_operations_start_when_they_are_called) {
    auto receiver = bound(5000);
    auto sender = connected(5000);
    auto send = sender.async_send(asio::buffer("hello", 5), asio::deferred);
    EXPECT_FALSE(receiver.status().next_message);
    outcome sent;
    std::move(send)(sent.handler());
    poll();
    EXPECT_EQ(sent.size, 5U);
    EXPECT_EQ(next(receiver), "hello");
}
#endif

} // namespace
} // namespace libargo::test

#endif
