// SPDX-License-Identifier: MIT
#include "output/bench_view.hpp"

#include "output/units.hpp"

#include <fmt/format.h>
#include <libargo/format.hpp>

namespace argoctl::output {

namespace {

constexpr std::string_view line_format = "{:<10} {:>8} {:>9} {:>9} {:>11} {:>9} {:>9} {:>9} {:>9} {:>9} {}\n";

double seconds(std::chrono::nanoseconds time) { return std::chrono::duration<double>(time).count(); }

std::string trouble(const bench_row& row) {
    std::string out;
    const auto add = [&](std::uint64_t count, std::string_view what) {
        if (count != 0) {
            out += fmt::format("{}{} {}", out.empty() ? "" : ", ", count, what);
        }
    };
    add(row.report.lost, "lost");
    add(row.report.reordered, "reordered");
    add(row.report.duplicates, "duplicates");
    add(row.report.wrong_size, "of the wrong size");
    return out.empty() ? "none lost" : out;
}

} // namespace

double bench_row::messages_per_second() const {
    return elapsed.count() == 0 ? 0.0 : static_cast<double>(report.received) / seconds(elapsed);
}

double bench_row::megabytes_per_second() const { return messages_per_second() * static_cast<double>(size) / 1e6; }

bool bench_row::clean() const { return report == bench::report{sent, 0, 0, 0, 0}; }

std::string_view mode_name(bench::mode mode) { return mode == bench::mode::round_trip ? "round-trip" : "one-way"; }

std::string bench_header() {
    return fmt::format(line_format, "MODE", "SIZE", "MESSAGES", "MB/S", "MESSAGES/S", "P50", "P90", "P99", "P99.9",
                       "MAX", "RESULT");
}

std::string bench_line(const bench_row& row) {
    return fmt::format(line_format, mode_name(row.mode), row.size, row.sent,
                       fmt::format("{:.2f}", row.megabytes_per_second()),
                       fmt::format("{:.0f}", row.messages_per_second()), human_time(row.latency.percentile(50)),
                       human_time(row.latency.percentile(90)), human_time(row.latency.percentile(99)),
                       human_time(row.latency.percentile(99.9)), human_time(row.latency.max()), trouble(row));
}

json bench_json(const libargo::address& peer, std::span<const bench_row> rows) {
    json doc = document("bench");
    doc["peer"] = to_string(peer);
    doc["results"] = json::array();
    for (const auto& row : rows) {
        json entry;
        entry["mode"] = mode_name(row.mode);
        entry["size"] = row.size;
        entry["batch"] = row.batch;
        entry["sent"] = row.sent;
        entry["received"] = row.report.received;
        entry["lost"] = row.report.lost;
        entry["reordered"] = row.report.reordered;
        entry["duplicates"] = row.report.duplicates;
        entry["wrong_size"] = row.report.wrong_size;
        entry["elapsed_ns"] = row.elapsed.count();
        entry["megabytes_per_second"] = row.megabytes_per_second();
        entry["messages_per_second"] = row.messages_per_second();
        auto& latency = entry["latency_ns"];
        latency["p50"] = row.latency.percentile(50).count();
        latency["p90"] = row.latency.percentile(90).count();
        latency["p99"] = row.latency.percentile(99).count();
        latency["p99.9"] = row.latency.percentile(99.9).count();
        latency["max"] = row.latency.max().count();
        doc["results"].push_back(std::move(entry));
    }
    return doc;
}

} // namespace argoctl::output
