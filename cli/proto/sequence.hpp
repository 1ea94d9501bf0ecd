// SPDX-License-Identifier: MIT
#pragma once

#include <bitset>
#include <cstdint>

namespace argoctl {

/// Follows the numbers 0, 1, 2... of a stream of messages and counts what is missing, repeated or out of order.
class sequence_checker {
public:
    /// A number that comes after a larger one is told from a repeated one if it is at most so much smaller.
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

    /// Different numbers that came.
    [[nodiscard]] std::uint64_t received() const { return received_; }
    /// How many of @p sent never came.
    [[nodiscard]] std::uint64_t lost(std::uint64_t sent) const { return sent > received_ ? sent - received_ : 0; }
    /// How many came after a larger one.
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
