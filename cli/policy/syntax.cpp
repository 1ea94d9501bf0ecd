// SPDX-License-Identifier: MIT
#include "policy/syntax.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace argopolicy {

namespace {

std::string to_string(const port_item& item) {
    const std::string prefix = item.space == port_space::vsock ? "vsock:" : "";
    if (!item.service.empty()) {
        return item.service;
    }
    return prefix + (item.range ? to_string(*item.range) : "any");
}

std::string to_string(const std::vector<port_item>& items) {
    std::string text;
    for (const port_item& item : items) {
        text += (text.empty() ? "" : ", ") + to_string(item);
    }
    return text;
}

std::string to_string(const side& one) {
    switch (one.kind) {
    case side::kind_type::any:
        return "any";
    case side::kind_type::tag:
        return "@" + one.text;
    case side::kind_type::name:
        break;
    }
    return one.text;
}

std::string to_string(const domain_line& domain) {
    std::string text = "domain " + domain.name;
    if (domain.id) {
        text += fmt::format(" id {}", *domain.id);
    }
    if (domain.type) {
        text += " type " + *domain.type;
    }
    std::string separator = " tag ";
    for (const std::string& tag : domain.tags) {
        text += separator + tag;
        separator = ", ";
    }
    return text;
}

} // namespace

std::string to_string(action what) {
    switch (what) {
    case action::allow:
        return "allow";
    case action::deny:
        return "deny";
    case action::never:
        break;
    }
    return "never";
}

std::string to_string(const rule_line& rule) {
    return fmt::format("{} {} {} : {}", to_string(rule.from), rule.both_ways ? "<->" : "->", to_string(rule.to),
                       to_string(rule.items));
}

std::string to_string(const policy_file& policy) {
    std::string text;
    for (const domain_line& domain : policy.domains) {
        text += to_string(domain) + "\n";
    }
    for (const service_line& service : policy.services) {
        text += fmt::format("service {} {}\n", service.name, to_string(service.items));
    }
    for (const rule_line& rule : policy.rules) {
        text += fmt::format("{} {}\n", to_string(rule.what), to_string(rule));
    }
    return text;
}

std::string to_string(const problem& one, const std::string& file) {
    return fmt::format("{}:{}:{}: {}: {}", file, one.at.line, one.at.column, one.warning ? "warning" : "error",
                       one.text);
}

bool has_errors(const problems& all) {
    return std::any_of(all.begin(), all.end(), [](const problem& one) { return !one.warning; });
}

} // namespace argopolicy
