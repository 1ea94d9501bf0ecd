// SPDX-License-Identifier: MIT
// What one user may have of rings and waiters, and what is left for others.
#include "hostile_user.hpp"

#include <cerrno>
#include <filesystem>
#include <fstream>
#include <sched.h>
#include <sys/wait.h>
#include <system_error>
#include <unistd.h>

namespace guest {
namespace {

class quota : public testing::Test {
protected:
    /// Binds endpoints until one is refused.
    outcome bind_all(std::size_t most) {
        return open_all(most, [](endpoint& one, std::size_t) { return one.bind({}); });
    }

    /// Watches destinations until one is refused.
    outcome watch_all(std::size_t most) {
        return open_all(most, [](endpoint& one, std::size_t number) {
            argo_space state{};
            return one.space(self(static_cast<std::uint32_t>(20000 + number)), 1, state, {ARGO_SPACE_WATCH, forever});
        });
    }

    std::vector<endpoint> open;

private:
    outcome open_all(std::size_t most, const std::function<outcome(endpoint&, std::size_t)>& use) {
        while (open.size() < most) {
            endpoint one;
            if (const auto result = use(one, open.size()); !result) {
                return result;
            }
            open.push_back(std::move(one));
        }
        return success;
    }
};

TEST_F(quota, of_rings) {
    const auto most = module_parameter("max_user_rings");
    ASSERT_GT(most, 0U);
    EXPECT_EQ(bind_all(most + 1), outcome{EDQUOT});
    EXPECT_EQ(open.size(), most);
    // It works with what it has, and gets another one for one that it gives back.
    expect_passes(open.front(), open.back().local(), open.back(), 100);
    endpoint another;
    EXPECT_EQ(another.bind({}), outcome{EDQUOT});
    open.pop_back();
    EXPECT_TRUE(eventually([&] { return another.bind({}) == success; }));
    for (const auto other : {neighbour, root}) {
        const as_user in_turn{other};
        EXPECT_EQ(endpoint{}.bind({}), success) << "user " << other;
    }
}

TEST_F(quota, leaves_a_reserve_of_rings) {
    const auto reserved = module_parameter("reserved_rings");
    ASSERT_GT(reserved, 0U);
    const auto info = information();
    auto last = success;
    for (const auto user : {hostile, neighbour, neighbour + 1, neighbour + 2}) {
        const as_user in_turn{user};
        last = bind_all(info.max_rings);
    }
    EXPECT_EQ(last, outcome{ENOSPC});
    // The kernel's own rings are of the reserve.
    EXPECT_LE(open.size(), info.max_rings - reserved);
    const as_user in_turn{root};
    EXPECT_EQ(endpoint{}.bind({}), success);
}

TEST_F(quota, of_waiters) {
    const auto most = module_parameter("max_user_waiters");
    ASSERT_GT(most, 0U);
    EXPECT_EQ(watch_all(most + 1), outcome{EDQUOT});
    EXPECT_EQ(open.size(), most);
    endpoint another;
    ASSERT_EQ(another.bind({}), success);
    EXPECT_EQ(another.connect(another.local()), outcome{EDQUOT});
    open.pop_back();
    EXPECT_EQ(another.connect(another.local()), success);
    for (const auto other : {neighbour, root}) {
        const as_user in_turn{other};
        endpoint theirs;
        ASSERT_EQ(theirs.bind({}), success);
        EXPECT_EQ(theirs.connect(theirs.local()), success) << "user " << other;
    }
}

/// The ids of a user namespace, from 1 on, that a process of this program may become.
constexpr uid_t mapped = 4;

/// Lets root, which a child process becomes, map ids into the user namespace that this process makes. Throws
/// std::system_error.
void enter_user_namespace() {
    std::array<int, 2> made{};
    if (::pipe(made.data()) != 0) {
        throw std::system_error(errno, std::generic_category(), "pipe");
    }
    const auto process = std::to_string(::getpid());
    const auto child = ::fork();
    if (child == 0) {
        char ready = 0;
        bool done = ::read(made[0], &ready, 1) == 1 && ::seteuid(root) == 0;
        if (done) {
            std::ofstream map{"/proc/" + process + "/uid_map"};
            map << "0 100000 " << mapped + 1 << std::endl;
            done = map.good();
        }
        ::_exit(done ? 0 : 1);
    }
    int status = 0;
    if (::unshare(CLONE_NEWUSER) != 0 || ::write(made[1], "", 1) != 1 || ::waitpid(child, &status, 0) != child ||
        status != 0) {
        throw std::system_error(errno, std::generic_category(), "entering a user namespace");
    }
}

TEST_F(quota, of_a_user_is_for_all_ids_of_its_namespaces) {
    if (!std::filesystem::exists("/proc/self/ns/user")) {
        GTEST_SKIP() << "the kernel has no user namespaces";
    }
    const auto most = module_parameter("max_user_rings");
    const auto bound = in_child([&] {
        enter_user_namespace();
        for (uid_t id = 1; id <= mapped; ++id) {
            if (::seteuid(id) != 0) {
                throw std::system_error(errno, std::generic_category(), "seteuid");
            }
            if (bind_all(information().max_rings) != outcome{EDQUOT}) {
                return 0;
            }
        }
        return static_cast<int>(open.size());
    });
    EXPECT_EQ(bound, most);
}

} // namespace
} // namespace guest
