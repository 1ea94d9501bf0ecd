// SPDX-License-Identifier: MIT
// As many rings as the hypervisor allows, and the one after. Not tested: a sender that finds 32 domains waiting
// for one ring already (EBUSY in the hypervisor) would need 33 domains.
#include "abi.hpp"

#include <cerrno>

namespace guest {
namespace {

TEST(limits, all_rings_and_the_one_after) {
    const auto info = information();
    std::vector<endpoint> open(info.max_rings - info.rings);
    for (std::size_t i = 0; i < open.size(); ++i) {
        ASSERT_EQ(open[i].bind({}), success) << "ring " << i + info.rings;
    }
    EXPECT_EQ(information().rings, info.max_rings);
    endpoint after;
    EXPECT_EQ(after.bind({}), outcome{ENOSPC});
    EXPECT_EQ(after.connect(open[0].local()), outcome{ENOSPC});
    // Those that are there work.
    expect_passes(open.front(), open.back().local(), open.back(), 100);
    expect_passes(open.back(), open.front().local(), open.front(), 100);
    open.pop_back();
    EXPECT_EQ(after.bind({}), success);
    expect_passes(open.front(), after.local(), after, 100);
    endpoint one_more;
    EXPECT_EQ(one_more.bind({}), outcome{ENOSPC});
}

TEST(limits, many_partner_rings_get_what_is_theirs) {
    // One port for each ring of the own domain: neighbours are not mixed up.
    std::vector<endpoint> open(40);
    for (std::size_t i = 0; i < open.size(); ++i) {
        ASSERT_EQ(open[i].bind({.port = static_cast<std::uint32_t>(7000 + i)}), success);
    }
    for (std::size_t i = 0; i < open.size(); ++i) {
        ASSERT_EQ(open[0].send(self(static_cast<std::uint32_t>(7000 + i)), some_bytes(i + 1)), success);
    }
    for (std::size_t i = 0; i < open.size(); ++i) {
        expect_next(open[i], open[0].local(), some_bytes(i + 1));
        expect_nothing(open[i]);
    }
}

} // namespace
} // namespace guest
