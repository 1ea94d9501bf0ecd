// SPDX-License-Identifier: MIT
#include "output/firewall_view.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>
#include <vector>

namespace argoctl::output {

namespace {

std::string verdict_name(std::uint8_t verdict) { return verdict == ARGO_FIREWALL_ALLOW ? "allow" : "deny"; }

/// What two kinds of lines have in common.
template <class Decision> json decision(const Decision& from) {
    json out;
    out["verdict"] = verdict_name(from.verdict);
    out["log"] = (from.flags & ARGO_FIREWALL_LOG) != 0;
    out["hits"] = from.hits;
    return out;
}

} // namespace

std::string firewall_text(const firewall::rules& all) {
    std::vector<std::pair<std::string, std::string>> lines;
    for (std::size_t direction = 0; direction < all.defaults.size(); ++direction) {
        const auto& fallback = all.defaults.at(direction);
        lines.emplace_back(
            fmt::format("default {} {}", firewall::direction_name(direction), firewall::to_text(fallback)),
            fmt::format("{} hits", fallback.hits));
    }
    for (std::size_t i = 0; i < all.list.size(); ++i) {
        lines.emplace_back(firewall::to_text(all.list[i]), fmt::format("rule {}, {} hits", i + 1, all.list[i].hits));
    }
    std::size_t width = 0;
    for (const auto& [rule, comment] : lines) {
        width = std::max(width, rule.size());
    }
    std::string out;
    for (const auto& [rule, comment] : lines) {
        out += fmt::format("{:<{}}  # {}\n", rule, width, comment);
    }
    return out;
}

json firewall_json(const firewall::rules& all) {
    json doc = document("firewall");
    for (std::size_t direction = 0; direction < all.defaults.size(); ++direction) {
        doc["defaults"][std::string(firewall::direction_name(direction))] = decision(all.defaults.at(direction));
    }
    doc["rules"] = json::array();
    for (const auto& rule : all.list) {
        json entry = decision(rule);
        entry["rule"] = firewall::to_text(rule);
        entry["direction"] = firewall::direction_name(rule.direction);
        entry["protocol"] = rule.protocol == ARGO_FIREWALL_VSOCK ? "vsock" : "argo";
        entry["domid"] = rule.domid == ARGO_DOMID_ANY ? json(nullptr) : json(rule.domid);
        entry["local_ports"] = {rule.local_first, rule.local_last};
        entry["remote_ports"] = {rule.remote_first, rule.remote_last};
        doc["rules"].push_back(std::move(entry));
    }
    return doc;
}

} // namespace argoctl::output
