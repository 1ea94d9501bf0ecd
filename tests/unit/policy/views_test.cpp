// SPDX-License-Identifier: MIT
#include "policies.hpp"

#include "policy/views.hpp"

namespace {

using namespace argopolicy_test;
using argopolicy::port_space;

std::string why(const argopolicy::resolved& policy, const std::string& from, const std::string& to,
                std::uint32_t port) {
    return why_view(policy, "p", policy.judge(*policy.find(from), *policy.find(to), port_space::argo, port));
}

TEST(views, why_names_the_line) {
    const argopolicy::resolved policy = good(three + "deny web -> db : 6\nweb -> db : 5-7, vsock:22\n");
    EXPECT_EQ(why(policy, "web", "db", 5), "allowed by p:6: allow web -> db : 5-7, vsock:22");
    EXPECT_EQ(why(policy, "3", "4", 6), "denied by p:5: deny web -> db : 6");
    EXPECT_EQ(why(policy, "web", "db", 8), "denied: no rule is about it, and what no rule allows is denied");
    EXPECT_EQ(why(policy, "db", "web", 3221225472), "allowed: the way back, to ports that are taken when free, of "
                                                    "p:6: allow web -> db : 5-7, vsock:22");
    EXPECT_EQ(why(policy, "db", "web", 40),
              "allowed: port 40 carries AF_VSOCK, which is opened by p:6: allow web -> db : 5-7, vsock:22");
}

TEST(views, where_rules_are_enforced) {
    EXPECT_EQ(enforcement_view(good(three + "web -> db : 5\nweb -> db : vsock:22\ndeny web -> db : 7\n"
                                            "web -> dom0 : vsock:22, 5\nweb -> dom0 : vsock:any\n")),
              "line 5: web -> db : 5: hypervisor and guest\n"
              "line 6: web -> db : vsock:22: guest (AF_VSOCK ports)\n"
              "line 8: web -> dom0 : vsock:22, 5: hypervisor and guest; AF_VSOCK ports: guest alone\n"
              "line 9: web -> dom0 : vsock:any: hypervisor and guest\n");
}

TEST(views, differences_are_of_what_is_allowed_and_not_of_text) {
    const argopolicy::resolved before = good(three + "web -> db : 5, 6\n");
    EXPECT_EQ(
        difference_view(before, good("service x 5\n" + three + "web -> db : x\ndeny web -> db : 5\nweb -> db : 6\n")),
        "");
    EXPECT_EQ(difference_view(before, good(three + "web -> db : 6-7\n")), "- web -> db : 5\n+ web -> db : 7\n");
    EXPECT_EQ(difference_view(before, good("domain db\ndomain new\nnew -> db : vsock:1\n")),
              "- db -> web : 3221225472-4294967295\n+ new -> db : vsock:1\n- web -> db : 5-6\n");
}

TEST(views, graph) {
    EXPECT_EQ(graph_view(good(three + "web -> db : postgres\n")), "digraph argo {\n"
                                                                  "    rankdir=LR;\n"
                                                                  "    \"dom0\";\n"
                                                                  "    \"web\";\n"
                                                                  "    \"db\";\n"
                                                                  "    \"web\" -> \"db\" [label=\"5432\"];\n"
                                                                  "}\n");
}

} // namespace
