// SPDX-License-Identifier: MIT
#include "policy/views.hpp"

#include <fmt/format.h>

#include <set>

namespace argopolicy {

namespace {

std::string where_enforced(const ports& what) {
    if (what.vsock.empty()) {
        return "hypervisor and guest";
    }
    if (what.argo.empty()) {
        return what.vsock == port_set(all_vsock) ? "hypervisor and guest" : "guest (AF_VSOCK ports)";
    }
    return what.vsock == port_set(all_vsock) ? "hypervisor and guest"
                                             : "hypervisor and guest; AF_VSOCK ports: guest alone";
}

/// What is open between two domains by name; nothing where one of them is not known.
ports open_between(const resolved& policy, const std::string& from, const std::string& to) {
    const auto one = policy.find(from);
    const auto other = policy.find(to);
    return one && other ? policy.allowed(*one, *other) : ports{};
}

std::set<std::string> names(const resolved& policy) {
    std::set<std::string> all;
    for (const domain_line& domain : policy.file().domains) {
        all.insert(domain.name);
    }
    return all;
}

std::string without_line(const std::string& sign, const std::string& from, const std::string& to, ports more,
                         const ports& less) {
    more.remove(less);
    return more.empty() ? "" : fmt::format("{} {} -> {} : {}\n", sign, from, to, to_string(more));
}

} // namespace

std::string enforcement_view(const resolved& policy) {
    std::string text;
    for (std::size_t rule = 0; rule < policy.file().rules.size(); ++rule) {
        const rule_line& line = policy.file().rules[rule];
        if (line.what == action::allow) {
            text += fmt::format("line {}: {}: {}\n", line.at.line, to_string(line),
                                where_enforced(policy.ports_of_rule(rule)));
        }
    }
    return text;
}

std::string why_view(const resolved& policy, const std::string& file, const verdict& found) {
    const std::string word = found.allowed ? "allowed" : "denied";
    if (!found.rule) {
        return word + ": no rule is about it, and what no rule allows is denied";
    }
    const rule_line& rule = policy.file().rules[*found.rule];
    const std::string where = fmt::format("{}:{}: {} {}", file, rule.at.line, to_string(rule.what), to_string(rule));
    switch (found.why) {
    case reason::way_back:
        return fmt::format("{}: the way back, to ports that are taken when free, of {}", word, where);
    case reason::carrier:
        return fmt::format("{}: port 40 carries AF_VSOCK, which is opened by {}", word, where);
    default:
        return fmt::format("{} by {}", word, where);
    }
}

std::string difference_view(const resolved& before, const resolved& after) {
    std::set<std::string> all = names(before);
    all.merge(names(after));
    std::string text;
    for (const std::string& from : all) {
        for (const std::string& to : all) {
            const ports old = open_between(before, from, to);
            const ports fresh = open_between(after, from, to);
            text += without_line("-", from, to, old, fresh) + without_line("+", from, to, fresh, old);
        }
    }
    return text;
}

std::string graph_view(const resolved& policy) {
    std::string text = "digraph argo {\n    rankdir=LR;\n";
    for (const domain_line& domain : policy.file().domains) {
        text += fmt::format("    \"{}\";\n", domain.name);
    }
    for (std::size_t from = 0; from < policy.count(); ++from) {
        for (std::size_t to = 0; to < policy.count(); ++to) {
            if (const ports& open = policy.opened(from, to); !open.empty()) {
                text += fmt::format("    \"{}\" -> \"{}\" [label=\"{}\"];\n", policy.domain(from).name,
                                    policy.domain(to).name, to_string(open));
            }
        }
    }
    return text + "}\n";
}

} // namespace argopolicy
