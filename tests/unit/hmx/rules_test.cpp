// SPDX-License-Identifier: MIT
// Rules: their text, what they allow, and that operations are under them.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "world.hpp"

namespace {

using namespace hmx_test;

bool is_error(const hmx_rules* rules) { return reinterpret_cast<std::uintptr_t>(rules) >= -std::uintptr_t{page_size}; }

struct deleter {
    void operator()(hmx_rules* rules) const { hmx_rules_free(rules); }
};
using table = std::unique_ptr<hmx_rules, deleter>;

table parsed(std::string text) {
    hmx_rules_error error{};
    hmx_rules* rules = hmx_rules_parse(text.data(), &error);
    if (is_error(rules)) {
        throw std::runtime_error("line " + std::to_string(error.line) + ": " + error.wrong);
    }
    return table{rules};
}

/// "LINE: what is wrong", "" if nothing is.
std::string wrong_with(std::string text) {
    hmx_rules_error error{};
    hmx_rules* rules = hmx_rules_parse(text.data(), &error);
    if (!is_error(rules)) {
        hmx_rules_free(rules);
        return "";
    }
    return std::to_string(error.line) + ": " + error.wrong;
}

bool allows(const table& rules, hmx_access_op op, u16 source, u16 owner, u32 port) {
    const hmx_access question{.op = op, .src_domid = source, .src_port = 1, .dst_domid = owner, .dst_port = port};
    return hmx_rules_allow(rules.get(), &question);
}

TEST(Rules, TextsWithoutARuleAllowAll) {
    for (const char* text : {"", "\n", "off", "off\n", "  # no rule\n\n\t\r\n", "# one\noff # two\n"}) {
        const table rules = parsed(text);
        EXPECT_EQ(rules, nullptr) << text;
        EXPECT_TRUE(allows(rules, HMX_ACCESS_SEND, 1, 2, 3)) << text;
    }
}

TEST(Rules, AnErrorNamesItsLine) {
    for (const char* text : {"allow 1 2 3 send\nalow 1 2 3 send",
                             "\nallow",
                             "#\nallow 1",
                             "\nallow 1 2",
                             "\nallow 1 2 3",
                             "\nallow 1 2 3 receive",
                             "\nallow 1 2 3 send,register",
                             "\nallow x 2 3 send",
                             "\nallow 1 all 3 send",
                             "\nallow 32752 2 3 send",
                             "\nallow 1 65536 3 send",
                             "\nallow 1 2 4-3 send",
                             "\nallow 1 2 - send",
                             "\nallow 1 2 3- send",
                             "\nallow 1 2 -3 send",
                             "\nallow 1 2 3-4-5 send",
                             "\nallow 1 2 4294967296 send",
                             "\nallow 1 2 0x10 send",
                             "\nallow 1 2 3 register-any",
                             "\noff allow",
                             "off\nallow 1 2 3 send",
                             "allow 1 2 3 send\noff"}) {
        EXPECT_EQ(wrong_with(text).substr(0, 3), "2: ") << text << " -> " << wrong_with(text);
    }
}

TEST(Rules, AllowWhatTheySayAndNothingElse) {
    const table rules = parsed("allow 1 2 10-20 send # from 1\n"
                               "\tallow  any 3 30 send register\n"
                               "allow any any 4294967295 register-any\n"
                               "allow 4 any 0-4294967295 register");
    const auto sends = [&](u16 source, u16 owner, u32 port) {
        EXPECT_EQ(allows(rules, HMX_ACCESS_SEND, source, owner, port),
                  allows(rules, HMX_ACCESS_QUERY, source, owner, port));
        return allows(rules, HMX_ACCESS_SEND, source, owner, port);
    };
    for (const u32 port : {10u, 15u, 20u}) {
        EXPECT_TRUE(sends(1, 2, port));
        EXPECT_FALSE(sends(2, 1, port));
        EXPECT_FALSE(sends(1, 3, port));
        EXPECT_FALSE(sends(3, 2, port));
        EXPECT_FALSE(allows(rules, HMX_ACCESS_REGISTER_SINGLE, 1, 2, port));
        EXPECT_FALSE(allows(rules, HMX_ACCESS_REGISTER_ANY, ARGO_DOMID_ANY, 2, port));
    }
    EXPECT_FALSE(sends(1, 2, 9));
    EXPECT_FALSE(sends(1, 2, 21));
    for (const u16 source : {u16{0}, u16{1}, u16{3}}) {
        EXPECT_TRUE(sends(source, 3, 30));
        EXPECT_TRUE(allows(rules, HMX_ACCESS_REGISTER_SINGLE, source, 3, 30));
        EXPECT_FALSE(allows(rules, HMX_ACCESS_REGISTER_ANY, ARGO_DOMID_ANY, 3, 30));
    }
    EXPECT_TRUE(allows(rules, HMX_ACCESS_REGISTER_ANY, ARGO_DOMID_ANY, 7, 0xffffffff));
    EXPECT_FALSE(sends(7, 7, 0xffffffff));
    EXPECT_TRUE(allows(rules, HMX_ACCESS_REGISTER_SINGLE, 4, 9, 0));
    EXPECT_TRUE(allows(rules, HMX_ACCESS_ENABLE, 9, 9, 0)) << "rules are about ports";
}

struct UnderRules : testing::Test {
    ~UnderRules() override { EXPECT_EQ(hypervisor.wrong(), ""); }

