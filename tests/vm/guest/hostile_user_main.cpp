// SPDX-License-Identifier: MIT
// What a local user without any capability can do to others. Runs as root, who becomes two users in turn.
#include "commands.hpp"
#include "hostile_user.hpp"
#include "hostile_user_commands.hpp"

#include <csignal>
#include <grp.h>
#include <iostream>
#include <sys/resource.h>

namespace {

constexpr const char* usage = R"(usage:
  argo-hostile-user [--gtest_…]        the tests
  argo-hostile-user stuck              waits in a receive for memory that never comes; until killed
  argo-hostile-user watch --count N    watches so many destinations that do not exist; until killed
)";

/// Files enough for the tests that open many.
constexpr rlim_t many_files = 30000;

int prepare() {
    const rlimit limit{many_files, many_files};
    if (::setrlimit(RLIMIT_NOFILE, &limit) != 0 || ::setgroups(0, nullptr) != 0) {
        std::cerr << "argo-hostile-user: only root can become another user\n";
        return 1;
    }
    std::signal(SIGPIPE, SIG_IGN);
    guest::become(guest::hostile);
    return 0;
}

} // namespace

int main(int argc, char** argv) {
    testing::InitGoogleTest(&argc, argv);
    const int failed = prepare();
    if (failed != 0) {
        return failed;
    }
    // GoogleTest has taken its own options away.
    return argc == 1 ? RUN_ALL_TESTS()
                     : guest::run_command(argc, argv, {{"stuck", guest::be_stuck}, {"watch", guest::watch}}, usage);
}
