// SPDX-License-Identifier: MIT
// What a policy means: for each two domains, the ports that one may reach at the other.
#pragma once

#include "policy/syntax.hpp"

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace argopolicy {

/// The ports that one rule, of all rules before which none was about them, allows between two domains.
struct grant {
    std::size_t rule = 0;
    ports what;
};

enum class reason : std::uint8_t {
    /// A rule is about the port.
    rule,
    /// A rule lets the other domain open something here, and answers come back to a port that was free.
    way_back,
    /// Port 40 of Argo: a rule lets one of both use AF_VSOCK.
    carrier,
    /// No rule is about the port.
    none,
};

struct verdict {
    bool allowed = false;
    reason why = reason::none;
    /// An index into policy_file::rules, unless no rule is about the port.
    std::optional<std::size_t> rule;
};

class resolved {
public:
    /// What is wrong is added to @p found. With errors, the rest of this class may not be used.
    resolved(policy_file file, problems& found);

    [[nodiscard]] const policy_file& file() const { return file_; }
    [[nodiscard]] std::size_t count() const { return file_.domains.size(); }
    [[nodiscard]] const domain_line& domain(std::size_t index) const { return file_.domains[index]; }
    /// By name, or by id.
    [[nodiscard]] std::optional<std::size_t> find(std::string_view name) const;

    [[nodiscard]] const std::vector<grant>& grants(std::size_t from, std::size_t to) const {
        return grants_[from * count() + to];
    }
    /// What rules allow.
    [[nodiscard]] const ports& opened(std::size_t from, std::size_t to) const { return opened_[from * count() + to]; }
    /// The same, and the way back of what the other may open.
    [[nodiscard]] ports allowed(std::size_t from, std::size_t to) const;
    /// What a hypervisor lets through, which sees AF_VSOCK as port 40, both ways.
    [[nodiscard]] port_set carried(std::size_t from, std::size_t to) const;
    /// Where the domain may have rings.
    [[nodiscard]] port_set registered(std::size_t owner) const;

    [[nodiscard]] verdict judge(std::size_t from, std::size_t to, port_space space, std::uint32_t port) const;
    /// The rule that first says anything about this port.
    [[nodiscard]] std::optional<std::size_t> first_rule(std::size_t from, std::size_t to, port_space space,
                                                        std::uint32_t port) const;
    [[nodiscard]] const ports& ports_of_rule(std::size_t rule) const { return rules_[rule].what; }
    [[nodiscard]] bool covers(std::size_t rule, std::size_t from, std::size_t to) const;

private:
    /// A rule with names replaced by what they stand for.
    struct rule_meaning {
        std::vector<bool> from;
        std::vector<bool> to;
        ports what;
    };

    void check_domains(problems& found) const;
    void check_services(problems& found);
    void check_rules(problems& found);
    [[nodiscard]] std::vector<bool> members(const side& one, problems& found) const;
    [[nodiscard]] ports meaning(const std::vector<port_item>& items, problems& found) const;
    void decide(std::size_t from, std::size_t to);

    policy_file file_;
    std::map<std::string, ports> services_;
    std::vector<rule_meaning> rules_;
    std::vector<std::vector<grant>> grants_;
    std::vector<ports> opened_;
};

/// Whether @p name is what @p pattern, with `*` for any text, stands for.
[[nodiscard]] bool matches(std::string_view pattern, std::string_view name);

} // namespace argopolicy
