// SPDX-License-Identifier: MIT
#pragma once

#include "file.hpp"
#include "memory.hpp"

#include <cstdint>
#include <memory>
#include <span>
#include <unordered_set>

namespace guest::fuzz {

/// Which code counts: that which the calling thread runs in its system calls, or that which the kernel runs elsewhere
/// because of a message, between kcov_remote_start_common() and kcov_remote_stop() (kernel/include/argo/kcov.h).
enum class counted { system_calls, messages };

/// The kernel's KCOV, and what it has shown so far. Only our modules are instrumented in the lab's debug kernel.
class coverage {
public:
    /// For the calling thread. Throws std::system_error where the kernel has no KCOV.
    explicit coverage(counted what);

    /// Forgets what was recorded since the last call.
    void begin();
    /// Waits until work that messages caused has been recorded, as far as that can be told: KCOV gives no event.
    void settle() const;
    /// Takes what was recorded since begin(); returns how much of it is new: pairs of successive places in the code.
    std::size_t take();

    [[nodiscard]] std::size_t places() const { return places_.size(); }
    [[nodiscard]] std::size_t pairs() const { return pairs_.size(); }

private:
    [[nodiscard]] std::uint64_t recorded() const;

    file kcov_;
    std::unique_ptr<mapping> area_;
    std::unordered_set<std::uint64_t> places_;
    std::unordered_set<std::uint64_t> pairs_;
};

} // namespace guest::fuzz
