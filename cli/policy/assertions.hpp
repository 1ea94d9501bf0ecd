// SPDX-License-Identifier: MIT
// The lines `never …` of a policy, and what is worth a warning.
#pragma once

#include "policy/resolve.hpp"

namespace argopolicy {

/// An error for each assertion and each two domains that break it, with the line that does.
void check_assertions(const resolved& policy, problems& found);

/// Of each line of rules and assertions that the hypervisor alone cannot enforce.
void check_enforcement(const resolved& policy, problems& found);

} // namespace argopolicy
