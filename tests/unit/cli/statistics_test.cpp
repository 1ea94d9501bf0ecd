// SPDX-License-Identifier: MIT
#include "util/statistics.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <cstdint>
#include <limits>

namespace argoctl {
namespace {

using std::chrono::nanoseconds;

TEST(RunningStatistics, EmptyIsZero) {
    const running_statistics empty;
    EXPECT_EQ(empty.count(), 0U);
    EXPECT_EQ(empty.min().count(), 0);
    EXPECT_EQ(empty.max().count(), 0);
    EXPECT_EQ(empty.mean().count(), 0);
    EXPECT_EQ(empty.deviation().count(), 0);
}

TEST(RunningStatistics, KnownSeries) {
    running_statistics series;
    for (const int value : {2000, 4000, 4000, 4000, 5000, 5000, 7000, 9000})
        series.add(nanoseconds(value));
    EXPECT_EQ(series.count(), 8U);
    EXPECT_EQ(series.min().count(), 2000);
    EXPECT_EQ(series.max().count(), 9000);
    EXPECT_EQ(series.mean().count(), 5000);
    EXPECT_EQ(series.deviation().count(), 2000);
}

TEST(RunningStatistics, LargeOffsetsKeepTheirPrecision) {
    running_statistics series;
    constexpr std::int64_t hour = 3'600'000'000'000;
    series.add(nanoseconds(hour));
    series.add(nanoseconds(hour + 20));
    EXPECT_EQ(series.mean().count(), hour + 10);
    EXPECT_EQ(series.deviation().count(), 10);
}

TEST(LatencyHistogram, EmptyIsZero) {
    const latency_histogram empty;
    EXPECT_EQ(empty.percentile(50).count(), 0);
    EXPECT_EQ(empty.percentile(100).count(), 0);
}

TEST(LatencyHistogram, SmallValuesAreExact) {
    latency_histogram series;
    for (int value = 1; value <= 100; ++value)
        series.add(nanoseconds(value));
    EXPECT_EQ(series.percentile(0).count(), 1);
    EXPECT_EQ(series.percentile(50).count(), 50);
    EXPECT_EQ(series.percentile(90).count(), 90);
    EXPECT_EQ(series.percentile(99).count(), 99);
    EXPECT_EQ(series.percentile(99.9).count(), 100);
    EXPECT_EQ(series.percentile(100).count(), 100);
}

TEST(LatencyHistogram, OneSlowMessageIsSeenOnlyAtTheTop) {
    latency_histogram series;
    for (int i = 0; i < 999; ++i)
        series.add(nanoseconds(1000));
    series.add(std::chrono::seconds(1));
    EXPECT_LE(series.percentile(99.9).count(), 1008);
    EXPECT_EQ(series.percentile(100), std::chrono::seconds(1));
    EXPECT_EQ(series.max(), std::chrono::seconds(1));
}

TEST(LatencyHistogram, ErrorIsBelowOnePercentEverywhere) {
    for (std::int64_t value = 1; value < std::numeric_limits<std::int64_t>::max() / 3; value = value * 3 + 1) {
        latency_histogram series;
        series.add(nanoseconds(value));
        series.add(nanoseconds(std::numeric_limits<std::int64_t>::max()));
        const auto median = series.percentile(50).count();
        EXPECT_GE(median, value);
        EXPECT_LE(static_cast<double>(median), static_cast<double>(value) * 1.008 + 1);
    }
}

TEST(LatencyHistogram, NegativeTimesCountAsZero) {
    latency_histogram series;
    series.add(nanoseconds(-5));
    EXPECT_EQ(series.count(), 1U);
    EXPECT_EQ(series.percentile(100).count(), 0);
}

} // namespace
} // namespace argoctl
