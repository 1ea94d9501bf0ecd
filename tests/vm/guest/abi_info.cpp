// SPDX-License-Identifier: MIT
#include "abi.hpp"

#include <algorithm>
#include <string>

namespace guest {
namespace {

TEST(info, says_what_is_there) {
    const auto info = information();
    EXPECT_EQ(info.abi_version, unsigned{ARGO_ABI_VERSION});
    EXPECT_NE(std::find(std::begin(info.hypervisor), std::end(info.hypervisor), '\0'), std::end(info.hypervisor));
    EXPECT_EQ(std::string(info.hypervisor), around().hypervisor);
    EXPECT_LT(info.domid, ARGO_DOMID_SELF);
    EXPECT_EQ(info.max_rings, 128U);
    EXPECT_LE(info.rings, info.max_rings);
    EXPECT_GE(info.max_iov, 8U);
    EXPECT_GE(info.max_batch, 2U);
    EXPECT_LE(info.min_ring_size, 4096U);
    EXPECT_GE(info.default_ring_size, info.min_ring_size);
    EXPECT_LE(info.default_ring_size, info.max_ring_size);
    EXPECT_LT(info.max_message, 16U << 20U);
    EXPECT_GE(info.max_message, 15U << 20U);
}

TEST(info, has_the_domid_that_the_hypervisor_vouches_for) {
    endpoint one;
    ASSERT_EQ(one.bind({}), success);
    EXPECT_EQ(one.domid(), own_domid());
    ASSERT_EQ(one.send(self(one.port()), {}), success);
    expect_next(one, address(own_domid(), one.port()), {});
}

TEST(info, counts_rings) {
    const auto before = information().rings;
    endpoint one;
    EXPECT_EQ(information().rings, before);
    ASSERT_EQ(one.bind({}), success);
    EXPECT_EQ(information().rings, before + 1);
    one.close();
    EXPECT_EQ(information().rings, before);
}

} // namespace
} // namespace guest
