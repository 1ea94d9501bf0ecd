// SPDX-License-Identifier: MIT
#include "policy/resolve.hpp"

#include "policy/parser.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace argopolicy {

namespace {

/// Each two of them have a verdict.
constexpr std::size_t most_domains = 500;

void error(problems& found, place at, std::string text) { found.push_back({at, std::move(text), false}); }
void warning(problems& found, place at, std::string text) { found.push_back({at, std::move(text), true}); }

} // namespace

bool matches(std::string_view pattern, std::string_view name) {
    std::size_t star = std::string_view::npos;
    std::size_t retry = 0;
    std::size_t p = 0;
    std::size_t n = 0;
    while (n < name.size()) {
        if (p < pattern.size() && pattern[p] == '*') {
            star = p++;
            retry = n;
        } else if (p < pattern.size() && pattern[p] == name[n]) {
            ++p;
            ++n;
        } else if (star != std::string_view::npos) {
            p = star + 1;
            n = ++retry;
        } else {
            return false;
        }
    }
    return pattern.find_first_not_of('*', p) == std::string_view::npos;
}

resolved::resolved(policy_file file, problems& found) : file_(std::move(file)) {
    check_domains(found);
    check_services(found);
    if (count() > most_domains) {
        return;
    }
    check_rules(found);
    if (has_errors(found)) {
        return;
    }
    grants_.resize(count() * count());
    opened_.resize(count() * count());
    for (std::size_t from = 0; from < count(); ++from) {
        for (std::size_t to = 0; to < count(); ++to) {
            decide(from, to);
        }
    }
}

void resolved::check_domains(problems& found) const {
    if (count() > most_domains) {
        error(found, file_.domains[most_domains].at, fmt::format("there are more than {} domains", most_domains));
    }
    std::map<std::string, const domain_line*> names;
    std::map<std::uint16_t, const domain_line*> ids;
    for (const domain_line& domain : file_.domains) {
        if (const auto [old, fresh] = names.emplace(domain.name, &domain); !fresh) {
            error(found, domain.at,
                  fmt::format("the domain {} is in line {} already", domain.name, old->second->at.line));
        }
        if (!domain.id) {
            continue;
        }
        if (const auto [old, fresh] = ids.emplace(*domain.id, &domain); !fresh) {
            error(
                found, domain.at,
                fmt::format("the id {} is that of {} in line {}", *domain.id, old->second->name, old->second->at.line));
        }
    }
}

void resolved::check_services(problems& found) {
    for (const service_line& service : file_.services) {
        if (!services_.emplace(service.name, meaning(service.items, found)).second) {
            error(found, service.at, fmt::format("there is a service {} already", service.name));
        }
    }
}

void resolved::check_rules(problems& found) {
    for (const rule_line& rule : file_.rules) {
        rules_.push_back({members(rule.from, found), members(rule.to, found), meaning(rule.items, found)});
    }
}

std::vector<bool> resolved::members(const side& one, problems& found) const {
    std::vector<bool> in(count());
    bool any = one.kind == side::kind_type::any;
    for (std::size_t i = 0; i < count(); ++i) {
        const domain_line& domain = file_.domains[i];
        switch (one.kind) {
        case side::kind_type::any:
            in[i] = true;
            break;
        case side::kind_type::tag:
            in[i] = std::find(domain.tags.begin(), domain.tags.end(), one.text) != domain.tags.end();
            break;
        case side::kind_type::name:
            in[i] = matches(one.text, domain.name);
            break;
        }
        any = any || in[i];
    }
    if (any) {
        return in;
    }
    if (one.kind == side::kind_type::tag) {
        error(found, one.at, fmt::format("no domain has the tag {}", one.text));
    } else if (one.text.find('*') != std::string::npos) {
        warning(found, one.at, fmt::format("no domain matches {}, so this line is about none", one.text));
    } else {
        error(found, one.at,
              fmt::format("there is no domain {}; a line 'domain {}' makes it known", one.text, one.text));
    }
    return in;
}

