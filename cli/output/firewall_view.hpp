// SPDX-License-Identifier: MIT
#pragma once

#include "firewall/rules.hpp"
#include "output/json.hpp"

#include <string>

namespace argoctl::output {

/// The rules as firewall::parse() reads them, with the counters as comments.
std::string firewall_text(const firewall::rules& all);

json firewall_json(const firewall::rules& all);

} // namespace argoctl::output
