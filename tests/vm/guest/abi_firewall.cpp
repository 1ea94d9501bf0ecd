// SPDX-License-Identifier: MIT
// The operations of argo_firewall.h, and what the rules do to messages of the domain to itself.
#include "abi.hpp"
#include "memory.hpp"

#include <linux/argo_firewall.h>

#include <poll.h>
#include <utility>
#include <vector>

namespace guest {
namespace {

using rules = std::vector<argo_firewall_rule>;

constexpr std::uint32_t last_port = 0xffffffffU;

argo_firewall_rule rule_to_self(std::uint8_t verdict, std::uint32_t port) {
    argo_firewall_rule rule{};
    rule.direction = ARGO_FIREWALL_OUT;
    rule.verdict = verdict;
    rule.domid = ARGO_DOMID_SELF;
    rule.local_last = last_port;
    rule.remote_first = port;
    rule.remote_last = port;
    return rule;
}

argo_firewall argument_for(const rules& list) {
    argo_firewall argument{};
    argument.size = sizeof(argument);
    argument.rules = reinterpret_cast<std::uintptr_t>(list.data());
    argument.count = static_cast<std::uint32_t>(list.size());
    argument.rule_size = sizeof(argo_firewall_rule);
    for (auto& fallback : argument.defaults) {
        fallback.verdict = ARGO_FIREWALL_ALLOW;
    }
    return argument;
}

outcome set(argo_firewall argument) { return endpoint{}.call(ARGO_IOC_FIREWALL_SET, &argument); }

outcome set(const rules& list) { return set(argument_for(list)); }

/// The rules in force, of which no more than `room` are asked for.
std::pair<argo_firewall, rules> get(std::size_t room = 8) {
    rules list(room);
    auto argument = argument_for(list);
    EXPECT_EQ(endpoint{}.call(ARGO_IOC_FIREWALL_GET, &argument), success);
    return {argument, list};
}

class firewall_test : public pair_test {
protected:
    void TearDown() override { EXPECT_EQ(set(rules{}), success); }
};

TEST_F(firewall_test, denies_what_a_rule_denies) {
    ASSERT_EQ(set({rule_to_self(ARGO_FIREWALL_DENY, receiver.port())}), success);
    EXPECT_EQ(sender.send(target(), some_bytes(10)), outcome{EACCES});
    argo_space state{};
    EXPECT_EQ(sender.space(target(), 1, state), outcome{EACCES});
    EXPECT_EQ(sender.connect(target()), outcome{EACCES});
    // Another port is not concerned.
    EXPECT_EQ(receiver.send(sender.local(), some_bytes(10)), success);
    const auto [found, list] = get();
    ASSERT_EQ(found.count, 1U);
    EXPECT_EQ(list[0].hits, 1U);
    EXPECT_EQ(found.defaults[ARGO_FIREWALL_OUT].hits, 1U);
    EXPECT_EQ(found.defaults[ARGO_FIREWALL_IN].hits, 0U) << "what the domain sends itself is judged once";
    ASSERT_EQ(set(rules{}), success);
    expect_passes(sender, target(), receiver, 100);
}

TEST_F(firewall_test, names_the_own_domain_by_its_id_or_as_itself) {
    for (const std::uint16_t domid : {std::uint16_t{ARGO_DOMID_SELF}, own_domid(), std::uint16_t{ARGO_DOMID_ANY}}) {
        auto deny = rule_to_self(ARGO_FIREWALL_DENY, receiver.port());
        deny.domid = domid;
        ASSERT_EQ(set({deny, rule_to_self(ARGO_FIREWALL_ALLOW, receiver.port())}), success);
        EXPECT_EQ(sender.send(target(), some_bytes(10)), outcome{EACCES}) << domid;
        ASSERT_EQ(set({rule_to_self(ARGO_FIREWALL_ALLOW, receiver.port()), deny}), success);
        expect_passes(sender, target(), receiver, 10);
    }
}

TEST_F(firewall_test, refuses_rules_that_are_none_and_keeps_the_others) {
    const rules good{rule_to_self(ARGO_FIREWALL_DENY, receiver.port())};
    ASSERT_EQ(set(good), success);
    const auto refused = [&](auto change) {
        rules bad{good[0], good[0]};
        change(bad[1]);
        EXPECT_EQ(set(bad), outcome{EINVAL});
        EXPECT_EQ(get().first.count, 1U);
    };
    refused([](auto& rule) { rule.direction = ARGO_FIREWALL_DIRECTIONS; });
    refused([](auto& rule) { rule.direction = ARGO_FIREWALL_IN; }); // of SELF
    refused([](auto& rule) { rule.protocol = ARGO_FIREWALL_PROTOCOLS; });
    refused([](auto& rule) { rule.verdict = 2; });
    refused([](auto& rule) { rule.flags = 2; });
    refused([](auto& rule) { rule.reserved = 1; });
    refused([](auto& rule) { rule.domid = ARGO_DOMID_ANY + 1; });
    refused([](auto& rule) { rule.local_first = 2, rule.local_last = 1; });
    refused([](auto& rule) { rule.remote_first = rule.remote_last + 1; });
    refused([](auto& rule) { rule.hits = 1; });
    EXPECT_EQ(sender.send(target(), some_bytes(10)), outcome{EACCES});
}

TEST_F(firewall_test, takes_as_many_rules_as_the_abi_says) {
    rules many(ARGO_FIREWALL_MAX_RULES, rule_to_self(ARGO_FIREWALL_DENY, receiver.port()));
    EXPECT_EQ(set(many), success);
    EXPECT_EQ(get().first.count, unsigned{ARGO_FIREWALL_MAX_RULES});
    many.push_back(many.front());
    EXPECT_EQ(set(many), outcome{EINVAL});
    auto argument = argument_for({});
    argument.count = last_port;
    EXPECT_EQ(set(argument), outcome{EINVAL});
}

TEST_F(firewall_test, takes_rules_of_another_size) {
    struct longer {
        argo_firewall_rule rule;
        std::uint64_t unknown;
    };
    std::vector<longer> list(2, longer{rule_to_self(ARGO_FIREWALL_DENY, receiver.port()), 0});
    auto argument = argument_for({});
    argument.rules = reinterpret_cast<std::uintptr_t>(list.data());
    argument.count = 2;
    argument.rule_size = sizeof(longer);
    EXPECT_EQ(set(argument), success);
    list[1].unknown = 1;
    EXPECT_EQ(set(argument), outcome{EINVAL});
    for (const std::uint32_t size : {std::uint32_t{sizeof(argo_firewall_rule)} - 1, 4097U, 0U, last_port}) {
        argument.rule_size = size;
        EXPECT_EQ(set(argument), outcome{EINVAL}) << size;
    }
    // A list of longer entries has zeros where this kernel knows nothing.
    argument = argument_for({});
    argument.rules = reinterpret_cast<std::uintptr_t>(list.data());
    argument.count = 2;
    argument.rule_size = sizeof(longer);
    EXPECT_EQ(endpoint{}.call(ARGO_IOC_FIREWALL_GET, &argument), success);
    EXPECT_EQ(argument.count, 2U);
    EXPECT_EQ(list[1].unknown, 0U);
    EXPECT_EQ(list[1].rule.remote_first, receiver.port());
}

TEST_F(firewall_test, lists_no_more_than_there_is_room_for) {
    const rules two(2, rule_to_self(ARGO_FIREWALL_ALLOW, 5));
    ASSERT_EQ(set(two), success);
    const auto [found, list] = get(1);
    EXPECT_EQ(found.count, 2U);
    EXPECT_EQ(list[0].remote_first, 5U);
}

TEST_F(firewall_test, faults_where_the_rules_are_not_there) {
    for (const auto bad : bad_addresses) {
        auto argument = argument_for({});
        argument.rules = bad;
        argument.count = 1;
        EXPECT_EQ(set(argument), outcome{EFAULT}) << std::hex << bad;
    }
    ASSERT_EQ(set({rule_to_self(ARGO_FIREWALL_ALLOW, 5)}), success);
    auto argument = argument_for({});
    argument.rules = bad_addresses[0];
    argument.count = 1;
    EXPECT_EQ(endpoint{}.call(ARGO_IOC_FIREWALL_GET, &argument), outcome{EFAULT});
}

TEST_F(firewall_test, needs_a_capability) {
    EXPECT_EQ(as_nobody([] {
                  auto argument = argument_for({});
                  argo_firewall_test question{};
                  question.size = sizeof(question);
                  const endpoint one;
                  const bool refused = one.call(ARGO_IOC_FIREWALL_SET, &argument).code == EPERM &&
                                       one.call(ARGO_IOC_FIREWALL_GET, &argument).code == EPERM &&
                                       one.call(ARGO_IOC_FIREWALL_TEST, &question).code == EPERM;
                  return refused ? 0 : 1;
              }),
              0);
}

TEST_F(firewall_test, says_what_it_would_do) {
    ASSERT_EQ(set({rule_to_self(ARGO_FIREWALL_DENY, 7), rule_to_self(ARGO_FIREWALL_DENY, 8)}), success);
    const auto ask = [](std::uint32_t remote) {
        argo_firewall_test question{};
        question.size = sizeof(question);
        question.direction = ARGO_FIREWALL_OUT;
        question.domid = ARGO_DOMID_SELF;
        question.remote = remote;
        EXPECT_EQ(endpoint{}.call(ARGO_IOC_FIREWALL_TEST, &question), success);
        return std::pair{question.verdict, question.rule};
    };
    EXPECT_EQ(ask(8), (std::pair<std::uint32_t, std::uint32_t>{ARGO_FIREWALL_DENY, 1}));
    EXPECT_EQ(ask(9), (std::pair<std::uint32_t, std::uint32_t>{ARGO_FIREWALL_ALLOW, ARGO_FIREWALL_DEFAULT}));
    EXPECT_EQ(get().second[1].hits, 0U);
}

TEST_F(firewall_test, questions_are_checked) {
    const auto refused = [](auto change) {
        argo_firewall_test question{};
        question.size = sizeof(question);
        change(question);
        EXPECT_EQ(endpoint{}.call(ARGO_IOC_FIREWALL_TEST, &question), outcome{EINVAL});
    };
    refused([](auto& question) { question.direction = ARGO_FIREWALL_DIRECTIONS; });
    refused([](auto& question) { question.protocol = ARGO_FIREWALL_PROTOCOLS; });
    refused([](auto& question) { question.domid = ARGO_DOMID_ANY; });
    refused([](auto& question) { question.rule = 1; });
    refused([](auto& question) { question.verdict = 1; });
}

TEST_F(firewall_test, a_poll_of_a_denied_destination_says_that_a_send_fails_at_once) {
    ASSERT_EQ(sender.connect(target()), success);
    const auto data = some_bytes(1000);
    fill(sender, target(), data);
    fill(sender, target(), some_bytes(1));
    EXPECT_EQ(sender.poll(POLLOUT, settling) & POLLOUT, 0);
    ASSERT_EQ(set({rule_to_self(ARGO_FIREWALL_DENY, receiver.port())}), success);
    EXPECT_NE(sender.poll(POLLOUT, patience) & POLLOUT, 0);
    EXPECT_EQ(sender.send(nowhere, data, 0, no_wait), outcome{EACCES});
}

} // namespace
} // namespace guest
