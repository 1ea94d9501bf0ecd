// SPDX-License-Identifier: MIT
// Compiled policies: a small one, and Xen's own with what argo-policy makes beside it.
#include "policies.hpp"

#include "policy/flask.hpp"
#include "policy/prove.hpp"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdexcept>

namespace {

using namespace argopolicy_test;
namespace fs = std::filesystem;

int shell(const std::string& command) {
    return std::system((command + " >/dev/null 2>&1").c_str()); // NOLINT(cert-env33-c): a test's own words
}

std::string read(const fs::path& path) {
    std::ifstream in(path);
    return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

void replace(std::string& text, const std::string& before, const std::string& after) {
    const std::size_t at = text.find(before);
    ASSERT_NE(at, std::string::npos) << before;
    text.replace(at, before.size(), after);
}

class compiled : public testing::Test {
public:
    compiled() {
        std::string name = (fs::temp_directory_path() / "argo-prove-XXXXXX").string();
        folder = mkdtemp(name.data());
    }
    ~compiled() override { fs::remove_all(folder); }

    void SetUp() override {
        if (shell("checkpolicy -V") != 0) {
            GTEST_SKIP() << "there is no checkpolicy: packaging/deps/install lab";
        }
    }

    /// What proving @p policy finds in the small policy with a statement more.
    std::string proved(const std::string& policy, const std::string& statement) const {
        std::string text = read(ARGO_POLICY_EXAMPLE);
        replace(text, "#EXTRA", statement);
        std::ofstream(folder / "conf") << text;
        if (shell("checkpolicy -t Xen -c 30 -o " + (folder / "bin").string() + " " + (folder / "conf").string()) != 0) {
            return "checkpolicy refuses it";
        }
        try {
            argopolicy::problems found;
            prove(good(policy), argopolicy::binary_policy(folder / "bin"), found);
            return texts(found);
        } catch (const std::runtime_error& error) {
            return error.what();
        }
    }

    fs::path folder;
};

const std::string small = "domain web type web_t\ndomain db type db_t\nweb -> db : 5432\nnever db -> web : any\n";

TEST_F(compiled, what_is_as_the_file_says_is_proved) { EXPECT_EQ(proved(small, ""), ""); }

TEST_F(compiled, a_right_more_is_found_and_breaks_assertions) {
    EXPECT_EQ(proved(small, "type_transition web_t postgres_t:argo argo_port_t; allow db_t argo_port_t:argo send;"),
              "2:8: error: in the binary policy db (db_t) may send to web (web_t) at 0-3221225471, which the file does "
              "not allow\n"
              "4:1: error: the binary policy breaks 'never db -> web : any': db (db_t) may send to web (web_t) at "
              "1-39, 41-3221225471\n"
              "2:8: error: in the binary policy db (db_t) may send to db (db_t) at 0-5431, 5433-3221225471, which the "
              "file does not allow\n");
    EXPECT_EQ(proved(small, "allow web_t postgres_t:argo register_single_source;"),
              "1:8: error: in the binary policy web (web_t) may register partner rings at 5432, which the file does "
              "not allow\n");
}

TEST_F(compiled, a_right_less_is_found) {
    EXPECT_EQ(proved("domain web type web_t\ndomain db type db_t\nweb -> db : 5432-5433\n", ""),
              "1:8: error: the file allows what the binary policy denies: web (web_t) may send to db (db_t) at 5433\n"
              "2:8: error: the file allows what the binary policy denies: db (db_t) may register partner rings at "
              "5433\n"
              "2:8: error: the file allows what the binary policy denies: db (db_t) may register wildcard rings at "
              "5433\n");
}

TEST_F(compiled, domains_that_the_file_does_not_name_have_no_rights) {
    EXPECT_EQ(proved(small, "allow spare_t xen_t:argo enable; allow spare_t { db_t db_postgres_t }:argo send;"),
              "2:8: error: in the binary policy a domain of the type spare_t, which the file does not name, may send "
              "to db (db_t) at 5432, which the file does not allow\n");
}

TEST_F(compiled, what_cannot_be_judged_is_refused) {
    EXPECT_EQ(proved(small, "bool b false; if (b) { allow web_t argo_port_t:argo send; }"),
              "the binary policy has rules for the class argo that depend on a boolean, which are not judged here");
    EXPECT_EQ(proved("domain web type webb_t\n", ""),
              "1:8: error: the binary policy has no type webb_t, which web needs: was it built with what 'argo-policy "
              "flask' wrote?\n");
}

TEST_F(compiled, a_damaged_file_is_no_policy) {
    ASSERT_EQ(proved(small, ""), "");
    const std::string whole = read(folder / "bin");
    for (const std::size_t size : {std::size_t{1}, whole.size() / 2, whole.size() - 1}) {
        std::ofstream(folder / "cut", std::ios::binary | std::ios::trunc) << whole.substr(0, size);
        EXPECT_THROW(argopolicy::binary_policy(folder / "cut"), std::runtime_error) << size;
    }
}

/// The source of Xen's example policy with labels of Argo ports, where the lab has built it.
fs::path xen_with_ports() {
    const char* own = std::getenv("ARGO_CACHE");
    const char* home = std::getenv("HOME");
    const fs::path cache = own != nullptr ? fs::path(own) : fs::path(home == nullptr ? "/" : home) / ".cache/argo-lab";
    std::error_code ec;
    for (const auto& entry : fs::directory_iterator(cache, ec)) {
        if (entry.path().filename().string().starts_with("xen-patched-") &&
            fs::exists(entry.path() / "flask" / "Makefile.common") &&
            fs::exists(entry.path() / "flask-classes" / "initial_sids")) {
            return entry.path();
        }
    }
    return {};
}

TEST_F(compiled, xens_own_policy_with_the_module_is_what_the_file_says) {
    const fs::path xen = xen_with_ports();
    if (xen.empty()) {
        GTEST_SKIP() << "the lab has built no Xen with labels of ports: PYTHONPATH=tests/vm python3 -m lab prepare";
    }
    const argopolicy::resolved policy =
        good(three + "domain old type domU_t\nservice storage 7000-7009\ndeny web -> dom0 : 7005\n"
                     "@guest -> dom0 : storage\nweb -> db : postgres\ndom0 -> @guest : vsock:22\nweb <-> old : 41\n"
                     "never old -> dom0 : any\n");
    const fs::path source = folder / "flask";
    fs::copy(xen / "flask", source, fs::copy_options::recursive);
    const argopolicy::flask_source made = flask_policy(policy);
    std::ofstream(source / "modules" / "argo_policy.te") << made.module;
    std::ofstream(source / "policy" / "device_contexts", std::ios::app) << made.contexts;
    std::string modules = read(source / "modules" / "modules.conf") + "\nargo_policy = on\n";
    const std::string make = "make -C " + source.string() + " -f Makefile.common FLASK_BUILD_DIR=" + folder.string() +
                             " XEN_FULLVERSION=test FLASKDIR=" + (xen / "flask-classes").string() + " -B";

    std::ofstream(source / "modules" / "modules.conf") << modules;
    ASSERT_EQ(shell(make), 0);
    argopolicy::problems open;
    prove(policy, argopolicy::binary_policy(folder / "xenpolicy-test"), open);
    EXPECT_NE(texts(open).find("the binary policy breaks 'never old -> dom0 : any'"), std::string::npos);

    replace(modules, "argo_open_ports = on", "argo_open_ports = off");
    std::ofstream(source / "modules" / "modules.conf") << modules;
    ASSERT_EQ(shell(make), 0);
    argopolicy::problems found;
    const argopolicy::proof done = prove(policy, argopolicy::binary_policy(folder / "xenpolicy-test"), found);
    EXPECT_EQ(texts(found), "");
    EXPECT_GT(done.domains, policy.count());
}

} // namespace
