// SPDX-License-Identifier: MIT
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <random>
#include <vector>

extern "C" {
#include "ruleset.h"

unsigned int allocations_until_failure = 0;
}

namespace {

using Rule = argo_firewall_rule;
using Rules = std::vector<Rule>;
using Defaults = std::array<argo_firewall_default, ARGO_FIREWALL_DIRECTIONS>;
using Set = std::unique_ptr<argo_ruleset, decltype([](argo_ruleset* set) { argo_ruleset_free(set); })>;

constexpr std::uint32_t all_ports = 0xffffffff;
constexpr std::uint16_t any = ARGO_DOMID_ANY;

struct Ports {
    std::uint32_t first = 0;
    std::uint32_t last = all_ports;
};

Rule rule(std::uint8_t direction, bool allow, std::uint16_t domid, Ports local = {}, Ports remote = {},
          std::uint8_t protocol = ARGO_FIREWALL_MESSAGES) {
    Rule made{};
    made.direction = direction;
    made.protocol = protocol;
    made.verdict = allow ? ARGO_FIREWALL_ALLOW : ARGO_FIREWALL_DENY;
    made.domid = domid;
    made.local_first = local.first;
    made.local_last = local.last;
    made.remote_first = remote.first;
    made.remote_last = remote.last;
    return made;
}

Set make(const Rules& rules) {
    const Defaults defaults{};
    return Set{argo_ruleset_create(rules.data(), static_cast<unsigned int>(rules.size()), defaults.data())};
}

bool valid(const Rule& rule) {
    const Defaults defaults{};
    return argo_ruleset_valid(&rule, 1, defaults.data());
}

std::optional<std::uint32_t> number(const argo_box* box) {
    return box != nullptr ? std::optional{box->rule} : std::nullopt;
}

struct Flow {
    std::uint8_t direction;
    std::uint8_t protocol;
    std::uint32_t domid;
    std::uint32_t local;
    std::uint32_t remote;
};

const argo_box* find(const Set& set, const Flow& flow) {
    return argo_ruletable_find(&set->tables[flow.direction][flow.protocol], flow.domid, flow.local, flow.remote);
}

bool within(std::uint32_t x, std::uint32_t first, std::uint32_t last) { return first <= x && x <= last; }

/// The documented meaning of a rule, rule by rule.
bool matches(const Rule& rule, const Flow& flow) {
    if (rule.domid != any && rule.domid != flow.domid) {
        return false;
    }
    if (flow.protocol == ARGO_FIREWALL_MESSAGES && rule.protocol == ARGO_FIREWALL_VSOCK) {
        return rule.verdict == ARGO_FIREWALL_ALLOW && flow.local == ARGO_PORT_VSOCK && flow.remote == ARGO_PORT_VSOCK;
    }
    if (rule.direction != flow.direction) {
        return false;
    }
    const bool of_port_40 = flow.protocol != rule.protocol;
    return within(of_port_40 ? ARGO_PORT_VSOCK : flow.local, rule.local_first, rule.local_last) &&
           within(of_port_40 ? ARGO_PORT_VSOCK : flow.remote, rule.remote_first, rule.remote_last);
}

std::optional<std::uint32_t> first_match(const Rules& rules, const Flow& flow) {
    for (std::uint32_t i = 0; i < rules.size(); ++i) {
        if (matches(rules[i], flow)) {
            return i;
        }
    }
    return std::nullopt;
}

class Random {
public:
    explicit Random(std::uint32_t seed) : engine_{seed} {}

    std::uint32_t below(std::uint32_t n) { return std::uniform_int_distribution<std::uint32_t>{0, n - 1}(engine_); }

    /// Numbers that rules and questions share, so that many meet at their bounds.
    std::uint32_t port() {
        constexpr std::array<std::uint32_t, 9> some{0, 1, 39, 40, 41, 7000, 7001, all_ports - 1, all_ports};
        return below(4) == 0 ? static_cast<std::uint32_t>(engine_()) : some.at(below(some.size()));
    }

    std::uint16_t domid() {
        constexpr std::array<std::uint16_t, 5> some{0, 1, 2, 0x7fef, ARGO_DOMID_SELF};
        return some.at(below(some.size()));
    }

    Ports ports() {
        const std::uint32_t a = port();
        const std::uint32_t b = port();
        return below(3) == 0 ? Ports{} : Ports{std::min(a, b), std::max(a, b)};
    }

