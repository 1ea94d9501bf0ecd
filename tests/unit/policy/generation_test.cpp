// SPDX-License-Identifier: MIT
#include "policies.hpp"

#include "policy/flask.hpp"
#include "policy/guest.hpp"

namespace {

using namespace argopolicy_test;

const std::string two = "domain web id 3\ndomain db id 4 type db_t\nservice postgres 5432\n"
                        "web -> db : postgres, vsock:22\n";

TEST(generation, rules_of_guests) {
    const argopolicy::resolved policy = good(two);
    argopolicy::problems found;
    EXPECT_EQ(guest_rules(policy, 0, found), "# argo-policy made these rules for the domain web.\n"
                                             "default in deny\n"
                                             "default out deny\n"
                                             "# db\n"
                                             "allow 4 -> self:3221225472-4294967295\n"
                                             "allow self -> 4:5432\n"
                                             "allow self -> 4:vsock:22\n");
    EXPECT_EQ(guest_rules(policy, 1, found), "# argo-policy made these rules for the domain db.\n"
                                             "default in deny\n"
                                             "default out deny\n"
                                             "# web\n"
                                             "allow 3 -> self:5432\n"
                                             "allow 3 -> self:vsock:22\n"
                                             "allow self -> 3:3221225472-4294967295\n");
    EXPECT_EQ(texts(found), "");
}

TEST(generation, a_guest_needs_the_ids_of_its_peers_alone) {
    const argopolicy::resolved policy = good("domain web\ndomain db id 4\ndomain x\nweb -> db : 5\n");
    argopolicy::problems found;
    static_cast<void>(guest_rules(policy, 0, found));
    EXPECT_EQ(texts(found), "");
    static_cast<void>(guest_rules(policy, 1, found));
    EXPECT_EQ(texts(found), "1:8: error: the id of web is needed and unknown: write 'domain web id ID' or give "
                            "--id web=ID\n");
}

TEST(generation, rights_of_the_engine) {
    argopolicy::problems found;
    EXPECT_EQ(engine_rules(good(two), found), "allow any 3 40-40 register register-any\n"
                                              "allow any 3 3221225472-4294967295 register register-any\n"
                                              "allow 4 3 40-40 send\n"
                                              "allow 4 3 3221225472-4294967295 send\n"
                                              "allow any 4 40-40 register register-any\n"
                                              "allow any 4 5432-5432 register register-any\n"
                                              "allow 3 4 40-40 send\n"
                                              "allow 3 4 5432-5432 send\n");
    EXPECT_EQ(texts(found), "");
    static_cast<void>(engine_rules(good("domain web id 3\ndomain db\nweb -> db : 5\n"), found));
    EXPECT_EQ(texts(found), "2:8: error: the id of db is needed and unknown: write 'domain db id ID' or give "
                            "--id db=ID\n");
}

TEST(generation, source_of_flask) {
    const argopolicy::flask_source made = flask_policy(good("domain web-1\ndomain db type db_t\nweb-1 -> db : 5432\n"));
    EXPECT_EQ(made.contexts, "# Labels of Argo ports. argo-policy made them of a policy: change that one.\n"
                             "argoportcon(5432, 5432, gen_context(system_u:object_r:argo_ports_1_t,s0))\n"
                             "argoportcon(3221225472, 4294967295, gen_context(system_u:object_r:argo_ports_2_t,s0))\n");
    EXPECT_EQ(made.module,
              "# Who may talk to whom over Argo. argo-policy made this of a policy: change that one.\n"
              "#\n"
              "# The module argo_open_ports is to be off: it opens all ports that have no label.\n"
              "\n"
              "# The domain web-1: seclabel=\"system_u:system_r:argo_dom_web_1_t\" in its configuration.\n"
              "declare_domain(argo_dom_web_1_t)\n"
              "domain_self_comms(argo_dom_web_1_t)\n"
              "create_domain(dom0_t, argo_dom_web_1_t)\n"
              "manage_domain(dom0_t, argo_dom_web_1_t)\n"
              "domain_comms(dom0_t, argo_dom_web_1_t)\n"
              "migrate_domain_out(dom0_t, argo_dom_web_1_t)\n"
              "role system_r types argo_dom_web_1_t;\n"
              "\n"
              "# 5432\n"
              "type argo_ports_1_t, argo_port_type;\n"
              "type argo_ports_1_db_t, argo_port_type;\n"
              "type_transition db_t argo_ports_1_t:argo argo_ports_1_db_t;\n"
              "allow db_t argo_ports_1_db_t:argo { register_single_source register_any_source };\n"
              "allow argo_dom_web_1_t argo_ports_1_db_t:argo send;\n"
              "\n"
              "# 3221225472-4294967295\n"
              "type argo_ports_2_t, argo_port_type;\n"
              "type argo_ports_2_web_1_t, argo_port_type;\n"
              "type_transition argo_dom_web_1_t argo_ports_2_t:argo argo_ports_2_web_1_t;\n"
              "allow argo_dom_web_1_t argo_ports_2_web_1_t:argo { register_single_source register_any_source };\n"
              "allow db_t argo_ports_2_web_1_t:argo send;\n");
}

TEST(generation, two_domains_of_one_type_are_an_error) {
    argopolicy::problems found;
    check_flask_types(good("domain a type x_t\ndomain b type x_t\ndomain c-d\ndomain c.d\n"), found);
    EXPECT_EQ(texts(found), "2:8: error: b and a (line 1) have the type x_t, so Flask cannot tell them apart: leave "
                            "out the type of one, or give it another\n"
                            "4:8: error: c.d and c-d (line 3) have the type argo_dom_c_d_t, so Flask cannot tell them "
                            "apart: leave out the type of one, or give it another\n");
}

TEST(generation, ranges_that_overlap_are_cut) {
    const argopolicy::resolved policy = good(three + "web -> dom0 : 10-20\ndb -> dom0 : 15-30\n");
    std::string all;
    for (const argopolicy::port_class& one : port_classes(policy)) {
        all += to_string(argopolicy::ports{one.what, {}}) + "; ";
    }
    EXPECT_EQ(all, "10-14; 15-20; 21-30; 3221225472-4294967295; ");
}

} // namespace
