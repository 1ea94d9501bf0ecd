// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace argoctl::output {

/// "4.0 KiB", "17 B": for people; JSON has plain numbers.
std::string human_bytes(double bytes);

/// "812 ns", "14.2 us", "3.05 ms", "1.20 s".
std::string human_time(std::chrono::nanoseconds time);

/// "0:07", "1:02:03".
std::string human_clock(std::chrono::seconds time);

/// "64", "16K", "1M", "2G" (1024 each, either case); nothing for anything else.
std::optional<std::uint64_t> parse_size(std::string_view text);

/// Seconds with a fraction, "0.2"; nothing if negative, not a number, or more than a year.
std::optional<std::chrono::nanoseconds> parse_seconds(std::string_view text);

/// Control characters as \xNN: a name or a reason that a peer sent must not drive the terminal.
std::string printable(std::string_view text);

} // namespace argoctl::output