    Rule rule() {
        const auto protocol = static_cast<std::uint8_t>(below(ARGO_FIREWALL_PROTOCOLS));
        return ::rule(static_cast<std::uint8_t>(below(ARGO_FIREWALL_DIRECTIONS)), below(2) == 0,
                      below(3) == 0 ? any : domid(), ports(), ports(), protocol);
    }

    Flow flow() {
        const auto protocol = static_cast<std::uint8_t>(below(ARGO_FIREWALL_PROTOCOLS));
        return {static_cast<std::uint8_t>(below(ARGO_FIREWALL_DIRECTIONS)), protocol, domid(), port(), port()};
    }

private:
    std::mt19937 engine_;
};

TEST(Ruleset, WithoutRulesNothingMatches) {
    const Set set = make({});
    EXPECT_EQ(find(set, {ARGO_FIREWALL_IN, ARGO_FIREWALL_MESSAGES, 3, 1, 2}), nullptr);
    EXPECT_EQ(find(set, {ARGO_FIREWALL_OUT, ARGO_FIREWALL_VSOCK, 3, 1, 2}), nullptr);
}

TEST(Ruleset, TheFirstMatchDecides) {
    const Set set = make({rule(ARGO_FIREWALL_IN, false, 3, {7000, 7000}),
                          rule(ARGO_FIREWALL_IN, true, any, {7000, 7009}), rule(ARGO_FIREWALL_IN, false, any)});
    const auto at = [&](std::uint32_t domid, std::uint32_t local) {
        return number(find(set, {ARGO_FIREWALL_IN, ARGO_FIREWALL_MESSAGES, domid, local, 9}));
    };
    EXPECT_EQ(at(3, 7000), 0u);
    EXPECT_EQ(at(4, 7000), 1u);
    EXPECT_EQ(at(3, 7009), 1u);
    EXPECT_EQ(at(3, 7010), 2u);
}

TEST(Ruleset, PortsAreCheckedOnBothSides) {
    const Set set = make({rule(ARGO_FIREWALL_OUT, true, 0, {5, 6}, {7000, 7001})});
    const auto found = [&](std::uint32_t local, std::uint32_t remote) {
        return find(set, {ARGO_FIREWALL_OUT, ARGO_FIREWALL_MESSAGES, 0, local, remote}) != nullptr;
    };
    EXPECT_TRUE(found(5, 7000));
    EXPECT_TRUE(found(6, 7001));
    EXPECT_FALSE(found(4, 7000));
    EXPECT_FALSE(found(7, 7000));
    EXPECT_FALSE(found(5, 6999));
    EXPECT_FALSE(found(5, 7002));
}

// Whoever may connect at all has to exchange the messages that carry connections.
TEST(Ruleset, AConnectionGoesBothWays) {
    const Set set = make({rule(ARGO_FIREWALL_IN, true, 3, {22, 22}, {}, ARGO_FIREWALL_VSOCK)});
    for (std::uint8_t direction = 0; direction < ARGO_FIREWALL_DIRECTIONS; ++direction) {
        const argo_box* box = find(set, {direction, ARGO_FIREWALL_MESSAGES, 3, ARGO_PORT_VSOCK, ARGO_PORT_VSOCK});
        ASSERT_NE(box, nullptr);
        EXPECT_TRUE(box->implied);
        EXPECT_EQ(find(set, {direction, ARGO_FIREWALL_MESSAGES, 4, ARGO_PORT_VSOCK, ARGO_PORT_VSOCK}), nullptr);
        EXPECT_EQ(find(set, {direction, ARGO_FIREWALL_MESSAGES, 3, ARGO_PORT_VSOCK, 7000}), nullptr);
    }
    EXPECT_EQ(number(find(set, {ARGO_FIREWALL_IN, ARGO_FIREWALL_VSOCK, 3, 22, 1000})), 0u);
    EXPECT_EQ(find(set, {ARGO_FIREWALL_IN, ARGO_FIREWALL_VSOCK, 3, 23, 1000}), nullptr);
    EXPECT_EQ(find(set, {ARGO_FIREWALL_OUT, ARGO_FIREWALL_VSOCK, 3, 22, 1000}), nullptr);
}

TEST(Ruleset, ARuleForPort40IsOneForAllOfVsock) {
    const Set set = make({rule(ARGO_FIREWALL_IN, false, 3, {40, 40}), rule(ARGO_FIREWALL_IN, true, any)});
    EXPECT_EQ(number(find(set, {ARGO_FIREWALL_IN, ARGO_FIREWALL_VSOCK, 3, 22, 1000})), 0u);
    EXPECT_EQ(number(find(set, {ARGO_FIREWALL_IN, ARGO_FIREWALL_VSOCK, 4, 22, 1000})), 1u);
}

TEST(Ruleset, DeniedPortsOfVsockLeaveTheOthers) {
    const Set set = make({rule(ARGO_FIREWALL_IN, false, any, {22, 22}, {}, ARGO_FIREWALL_VSOCK)});
    EXPECT_EQ(find(set, {ARGO_FIREWALL_IN, ARGO_FIREWALL_MESSAGES, 3, ARGO_PORT_VSOCK, ARGO_PORT_VSOCK}), nullptr);
    EXPECT_EQ(number(find(set, {ARGO_FIREWALL_IN, ARGO_FIREWALL_VSOCK, 3, 22, 5})), 0u);
}

TEST(Ruleset, RulesOfTheAbiAreValid) {
    EXPECT_TRUE(valid(rule(ARGO_FIREWALL_IN, true, any)));
    EXPECT_TRUE(valid(rule(ARGO_FIREWALL_OUT, true, ARGO_DOMID_SELF, {1, 1}, {2, 3}, ARGO_FIREWALL_VSOCK)));
    EXPECT_FALSE(valid(rule(ARGO_FIREWALL_IN, true, ARGO_DOMID_SELF)));
    EXPECT_TRUE(valid(rule(ARGO_FIREWALL_OUT, true, ARGO_DOMID_CABLE, {1, 1})));
    EXPECT_FALSE(valid(rule(ARGO_FIREWALL_OUT, true, ARGO_DOMID_CABLE, {1, 1}, {2, 2})));
    EXPECT_FALSE(valid(rule(ARGO_FIREWALL_OUT, true, ARGO_DOMID_CABLE, {}, {}, ARGO_FIREWALL_VSOCK)));
    EXPECT_FALSE(valid(rule(ARGO_FIREWALL_IN, true, ARGO_DOMID_CABLE)));
    EXPECT_FALSE(valid(rule(ARGO_FIREWALL_IN, true, ARGO_DOMID_ANY + 1)));
    EXPECT_FALSE(valid(rule(ARGO_FIREWALL_DIRECTIONS, true, any)));
    EXPECT_FALSE(valid(rule(ARGO_FIREWALL_IN, true, any, {2, 1})));
    EXPECT_FALSE(valid(rule(ARGO_FIREWALL_IN, true, any, {}, {2, 1})));
    EXPECT_FALSE(valid(rule(ARGO_FIREWALL_IN, true, any, {}, {}, ARGO_FIREWALL_PROTOCOLS)));
    Rule bad = rule(ARGO_FIREWALL_IN, true, any);
    bad.hits = 1;
    EXPECT_FALSE(valid(bad));
    bad = rule(ARGO_FIREWALL_IN, true, any);
    bad.flags = ARGO_FIREWALL_LOG << 1;
    EXPECT_FALSE(valid(bad));
    bad = rule(ARGO_FIREWALL_IN, true, any);
    bad.reserved = 1;
    EXPECT_FALSE(valid(bad));
    bad = rule(ARGO_FIREWALL_IN, true, any);
    bad.verdict = 2;
    EXPECT_FALSE(valid(bad));
}

TEST(Ruleset, DefaultsOfTheAbiAreValid) {
    Defaults defaults{};
    EXPECT_TRUE(argo_ruleset_valid(nullptr, 0, defaults.data()));
    defaults[1].flags = ARGO_FIREWALL_LOG;
    EXPECT_TRUE(argo_ruleset_valid(nullptr, 0, defaults.data()));
    defaults[1].reserved[2] = 1;
    EXPECT_FALSE(argo_ruleset_valid(nullptr, 0, defaults.data()));
    defaults[1] = {};
    defaults[0].verdict = 2;
    EXPECT_FALSE(argo_ruleset_valid(nullptr, 0, defaults.data()));
}

TEST(Ruleset, ALackOfMemoryIsReportedAndLeaksNothing) {
    const Rules rules{rule(ARGO_FIREWALL_IN, true, 3, {1, 2})};
    unsigned int failures = 0;
    for (unsigned int nth = 1;; ++nth) {
        allocations_until_failure = nth;
        const Set set = make(rules);
        if (set != nullptr) {
            break;
        }
        ++failures;
    }
    allocations_until_failure = 0;
    EXPECT_GT(failures, 10u);
}

TEST(Ruleset, LooksUpWhatWalkingTheRulesFinds) {
    for (std::uint32_t seed = 0; seed < 400; ++seed) {
        Random random{seed};
        Rules rules(random.below(seed % 10 == 0 ? 200 : 12));
        for (Rule& made : rules) {
            made = random.rule();
        }
        const Set set = make(rules);
        for (int i = 0; i < 200; ++i) {
            const Flow flow = random.flow();
            ASSERT_EQ(number(find(set, flow)), first_match(rules, flow))
                << "seed " << seed << " direction " << int{flow.direction} << " protocol " << int{flow.protocol}
                << " domain " << flow.domid << " local " << flow.local << " remote " << flow.remote;
        }
    }
}

argo_box box_of(const Flow& flow, bool any_local, bool any_remote, bool any_domain) {
    argo_box box{};
    const auto set = [&](argo_axis axis, std::uint32_t point, bool all) {
        box.first[axis] = all ? 0 : point;
        box.last[axis] = all ? all_ports : point;
    };
    set(ARGO_AXIS_DOMAIN, flow.domid, any_domain);
    set(ARGO_AXIS_LOCAL, flow.local, any_local);
    set(ARGO_AXIS_REMOTE, flow.remote, any_remote);
    return box;
}

TEST(Ruleset, ManyMessagesAreAllowedWhereOneIs) {
    for (std::uint32_t seed = 0; seed < 400; ++seed) {
        Random random{seed};
        Rules rules(random.below(12));
        for (Rule& made : rules) {
            made = random.rule();
        }
        const Set set = make(rules);
        for (int i = 0; i < 100; ++i) {
            const Flow flow = random.flow();
            const argo_box many = box_of(flow, random.below(2) == 0, random.below(2) == 0, random.below(2) == 0);
            const argo_box* one = find(set, flow);
            const argo_box* found = argo_ruletable_find_any(&set->tables[flow.direction][flow.protocol], &many);
            // What is allowed alone is allowed among many, by a rule or by a default that allows.
            if (one != nullptr && one->allow) {
                ASSERT_TRUE(found != nullptr && found->allow) << "seed " << seed;
            } else if (one == nullptr) {
                ASSERT_TRUE(found == nullptr || found->allow) << "seed " << seed;
            }
        }
    }
}

TEST(Ruleset, OneMessageIsAllowedAsAmongMany) {
    for (std::uint32_t seed = 0; seed < 200; ++seed) {
        Random random{seed};
        Rules rules(random.below(80));
        for (Rule& made : rules) {
            made = random.rule();
        }
        const Set set = make(rules);
        for (int i = 0; i < 100; ++i) {
            const Flow flow = random.flow();
            const argo_box alone = box_of(flow, false, false, false);
            const argo_box* found = argo_ruletable_find_any(&set->tables[flow.direction][flow.protocol], &alone);
            ASSERT_EQ(number(found), number(find(set, flow))) << "seed " << seed;
        }
    }
}

TEST(Ruleset, DenyOfAllIsSeenAndOfAPartIsNot) {
    const Set set = make({rule(ARGO_FIREWALL_OUT, false, 0, {1, 1}), rule(ARGO_FIREWALL_OUT, false, 0, {}, {7, 7}),
                          rule(ARGO_FIREWALL_OUT, true, 0, {}, {8, 8})});
    const argo_ruletable* table = &set->tables[ARGO_FIREWALL_OUT][ARGO_FIREWALL_MESSAGES];
    const auto at = [&](std::uint32_t remote) {
        const argo_box many = box_of({ARGO_FIREWALL_OUT, ARGO_FIREWALL_MESSAGES, 0, 0, remote}, true, false, false);
        return number(argo_ruletable_find_any(table, &many));
    };
    EXPECT_EQ(at(7), 1u);
    EXPECT_EQ(at(8), 2u);
    EXPECT_EQ(at(9), std::nullopt);
}

TEST(Ruleset, TheMostRulesOfTheAbi) {
    Rules rules;
    for (std::uint32_t i = 0; i < ARGO_FIREWALL_MAX_RULES; ++i) {
        rules.push_back(rule(ARGO_FIREWALL_IN, true, static_cast<std::uint16_t>(i), {10 * i + 1, 10 * i + 5}));
    }
    const Set set = make(rules);
    ASSERT_NE(set, nullptr);
    for (std::uint32_t i = 0; i < ARGO_FIREWALL_MAX_RULES; ++i) {
        const auto at = [&](std::uint32_t local) {
            return number(find(set, {ARGO_FIREWALL_IN, ARGO_FIREWALL_MESSAGES, i, local, 77}));
        };
        ASSERT_EQ(at(10 * i + 1), i);
        ASSERT_EQ(at(10 * i + 5), i);
        ASSERT_EQ(at(10 * i + 6), std::nullopt);
    }
}

} // namespace
