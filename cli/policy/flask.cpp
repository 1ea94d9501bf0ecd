// SPDX-License-Identifier: MIT
#include "policy/flask.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace argopolicy {

namespace {

std::string identifier(std::string name) {
    std::replace_if(
        name.begin(), name.end(), [](char c) { return c == '-' || c == '.'; }, '_');
    return name;
}

std::string label(std::size_t number) { return fmt::format("argo_ports_{}_t", number + 1); }

std::string owned_label(std::size_t number, const domain_line& owner) {
    return fmt::format("argo_ports_{}_{}_t", number + 1, identifier(owner.name));
}

std::string declaration(const domain_line& domain) {
    const std::string type = flask_type(domain);
    if (has_own_type(domain)) {
        return "";
    }
    return fmt::format("\n# The domain {}: seclabel=\"system_u:system_r:{}\" in its configuration.\n"
                       "declare_domain({})\n"
                       "domain_self_comms({})\n"
                       "create_domain(dom0_t, {})\n"
                       "manage_domain(dom0_t, {})\n"
                       "domain_comms(dom0_t, {})\n"
                       "migrate_domain_out(dom0_t, {})\n"
                       "role system_r types {};\n",
                       domain.name, type, type, type, type, type, type, type, type);
}

/// What one domain may send to another.
struct flow {
    std::size_t from = 0;
    std::size_t to = 0;
    port_set what;
};

std::vector<flow> flows(const resolved& policy) {
    std::vector<flow> all;
    for (std::size_t from = 0; from < policy.count(); ++from) {
        for (std::size_t to = 0; to < policy.count(); ++to) {
            if (port_set what = policy.carried(from, to); !what.empty()) {
                all.push_back({from, to, std::move(what)});
            }
        }
    }
    return all;
}

/// The numbers at which the rights of anybody may change.
std::set<std::uint64_t> boundaries(const std::vector<flow>& all) {
    std::set<std::uint64_t> at;
    for (const flow& one : all) {
        for (const port_range& range : one.what.ranges()) {
            at.insert(range.first);
            at.insert(std::uint64_t{range.last} + 1);
        }
    }
    return at;
}

std::string class_rules(const resolved& policy, std::size_t number, const port_class& one) {
    std::string text = fmt::format("\n# {}\ntype {}, argo_port_type;\n", to_string(ports{one.what, {}}), label(number));
    for (const auto& [owner, senders] : one.senders) {
        const std::string owners = owned_label(number, policy.domain(owner));
        const std::string type = flask_type(policy.domain(owner));
        text += fmt::format("type {}, argo_port_type;\n"
                            "type_transition {} {}:argo {};\n"
                            "allow {} {}:argo {{ register_single_source register_any_source }};\n",
                            owners, type, label(number), owners, type, owners);
        for (const std::size_t sender : senders) {
            text += fmt::format("allow {} {}:argo send;\n", flask_type(policy.domain(sender)), owners);
        }
    }
    return text;
}

} // namespace

bool has_own_type(const domain_line& domain) { return domain.type || domain.id == 0; }

std::string flask_type(const domain_line& domain) {
    if (domain.type) {
        return *domain.type;
    }
    return domain.id == 0 ? "dom0_t" : fmt::format("argo_dom_{}_t", identifier(domain.name));
}

void check_flask_types(const resolved& policy, problems& found) {
    std::map<std::string, const domain_line*> types;
    for (std::size_t i = 0; i < policy.count(); ++i) {
        const domain_line& domain = policy.domain(i);
        if (const auto [old, fresh] = types.emplace(flask_type(domain), &domain); !fresh) {
            found.push_back({domain.at,
                             fmt::format("{} and {} (line {}) have the type {}, so Flask cannot tell them apart: "
                                         "leave out the type of one, or give it another",
                                         domain.name, old->second->name, old->second->at.line, flask_type(domain)),
                             false});
        }
    }
}

std::vector<port_class> port_classes(const resolved& policy) {
    std::vector<port_class> made;
    std::map<std::map<std::size_t, std::set<std::size_t>>, std::size_t> known;
    const std::vector<flow> all = flows(policy);
    const std::set<std::uint64_t> at = boundaries(all);
    for (auto begin = at.begin(); begin != at.end() && std::next(begin) != at.end(); ++begin) {
        const port_range range{static_cast<std::uint32_t>(*begin), static_cast<std::uint32_t>(*std::next(begin) - 1)};
        std::map<std::size_t, std::set<std::size_t>> senders;
        for (const flow& one : all) {
            if (one.what.contains(range.first)) {
                senders[one.to].insert(one.from);
            }
        }
        if (senders.empty()) {
            continue;
        }
        const auto [place_of, fresh] = known.emplace(senders, made.size());
        if (fresh) {
            made.push_back({{}, std::move(senders)});
        }
        made[place_of->second].what.add(range);
    }
    return made;
}

flask_source flask_policy(const resolved& policy) {
    flask_source made;
    made.module = "# Who may talk to whom over Argo. argo-policy made this of a policy: change that one.\n"
                  "#\n"
                  "# The module argo_open_ports is to be off: it opens all ports that have no label.\n";
    for (std::size_t i = 0; i < policy.count(); ++i) {
        made.module += declaration(policy.domain(i));
    }
    made.contexts = "# Labels of Argo ports. argo-policy made them of a policy: change that one.\n";
    const std::vector<port_class> classes = port_classes(policy);
    for (std::size_t number = 0; number < classes.size(); ++number) {
        made.module += class_rules(policy, number, classes[number]);
        for (const port_range& range : classes[number].what.ranges()) {
            made.contexts += fmt::format("argoportcon({}, {}, gen_context(system_u:object_r:{},s0))\n", range.first,
                                         range.last, label(number));
        }
    }
    return made;
}

} // namespace argopolicy
