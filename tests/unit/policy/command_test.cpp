// SPDX-License-Identifier: MIT
// The program as a user runs it: exit statuses, and where things are written.
#include <gtest/gtest.h>
#include <sys/wait.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>

namespace {

struct outcome {
    int status = -1;
    std::string text;
};

outcome run(const std::string& arguments) {
    const std::string command = std::string(ARGO_POLICY_PROGRAM) + " " + arguments + " 2>&1";
    const auto close = [](FILE* file) { pclose(file); };
    std::unique_ptr<FILE, decltype(close)> pipe(popen(command.c_str(), "r"), close);
    outcome made;
    std::array<char, 4096> part{};
    while (const std::size_t n = fread(part.data(), 1, part.size(), pipe.get())) {
        made.text.append(part.data(), n);
    }
    made.status = WEXITSTATUS(pclose(pipe.release()));
    return made;
}

class command : public testing::Test {
public:
    command() {
        std::string name = (std::filesystem::temp_directory_path() / "argo-policy-XXXXXX").string();
        folder = mkdtemp(name.data());
    }
    ~command() override { std::filesystem::remove_all(folder); }

    std::string file(const std::string& name, const std::string& text) const {
        std::filesystem::create_directories((folder / name).parent_path());
        std::ofstream(folder / name) << text;
        return (folder / name).string();
    }

    std::filesystem::path folder;
};

TEST_F(command, statuses) {
    const std::string good = file("good", "domain a id 1\ndomain b id 2\na -> b : 5\n");
    EXPECT_EQ(run("test " + good + " a b:5").status, 0);
    EXPECT_EQ(run("test " + good + " 1:7 2:6").status, 3);
    EXPECT_EQ(run("test " + good + " a c:6").status, 1);
    EXPECT_EQ(run("test " + good + " a b").status, 1);
    EXPECT_EQ(run("why " + good + " a:1 b:5").text, "allowed by " + good + ":3: allow a -> b : 5\n");
    EXPECT_EQ(run("diff " + good + " " + good).status, 0);
    EXPECT_EQ(run("diff " + good + " " + file("less", "domain a\n")).status, 3);
    EXPECT_EQ(run("check " + folder.string() + "/none").status, 1);
    EXPECT_EQ(run("check").status, 2);
    EXPECT_EQ(run("").status, 2);
    EXPECT_EQ(run("--help").status, 0);
    EXPECT_EQ(run("prove " + good + " " + good).status, 1);
}

TEST_F(command, ids_are_of_the_policy_or_of_the_command_line) {
    const std::string text = file("ids", "domain a\ndomain b id 2\na -> b : 5\n");
    EXPECT_EQ(run("guest " + text + " b").status, 1);
    EXPECT_NE(run("guest " + text + " b --id a=7").text.find("allow 7 -> self:5\n"), std::string::npos);
    EXPECT_EQ(run("guest " + text + " b --id a=2").status, 1);
    EXPECT_EQ(run("guest " + text + " b --id c=2").status, 1);
    EXPECT_EQ(run("engine " + text + " --id a=x").status, 1);
}

TEST_F(command, flask_writes_nothing_for_a_policy_that_breaks_an_assertion) {
    file("xen/policy/support/argo_macros.spt", "");
    file("xen/modules/modules.conf", "argo_open_ports = off\n");
    file("xen/modules/dom0.te", "declare_singleton_domain(dom0_t, mls_priv);\n");
    const std::string xen = " --policy " + folder.string() + "/xen -o " + folder.string();
    const std::string lines = "domain dom0 id 0\ndomain a\na -> dom0 : 5\n";
    EXPECT_EQ(run("flask " + file("bad", lines + "never any -> dom0 : 5\n") + xen + "/bad.out").status, 1);
    EXPECT_FALSE(std::filesystem::exists(folder / "bad.out"));
    EXPECT_EQ(run("guest " + (folder / "bad").string() + " a").text.find("default"), std::string::npos);
    EXPECT_EQ(run("flask " + file("good", lines) + xen + "/out").text, "");
    EXPECT_TRUE(std::filesystem::exists(folder / "out" / "argo_policy.te"));
    EXPECT_TRUE(std::filesystem::exists(folder / "out" / "argo_policy.contexts"));
    const outcome none = run("flask " + file("types", lines + "domain x type x_t\n") + xen + "/types.out");
    EXPECT_EQ(none.status, 1);
    EXPECT_NE(none.text.find("declares no type x_t"), std::string::npos) << none.text;
    const outcome stock = run("flask " + (folder / "good").string() + " --policy " + folder.string() + " -o /nowhere");
    EXPECT_NE(stock.text.find("has no policy/support/argo_macros.spt"), std::string::npos) << stock.text;
}

} // namespace
