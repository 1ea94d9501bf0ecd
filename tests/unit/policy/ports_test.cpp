// SPDX-License-Identifier: MIT
#include "policy/ports.hpp"

#include <gtest/gtest.h>

#include <array>
#include <random>

namespace {

using argopolicy::port_set;

std::string text(const port_set& set) { return to_string(argopolicy::ports{set, {}}); }

TEST(ports, ranges_that_touch_are_one) {
    port_set set;
    set.add({10, 19});
    set.add({30, 39});
    EXPECT_EQ(text(set), "10-19, 30-39");
    set.add({20, 29});
    EXPECT_EQ(text(set), "10-39");
    set.add({1, 1});
    EXPECT_EQ(text(set), "1, 10-39");
}

TEST(ports, the_last_port_is_no_overflow) {
    port_set set(argopolicy::ephemeral);
    set.add({0, 0});
    set.add({4294967295, 4294967295});
    EXPECT_EQ(text(set), "0, 3221225472-4294967295");
    set.remove({4294967295, 4294967295});
    EXPECT_EQ(text(set), "0, 3221225472-4294967294");
    set.remove({0, 4294967295});
    EXPECT_TRUE(set.empty());
}

TEST(ports, port_40_is_all_of_vsock) {
    const argopolicy::ports all = argopolicy::ports_of(argopolicy::port_space::argo, {39, 41});
    EXPECT_EQ(to_string(all), "39, 41, vsock:any");
    EXPECT_EQ(to_string(argopolicy::ports_of(argopolicy::port_space::vsock, {40, 40})), "vsock:40");
}

TEST(ports, a_set_is_what_a_table_of_ports_says) {
    std::mt19937 random(7); // NOLINT(cert-msc51-cpp,cert-msc32-c): each run is the same
    port_set set;
    std::array<bool, 64> table{};
    for (int round = 0; round < 3000; ++round) {
        std::uint32_t first = random() % 64;
        std::uint32_t last = random() % 64;
        if (first > last) {
            std::swap(first, last);
        }
        const bool add = random() % 2 == 0;
        add ? set.add({first, last}) : set.remove({first, last});
        for (std::uint32_t port = first; port <= last; ++port) {
            table.at(port) = add;
        }
        for (std::uint32_t port = 0; port < 64; ++port) {
            ASSERT_EQ(set.contains(port), table.at(port)) << round << " " << port;
        }
        for (std::size_t i = 1; i < set.ranges().size(); ++i) {
            ASSERT_GT(set.ranges()[i].first, set.ranges()[i - 1].last + 1);
        }
    }
}

} // namespace
