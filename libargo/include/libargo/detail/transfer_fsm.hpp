// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cerrno>
#include <cstddef>

namespace libargo::detail {

/// The course of a transfer of several messages. It is told the result of each call to the driver, and gives the next
/// action.
class transfer_fsm {
public:
    /// When a transfer is complete.
    enum class extent {
        all, ///< when every message was transferred (a send)
        some ///< after the first call that transferred a message (a receive)
    };
    /// The next thing to do.
    enum class action {
        transfer, ///< call the driver with messages [done(), done() + slice())
        wait,     ///< wait for an event of the descriptor, then call the driver
        complete  ///< done() messages were transferred; if none was, error() is the reason
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
    /// @param is_asynchronous the transfer goes on later after EAGAIN; otherwise EAGAIN is an error like others
    [[nodiscard]] action resume(int err, std::size_t count, bool is_asynchronous) noexcept {
        if (err == 0) {
            done_ += count;
            // A call that succeeds with nothing done would be repeated for ever.
            const bool stuck = count == 0;
            return done_ == total_ || stuck || until_ == extent::some ? action::complete : action::transfer;
        }
        if (err == EAGAIN && is_asynchronous) {
            return action::wait;
        }
        // A transfer of some messages is a success. The next call reports the error again if its cause remains.
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
