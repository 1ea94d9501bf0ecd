// SPDX-License-Identifier: MIT
#pragma once

#include <iosfwd>

namespace guest {

/// What a call on /dev/argo came back with: 0 or an errno. Printed by name in a failed expectation.
struct outcome {
    int code = 0;

    friend bool operator==(outcome, outcome) = default;
    explicit operator bool() const { return code == 0; }
};

inline constexpr outcome success{};

/// The outcome of a call that returned `result` the way the C library does.
outcome outcome_of(long result);

std::ostream& operator<<(std::ostream& out, outcome what);

} // namespace guest
