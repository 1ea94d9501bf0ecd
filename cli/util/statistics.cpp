// SPDX-License-Identifier: MIT
#include "util/statistics.hpp"

#include <algorithm>
#include <bit>
#include <cmath>

namespace argoctl {

using std::chrono::nanoseconds;

void running_statistics::add(nanoseconds value) {
    min_ = count_ == 0 ? value : std::min(min_, value);
    max_ = count_ == 0 ? value : std::max(max_, value);
    ++count_;
    const auto x = static_cast<double>(value.count());
    const double before = x - mean_;
    mean_ += before / static_cast<double>(count_);
    squares_ += before * (x - mean_);
}

nanoseconds running_statistics::mean() const { return nanoseconds(std::llround(mean_)); }

nanoseconds running_statistics::deviation() const {
    if (count_ == 0) {
        return nanoseconds(0);
    }
    return nanoseconds(std::llround(std::sqrt(squares_ / static_cast<double>(count_))));
}

std::size_t latency_histogram::bucket_of(std::uint64_t value) {
    // Below 2^sub_bits a bucket a value; above, the leading bits after the first one choose the bucket.
    if (value < per_octave) {
        return static_cast<std::size_t>(value);
    }
    const auto octave = static_cast<unsigned>(std::bit_width(value)) - 1;
    const unsigned shift = octave - sub_bits;
    return (octave - sub_bits + 1) * per_octave + static_cast<std::size_t>((value >> shift) & (per_octave - 1));
}

std::uint64_t latency_histogram::upper_bound_of(std::size_t bucket) {
    if (bucket < per_octave) {
        return bucket;
    }
    const unsigned shift = static_cast<unsigned>(bucket / per_octave) - 1;
    const std::uint64_t lower = (per_octave + bucket % per_octave) << shift;
    return lower + ((std::uint64_t{1} << shift) - 1);
}

void latency_histogram::add(nanoseconds value) {
    value = std::max(value, nanoseconds(0));
    ++counts_[bucket_of(static_cast<std::uint64_t>(value.count()))];
    ++count_;
    max_ = std::max(max_, value);
}

nanoseconds latency_histogram::percentile(double percent) const {
    if (count_ == 0) {
        return nanoseconds(0);
    }
    // 99.9 % of 1000 is the 999th; without the little bit off it, rounding makes it the 1000th.
    const double rank = std::ceil(std::clamp(percent, 0.0, 100.0) * static_cast<double>(count_) / 100 - 1e-9);
    const auto wanted = std::max<std::uint64_t>(1, static_cast<std::uint64_t>(rank));
    std::uint64_t seen = 0;
    for (std::size_t bucket = 0; bucket < buckets; ++bucket) {
        seen += counts_[bucket];
        if (seen >= wanted) {
            return std::min(max_, nanoseconds(static_cast<std::int64_t>(upper_bound_of(bucket))));
        }
    }
    return max_;
}

} // namespace argoctl
