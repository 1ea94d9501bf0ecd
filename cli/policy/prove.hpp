// SPDX-License-Identifier: MIT
#pragma once

#include "policy/binary_policy.hpp"
#include "policy/resolve.hpp"

#include <cstddef>

namespace argopolicy {

/// What a proof looked at.
struct proof {
    std::size_t domains = 0;
    std::size_t ranges = 0;
    std::size_t questions = 0;
};

/// Holds a compiled policy against @p policy, for all ports and all domains of either: each difference is an error
/// in @p found, and so is each assertion that it breaks.
proof prove(const resolved& policy, const binary_policy& compiled, problems& found);

} // namespace argopolicy
