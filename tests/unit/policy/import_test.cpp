// SPDX-License-Identifier: MIT
#include "policies.hpp"

#include "policy/import.hpp"

namespace {

using namespace argopolicy_test;

struct import_result {
    std::string policy;
    std::string problems;
};

import_result import(const std::string& text) {
    argopolicy::problems found;
    std::string policy = to_string(argopolicy::import_rules(text, found));
    return {std::move(policy), texts(found)};
}

TEST(import, commands_in_the_order_of_the_rules) {
    const import_result made = import("viptables -A -j ACCEPT\n"
                                      "/usr/sbin/viptables -F\n"
                                      "viptables -A --dom-in 3 --dom-out 0 --port-out 5555 -j ACCEPT\n"
                                      "viptables -I 1 --dom-in 3 --dom-out 0 --port-out 5556 -j REJECT # first\n"
                                      "viptables -A --dom-in 4 --dom-out 0 -j ACCEPT\n"
                                      "viptables -D --dom-in 4 --dom-out 0 -j ACCEPT\n"
                                      "viptables -A -j REJECT\n"
                                      "viptables -A --dom-in 9 -j ACCEPT\n");
    EXPECT_EQ(made.policy, "domain dom0 id 0\n"
                           "domain dom3 id 3\n"
                           "deny dom3 -> dom0 : 5556\n"
                           "allow dom3 -> dom0 : 5555\n");
    EXPECT_EQ(made.problems, "");
}

TEST(import, what_cannot_be_carried_over_is_told) {
    const import_result made = import("viptables -A --dom-in 0 --port-in 5555 --dom-out 3 -j ACCEPT\n"
                                      "viptables -A --dom-in 3 --port-in 7 --dom-out 0 --port-out 8 -j ACCEPT\n"
                                      "viptables -A --dom-in 3 --port-in 7 -j REJECT\n"
                                      "viptables -A --dom-out 0 --port-out 40 -j ACCEPT\n");
    EXPECT_EQ(made.policy, "domain dom0 id 0\n"
                           "domain dom3 id 3\n"
                           "allow dom3 -> dom0 : 8\n"
                           "allow any -> dom0 : 40\n");
    EXPECT_EQ(made.problems,
              "1:1: warning: left out: it looks like the way back to a client, which each rule of a policy opens by "
              "itself\n"
              "2:1: warning: a policy does not judge by the port that a message comes from: any will do\n"
              "3:1: warning: left out: a policy cannot judge by the port that a message comes from\n"
              "4:1: warning: 'any' is every domain that the policy names, not every domain\n"
              "4:1: warning: port 40 is that of AF_VSOCK: this opens all of its ports\n"
              "4:1: warning: viptables accepts what no rule matches, and a policy denies it; write 'any -> any : any' "
              "at its end if that was meant\n");
}

TEST(import, rules_of_a_vm) {
    const import_result made = import("myself -> 0:5555\n"
                                      "my-stubdom -> 0:5000\n"
                                      "dom-type=ndvm -> dom-name=any:80\n"
                                      "00000000-0000-0001 -> *:4\n");
    EXPECT_EQ(made.policy, "domain dom0 id 0\n"
                           "domain my-stubdom\n"
                           "domain myself\n"
                           "domain some_ndvm tag ndvm\n"
                           "domain vm_00000000_0000_0001\n"
                           "domain vm_any\n"
                           "allow myself -> dom0 : 5555\n"
                           "allow my-stubdom -> dom0 : 5000\n"
                           "allow @ndvm -> vm_any : 80\n"
                           "allow vm_00000000_0000_0001 -> any : 4\n");
    static_cast<void>(good(made.policy));
    EXPECT_EQ(made.problems, "4:1: warning: 'any' is every domain that the policy names, not every domain\n");
}

TEST(import, what_is_not_understood_is_an_error) {
    EXPECT_EQ(import("iptables -A\nviptables -A --dom-in\nviptables -A -j KEEP\nviptables -A -x 4\nviptables -D 3\n"
                     "a -> b:x\nviptables -j ACCEPT\n")
                  .problems,
              "1:1: error: found 'iptables', expected 'viptables …' or 'FROM[:PORT] -> TO[:PORT]'\n"
              "2:1: error: found the end of the line, expected a value for --dom-in\n"
              "3:1: error: found 'KEEP', expected ACCEPT or REJECT\n"
              "4:1: error: found '-x', expected -A, -I, -D, -F, --dom-in, --dom-out, --port-in, --port-out or -j\n"
              "5:1: error: there is no rule 3 to delete\n"
              "6:1: error: found 'x', expected a port\n"
              "7:1: error: expected -A, -I or -D, and -j ACCEPT or -j REJECT\n"
              "7:1: warning: viptables accepts what no rule matches, and a policy denies it; write 'any -> any : any' "
              "at its end if that was meant\n");
}

} // namespace
