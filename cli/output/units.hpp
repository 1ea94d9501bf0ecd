// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace argoctl::output {

/// Bytes for people: "4.0 KiB", "17 B".
std::string human_bytes(double bytes);

/// A time for people: "812 ns", "14.2 us", "3.05 ms", "1.20 s".
std::string human_time(std::chrono::nanoseconds time);

/// A time as a clock shows it: "0:07", "1:02:03".
std::string human_clock(std::chrono::seconds time);

/// Reads a number of bytes: "64", "16K", "1M", "2G" (1024 each, either case).
/// @returns nothing for any other text
std::optional<std::uint64_t> parse_size(std::string_view text);

/// Reads seconds with a fraction: "0.2".
/// @returns nothing for a negative number, more than a year, or any other text
std::optional<std::chrono::nanoseconds> parse_seconds(std::string_view text);

/// The text with control characters as \xNN: a name or a reason from a peer must not control the terminal.
std::string printable(std::string_view text);

} // namespace argoctl::output
