// SPDX-License-Identifier: MIT
// The assertions about locks are there, and end what breaks them.
#include <gtest/gtest.h>

#include "world.hpp"

namespace {

using namespace hmx_test;

TEST(LocksDeathTest, FunctionEnteredWithoutItsLocks) {
    GTEST_FLAG_SET(death_test_style, "threadsafe");
    const engine hypervisor;
    const domain it(hypervisor, 1);
    EXPECT_DEATH(hmx_inspect_break_locking(it.get()), "ring.c.*hmx_r_rings_l2");
}

TEST(LocksDeathTest, CallbackThatCallsTheEngine) {
    GTEST_FLAG_SET(death_test_style, "threadsafe");
    hmx_params params = permissive();
    hmx_domain* caller = nullptr;
    params.access = [](void* ctx, const hmx_access* question) {
        if (question->op == HMX_ACCESS_SEND) {
            hmx_notify(*static_cast<hmx_domain**>(ctx), nullptr);
        }
        return true;
    };
    params.access_ctx = &caller;
    const engine hypervisor(params);
    const domain it(hypervisor, 1);
    caller = it.get();
    EXPECT_DEATH(static_cast<void>(it.send(it, 1, {})), "find_held");
}

} // namespace
