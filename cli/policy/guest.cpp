// SPDX-License-Identifier: MIT
#include "policy/guest.hpp"

#include <fmt/format.h>

namespace argopolicy {

namespace {

/// False, and an error, when the domain has no id.
bool has_id(const domain_line& domain, problems& found) {
    if (domain.id) {
        return true;
    }
    found.push_back({domain.at,
                     fmt::format("the id of {} is needed and unknown: write 'domain {} id ID' or give --id {}=ID",
                                 domain.name, domain.name, domain.name),
                     false});
    return false;
}

/// A line for each range that may be reached at the side behind the arrow.
std::string lines(const std::string& from, const std::string& to, const ports& open) {
    std::string text;
    for (const port_range& range : open.argo.ranges()) {
        text += fmt::format("allow {} -> {}:{}\n", from, to, to_string(range));
    }
    for (const port_range& range : open.vsock.ranges()) {
        text += fmt::format("allow {} -> {}:vsock:{}\n", from, to, to_string(range));
    }
    return text;
}

} // namespace

std::string guest_rules(const resolved& policy, std::size_t self, problems& found) {
    std::string text = fmt::format("# argo-policy made these rules for the domain {}.\n"
                                   "default in deny\n"
                                   "default out deny\n",
                                   policy.domain(self).name);
    for (std::size_t other = 0; other < policy.count(); ++other) {
        const ports in = policy.allowed(other, self);
        const ports out = policy.allowed(self, other);
        const domain_line& domain = policy.domain(other);
        if ((in.empty() && out.empty()) || !has_id(domain, found)) {
            continue;
        }
        const std::string id = fmt::format("{}", *domain.id);
        text += fmt::format("# {}\n", domain.name) + lines(id, "self", in) + lines("self", id, out);
    }
    return text;
}

std::string engine_rules(const resolved& policy, problems& found) {
    std::string text;
    for (std::size_t owner = 0; owner < policy.count(); ++owner) {
        const domain_line& domain = policy.domain(owner);
        const port_set rings = policy.registered(owner);
        if (rings.empty() || !has_id(domain, found)) {
            continue;
        }
        for (const port_range& range : rings.ranges()) {
            text += fmt::format("allow any {} {}-{} register register-any\n", *domain.id, range.first, range.last);
        }
        for (std::size_t from = 0; from < policy.count(); ++from) {
            if (!policy.domain(from).id) {
                // Its own turn as an owner says so: it has rings for what comes back.
                continue;
            }
            for (const port_range& range : policy.carried(from, owner).ranges()) {
                text += fmt::format("allow {} {} {}-{} send\n", *policy.domain(from).id, *domain.id, range.first,
                                    range.last);
            }
        }
    }
    return text;
}

} // namespace argopolicy
