// SPDX-License-Identifier: MIT
#include "policy/prove.hpp"

#include "policy/flask.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

namespace argopolicy {

namespace {

/// A type of the compiled policy, and the domain that has it in the file.
struct subject {
    binary_policy::type type = 0;
    std::optional<std::size_t> domain;
};

class prover {
public:
    prover(const resolved& policy, const binary_policy& compiled, problems& found)
        : policy_(policy), compiled_(compiled), problems_(found) {}

    proof run();

private:
    void find_subjects();
    void cut();
    void sends(const subject& from, const subject& to);
    void registers(const subject& owner);
    void assertions(const subject& from, const subject& to, const port_set& open);
    void differs(const subject& at, const std::string& right, const port_set& compiled, const port_set& wanted);
    [[nodiscard]] std::string name(const subject& one) const;

    const resolved& policy_;
    const binary_policy& compiled_;
    problems& problems_;
    std::vector<subject> subjects_;
    std::vector<port_range> ranges_;
    proof done_;
};

std::string prover::name(const subject& one) const {
    const std::string type = compiled_.name(one.type);
    return one.domain ? fmt::format("{} ({})", policy_.domain(*one.domain).name, type)
                      : fmt::format("a domain of the type {}, which the file does not name,", type);
}

void prover::find_subjects() {
    for (std::size_t i = 0; i < policy_.count(); ++i) {
        const std::string type = flask_type(policy_.domain(i));
        if (const auto found = compiled_.find(type)) {
            subjects_.push_back({*found, i});
        } else {
            problems_.push_back({policy_.domain(i).at,
                                 fmt::format("the binary policy has no type {}, which {} needs: was it built with "
                                             "what 'argo-policy flask' wrote?",
                                             type, policy_.domain(i).name),
                                 false});
        }
    }
    for (const binary_policy::type type : compiled_.domains()) {
        if (std::none_of(subjects_.begin(), subjects_.end(), [&](const subject& one) { return one.type == type; })) {
            subjects_.push_back({type, std::nullopt});
        }
    }
}

void prover::cut() {
    std::set<std::uint64_t> at = compiled_.boundaries();
    for (std::size_t from = 0; from < policy_.count(); ++from) {
        for (std::size_t to = 0; to < policy_.count(); ++to) {
            for (const port_range& range : policy_.carried(from, to).ranges()) {
                at.insert(range.first);
                at.insert(std::uint64_t{range.last} + 1);
            }
        }
    }
    for (auto begin = at.begin(); std::next(begin) != at.end(); ++begin) {
        ranges_.push_back({static_cast<std::uint32_t>(*begin), static_cast<std::uint32_t>(*std::next(begin) - 1)});
    }
}

void prover::differs(const subject& at, const std::string& right, const port_set& compiled, const port_set& wanted) {
    const place line = at.domain ? policy_.domain(*at.domain).at : place{};
    if (const port_set more = without(compiled, wanted); !more.empty()) {
        problems_.push_back({line,
                             fmt::format("in the binary policy {} at {}, which the file does not allow", right,
                                         to_string(ports{more, {}})),
                             false});
    }
    if (const port_set less = without(wanted, compiled); !less.empty()) {
        problems_.push_back(
            {line,
             fmt::format("the file allows what the binary policy denies: {} at {}", right, to_string(ports{less, {}})),
             false});
    }
}

void prover::sends(const subject& from, const subject& to) {
    port_set open;
    for (const port_range& range : ranges_) {
        ++done_.questions;
        if (compiled_.may_send(from.type, to.type, range.first)) {
            open.add(range);
        }
    }
    const port_set wanted = from.domain && to.domain ? policy_.carried(*from.domain, *to.domain) : port_set{};
    differs(from.domain ? from : to, fmt::format("{} may send to {}", name(from), name(to)), open, wanted);
    if (from.domain && to.domain) {
        assertions(from, to, open);
    }
}

void prover::assertions(const subject& from, const subject& to, const port_set& open) {
    for (std::size_t rule = 0; rule < policy_.file().rules.size(); ++rule) {
        const rule_line& line = policy_.file().rules[rule];
        if (line.what != action::never || !policy_.covers(rule, *from.domain, *to.domain)) {
            continue;
        }
        const port_set broken = common(open, policy_.ports_of_rule(rule).argo);
        if (!broken.empty()) {
            problems_.push_back({line.at,
                                 fmt::format("the binary policy breaks 'never {}': {} may send to {} at {}",
                                             to_string(line), name(from), name(to), to_string(ports{broken, {}})),
                                 false});
        }
    }
}

void prover::registers(const subject& owner) {
    const port_set wanted = owner.domain ? policy_.registered(*owner.domain) : port_set{};
    for (const argo_right kind : {argo_right::register_single_source, argo_right::register_any_source}) {
        port_set open;
        for (const port_range& range : ranges_) {
            ++done_.questions;
            if (compiled_.may_register(owner.type, range.first, kind)) {
                open.add(range);
            }
        }
        differs(owner,
                fmt::format("{} may register {} rings", name(owner),
                            kind == argo_right::register_any_source ? "wildcard" : "partner"),
                open, wanted);
    }
}

proof prover::run() {
    find_subjects();
    if (has_errors(problems_)) {
        return done_;
    }
    cut();
    for (const subject& from : subjects_) {
        registers(from);
        for (const subject& to : subjects_) {
            sends(from, to);
        }
    }
    done_.domains = subjects_.size();
    done_.ranges = ranges_.size();
    return done_;
}

} // namespace

proof prove(const resolved& policy, const binary_policy& compiled, problems& found) {
    return prover(policy, compiled, found).run();
}

} // namespace argopolicy
