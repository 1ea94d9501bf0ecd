// SPDX-License-Identifier: MIT
// The program as a user calls it.
#include <gtest/gtest.h>

#include <sys/wait.h>

#include <array>
#include <cstdio>
#include <string>

namespace argoctl {
namespace {

struct outcome {
    int code;
    std::string text; // both outputs
};

outcome call(const std::string& arguments) {
    const std::string line = "ARGO_DEVICE=/nonexistent/argo '" ARGO_CTL_PROGRAM "' " + arguments + " 2>&1 </dev/null";
    std::FILE* const pipe = popen(line.c_str(), "r");
    if (pipe == nullptr) {
        throw std::runtime_error("popen failed");
    }
    std::string text;
    std::array<char, 4096> buffer{};
    while (const auto got = std::fread(buffer.data(), 1, buffer.size(), pipe)) {
        text.append(buffer.data(), got);
    }
    const int status = pclose(pipe);
    return {WIFEXITED(status) ? WEXITSTATUS(status) : -1, text};
}

class WrongUsage : public testing::TestWithParam<const char*> {};

TEST_P(WrongUsage, EndsWithTwoAndSaysWhereHelpIs) {
    const auto seen = call(GetParam());
    EXPECT_EQ(seen.code, 2) << seen.text;
    EXPECT_TRUE(seen.text.starts_with("argo-ctl: ")) << seen.text;
    EXPECT_NE(seen.text.find("--help'"), std::string::npos) << seen.text;
    EXPECT_EQ(seen.text.find('\n'), seen.text.size() - 1) << seen.text;
}

INSTANTIATE_TEST_SUITE_P(
    Usage, WrongUsage,
    testing::Values("", "bogus", "--bogus", "info extra", "info --bogus", "rings -w x", "rings -w 0", "rings -w -1",
                    "ping", "ping 3", "ping 3:", "ping :5000", "ping 3:5000x", "ping 99999:1", "ping 3:4294967296",
                    "ping 3:0", "ping any:5000", "ping 3:5000 -c 0", "ping 3:5000 -c x", "ping 3:5000 -i 0",
                    "ping 3:5000 -s 15", "ping 3:5000 -s 1T", "ping 3:5000 4:5000", "echo", "echo --port x",
                    "echo --port 1 --partner x", "echo --port 1 --ring-size 5Z", "send", "send file", "send file 3",
                    "recv --port 1", "recv -o x", "recv --port 1 -o x --timeout 0", "recv --port 1 -o x --max-size x",
                    "recv --port 1 -o x --stall-timeout 0", "send x 3:5000 --stall-timeout 0", "bench", "bench --serve",
                    "bench --serve 3:5000 --port 1", "bench 3:5000 --port 1", "bench 3:5000 --sizes 64,x",
                    "bench 3:5000 --sizes 15", "bench 3:5000 --sizes ''", "bench 3:5000 -m x", "bench 3:5000 -b 0",
                    "bench 3:5000 -b 257", "bench 3:5000 -d 0", "firewall", "firewall bogus", "firewall load",
                    "firewall check", "firewall test 3:1", "firewall show extra", "ping cable", "send x cable",
                    "bench cable", "bench cable --partner 3", "ping cable:0 --port 1", "cable", "cable bogus",
                    "cable add", "cable add 1:42", "cable add 1:0 2:7000", "cable add cable 2:7000",
                    "cable add 1:42 cable", "cable add any:1 2:7", "cable remove", "cable remove 1",
                    "cable list extra"));

TEST(Usage, AddressErrorsSayWhatAnAddressIs) {
    EXPECT_NE(call("ping 3").text.find("'3' is no address; write DOMID:PORT, as in 3:5000"), std::string::npos);
    EXPECT_NE(call("bogus").text.find("there is no command 'bogus'"), std::string::npos);
}

TEST(Usage, HelpOfEverything) {
    const auto all = call("--help");
    EXPECT_EQ(all.code, 0);
    for (const char* wanted :
         {"info", "rings", "ping", "echo", "send", "recv", "bench", "cable", "Exit codes:", "ARGO_DEVICE"}) {
        EXPECT_NE(all.text.find(wanted), std::string::npos) << wanted;
    }
    for (const std::string name : {"info", "rings", "ping", "echo", "send", "recv", "bench", "cable"}) {
        const auto one = call(name + " --help");
        EXPECT_EQ(one.code, 0);
        EXPECT_NE(one.text.find("Examples:\n  argo-ctl " + name), std::string::npos) << one.text;
    }
}

TEST(Usage, Version) {
    const auto seen = call("--version");
    EXPECT_EQ(seen.code, 0);
    EXPECT_TRUE(seen.text.starts_with("argo-ctl ")) << seen.text;
}

TEST(Usage, MissingDevice) {
    const std::string wanted = "argo-ctl: cannot open /nonexistent/argo: there is no such device; "
                               "give another --device; the driver's is /dev/argo\n";
    for (const char* line : {"info", "info --json", "rings", "ping 3:5000", "echo --port 5000", "send - 3:5000",
                             "recv --port 5000 -o -", "bench 3:5000", "bench --serve --port 5000", "cable list",
                             "cable add 1:42 0:7000", "cable remove 1:42", "ping cable --port 42"}) {
        const auto seen = call(line);
        EXPECT_EQ(seen.code, 3) << line;
        EXPECT_EQ(seen.text, wanted) << line;
    }
}

TEST(Usage, DeviceOptionBeatsTheEnvironmentAndStandsAnywhere) {
    for (const char* line : {"--device /dev/null info", "info --device /dev/null"}) {
        const auto seen = call(line);
        EXPECT_EQ(seen.code, 3);
        EXPECT_EQ(seen.text, "argo-ctl: cannot open /dev/null: that is not an Argo device; give another --device\n");
    }
}

} // namespace
} // namespace argoctl
