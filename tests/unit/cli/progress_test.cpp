// SPDX-License-Identifier: MIT
#include "output/progress.hpp"

#include <gtest/gtest.h>

#include <chrono>

namespace argoctl::output {
namespace {

using namespace std::chrono_literals;

constexpr progress::clock::time_point start{};

TEST(Progress, HalfOfAKnownSize) {
    const progress bar("file", 2048, start);
    EXPECT_EQ(bar.line(1024, start + 1s, 80),
              "file  50% [#################..................]    1.0 KiB    1.0 KiB/s ETA 0:01");
}

TEST(Progress, NarrowTerminalHasNoBar) {
    const progress bar("file", 2048, start);
    EXPECT_EQ(bar.line(1024, start + 1s, 45), "file  50%    1.0 KiB    1.0 KiB/s ETA 0:01");
    EXPECT_EQ(bar.line(1024, start + 1s, 8), "file  50");
}

TEST(Progress, UnknownSizeHasNoBar) {
    const progress bar("-", std::nullopt, start);
    EXPECT_EQ(bar.line(4096, start + 2s, 80), "-    4.0 KiB    2.0 KiB/s");
}

TEST(Progress, EmptyFileIsDone) {
    const progress bar("empty", 0, start);
    EXPECT_EQ(bar.line(0, start, 38), "empty 100%        0 B        0 B/s");
}

TEST(Progress, MoreThanAnnouncedStaysAtAll) {
    const progress bar("grown", 10, start);
    EXPECT_NE(bar.line(20, start + 1s, 80).find("100%"), std::string::npos);
}

TEST(Progress, NamesAreMadeHarmless) {
    const progress bar("\x1b[2J", std::nullopt, start);
    EXPECT_EQ(bar.line(0, start, 80).find('\x1b'), std::string::npos);
}

} // namespace
} // namespace argoctl::output
