// SPDX-License-Identifier: MIT
#include "firewall/rules.hpp"

#include "output/firewall_view.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <limits>
#include <random>
#include <stdexcept>
#include <string>
#include <string_view>
#include <tuple>

namespace argoctl::firewall {
namespace {

constexpr std::uint32_t last_port = std::numeric_limits<std::uint32_t>::max();

argo_firewall_rule one(const std::string& line) {
    const auto [found, mistakes] = parse(line);
    EXPECT_TRUE(mistakes.empty()) << line << ": " << (mistakes.empty() ? "" : mistakes.front().what);
    return found.list.empty() ? argo_firewall_rule{} : found.list.front();
}

std::string mistake_in(const std::string& line) {
    const auto [found, mistakes] = parse(line);
    return mistakes.size() == 1 ? mistakes.front().what : "no mistake";
}

TEST(FirewallRules, TheSideOfSelfIsTheDirection) {
    const auto in = one("allow 3 -> self:7000-7009");
    EXPECT_EQ(in.direction, ARGO_FIREWALL_IN);
    EXPECT_EQ(in.protocol, ARGO_FIREWALL_MESSAGES);
    EXPECT_EQ(in.verdict, ARGO_FIREWALL_ALLOW);
    EXPECT_EQ(in.domid, 3);
    EXPECT_EQ(in.local_first, 7000u);
    EXPECT_EQ(in.local_last, 7009u);
    EXPECT_EQ(in.remote_first, 0u);
    EXPECT_EQ(in.remote_last, last_port);

    const auto out = one("\tdeny  log self:5 ->\tany:7000  # a comment");
    EXPECT_EQ(out.direction, ARGO_FIREWALL_OUT);
    EXPECT_EQ(out.verdict, ARGO_FIREWALL_DENY);
    EXPECT_EQ(out.flags, ARGO_FIREWALL_LOG);
    EXPECT_EQ(out.domid, ARGO_DOMID_ANY);
    EXPECT_EQ(out.local_first, 5u);
    EXPECT_EQ(out.local_last, 5u);
    EXPECT_EQ(out.remote_first, 7000u);
}

TEST(FirewallRules, SelfToSelfGoesOut) {
    const auto rule = one("allow self:1 -> self:2");
    EXPECT_EQ(rule.direction, ARGO_FIREWALL_OUT);
    EXPECT_EQ(rule.domid, ARGO_DOMID_SELF);
    EXPECT_EQ(rule.local_first, 1u);
    EXPECT_EQ(rule.remote_first, 2u);
}

TEST(FirewallRules, OneSideWithPortsOfVsockIsEnough) {
    EXPECT_EQ(one("allow any -> self:vsock:22").protocol, ARGO_FIREWALL_VSOCK);
    EXPECT_EQ(one("allow 4:vsock:1024-4294967295 -> self").remote_first, 1024u);
    const auto all = one("deny self -> 4:vsock:any");
    EXPECT_EQ(all.protocol, ARGO_FIREWALL_VSOCK);
    EXPECT_EQ(all.remote_first, 0u);
    EXPECT_EQ(all.remote_last, last_port);
}

TEST(FirewallRules, ACableHasNoPortOnItsOtherSide) {
    const auto rule = one("allow self:42 -> cable");
    EXPECT_EQ(rule.direction, ARGO_FIREWALL_OUT);
    EXPECT_EQ(rule.domid, ARGO_DOMID_CABLE);
    EXPECT_EQ(rule.local_first, 42u);
    EXPECT_EQ(rule.remote_last, last_port);
    EXPECT_EQ(to_text(rule), "allow self:42 -> cable");
    EXPECT_NE(mistake_in("allow self -> cable:5").find("no port"), std::string::npos);
    EXPECT_NE(mistake_in("allow cable -> self").find("that this domain sends"), std::string::npos);
    EXPECT_NE(mistake_in("allow self:vsock:5 -> cable").find("that this domain sends"), std::string::npos);
    const auto asked = parse_flow("self:42", "cable", 1);
    EXPECT_EQ(asked.domid, ARGO_DOMID_CABLE);
    EXPECT_EQ(asked.remote, 0u);
}

TEST(FirewallRules, DefaultsAreByDirection) {
    const auto [found, mistakes] = parse("default in deny log\ndefault out allow\n");
    EXPECT_TRUE(mistakes.empty());
    EXPECT_EQ(found.defaults[ARGO_FIREWALL_IN].verdict, ARGO_FIREWALL_DENY);
    EXPECT_EQ(found.defaults[ARGO_FIREWALL_IN].flags, ARGO_FIREWALL_LOG);
    EXPECT_EQ(found.defaults[ARGO_FIREWALL_OUT].verdict, ARGO_FIREWALL_ALLOW);
    EXPECT_EQ(parse("").found.defaults[ARGO_FIREWALL_IN].verdict, ARGO_FIREWALL_ALLOW);
}

TEST(FirewallRules, MistakesSayWhatWasExpected) {
    EXPECT_NE(mistake_in("permit 3 -> self").find("begins with allow, deny or default"), std::string::npos);
    EXPECT_NE(mistake_in("allow 3 - self").find("allow FROM -> TO"), std::string::npos);
    EXPECT_NE(mistake_in("allow").find("allow FROM -> TO"), std::string::npos);
    EXPECT_NE(mistake_in("allow 3 -> self extra").find("allow FROM -> TO"), std::string::npos);
    EXPECT_NE(mistake_in("allow 3 -> 4").find("neither side is self"), std::string::npos);
    EXPECT_NE(mistake_in("allow web -> self").find("'web' is no domain"), std::string::npos);
    EXPECT_NE(mistake_in("allow 32752 -> self").find("'32752' is no domain"), std::string::npos);
    EXPECT_NE(mistake_in("allow 3 -> self:").find("'' are no ports"), std::string::npos);
    EXPECT_NE(mistake_in("allow 3 -> self:70000000000").find("are no ports"), std::string::npos);
    EXPECT_NE(mistake_in("allow 3 -> self:5-").find("are no ports"), std::string::npos);
    EXPECT_NE(mistake_in("allow 3 -> self:9-5").find("larger port first"), std::string::npos);
    EXPECT_NE(mistake_in("allow 3:5 -> self:vsock:9").find("one of them"), std::string::npos);
    EXPECT_NE(mistake_in("default in").find("default in allow"), std::string::npos);
    EXPECT_NE(mistake_in("default up deny").find("default in allow"), std::string::npos);
    EXPECT_NE(mistake_in("default in deny loud").find("default in allow"), std::string::npos);
    EXPECT_NE(mistake_in("default in deny\ndefault in allow").find("already"), std::string::npos);
}

TEST(FirewallRules, AllMistakesAreReportedWithTheirLines) {
    const auto [found, mistakes] = parse("# rules\nallow 3\n\ndefault\nallow any -> self\nallow x -> self");
    ASSERT_EQ(mistakes.size(), 3u);
    EXPECT_EQ(mistakes[0].line, 2u);
    EXPECT_EQ(mistakes[1].line, 4u);
    EXPECT_EQ(mistakes[2].line, 6u);
    EXPECT_EQ(found.list.size(), 1u);
}

TEST(FirewallRules, ThereAreNoMoreThanTheDriverTakes) {
    std::string text;
    for (int i = 0; i < ARGO_FIREWALL_MAX_RULES; ++i) {
        text += "allow 3 -> self\n";
    }
    EXPECT_TRUE(parse(text).mistakes.empty());
    const auto mistakes = parse(text + "allow 3 -> self\n").mistakes;
    ASSERT_EQ(mistakes.size(), 1u);
    EXPECT_EQ(mistakes.front().line, ARGO_FIREWALL_MAX_RULES + 1u);
}

bool same(const argo_firewall_rule& a, const argo_firewall_rule& b) {
    return a.direction == b.direction && a.protocol == b.protocol && a.verdict == b.verdict && a.flags == b.flags &&
           a.domid == b.domid && a.local_first == b.local_first && a.local_last == b.local_last &&
           a.remote_first == b.remote_first && a.remote_last == b.remote_last;
}

TEST(FirewallRules, WhatIsShownIsReadAsTheSame) {
    std::mt19937 random(7);
    const auto below = [&](std::uint32_t n) { return std::uniform_int_distribution<std::uint32_t>{0, n - 1}(random); };
    const auto port = [&] { return below(3) == 0 ? std::uint32_t{0} : below(3) == 0 ? last_port : below(100000); };
    rules all;
    for (int i = 0; i < 1000; ++i) {
        argo_firewall_rule rule{};
        rule.direction = static_cast<std::uint8_t>(below(2));
        rule.protocol = static_cast<std::uint8_t>(below(2));
        rule.verdict = static_cast<std::uint8_t>(below(2));
        rule.flags = static_cast<std::uint8_t>(below(2));
        rule.domid = below(2) == 0 ? std::uint16_t{ARGO_DOMID_ANY} : static_cast<std::uint16_t>(below(32752));
        if (rule.direction == ARGO_FIREWALL_OUT && below(4) == 0) {
            rule.domid = ARGO_DOMID_SELF;
        }
        std::tie(rule.local_first, rule.local_last) = std::minmax({port(), port()});
        std::tie(rule.remote_first, rule.remote_last) = std::minmax({port(), port()});
        all.list.push_back(rule);
    }
    all.defaults[ARGO_FIREWALL_OUT] = {ARGO_FIREWALL_DENY, ARGO_FIREWALL_LOG, {}, 0};
    const auto [found, mistakes] = parse(output::firewall_text(all));
    ASSERT_TRUE(mistakes.empty()) << mistakes.front().what;
    ASSERT_EQ(found.list.size(), all.list.size());
    for (std::size_t i = 0; i < all.list.size(); ++i) {
        EXPECT_TRUE(same(found.list[i], all.list[i])) << to_text(all.list[i]);
    }
    EXPECT_EQ(found.defaults[ARGO_FIREWALL_OUT].verdict, ARGO_FIREWALL_DENY);
    EXPECT_EQ(found.defaults[ARGO_FIREWALL_OUT].flags, ARGO_FIREWALL_LOG);
}

TEST(FirewallRules, AnyBytesAreReadWithoutHarm) {
    std::mt19937 random(11);
    constexpr std::string_view pieces[] = {"allow", "deny", "log",    "default", "in",   "out",        "->",    "self",
                                           "any",   ":",    "vsock:", "cable",   "3",    "-",          " ",     "\n",
                                           "#",     "\t",   "9999",   "\r",      "\xff", "4294967296", "self:", " -> "};
    for (int i = 0; i < 20000; ++i) {
        std::string text;
        for (auto n = random() % 16; n > 0; --n) {
            text += pieces[random() % std::size(pieces)];
        }
        const auto [found, mistakes] = parse(text);
        // A rule that was read is one that the driver takes.
        for (const auto& rule : found.list) {
            ASSERT_TRUE(rule.local_first <= rule.local_last && rule.remote_first <= rule.remote_last) << text;
            ASSERT_TRUE(rule.domid < ARGO_DOMID_FIRST_RESERVED || rule.domid == ARGO_DOMID_ANY ||
                        ((rule.domid == ARGO_DOMID_SELF || rule.domid == ARGO_DOMID_CABLE) &&
                         rule.direction == ARGO_FIREWALL_OUT))
                << text;
        }
    }
}

TEST(FirewallFlow, NamesTheDomainAndTheDirection) {
    const auto in = parse_flow("3:5000", "self:7000", 1);
    EXPECT_EQ(in.direction, ARGO_FIREWALL_IN);
    EXPECT_EQ(in.domid, 3);
    EXPECT_EQ(in.local, 7000u);
    EXPECT_EQ(in.remote, 5000u);
    const auto out = parse_flow("1:vsock:6", "3:vsock:22", 1);
    EXPECT_EQ(out.direction, ARGO_FIREWALL_OUT);
    EXPECT_EQ(out.protocol, ARGO_FIREWALL_VSOCK);
    EXPECT_EQ(out.domid, 3);
    EXPECT_EQ(out.local, 6u);
    EXPECT_EQ(parse_flow("self:1", "1:2", 1).domid, ARGO_DOMID_SELF);
}

TEST(FirewallFlow, NeedsTwoAddressesOfWhichOneIsOwn) {
    EXPECT_THROW(parse_flow("3:5000", "4:7000", 1), std::invalid_argument);
    EXPECT_THROW(parse_flow("3", "self:7000", 1), std::invalid_argument);
    EXPECT_THROW(parse_flow("any:5", "self:7000", 1), std::invalid_argument);
    EXPECT_THROW(parse_flow("3:5-6", "self:7000", 1), std::invalid_argument);
    EXPECT_THROW(parse_flow("3:vsock:5", "self:7000", 1), std::invalid_argument);
}

TEST(FirewallView, JsonHasEveryRule) {
    rules all = parse("default in deny\nallow 3 -> self:7000").found;
    all.list[0].hits = 5;
    const auto doc = output::firewall_json(all);
    EXPECT_EQ(doc["defaults"]["in"]["verdict"], "deny");
    EXPECT_EQ(doc["rules"][0]["rule"], "allow 3 -> self:7000");
    EXPECT_EQ(doc["rules"][0]["hits"], 5);
    EXPECT_EQ(doc["rules"][0]["domid"], 3);
    EXPECT_EQ(doc["rules"][0]["local_ports"][1], 7000);
}

} // namespace
} // namespace argoctl::firewall
