// SPDX-License-Identifier: MIT
#include "output/units.hpp"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <cmath>
#include <limits>

namespace argoctl::output {

std::string human_bytes(double bytes) {
    constexpr std::array<std::string_view, 6> units{"B", "KiB", "MiB", "GiB", "TiB", "PiB"};
    std::size_t unit = 0;
    // 1023.95 would be printed as 1024.0.
    while (bytes >= 1023.95 && unit + 1 < units.size()) {
        bytes /= 1024;
        ++unit;
    }
    if (unit == 0) {
        return fmt::format("{:.0f} B", bytes);
    }
    return fmt::format("{:.1f} {}", bytes, units.at(unit));
}

std::string human_time(std::chrono::nanoseconds time) {
    const auto ns = static_cast<double>(time.count());
    const auto scaled = [](double value, std::string_view unit) {
        const int decimals = value < 9.995 ? 2 : value < 99.95 ? 1 : 0;
        return fmt::format("{:.{}f} {}", value, decimals, unit);
    };
    if (ns < 1e3) {
        return fmt::format("{} ns", time.count());
    }
    if (ns < 999.5e3) {
        return scaled(ns / 1e3, "us");
    }
    if (ns < 999.5e6) {
        return scaled(ns / 1e6, "ms");
    }
    return scaled(ns / 1e9, "s");
}

std::string human_clock(std::chrono::seconds time) {
    const auto total = time.count();
    if (total >= 3600) {
        return fmt::format("{}:{:02}:{:02}", total / 3600, total / 60 % 60, total % 60);
    }
    return fmt::format("{}:{:02}", total / 60, total % 60);
}

std::optional<std::uint64_t> parse_size(std::string_view text) {
    std::uint64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{}) {
        return std::nullopt;
    }
    const std::string_view suffix = text.substr(static_cast<std::size_t>(end - text.data()));
    if (suffix.empty()) {
        return value;
    }
    if (suffix.size() != 1) {
        return std::nullopt;
    }
    unsigned shift = 0;
    switch (suffix.front()) {
    case 'k':
    case 'K':
        shift = 10;
        break;
    case 'm':
    case 'M':
        shift = 20;
        break;
    case 'g':
    case 'G':
        shift = 30;
        break;
    default:
        return std::nullopt;
    }
    if (value > std::numeric_limits<std::uint64_t>::max() >> shift) {
        return std::nullopt;
    }
    return value << shift;
}

std::optional<std::chrono::nanoseconds> parse_seconds(std::string_view text) {
    double value = 0;
    const char* last = text.data() + text.size();
    const auto [end, error] = std::from_chars(text.data(), last, value, std::chars_format::fixed);
    constexpr double year = 366.0 * 24 * 3600;
    if (error != std::errc{} || end != last || !std::isfinite(value) || std::signbit(value) || value > year) {
        return std::nullopt;
    }
    return std::chrono::nanoseconds(std::llround(value * 1e9));
}

std::string printable(std::string_view text) {
    std::string out;
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        if (byte < 0x20 || byte == 0x7f) {
            out += fmt::format("\\x{:02x}", byte);
        } else {
            out += c;
        }
    }
    return out;
}

} // namespace argoctl::output
