// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <utility>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>

#include <libargo/detail/endpoint.hpp>
#include <libargo/detail/reactor.hpp>
#include <libargo/error.hpp>

namespace libargo::detail {

static_assert(static_cast<int>(wait_type::wait_read) == boost::asio::posix::descriptor_base::wait_read &&
              static_cast<int>(wait_type::wait_write) == boost::asio::posix::descriptor_base::wait_write &&
              static_cast<int>(wait_type::wait_error) == boost::asio::posix::descriptor_base::wait_error);

/// The waits of one endpoint in the reactor of an execution context.
class asio_reactor final : public reactor {
public:
    explicit asio_reactor(const boost::asio::any_io_executor& executor) : descriptor_(executor), timer_(executor) {}

    [[nodiscard]] fault assign(int fd) override {
        error_code ec;
        descriptor_.assign(fd, ec);
        if (!ec) {
            // Asio makes a descriptor non-blocking before it waits for it, unless the program has done so.
            descriptor_.non_blocking(true, ec);
            if (ec) {
                descriptor_.release();
            }
        }
        return to_fault(ec);
    }
    void release() override { descriptor_.release(); }
    [[nodiscard]] fault close() override {
        error_code ec;
        descriptor_.close(ec);
        return to_fault(ec);
    }
    void cancel() override {
        error_code ignored;
        descriptor_.cancel(ignored);
    }
    void wait(std::shared_ptr<endpoint> owner, wait_type what) override {
        const auto event = static_cast<boost::asio::posix::descriptor_base::wait_type>(what);
        descriptor_.async_wait(event, waiter(std::move(owner), what));
    }
    void wait_for(std::shared_ptr<endpoint> owner, std::chrono::milliseconds time) override {
        timer_.expires_after(time);
        timer_.async_wait(waiter(std::move(owner), std::nullopt));
    }
    void cancel_timer() override { timer_.cancel(); }

private:
    /// The handler of a wait for the descriptor, or for the timer.
    class waiter {
    public:
        waiter(std::shared_ptr<endpoint> owner, std::optional<wait_type> what) noexcept
            : owner_(std::move(owner)), what_(what) {}
        waiter(waiter&&) noexcept = default;
        waiter(const waiter&) = delete;
        waiter& operator=(const waiter&) = delete;
        waiter& operator=(waiter&&) = delete;

        /// Asio destroys a handler uncalled when its context ends: no event will complete the operations any more. A
        /// handler may own the socket of its operation, so the operations must be destroyed for the endpoint to be.
        ~waiter() {
            if (owner_ != nullptr) {
                owner_->abandon();
            }
        }

        void operator()(const error_code& ec) {
            const auto owner = std::exchange(owner_, nullptr);
            if (what_) {
                owner->on_ready(*what_, !ec);
            } else {
                owner->on_timer();
            }
        }

    private:
        std::shared_ptr<endpoint> owner_;
        std::optional<wait_type> what_;
    };

    /// Asio's descriptors fail with errnos.
    [[nodiscard]] static fault to_fault(const error_code& ec) noexcept { return fault(ec.value()); }

    boost::asio::posix::stream_descriptor descriptor_;
    boost::asio::steady_timer timer_;
};

} // namespace libargo::detail
