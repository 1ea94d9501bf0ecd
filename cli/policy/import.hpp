// SPDX-License-Identifier: MIT
// OpenXT's rules for v4v and Argo as a policy: commands of viptables, and the rules of a VM ("myself -> 0:5555").
#pragma once

#include "policy/syntax.hpp"

#include <string_view>

namespace argopolicy {

/// What cannot be carried over is a warning in @p found, what is not understood an error.
[[nodiscard]] policy_file import_rules(std::string_view text, problems& found);

} // namespace argopolicy
