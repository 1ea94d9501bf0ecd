// SPDX-License-Identifier: MIT
#include "proto/sequence.hpp"

namespace argoctl {

void sequence_checker::add_unexpected(std::uint64_t number) {
    if (number > next_) {
        // A gap: forget the numbers that leave the window. A number near 2^64 must not make this loop long.
        if (number - next_ >= window) {
            seen_.reset();
        } else {
            for (std::uint64_t skipped = next_; skipped < number; ++skipped) {
                seen_.reset(skipped % window);
            }
        }
        seen_.set(number % window);
        next_ = number + 1;
        ++received_;
        return;
    }
    // A number older than the window counts as a repetition by the sender, since Argo repeats nothing.
    const bool old = next_ - number > window;
    if (old || seen_.test(number % window)) {
        ++duplicates_;
        return;
    }
    seen_.set(number % window);
    ++received_;
    ++reordered_;
}

} // namespace argoctl
