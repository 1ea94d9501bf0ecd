// SPDX-License-Identifier: MIT
#pragma once

#include <bitset>
#include <cstdint>

namespace argoctl {

/// Follows the numbers 0, 1, 2... of a stream of messages and counts those that are missing, repeated or out of order.
class sequence_checker {
public:
    /// A number that comes after a larger one is told from a repeated one if the difference is at most this.
    static constexpr std::uint64_t window = 4096;

    void add(std::uint64_t number) {
        if (number == next_) [[likely]] {
            seen_.set(number % window);
            ++next_;
            ++received_;
            return;
        }
        add_unexpected(number);
    }

    /// Different numbers that were received.
    [[nodiscard]] std::uint64_t received() const { return received_; }
    /// Numbers of @p sent that were never received.
    [[nodiscard]] std::uint64_t lost(std::uint64_t sent) const { return sent > received_ ? sent - received_ : 0; }
    /// Numbers that were received after a larger one.
    [[nodiscard]] std::uint64_t reordered() const { return reordered_; }
    [[nodiscard]] std::uint64_t duplicates() const { return duplicates_; }

private:
    void add_unexpected(std::uint64_t number);

    std::bitset<window> seen_; // of [next_ - window, next_)
    std::uint64_t next_ = 0;
    std::uint64_t received_ = 0;
    std::uint64_t reordered_ = 0;
    std::uint64_t duplicates_ = 0;
};

} // namespace argoctl
