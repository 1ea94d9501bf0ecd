// SPDX-License-Identifier: MIT
#include "policies.hpp"

#include "policy/assertions.hpp"
#include "policy/flask.hpp"
#include "policy/guest.hpp"

#include <algorithm>
#include <array>
#include <random>
#include <set>
#include <sstream>

namespace {

using namespace argopolicy_test;
using argopolicy::port_space;
using argopolicy::resolved;

bool allowed(const resolved& policy, const std::string& from, const std::string& to, std::uint32_t port,
             port_space space = port_space::argo) {
    return policy.judge(*policy.find(from), *policy.find(to), space, port).allowed;
}

std::string assertions(const std::string& text) {
    argopolicy::problems found;
    check_assertions(good(text), found);
    return texts(found);
}

std::string warnings(const std::string& text) {
    argopolicy::problems found;
    check_enforcement(good(text), found);
    return texts(found);
}

TEST(resolver, the_first_rule_that_is_about_a_port_decides) {
    const resolved policy = good(three + "deny web -> db : 7005\nany -> db : 7000-7009\ndeny any -> any : any\n"
                                         "web -> db : 7100\n");
    EXPECT_TRUE(allowed(policy, "web", "db", 7004));
    EXPECT_FALSE(allowed(policy, "web", "db", 7005));
    EXPECT_TRUE(allowed(policy, "dom0", "db", 7005));
    EXPECT_FALSE(allowed(policy, "web", "db", 7100));
    EXPECT_FALSE(allowed(policy, "web", "dom0", 7004));
}

TEST(resolver, answers_come_back_to_free_ports_alone) {
    const resolved policy = good(three + "web -> db : postgres\n");
    EXPECT_TRUE(allowed(policy, "web", "db", 5432));
    EXPECT_TRUE(allowed(policy, "db", "web", 0xc0000000));
    EXPECT_TRUE(allowed(policy, "db", "web", 0xffffffff));
    EXPECT_FALSE(allowed(policy, "db", "web", 0xbfffffff));
    EXPECT_FALSE(allowed(policy, "db", "web", 5432));
    EXPECT_FALSE(allowed(policy, "web", "db", 0xc0000000));
}

TEST(resolver, vsock_has_ports_of_its_own_in_port_40) {
    const resolved policy = good(three + "web -> db : vsock:22\n");
    EXPECT_TRUE(allowed(policy, "web", "db", 22, port_space::vsock));
    EXPECT_FALSE(allowed(policy, "db", "web", 22, port_space::vsock));
    EXPECT_FALSE(allowed(policy, "web", "db", 22));
    EXPECT_TRUE(allowed(policy, "web", "db", 40));
    EXPECT_TRUE(allowed(policy, "db", "web", 40));
    EXPECT_FALSE(allowed(policy, "db", "web", 0xc0000000));
    EXPECT_TRUE(allowed(good(three + "web -> db : 40\n"), "web", "db", 22, port_space::vsock));
}

TEST(resolver, any_is_no_way_back) {
    const resolved policy = good(three + "web -> db : any\n");
    EXPECT_TRUE(allowed(policy, "web", "db", 1));
    EXPECT_TRUE(allowed(policy, "web", "db", 0xbfffffff));
    EXPECT_FALSE(allowed(policy, "web", "db", 0xc0000000));
    EXPECT_TRUE(allowed(policy, "web", "db", 0, port_space::vsock));
}

TEST(resolver, patterns) {
    EXPECT_TRUE(argopolicy::matches("*", ""));
    EXPECT_TRUE(argopolicy::matches("g*t*", "guest-7"));
    EXPECT_TRUE(argopolicy::matches("*-7", "guest-7-7"));
    EXPECT_FALSE(argopolicy::matches("g*t", "guest-7"));
    EXPECT_FALSE(argopolicy::matches("guest", "guest7"));
    EXPECT_FALSE(argopolicy::matches("a*b*c", "acb"));
}

TEST(assertions, name_the_line_and_what_breaks_it) {
    EXPECT_EQ(assertions(three + "@guest -> dom0 : 7000-7009\nnever web -> dom0 : 7005-7100\n"
                                 "never db -> web : 1-4294967295\n"),
              "6:1: error: 'never web -> dom0 : 7005-7100' is broken: web may reach dom0 at 7005-7009 by line 5 "
              "(@guest -> dom0 : 7000-7009)\n");
    EXPECT_EQ(assertions(three + "web -> db : postgres\nnever db -> web : any\n"), "");
    EXPECT_EQ(assertions(three + "web -> db : postgres\nnever db -> web : 1-4294967295\n"),
              "6:1: error: 'never db -> web : 1-4294967295' is broken: db may reach web at 3221225472-4294967295 by "
              "line 5 (web -> db : postgres), as the way back\n");
}

TEST(assertions, what_only_the_guest_enforces_is_told) {
    EXPECT_EQ(warnings(three + "web -> db : vsock:22\n"),
              "5:1: warning: only the guests can enforce this for AF_VSOCK: to the hypervisor all of it is port 40, "
              "which is open between web and db\n");
    EXPECT_EQ(warnings(three + "web <-> db : vsock:any\nnever dom0 -> web : vsock:5\n"), "");
    EXPECT_EQ(warnings(three + "web -> db : vsock:any\nnever db -> web : vsock:5\n"),
              "5:1: warning: only the guests can enforce this for AF_VSOCK: to the hypervisor all of it is port 40, "
              "which is open between web and db\n"
              "6:1: warning: only the guests can enforce this for AF_VSOCK: to the hypervisor all of it is port 40, "
              "which is open between db and web\n");
    EXPECT_EQ(warnings(three + "web -> db : 41\n"),
              "5:1: warning: port 41 is open from web to db and not back; network devices need both: write <->\n");
    EXPECT_EQ(warnings(three + "web <-> db : 41\n"), "");
}

// Random policies, each rule kept as numbers as well, so that nothing of the resolver is in the naive answer.
struct random_rule {
    bool allow = false;
    unsigned from = 0;
    unsigned to = 0;
    bool both = false;
    std::uint32_t first = 0;
    std::uint32_t last = 0;
    bool vsock = false;
};

constexpr unsigned domains = 4;
// Around the borders of what is special.
constexpr std::array<std::uint32_t, 14> interesting{
    1, 2, 39, 40, 41, 42, 5000, 5001, 5002, 0xbffffffe, 0xbfffffff, 0xc0000000, 0xc0000001, 0xffffffff};

class random_policy {
public:
    explicit random_policy(unsigned seed) : random_(seed) {
        for (unsigned n = random_() % 8; n > 0; --n) {
            random_rule rule;
            rule.allow = random_() % 3 != 0;
            rule.from = random_() % (1U << domains);
            rule.to = random_() % (1U << domains);
            rule.both = random_() % 4 == 0;
            rule.vsock = random_() % 4 == 0;
            rule.first = interesting.at(random_() % interesting.size());
            rule.last = interesting.at(random_() % interesting.size());
            if (rule.first > rule.last) {
                std::swap(rule.first, rule.last);
            }
            rules_.push_back(rule);
        }
    }

