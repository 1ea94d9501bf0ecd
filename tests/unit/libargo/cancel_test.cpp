// SPDX-License-Identifier: MIT
#include <array>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <boost/asio/post.hpp>

#include "fixture.hpp"

namespace libargo::test {
namespace {

/// A socket with one operation of each kind pending on it.
class cancel : public socket_test {
protected:
    cancel() : receiver(bound(5000)), sender(connected(5000)) {
        fill(*sender, large);
        sender->async_receive(asio::buffer(bytes), pending[0].handler());
        sender->async_receive_from(asio::buffer(bytes), info, pending[1].handler());
        sender->async_receive_many(in, pending[2].handler());
        sender->async_send(asio::buffer(text), pending[3].handler());
        sender->async_send_many(out, pending[4].handler());
        sender->async_wait_writable(large, pending[5].handler());
        sender->async_drain(pending[6].handler());
        sender->async_wait(socket::wait_read, pending[7].handler());
        sender->async_wait(socket::wait_error, pending[8].handler());
        poll();
        expect_calls(0);
    }

    void expect_calls(int count) {
        for (std::size_t i = 0; i < pending.size(); ++i) {
            EXPECT_EQ(pending.at(i).calls, count) << i;
        }
    }

    void expect_aborted() {
        expect_calls(0);
        context.restart();
        context.run(); // returns: nothing is left that keeps it
        expect_calls(1);
        for (const auto& each : pending) {
            EXPECT_EQ(each.ec, asio::error::operation_aborted);
            EXPECT_EQ(each.size, 0U);
        }
    }

    std::array<char, 16> bytes{};
    message_info info;
    std::string text = std::string(large, 'y');
    std::array<asio::const_buffer, 1> buffers{asio::buffer(text)};
    std::array<outgoing_message, 1> out{{{.buffers = buffers}}};
    std::array<asio::mutable_buffer, 1> rooms{asio::buffer(bytes)};
    std::array<incoming_message, 1> in{{{.buffers = rooms}}};
    std::array<outcome, 9> pending;
    socket receiver;
    std::optional<socket> sender;
};

TEST_F(cancel, aborts_all_and_runs_no_handler_inside) {
    sender->cancel();
    EXPECT_TRUE(sender->is_open());
    expect_aborted();
}

TEST_F(cancel, so_does_close) {
    sender->close();
    EXPECT_FALSE(sender->is_open());
    expect_aborted();
}

TEST_F(cancel, so_does_the_destructor) {
    sender.reset();
    expect_aborted();
}

TEST_F(cancel, so_does_release) {
    const detail::file_descriptor released(sender->release());
    EXPECT_FALSE(driver->watches(released.get())) << "the file is as it was";
    expect_aborted();
}

TEST_F(cancel, so_does_another_socket_that_is_assigned) {
    *sender = open(2);
    EXPECT_TRUE(sender->is_open());
    expect_aborted();
}

TEST_F(cancel, twice_is_once) {
    sender->cancel();
    sender->cancel();
    sender->close();
    expect_aborted();
}

TEST_F(cancel, the_socket_goes_on) {
    sender->cancel();
    outcome sent;
    sender->async_send(asio::buffer(text), sent.handler());
    poll();
    expect_calls(1);
    EXPECT_EQ(sent.calls, 0);
    static_cast<void>(next(receiver));
    poll();
    EXPECT_EQ(sent.calls, 1);
    EXPECT_FALSE(sent.ec);
}

TEST_F(cancel, from_a_handler_runs_no_other_inside) {
    bool inside = false;
    asio::post(context, [&] {
        inside = true;
        sender->cancel();
        expect_calls(0);
        inside = false;
    });
    poll();
    EXPECT_FALSE(inside);
    expect_calls(1);
}

using cancel_many = socket_test;

TEST_F(cancel_many, a_batch_that_had_begun_is_a_success) {
    auto receiver = bound(5000);
    auto sender = connected(5000);
    const std::string text(large, 'x');
    const std::array buffers{asio::const_buffer(asio::buffer(text))};
    const std::vector<outgoing_message> out(3, {.buffers = buffers});
    outcome sent;
    sender.async_send_many(out, sent.handler());
    poll();
    sender.cancel();
    poll();
    EXPECT_EQ(sent.calls, 1);
    EXPECT_FALSE(sent.ec);
    EXPECT_EQ(sent.size, 1U);
}

TEST_F(cancel_many, a_completed_operation_is_not_affected) {
    auto receiver = bound(5000);
    connected(5000).send(asio::buffer("hello", 5));
    std::array<char, 16> bytes{};
    outcome received;
    receiver.async_receive(asio::buffer(bytes), received.handler());
    receiver.cancel(); // its message was taken, so it must arrive
    poll();
    EXPECT_FALSE(received.ec);
    EXPECT_EQ(received.size, 5U);
}

} // namespace
} // namespace libargo::test