ports resolved::meaning(const std::vector<port_item>& items, problems& found) const {
    ports all;
    for (const port_item& item : items) {
        if (!item.service.empty()) {
            const auto known = services_.find(item.service);
            if (known == services_.end()) {
                error(found, item.at,
                      fmt::format("there is no service {}; a line 'service {} PORTS' makes it known", item.service,
                                  item.service));
            } else {
                all.add(known->second);
            }
        } else if (item.range) {
            all.add(ports_of(item.space, *item.range));
        } else if (item.space == port_space::vsock) {
            all.add(ports_of(port_space::vsock, all_vsock));
        } else {
            // Port 40 is in it, and so is all of AF_VSOCK.
            all.add(ports_of(port_space::argo, any_argo));
        }
    }
    return all;
}

bool resolved::covers(std::size_t rule, std::size_t from, std::size_t to) const {
    const rule_meaning& meant = rules_[rule];
    return (meant.from[from] && meant.to[to]) || (file_.rules[rule].both_ways && meant.from[to] && meant.to[from]);
}

void resolved::decide(std::size_t from, std::size_t to) {
    ports decided;
    const std::size_t pair = from * count() + to;
    for (std::size_t rule = 0; rule < rules_.size(); ++rule) {
        if (file_.rules[rule].what == action::never || !covers(rule, from, to)) {
            continue;
        }
        ports fresh = rules_[rule].what;
        fresh.remove(decided);
        decided.add(fresh);
        if (file_.rules[rule].what == action::allow && !fresh.empty()) {
            opened_[pair].add(fresh);
            grants_[pair].push_back({rule, std::move(fresh)});
        }
    }
}

std::optional<std::size_t> resolved::find(std::string_view name) const {
    const auto id = number_of(name, UINT16_MAX);
    for (std::size_t i = 0; i < count(); ++i) {
        if (domain(i).name == name || (id && domain(i).id == id)) {
            return i;
        }
    }
    return std::nullopt;
}

ports resolved::allowed(std::size_t from, std::size_t to) const {
    ports all = opened(from, to);
    if (!opened(to, from).argo.empty()) {
        all.argo.add(ephemeral);
    }
    return all;
}

port_set resolved::carried(std::size_t from, std::size_t to) const {
    port_set all = allowed(from, to).argo;
    if (!opened(from, to).vsock.empty() || !opened(to, from).vsock.empty()) {
        all.add({vsock_carrier, vsock_carrier});
    }
    return all;
}

port_set resolved::registered(std::size_t owner) const {
    port_set all;
    for (std::size_t from = 0; from < count(); ++from) {
        all.add(carried(from, owner));
    }
    return all;
}

std::optional<std::size_t> resolved::first_rule(std::size_t from, std::size_t to, port_space space,
                                                std::uint32_t port) const {
    for (std::size_t rule = 0; rule < rules_.size(); ++rule) {
        if (file_.rules[rule].what != action::never && covers(rule, from, to) &&
            rules_[rule].what.of(space).contains(port)) {
            return rule;
        }
    }
    return std::nullopt;
}

verdict resolved::judge(std::size_t from, std::size_t to, port_space space, std::uint32_t port) const {
    if (space == port_space::argo && port == vsock_carrier) {
        for (const auto& [one, other] : {std::pair(from, to), std::pair(to, from)}) {
            for (const grant& given : grants(one, other)) {
                if (!given.what.vsock.empty()) {
                    return {true, reason::carrier, given.rule};
                }
            }
        }
        return {false, reason::none, std::nullopt};
    }
    const auto rule = first_rule(from, to, space, port);
    if (rule && file_.rules[*rule].what == action::allow) {
        return {true, reason::rule, rule};
    }
    if (space == port_space::argo && allowed(from, to).argo.contains(port)) {
        for (const grant& given : grants(to, from)) {
            if (!given.what.argo.empty()) {
                return {true, reason::way_back, given.rule};
            }
        }
    }
    return {false, rule ? reason::rule : reason::none, rule};
}

} // namespace argopolicy
