// SPDX-License-Identifier: MIT
// What a policy file says, as it is written.
#pragma once

#include "policy/lexer.hpp"
#include "policy/ports.hpp"

#include <optional>
#include <string>
#include <vector>

namespace argopolicy {

struct problem {
    place at;
    std::string text;
    bool warning = false;
};

using problems = std::vector<problem>;

struct domain_line {
    std::string name;
    std::optional<std::uint16_t> id;
    /// The domain's type in the Flask policy.
    std::optional<std::string> type;
    std::vector<std::string> tags;
    place at;
};

/// Ports by number, all of them, or a service.
struct port_item {
    port_space space = port_space::argo;
    std::optional<port_range> range;
    std::string service;
    place at;

    [[nodiscard]] bool any() const { return !range && service.empty(); }
};

struct service_line {
    std::string name;
    std::vector<port_item> items;
    place at;
};

/// The domains on one side of an arrow: all, those with a tag, or those whose name matches, where `*` is any text.
struct side {
    enum class kind_type : std::uint8_t { any, tag, name };

    kind_type kind = kind_type::any;
    std::string text;
    place at;
};

enum class action : std::uint8_t { allow, deny, never };

struct rule_line {
    action what = action::allow;
    side from;
    side to;
    /// The arrow has two ends.
    bool both_ways = false;
    std::vector<port_item> items;
    place at;
};

struct policy_file {
    std::vector<domain_line> domains;
    std::vector<service_line> services;
    std::vector<rule_line> rules;
};

/// "web -> db : postgres", without the action.
[[nodiscard]] std::string to_string(const rule_line& rule);
/// A text that is parsed to the same policy.
[[nodiscard]] std::string to_string(const policy_file& policy);
[[nodiscard]] std::string to_string(action what);

/// "FILE:LINE:COLUMN: error: …"
[[nodiscard]] std::string to_string(const problem& one, const std::string& file);
[[nodiscard]] bool has_errors(const problems& all);

} // namespace argopolicy
