// SPDX-License-Identifier: MIT
// Any text as a policy: nothing crashes, what is parsed is written as the same policy, and all that is made of it
// agrees.
#include "policy/assertions.hpp"
#include "policy/flask.hpp"
#include "policy/guest.hpp"
#include "policy/import.hpp"
#include "policy/parser.hpp"
#include "policy/views.hpp"

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

namespace {

using namespace argopolicy;

void require(bool holds, const char* what) {
    if (holds) {
        return;
    }
    std::fprintf(stderr, "argo-policy: %s\n", what);
    std::abort();
}

policy_file reparsed(const policy_file& policy) {
    problems found;
    const std::string text = to_string(policy);
    policy_file again = parse(text, found);
    require(found.empty(), "what was written has errors");
    require(to_string(again) == text, "what was written is parsed to another policy");
    return again;
}

void check_pair(const resolved& policy, std::size_t from, std::size_t to) {
    const port_set carried = policy.carried(from, to);
    for (const port_range& range : carried.ranges()) {
        for (const std::uint32_t port : {range.first, range.last}) {
            require(policy.judge(from, to, port_space::argo, port).allowed, "a port that is carried is denied");
            require(policy.registered(to).contains(port), "a port that is sent to cannot be registered");
        }
        const std::uint32_t behind = range.last + 1;
        require(behind == 0 || carried.contains(behind) || !policy.judge(from, to, port_space::argo, behind).allowed,
                "a port that is allowed is not carried");
    }
}

void check_resolved(const resolved& policy) {
    problems found;
    check_assertions(policy, found);
    check_enforcement(policy, found);
    check_flask_types(policy, found);
    static_cast<void>(engine_rules(policy, found));
    static_cast<void>(graph_view(policy));
    static_cast<void>(enforcement_view(policy));
    require(difference_view(policy, policy).empty(), "a policy differs from itself");
    for (std::size_t from = 0; from < policy.count(); ++from) {
        static_cast<void>(guest_rules(policy, from, found));
        for (std::size_t to = 0; to < policy.count(); ++to) {
            check_pair(policy, from, to);
        }
    }
    port_set seen;
    for (const port_class& one : port_classes(policy)) {
        require(common(seen, one.what).empty(), "labels overlap");
        seen.add(one.what);
    }
}

} // namespace

// NOLINTNEXTLINE(readability-identifier-naming): libFuzzer's name
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(bytes), size);
    problems found;
    policy_file again = reparsed(parse(text, found));
    problems imports;
    policy_file imported = import_rules(text, imports);
    if (!has_errors(imports)) {
        imported = reparsed(imported);
    }

    constexpr std::size_t enough = 12;
    if (again.domains.size() > enough) {
        return 0;
    }
    found.clear();
    const resolved policy(std::move(again), found);
    if (!has_errors(found)) {
        check_resolved(policy);
    }
    return 0;
}
