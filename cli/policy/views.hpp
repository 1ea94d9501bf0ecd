// SPDX-License-Identifier: MIT
// A policy for people: where each rule is enforced, why a port is open, what differs, a graph.
#pragma once

#include "policy/resolve.hpp"

#include <string>

namespace argopolicy {

/// A line for each rule that allows anything: its line in the file, the rule, and where it is enforced.
[[nodiscard]] std::string enforcement_view(const resolved& policy);

/// One sentence.
[[nodiscard]] std::string why_view(const resolved& policy, const std::string& file, const verdict& found);

/// A line for each two domains that may talk more ('+') or less ('-') than before; empty when nothing differs.
[[nodiscard]] std::string difference_view(const resolved& before, const resolved& after);

/// In DOT. An arrow for each two domains of which one may open something at the other.
[[nodiscard]] std::string graph_view(const resolved& policy);

} // namespace argopolicy
