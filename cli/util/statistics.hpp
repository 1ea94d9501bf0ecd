// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <chrono>
#include <cstdint>

namespace argoctl {

/// Count, extremes, mean and standard deviation of a series, without keeping it.
class running_statistics {
public:
    void add(std::chrono::nanoseconds value);

    [[nodiscard]] std::uint64_t count() const { return count_; }
    /// All of these are 0 of an empty series.
    [[nodiscard]] std::chrono::nanoseconds min() const { return min_; }
    [[nodiscard]] std::chrono::nanoseconds max() const { return max_; }
    [[nodiscard]] std::chrono::nanoseconds mean() const;
    /// Of the population, as ping(8)'s mdev.
    [[nodiscard]] std::chrono::nanoseconds deviation() const;

private:
    std::uint64_t count_ = 0;
    std::chrono::nanoseconds min_{0};
    std::chrono::nanoseconds max_{0};
    double mean_ = 0;
    double squares_ = 0; // sum of squared distances to the mean (Welford)
};

/// Times in buckets that grow with the value: any percentile to within 0.8 %, in fixed memory and with no allocation
/// where it is measured.
class latency_histogram {
public:
    void add(std::chrono::nanoseconds value);

    [[nodiscard]] std::uint64_t count() const { return count_; }
    [[nodiscard]] std::chrono::nanoseconds max() const { return max_; }

    /// The value that @p percent of the series do not exceed; 0 of an empty series, the exact maximum for 100.
    [[nodiscard]] std::chrono::nanoseconds percentile(double percent) const;

private:
    static constexpr unsigned sub_bits = 7;
    static constexpr std::size_t per_octave = std::size_t{1} << sub_bits;
    static constexpr std::size_t buckets = (64 - sub_bits) * per_octave;

    static std::size_t bucket_of(std::uint64_t value);
    static std::uint64_t upper_bound_of(std::size_t bucket);

    std::array<std::uint64_t, buckets> counts_{};
    std::uint64_t count_ = 0;
    std::chrono::nanoseconds max_{0};
};

} // namespace argoctl
