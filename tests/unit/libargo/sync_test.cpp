// SPDX-License-Identifier: MIT
#include <array>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <string>
#include <type_traits>
#include <vector>

#include <fcntl.h>
#include <unistd.h>

#include "fixture.hpp"

namespace libargo::test {
namespace {

namespace errc = boost::system::errc;
using namespace std::chrono_literals;

static_assert(std::is_nothrow_move_constructible_v<socket>);
static_assert(std::is_move_assignable_v<socket>);
static_assert(!std::is_copy_constructible_v<socket>);
static_assert(std::is_same_v<socket::rebind_executor<asio::io_context::executor_type>::other,
                             basic_socket<asio::io_context::executor_type>>);

using sync = socket_test;

TEST_F(sync, opening_something_else_says_what_is_wrong) {
    socket made(context);
    error_code ec;
    made.open("/nonexistent/argo", ec);
    EXPECT_EQ(ec, error::no_device);
    made.open("/dev/null", ec);
    EXPECT_EQ(ec, error::not_an_argo_device);
    EXPECT_FALSE(made.is_open());
    EXPECT_THROW(made.open("/nonexistent/argo"), system_error);
    EXPECT_THROW(made.assign(-1), system_error);
}

TEST_F(sync, a_handle_that_is_refused_stays_the_callers) {
    const detail::file_descriptor null(::open("/dev/null", O_RDWR | O_CLOEXEC));
    socket made(context);
    error_code ec;
    made.assign(null.get(), ec);
    EXPECT_EQ(ec, error::not_an_argo_device);
    EXPECT_GE(::fcntl(null.get(), F_GETFD), 0);
}

TEST_F(sync, an_older_driver_is_refused) {
    driver->set_abi_version(0);
    try {
        static_cast<void>(open());
        FAIL() << "it was opened";
    } catch (const system_error& caught) {
        EXPECT_EQ(caught.code(), error::abi_mismatch);
    }
}

TEST_F(sync, a_socket_that_is_not_open_says_so) {
    socket closed(context);
    std::array<char, 4> bytes{};
    message_info info;
    error_code ec;
    const auto expect_bad = [&ec](const char* what) {
        EXPECT_EQ(ec, asio::error::bad_descriptor) << what;
        ec.clear();
    };
    closed.bind({}, ec), expect_bad("bind");
    closed.connect(at(1), ec), expect_bad("connect");
    closed.disconnect(ec), expect_bad("disconnect");
    closed.cancel(ec), expect_bad("cancel");
    closed.send(asio::buffer(bytes), ec), expect_bad("send");
    closed.receive(asio::buffer(bytes), ec), expect_bad("receive");
    closed.peek_from(asio::buffer(bytes), info, ec), expect_bad("peek");
    closed.send_many({}, ec), expect_bad("send_many");
    closed.receive_many({}, ec), expect_bad("receive_many");
    static_cast<void>(closed.space(1, ec)), expect_bad("space");
    closed.wait_writable(1, at(1), 0ns, ec), expect_bad("wait_writable");
    closed.drain(at(1), 0ns, ec), expect_bad("drain");
    closed.wait(socket::wait_read, ec), expect_bad("wait");
    static_cast<void>(closed.status(ec)), expect_bad("status");
    static_cast<void>(closed.info(ec)), expect_bad("info");
    static_cast<void>(closed.list_rings(ec)), expect_bad("list_rings");
    closed.add_cable({}, ec), expect_bad("add_cable");
    closed.remove_cable({}, ec), expect_bad("remove_cable");
    static_cast<void>(closed.list_cables(ec)), expect_bad("list_cables");
    static_cast<void>(closed.options(ec)), expect_bad("options");
    closed.non_blocking(true, ec), expect_bad("non_blocking");
    closed.close(ec);
    EXPECT_FALSE(ec);
    EXPECT_EQ(closed.native_handle(), -1);
    EXPECT_EQ(closed.release(), -1);
}

TEST_F(sync, bind_says_what_was_bound) {
    auto made = open(3);
    const auto result = made.bind({.partner = domid_t::self, .ring_size = 8192});
    EXPECT_GE(result.port, port_ephemeral);
    EXPECT_EQ(result.partner, domid_t{3});
    EXPECT_EQ(result.domid, domid_t{3});
    EXPECT_EQ(result.ring_size, 8192U);
    EXPECT_GT(result.max_message, 8000U);
    EXPECT_EQ(made.local_address(), result.local());
    EXPECT_EQ(made.status().ring_size, 8192U);
    error_code ec;
    made.bind({}, ec);
    EXPECT_EQ(ec, errc::already_connected);
    auto other = open(3);
    other.bind({.port = result.port, .partner = domid_t{3}}, ec);
    EXPECT_EQ(ec, errc::address_in_use);
    EXPECT_THROW(other.bind({.ring_size = 1ULL << 40U}), system_error);
}

TEST_F(sync, a_message_arrives_with_its_source_and_type) {
    auto receiver = bound(5000);
    auto sender = open(2);
    sender.bind({.port = 6000});
    EXPECT_EQ(sender.send_to(asio::buffer("hello", 5), at(5000), message_type{7}), 5U);
    EXPECT_EQ(receiver.status().next_message, 5U);

    std::array<char, 16> bytes{};
    message_info info;
    EXPECT_EQ(receiver.receive_from(asio::buffer(bytes), info), 5U);
    EXPECT_EQ(std::string(bytes.data(), 5), "hello");
    EXPECT_EQ(info.source, at(6000, 2));
    EXPECT_EQ(info.type, message_type{7});
    EXPECT_EQ(info.size, 5U);
    EXPECT_FALSE(info.truncated);
    EXPECT_EQ(receiver.status().next_message, std::nullopt);
}

TEST_F(sync, buffers_go_to_the_driver_as_they_are) {
    auto receiver = bound(5000);
    auto sender = connected(5000);
    std::vector<std::string> parts(20);
    std::vector<asio::const_buffer> buffers;
    std::string whole;
    for (std::size_t i = 0; i < parts.size(); ++i) {
        parts[i].assign(i, static_cast<char>('a' + i));
        buffers.emplace_back(asio::buffer(parts[i]));
        whole += parts[i];
    }
    EXPECT_EQ(sender.send(buffers), whole.size());
    const auto vectors = driver->last_vectors();
    ASSERT_EQ(vectors.size(), parts.size() - 1) << "the empty one is left out";
    for (std::size_t i = 0; i < vectors.size(); ++i) {
        EXPECT_EQ(vectors[i].base, reinterpret_cast<std::uintptr_t>(parts[i + 1].data()));
    }

    std::array<char, 7> head{};
    std::array<char, 500> tail{};
    const std::array<asio::mutable_buffer, 2> into{asio::buffer(head), asio::buffer(tail)};
    EXPECT_EQ(receiver.receive(into), whole.size());
    EXPECT_EQ(std::string(head.data(), 7) + std::string(tail.data(), whole.size() - 7), whole);
}

TEST_F(sync, truncation_is_never_silent) {
    auto receiver = bound(5000);
    auto sender = connected(5000);
    std::array<char, 3> bytes{};
    error_code ec;
    sender.send(asio::buffer("hello", 5));
    EXPECT_EQ(receiver.receive(asio::buffer(bytes), ec), 3U);
    EXPECT_EQ(ec, error::message_truncated);
    EXPECT_EQ(std::string(bytes.data(), 3), "hel");

    sender.send(asio::buffer("hello", 5));
    EXPECT_THROW(receiver.receive(asio::buffer(bytes)), system_error);

    sender.send(asio::buffer("hello", 5));
    message_info info;
    EXPECT_EQ(receiver.receive_from(asio::buffer(bytes), info), 3U);
    EXPECT_TRUE(info.truncated);
    EXPECT_EQ(info.size, 5U);

    sender.send(asio::buffer("hel", 3));
    EXPECT_EQ(receiver.receive(asio::buffer(bytes)), 3U) << "a message that fits exactly is not truncated";
}

TEST_F(sync, an_empty_message_is_a_message) {
    auto receiver = bound(5000);
    auto sender = connected(5000);
    EXPECT_EQ(sender.send(asio::const_buffer()), 0U);
    message_info info;
    EXPECT_EQ(receiver.receive_from(asio::mutable_buffer(), info), 0U);
    EXPECT_EQ(info.source, sender.local_address());
}

TEST_F(sync, peek_leaves_the_message) {
    auto receiver = bound(5000);
    connected(5000).send(asio::buffer("hello", 5));
    std::array<char, 8> bytes{};
    message_info info;
    EXPECT_EQ(receiver.peek_from(asio::buffer(bytes), info), 5U);
    EXPECT_EQ(receiver.receive(asio::buffer(bytes)), 5U);
}

TEST_F(sync, a_non_blocking_socket_does_not_wait) {
    auto receiver = bound(5000);
    EXPECT_FALSE(receiver.non_blocking());
    receiver.non_blocking(true);
    EXPECT_TRUE(receiver.non_blocking());
    std::array<char, 8> bytes{};
    error_code ec;
    receiver.receive(asio::buffer(bytes), ec);
    EXPECT_EQ(ec, asio::error::would_block);
    EXPECT_EQ(ec, condition::would_wait);
}

TEST_F(sync, asynchronous_operations_do_not_make_the_file_non_blocking) {
    auto receiver = bound(5000);
    std::array<char, 8> bytes{};
    outcome received;
    receiver.async_receive(asio::buffer(bytes), received.handler());
    EXPECT_EQ(::fcntl(receiver.native_handle(), F_GETFL) & O_NONBLOCK, 0);
    EXPECT_FALSE(receiver.non_blocking());
    // So a synchronous one waits in the driver, and its time ends there.
    receiver.receive_timeout(5ms);
    error_code ec;
    receiver.receive(asio::buffer(bytes), ec);
    EXPECT_EQ(ec, errc::timed_out);
}

TEST_F(sync, timeouts_end_waits) {
    auto receiver = bound(5000);
    auto sender = connected(5000);
    fill(sender, large);
    const std::string text(large, 'x');
    error_code ec;
    sender.send_timeout(5ms);
    sender.send(asio::buffer(text), ec);
    EXPECT_EQ(ec, errc::timed_out);
    sender.wait_writable(large, default_destination, 5ms, ec);
    EXPECT_EQ(ec, errc::timed_out);
    sender.drain(default_destination, 5ms, ec);
    EXPECT_EQ(ec, errc::timed_out);
    EXPECT_EQ(next(receiver).size(), large);
    sender.wait_writable(large);
    sender.drain();
}

TEST_F(sync, errors_of_the_driver_are_passed_on) {
    auto sender = connected(5000);
    std::array<char, 8> bytes{};
    for (const int err : {EACCES, EHOSTUNREACH, EPIPE, ECONNRESET, EBADMSG, EINTR, ENOMEM}) {
        driver->fail_next(ARGO_IOC_SEND, err);
        error_code ec;
        EXPECT_EQ(sender.send(asio::buffer(bytes), ec), 0U);
        EXPECT_EQ(ec, error_code(err, boost::system::system_category()));
        driver->fail_next(ARGO_IOC_RECV, err);
        sender.receive(asio::buffer(bytes), ec);
        EXPECT_EQ(ec, error_code(err, boost::system::system_category()));
    }
    error_code ec;
    sender.send(asio::buffer(bytes), ec);
    EXPECT_EQ(ec, condition::peer_absent);
    open(2).send(asio::buffer(bytes), ec);
    EXPECT_EQ(ec, errc::not_connected);
}

TEST_F(sync, connect_and_disconnect) {
    auto receiver = bound(5000);
    auto sender = open(2);
    sender.connect(at(5000));
    EXPECT_EQ(sender.remote_address(), at(5000));
    EXPECT_TRUE(sender.status().connected);
    sender.send(asio::buffer("x", 1));
    sender.disconnect();
    EXPECT_EQ(sender.remote_address(), default_destination);
    error_code ec;
    sender.send(asio::buffer("x", 1), ec);
    EXPECT_EQ(ec, errc::not_connected);
}

TEST_F(sync, several_messages_take_few_calls) {
    driver->set_max_batch(4);
    auto receiver = bound(5000);
    auto sender = connected(5000);
    std::array<std::string, 10> texts;
    std::array<asio::const_buffer, 10> buffers;
    std::array<outgoing_message, 10> out;
    for (std::size_t i = 0; i < texts.size(); ++i) {
        texts.at(i) = std::to_string(i);
        buffers.at(i) = asio::buffer(texts.at(i));
        out.at(i) = {.buffers = {&buffers.at(i), 1}, .type = message_type{static_cast<std::uint32_t>(i)}};
    }
    const auto before = driver->calls(ARGO_IOC_SEND);
    EXPECT_EQ(sender.send_many(out), 10U);
    EXPECT_EQ(driver->calls(ARGO_IOC_SEND) - before, 3U);

    std::array<std::array<char, 4>, 10> storage{};
    std::array<asio::mutable_buffer, 10> rooms;
    std::array<incoming_message, 10> in;
    for (std::size_t i = 0; i < in.size(); ++i) {
        rooms.at(i) = asio::buffer(storage.at(i));
        in.at(i).buffers = {&rooms.at(i), 1};
    }
    EXPECT_EQ(receiver.receive_many(in), 4U) << "one call to the driver";
    for (std::size_t i = 0; i < 4; ++i) {
        EXPECT_EQ(std::string(storage.at(i).data(), in.at(i).received()), texts.at(i));
        EXPECT_EQ(to_number(in.at(i).info.type), i);
        EXPECT_EQ(in.at(i).info.source, sender.local_address());
    }
    EXPECT_EQ(receiver.receive_many(std::span(in).first(3)), 3U);
    EXPECT_EQ(receiver.receive_many(in), 3U) << "those that are there";
    EXPECT_EQ(sender.send_many({}), 0U);
}

TEST_F(sync, an_error_after_the_first_message_is_a_success) {
    auto receiver = bound(5000);
    auto sender = connected(5000);
    sender.non_blocking(true);
    const std::string text(large, 'x');
    const std::array buffers{asio::const_buffer(asio::buffer(text))};
    const std::array<outgoing_message, 3> out{{{.buffers = buffers}, {.buffers = buffers}, {.buffers = buffers}}};
    error_code ec;
    EXPECT_EQ(sender.send_many(out, ec), 1U);
    EXPECT_FALSE(ec);
    EXPECT_EQ(sender.send_many(std::span(out).subspan(1), ec), 0U);
    EXPECT_EQ(ec, asio::error::would_block);
}

TEST_F(sync, truncation_in_a_batch_is_in_the_info) {
    auto receiver = bound(5000);
    connected(5000).send(asio::buffer("hello", 5));
    std::array<char, 2> bytes{};
    const std::array room{asio::mutable_buffer(asio::buffer(bytes))};
    std::array<incoming_message, 1> in{{{.buffers = room}}};
    EXPECT_EQ(receiver.receive_many(in), 1U);
    EXPECT_TRUE(in[0].info.truncated);
    EXPECT_EQ(in[0].info.size, 5U);
    EXPECT_EQ(in[0].received(), 2U);
}

TEST_F(sync, space_says_how_it_is) {
    auto sender = open(2);
    EXPECT_FALSE(sender.space(1, at(5000)).exists);
    auto receiver = bound(5000);
    auto state = sender.space(large, at(5000));
    EXPECT_TRUE(state.exists && state.shared && state.empty && state.sufficient && !state.too_large);
    EXPECT_GT(state.max_message, large);
    EXPECT_TRUE(sender.space(state.max_message + 1, at(5000)).too_large);
    EXPECT_TRUE(sender.space(1ULL << 40U, at(5000)).too_large);
    fill(sender, large, at(5000));
    state = sender.space(large, at(5000));
    EXPECT_FALSE(state.sufficient || state.empty);
    error_code ec;
    static_cast<void>(sender.space(1, ec));
    EXPECT_EQ(ec, errc::not_connected);
    sender.wait_writable(state.max_message + 1, at(5000), 0ns, ec);
    EXPECT_EQ(ec, condition::too_large);
}

TEST_F(sync, options_are_set_and_read) {
    auto made = open();
    EXPECT_EQ(made.options().send_low_water_mark, 1U);
    made.options({.send_low_water_mark = 100, .type = message_type{3}, .send_timeout = 1s, .receive_timeout = 2s});
    made.send_low_water_mark(200);
    made.type(message_type{4});
    made.receive_timeout(-1s);
    const auto values = made.options();
    EXPECT_EQ(values.send_low_water_mark, 200U);
    EXPECT_EQ(values.type, message_type{4});
    EXPECT_EQ(values.send_timeout, 1s);
    EXPECT_EQ(values.receive_timeout, 0s) << "no limit";
}

TEST_F(sync, info_and_rings) {
    auto made = bound(5000, 3);
    const auto info = made.info();
    EXPECT_EQ(info.hypervisor, "fake");
    EXPECT_EQ(info.domid, domid_t{3});
    EXPECT_EQ(info.abi_version, 1U);
    EXPECT_EQ(info.rings, 1U);
    EXPECT_EQ(info.max_batch, 64U);

    std::vector<socket> many;
    for (port_t port = 1; port <= 100; ++port) {
        many.push_back(bound(port, 3));
    }
    const auto rings = made.list_rings();
    ASSERT_EQ(rings.size(), 101U) << "more than the first guess";
    EXPECT_EQ(rings[0].owner, "argo_char");
    EXPECT_EQ(rings[0].command, std::string(16, 'c')) << "a name that fills its field";
}

TEST_F(sync, cables_are_plugged_listed_and_unplugged) {
    auto made = open(0);
    std::vector<cable> wanted;
    for (port_t port = 1; port <= 100; ++port) {
        wanted.push_back({{domid_t{1}, port}, {domid_t{2}, 7000}});
        made.add_cable(wanted.back());
    }
    EXPECT_EQ(made.list_cables(), wanted) << "more than the first guess";
    error_code ec;
    made.add_cable(wanted[0], ec);
    EXPECT_EQ(ec, boost::system::errc::file_exists);
    made.remove_cable(wanted[0].source);
    made.remove_cable(wanted[0].source, ec);
    EXPECT_EQ(ec, boost::system::errc::no_such_file_or_directory);
    EXPECT_EQ(made.list_cables().size(), 99U);
    open(1).add_cable(wanted[0], ec);
    EXPECT_EQ(ec, boost::system::errc::operation_not_permitted);
}

TEST_F(sync, a_cable_leads_to_its_end) {
    auto receiver = bound(7000);
    auto sender = bound(42, 2);
    const std::string hello = "hello";
    error_code ec;
    sender.send_to(asio::buffer(hello), cable_end, message_type{}, ec);
    EXPECT_EQ(ec, boost::system::errc::not_connected);
    open(0).add_cable({{domid_t{2}, 42}, at(7000)});
    sender.send_to(asio::buffer(hello), cable_end);
    EXPECT_EQ(next(receiver), hello);
    sender.connect(cable_end);
    EXPECT_EQ(sender.remote_address(), cable_end);
    sender.send(asio::buffer(hello));
    EXPECT_EQ(next(receiver), hello);
}

TEST_F(sync, release_gives_the_file_away_as_it_was) {
    auto made = bound(5000);
    const int handle = made.native_handle();
    const detail::file_descriptor released(made.release());
    EXPECT_EQ(released.get(), handle);
    EXPECT_FALSE(made.is_open());
    EXPECT_EQ(::fcntl(released.get(), F_GETFL) & O_NONBLOCK, 0);
}

TEST_F(sync, an_assigned_file_keeps_its_mode_and_its_peer) {
    auto receiver = bound(5000);
    auto first = connected(5000);
    first.non_blocking(true);
    socket second(context);
    detail::socket_access::assign(second, detail::file_descriptor(first.release()), driver);
    EXPECT_TRUE(second.non_blocking());
    EXPECT_EQ(second.remote_address(), at(5000));
    second.send(asio::buffer("hello", 5));
    EXPECT_EQ(next(receiver), "hello");
    second.non_blocking(false);
    EXPECT_EQ(::fcntl(second.native_handle(), F_GETFL) & O_NONBLOCK, 0);
}

TEST_F(sync, opening_twice_is_an_error) {
    auto made = open();
    error_code ec;
    made.open(ec);
    EXPECT_EQ(ec, asio::error::already_open);
    made.assign(made.native_handle(), ec);
    EXPECT_EQ(ec, asio::error::already_open);
    EXPECT_TRUE(made.is_open());
}

TEST_F(sync, wait_returns_when_there_is_something) {
    auto receiver = bound(5000);
    connected(5000).send(asio::buffer("x", 1));
    receiver.wait(socket::wait_read);
    receiver.wait(socket::wait_write);
}

} // namespace
} // namespace libargo::test
