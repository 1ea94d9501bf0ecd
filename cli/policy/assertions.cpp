// SPDX-License-Identifier: MIT
#include "policy/assertions.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace argopolicy {

namespace {

/// The line that lets @p broken through, from one domain to the other.
std::string culprit(const resolved& policy, std::size_t from, std::size_t to, const ports& broken) {
    const bool vsock = broken.argo.empty();
    const std::uint32_t port = (vsock ? broken.vsock : broken.argo).ranges().front().first;
    const verdict found = policy.judge(from, to, vsock ? port_space::vsock : port_space::argo, port);
    if (!found.rule) {
        return "";
    }
    const rule_line& rule = policy.file().rules[*found.rule];
    return fmt::format(" by line {} ({}){}", rule.at.line, to_string(rule),
                       found.why == reason::way_back ? ", as the way back" : "");
}

/// Whether the hypervisor lets more of AF_VSOCK through between the two than rules allow.
bool needs_guest(const resolved& policy, std::size_t from, std::size_t to) {
    const port_set all(all_vsock);
    const port_set& there = policy.opened(from, to).vsock;
    const port_set& back = policy.opened(to, from).vsock;
    return !(there.empty() && back.empty()) && !(there == all && back == all);
}

void check_assertion(const resolved& policy, std::size_t rule, problems& found) {
    const rule_line& line = policy.file().rules[rule];
    for (std::size_t from = 0; from < policy.count(); ++from) {
        for (std::size_t to = 0; to < policy.count(); ++to) {
            if (!policy.covers(rule, from, to)) {
                continue;
            }
            const ports broken = common(policy.allowed(from, to), policy.ports_of_rule(rule));
            if (!broken.empty()) {
                found.push_back({line.at,
                                 fmt::format("'never {}' is broken: {} may reach {} at {}{}", to_string(line),
                                             policy.domain(from).name, policy.domain(to).name, to_string(broken),
                                             culprit(policy, from, to, broken)),
                                 false});
            }
        }
    }
}

/// The first two domains between which the rule is left to the guests.
std::optional<std::pair<std::size_t, std::size_t>> left_to_guests(const resolved& policy, std::size_t rule) {
    for (std::size_t from = 0; from < policy.count(); ++from) {
        for (std::size_t to = 0; to < policy.count(); ++to) {
            if (policy.covers(rule, from, to) && needs_guest(policy, from, to)) {
                return std::pair(from, to);
            }
        }
    }
    return std::nullopt;
}

/// Network devices send to port 41 on both sides.
void check_net(const resolved& policy, problems& found) {
    for (std::size_t from = 0; from < policy.count(); ++from) {
        for (std::size_t to = 0; to < policy.count(); ++to) {
            if (!policy.opened(from, to).argo.contains(net_port) || policy.opened(to, from).argo.contains(net_port)) {
                continue;
            }
            const auto rule = policy.first_rule(from, to, port_space::argo, net_port);
            const rule_line& line = policy.file().rules[*rule];
            if (std::any_of(line.items.begin(), line.items.end(), [](const port_item& item) { return item.any(); })) {
                continue;
            }
            found.push_back({line.at,
                             fmt::format("port 41 is open from {} to {} and not back; network devices need both: "
                                         "write <->",
                                         policy.domain(from).name, policy.domain(to).name),
                             true});
        }
    }
}

} // namespace

void check_assertions(const resolved& policy, problems& found) {
    for (std::size_t rule = 0; rule < policy.file().rules.size(); ++rule) {
        if (policy.file().rules[rule].what == action::never) {
            check_assertion(policy, rule, found);
        }
    }
}

void check_enforcement(const resolved& policy, problems& found) {
    for (std::size_t rule = 0; rule < policy.file().rules.size(); ++rule) {
        if (policy.ports_of_rule(rule).vsock.empty()) {
            continue;
        }
        if (const auto pair = left_to_guests(policy, rule)) {
            found.push_back({policy.file().rules[rule].at,
                             fmt::format("only the guests can enforce this for AF_VSOCK: to the hypervisor all of it "
                                         "is port 40, which is open between {} and {}",
                                         policy.domain(pair->first).name, policy.domain(pair->second).name),
                             true});
        }
    }
    check_net(policy, found);
}

} // namespace argopolicy