    /// Sets of domains are tags.
    [[nodiscard]] std::string text() const {
        std::string all;
        for (unsigned i = 0; i < domains; ++i) {
            all += "domain d" + std::to_string(i) + " id " + std::to_string(i) + " tag all";
            for (unsigned set = 0; set < 1U << domains; ++set) {
                all += (set >> i & 1U) != 0 ? ", s" + std::to_string(set) : "";
            }
            all += "\n";
        }
        all += "domain none id 99 tag s0\n";
        for (const random_rule& rule : rules_) {
            all += std::string(rule.allow ? "" : "deny ") + "@s" + std::to_string(rule.from) +
                   (rule.both ? " <-> @s" : " -> @s") + std::to_string(rule.to) + " : " + (rule.vsock ? "vsock:" : "") +
                   std::to_string(rule.first) + "-" + std::to_string(rule.last) + "\n";
        }
        return all;
    }

    [[nodiscard]] bool opened(unsigned from, unsigned to, bool vsock, std::uint32_t port) const {
        const auto in = [](unsigned set, unsigned one) { return (set >> one & 1U) != 0; };
        for (const random_rule& rule : rules_) {
            const bool pair =
                (in(rule.from, from) && in(rule.to, to)) || (rule.both && in(rule.from, to) && in(rule.to, from));
            const bool carries = !rule.vsock && rule.first <= 40 && 40 <= rule.last;
            const bool about = vsock ? carries || (rule.vsock && rule.first <= port && port <= rule.last)
                                     : !rule.vsock && rule.first <= port && port <= rule.last;
            if (pair && about) {
                return rule.allow;
            }
        }
        return false;
    }

    /// Rights begin and end at interesting ports alone, but for port 3 behind a range that ends at 2, and the like.
    [[nodiscard]] bool opens_any(unsigned from, unsigned to, bool vsock) const {
        for (const std::uint32_t port : interesting) {
            for (const std::uint32_t near : {port - 1, port, port + 1}) {
                if ((vsock || (near != 40 && near != 0)) && opened(from, to, vsock, near)) {
                    return true;
                }
            }
        }
        return false;
    }

