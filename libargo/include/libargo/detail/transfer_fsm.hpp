// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cerrno>
#include <cstddef>

namespace libargo::detail {

/// The course of sending or receiving several messages: told what each call to the driver did, it says what is next.
class transfer_fsm {
public:
    /// When a transfer is complete.
    enum class extent {
        all, ///< every message was transferred (a send)
        some ///< what could be had without waiting was (a receive)
    };
    /// What to do next.
    enum class action {
        transfer, ///< call the driver with messages [done(), done() + slice())
        wait,     ///< wait until it can go on, then call the driver
        complete  ///< done() messages were transferred, error() says why not one was
    };

    transfer_fsm(std::size_t total, extent until) noexcept : total_(total), until_(until) {}

    /// The first thing to do.
    [[nodiscard]] action start() const noexcept { return total_ == 0 ? action::complete : action::transfer; }

    /// Messages of the next call.
    [[nodiscard]] std::size_t slice(std::size_t max_batch) const noexcept {
        return std::min(total_ - done_, std::max<std::size_t>(max_batch, 1));
    }

    /// A call to the driver has returned.
    /// @param err 0 or an errno
    /// @param count messages that it transferred, if err is 0
    /// @param may_wait EAGAIN means to wait; otherwise it is an error like others
    [[nodiscard]] action resume(int err, std::size_t count, bool may_wait) noexcept {
        if (err == 0) {
            done_ += count;
            // A call that succeeds with nothing done would be repeated for ever.
            const bool stuck = count == 0;
            return done_ == total_ || stuck || until_ == extent::some ? action::complete : action::transfer;
        }
        if (err == EAGAIN && may_wait) {
            return action::wait;
        }
        if (err == EINTR && may_wait) {
            return action::transfer;
        }
        // Something was done: it succeeded, and the error comes back with the next call if it is still there.
        error_ = done_ == 0 ? err : 0;
        return action::complete;
    }

    [[nodiscard]] std::size_t done() const noexcept { return done_; }
    [[nodiscard]] int error() const noexcept { return error_; }

private:
    std::size_t total_;
    std::size_t done_ = 0;
    int error_ = 0;
    extent until_;
};

} // namespace libargo::detail
