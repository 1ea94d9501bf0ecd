// SPDX-License-Identifier: MIT
// A policy as source of a Flask policy, beside the distribution's.
#pragma once

#include "policy/resolve.hpp"

#include <set>
#include <string>
#include <vector>

namespace argopolicy {

struct flask_source {
    /// A module: modules/argo_policy.te.
    std::string module;
    /// Lines for policy/device_contexts.
    std::string contexts;
};

/// Ports that are the same in everything: who has rings there, and who may send to whom.
struct port_class {
    port_set what;
    /// By owner, the domains that may send; only owners that have rings there.
    std::map<std::size_t, std::set<std::size_t>> senders;
};

/// The type of a domain: that of its line, dom0_t for the domain with the id 0, else one that is generated.
[[nodiscard]] std::string flask_type(const domain_line& domain);
[[nodiscard]] bool has_own_type(const domain_line& domain);

/// Two domains of one type are an error: Flask could not tell them apart.
void check_flask_types(const resolved& policy, problems& found);

/// In the order of their first ports; they do not overlap.
[[nodiscard]] std::vector<port_class> port_classes(const resolved& policy);

[[nodiscard]] flask_source flask_policy(const resolved& policy);

} // namespace argopolicy