    void set(const std::string& text) const { hmx_engine_set_rules(hypervisor.get(), parsed(text).release()); }

    engine hypervisor;
    domain sender{hypervisor, 1};
    domain receiver{hypervisor, 2};
    ring memory{96};
};

TEST_F(UnderRules, ADenialDoesNotTellWhetherThereIsARing) {
    ASSERT_EQ(receiver.register_ring(memory, 5), 0);
    set("allow 1 2 7-8 send");
    EXPECT_EQ(sender.send(receiver, 5, {}), -EACCES);
    EXPECT_EQ(sender.send(receiver, 6, {}), -EACCES);
    EXPECT_EQ(sender.send(receiver, 7, {}), -ECONNREFUSED);
    EXPECT_EQ(sender.send(99, 5, {}), -ESRCH);
    EXPECT_EQ(memory.drain(), 0u);
    EXPECT_EQ(receiver.interrupts(), 0u);
}

TEST_F(UnderRules, RegistrationsNeedARightEach) {
    set("allow 1 2 5 register\nallow any 2 6 register-any\nallow any any 5-6 send");
    EXPECT_EQ(receiver.register_ring(memory, 5), -EACCES);
    EXPECT_EQ(receiver.register_ring(memory, 5, 2), -EACCES);
    EXPECT_EQ(receiver.register_ring(memory, 5, 99), -ESRCH);
    EXPECT_EQ(receiver.register_ring(memory, 5, 1), 0);
    EXPECT_EQ(receiver.unregister(5, 1), 0);
    EXPECT_EQ(receiver.register_ring(memory, 6, 1), -EACCES);
    EXPECT_EQ(receiver.register_ring(memory, 6), 0);
    EXPECT_EQ(sender.register_ring(memory, 6), -EACCES);
    EXPECT_EQ(sender.send(receiver, 6, {}), 0);
}

TEST_F(UnderRules, ANotifyStopsAtTheFirstDenial) {
    ASSERT_EQ(receiver.register_ring(memory, 5), 0);
    set("allow 1 2 5 send");
    const auto about = [](u32 port) {
        return argo_hv_query{
            .port = port, .domid = 2, .pad = 0, .flags = ARGO_HV_UNANSWERED, .pad2 = 0, .need = 1, .max_message = 0};
    };
    std::vector<argo_hv_query> entries{about(5), about(6), about(5)};
    EXPECT_EQ(sender.query(entries), -EACCES);
    EXPECT_NE(entries[0].flags & ARGO_HV_EXISTS, 0);
    EXPECT_EQ(entries[1].flags, ARGO_HV_UNANSWERED);
    EXPECT_EQ(entries[2].flags, ARGO_HV_UNANSWERED);
    // A domain that is not there has no port that could be denied.
    entries = {about(6)};
    entries[0].domid = 99;
    EXPECT_EQ(sender.query(entries), 0);
    EXPECT_EQ(entries[0].flags, 0);
}

TEST_F(UnderRules, TheLastTableCounts) {
    ASSERT_EQ(receiver.register_ring(memory, 5), 0);
    for (int i = 0; i < 3; ++i) {
        set("allow 1 2 6 send");
        EXPECT_EQ(sender.send(receiver, 5, {}), -EACCES);
        set("allow 1 2 5 send");
        EXPECT_EQ(sender.send(receiver, 5, {}), 0);
        EXPECT_EQ(memory.drain(), 1u) << "the ring is still there";
        set("off");
        EXPECT_EQ(sender.send(receiver, 6, {}), -ECONNREFUSED);
    }
}

TEST_F(UnderRules, ADeniedWaitIsNone) {
    ASSERT_EQ(receiver.register_ring(memory, 5), 0);
    while (sender.send(receiver, 5, pattern(16)) == 16) {
    }
    EXPECT_EQ(hmx_inspect_waiter(receiver.get(), 5, ARGO_DOMID_ANY, 1), 16);
    memory.drain();
    EXPECT_EQ(receiver.notify(), 0);
    set("allow any any 0 send");
    std::vector<argo_hv_query> entries{
        {.port = 5, .domid = 2, .pad = 0, .flags = ARGO_HV_UNANSWERED, .pad2 = 0, .need = 64, .max_message = 0}};
    EXPECT_EQ(sender.query(entries), -EACCES);
    EXPECT_EQ(hmx_inspect_waiter(receiver.get(), 5, ARGO_DOMID_ANY, 1), -1);
}

TEST(Denials, AreToldToTheDomainThatAsked) {
    struct told {
        std::vector<hmx_access> denials;
    };
    const hmx_domain_ops ops{
        .interrupt = [](void*) {},
        .delay = nullptr,
        .denied = [](void* ctx, const hmx_access* question) { static_cast<told*>(ctx)->denials.push_back(*question); }};
    const engine hypervisor;
    told of_sender, of_receiver;
    const auto make = [&](u16 id, told& ctx) {
        return std::unique_ptr<hmx_domain, void (*)(hmx_domain*)>(
            hmx_domain_create(hypervisor.get(), id, true, &ops, &ctx), hmx_domain_free);
    };
    const auto sender = make(1, of_sender);
    const auto receiver = make(2, of_receiver);
    hmx_engine_set_rules(hypervisor.get(), parsed("allow any 2 9 send").release());
    const hmx_message msg{.src = {.port = 77, .domid = ARGO_DOMID_ANY, .pad = 0},
                          .dst = {.port = 5, .domid = 2, .pad = 0},
                          .iov = nullptr,
                          .niov = 0,
                          .type = 0,
                          .copy_from = copy_from,
                          .copy_ctx = nullptr};
    EXPECT_EQ(hmx_sendv(sender.get(), &msg), -EACCES);
    ring memory(96);
    const hmx_register reg{.port = 6, .partner = ARGO_DOMID_ANY, .pad = 0, .len = 96};
    EXPECT_EQ(hmx_register_ring(receiver.get(), &reg, memory.pages().data(), memory.npages(), 0), -EACCES);
    ASSERT_EQ(of_sender.denials.size(), 1u);
    EXPECT_EQ(of_sender.denials[0].op, HMX_ACCESS_SEND);
    EXPECT_EQ(of_sender.denials[0].dst_port, 5u);
    ASSERT_EQ(of_receiver.denials.size(), 1u);
    EXPECT_EQ(of_receiver.denials[0].op, HMX_ACCESS_REGISTER_ANY);
    EXPECT_EQ(of_receiver.denials[0].dst_port, 6u);
}

} // namespace
