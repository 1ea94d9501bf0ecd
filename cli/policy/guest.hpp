// SPDX-License-Identifier: MIT
// A policy as the rules of one guest, and as those of argo_loopback's engine.
#pragma once

#include "policy/resolve.hpp"

#include <string>

namespace argopolicy {

/// What `argo-ctl firewall load` reads in the domain @p self. An error in @p found for each domain whose id is needed
/// and unknown.
[[nodiscard]] std::string guest_rules(const resolved& policy, std::size_t self, problems& found);

/// A line for each right. Errors as above.
[[nodiscard]] std::string engine_rules(const resolved& policy, problems& found);

} // namespace argopolicy