    [[nodiscard]] bool allowed(unsigned from, unsigned to, bool vsock, std::uint32_t port) const {
        if (!vsock && port == 40) {
            return opens_any(from, to, true) || opens_any(to, from, true);
        }
        return opened(from, to, vsock, port) || (!vsock && port >= 0xc0000000 && opens_any(to, from, false));
    }

private:
    std::mt19937 random_;
    std::vector<random_rule> rules_;
};

/// A line "allow SOURCE OWNER FIRST-LAST RIGHT…" of the engine.
struct engine_line {
    std::string source;
    unsigned owner = 0;
    std::uint32_t first = 0;
    std::uint32_t last = 0;
    std::string rights;
};

std::vector<engine_line> engine_lines(const resolved& policy) {
    argopolicy::problems found;
    std::istringstream text(engine_rules(policy, found));
    EXPECT_EQ(texts(found), "");
    std::vector<engine_line> all;
    std::string allow;
    char hyphen = 0;
    engine_line one;
    while (text >> allow >> one.source >> one.owner >> one.first >> hyphen >> one.last &&
           std::getline(text, one.rights)) {
        EXPECT_EQ(allow, "allow");
        all.push_back(one);
    }
    return all;
}

bool engine_sends(const std::vector<engine_line>& lines, unsigned from, unsigned to, std::uint32_t port) {
    return std::any_of(lines.begin(), lines.end(), [&](const engine_line& one) {
        return one.source == std::to_string(from) && one.owner == to && one.first <= port && port <= one.last &&
               one.rights == " send";
    });
}

/// Whether the rules of Flask let it through, by the classes that labels are made of.
bool flask_sends(const std::vector<argopolicy::port_class>& classes, unsigned from, unsigned to, std::uint32_t port) {
    return std::any_of(classes.begin(), classes.end(), [&](const argopolicy::port_class& one) {
        const auto owner = one.senders.find(to);
        return one.what.contains(port) && owner != one.senders.end() && owner->second.contains(from);
    });
}

/// Whether a line of a guest's rules is about it; @p arrow is "3 -> self" or "self -> 3".
bool guest_allows(const std::string& rules, const std::string& arrow, bool vsock, std::uint32_t port) {
    std::istringstream text(rules);
    std::string line;
    const std::string begin = "allow " + arrow + (vsock ? ":vsock:" : ":");
    while (std::getline(text, line)) {
        if (!line.starts_with(begin) || (!vsock && line.find("vsock") != std::string::npos)) {
            continue;
        }
        const std::string ports = line.substr(begin.size());
        const std::size_t hyphen = ports.find('-');
        const auto first = static_cast<std::uint32_t>(std::stoul(ports));
        const auto last =
            hyphen == std::string::npos ? first : static_cast<std::uint32_t>(std::stoul(ports.substr(hyphen + 1)));
        if (first <= port && port <= last) {
            return true;
        }
    }
    return false;
}

void compare(const random_policy& naive, const resolved& policy, unsigned from, unsigned to) {
    const std::vector<engine_line> engine = engine_lines(policy);
    const std::vector<argopolicy::port_class> classes = port_classes(policy);
    argopolicy::problems found;
    const std::string sender = guest_rules(policy, from, found);
    const std::string receiver = guest_rules(policy, to, found);
    for (const std::uint32_t port : interesting) {
        const bool expected = naive.allowed(from, to, false, port);
        const auto where = [&] { return std::to_string(from) + " " + std::to_string(to) + " " + std::to_string(port); };
        ASSERT_EQ(policy.judge(from, to, port_space::argo, port).allowed, expected) << where();
        ASSERT_EQ(engine_sends(engine, from, to, port), expected) << where();
        ASSERT_EQ(flask_sends(classes, from, to, port), expected) << where();
        const bool vsock = naive.allowed(from, to, true, port);
        ASSERT_EQ(policy.judge(from, to, port_space::vsock, port).allowed, vsock) << where();
        ASSERT_EQ(guest_allows(sender, "self -> " + std::to_string(to), true, port), vsock) << where();
        ASSERT_EQ(guest_allows(receiver, std::to_string(from) + " -> self", true, port), vsock) << where();
        if (port != 40) {
            ASSERT_EQ(guest_allows(sender, "self -> " + std::to_string(to), false, port), expected) << where();
            ASSERT_EQ(guest_allows(receiver, std::to_string(from) + " -> self", false, port), expected) << where();
        }
    }
}

TEST(resolver, random_policies_say_the_same_everywhere) {
    for (unsigned seed = 0; seed < 400; ++seed) {
        const random_policy naive(seed);
        const resolved policy = good(naive.text());
        SCOPED_TRACE(naive.text());
        for (unsigned from = 0; from < domains; ++from) {
            for (unsigned to = 0; to < domains; ++to) {
                compare(naive, policy, from, to);
                if (HasFatalFailure()) {
                    return;
                }
            }
        }
    }
}

TEST(flask, classes_do_not_overlap) {
    for (unsigned seed = 0; seed < 200; ++seed) {
        argopolicy::port_set seen;
        for (const argopolicy::port_class& one : port_classes(good(random_policy(seed).text()))) {
            ASSERT_TRUE(common(seen, one.what).empty());
            seen.add(one.what);
        }
    }
}

} // namespace
