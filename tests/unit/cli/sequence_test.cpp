// SPDX-License-Identifier: MIT
#include "proto/sequence.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <limits>

namespace argoctl {
namespace {

TEST(Sequence, InOrder) {
    sequence_checker seen;
    for (std::uint64_t i = 0; i < 10000; ++i)
        seen.add(i);
    EXPECT_EQ(seen.received(), 10000U);
    EXPECT_EQ(seen.lost(10000), 0U);
    EXPECT_EQ(seen.reordered(), 0U);
    EXPECT_EQ(seen.duplicates(), 0U);
}

TEST(Sequence, LostInTheMiddleAndAtTheEnd) {
    sequence_checker seen;
    seen.add(0);
    seen.add(3);
    EXPECT_EQ(seen.lost(5), 3U);
    EXPECT_EQ(seen.reordered(), 0U);
}

TEST(Sequence, LateIsReorderedAndNotLost) {
    sequence_checker seen;
    for (const std::uint64_t i : {0U, 2U, 3U, 1U, 4U})
        seen.add(i);
    EXPECT_EQ(seen.lost(5), 0U);
    EXPECT_EQ(seen.reordered(), 1U);
    EXPECT_EQ(seen.duplicates(), 0U);
}

TEST(Sequence, DuplicatesAreNoReplacementForTheLost) {
    sequence_checker seen;
    for (const std::uint64_t i : {0U, 0U, 2U, 2U, 0U})
        seen.add(i);
    EXPECT_EQ(seen.duplicates(), 3U);
    EXPECT_EQ(seen.lost(3), 1U);
}

TEST(Sequence, SlotsOfTheWindowAreUsedAgain) {
    sequence_checker seen;
    for (std::uint64_t i = 0; i < sequence_checker::window; ++i)
        seen.add(i);
    // One is missing in the second round, where the first round left its mark.
    const std::uint64_t missing = sequence_checker::window + 5;
    for (std::uint64_t i = sequence_checker::window; i < 2 * sequence_checker::window; ++i) {
        if (i != missing)
            seen.add(i);
    }
    EXPECT_EQ(seen.lost(2 * sequence_checker::window), 1U);
    seen.add(missing);
    EXPECT_EQ(seen.lost(2 * sequence_checker::window), 0U);
    EXPECT_EQ(seen.reordered(), 1U);
}

TEST(Sequence, OlderThanTheWindowIsADuplicate) {
    sequence_checker seen;
    for (std::uint64_t i = 0; i <= sequence_checker::window; ++i)
        seen.add(i);
    seen.add(0);
    EXPECT_EQ(seen.duplicates(), 1U);
}

TEST(Sequence, GarbageNumbersDoNoHarm) {
    sequence_checker seen;
    seen.add(std::numeric_limits<std::uint64_t>::max() - 1);
    seen.add(0);
    EXPECT_EQ(seen.received(), 1U);
    EXPECT_EQ(seen.duplicates(), 1U);
}

} // namespace
} // namespace argoctl
