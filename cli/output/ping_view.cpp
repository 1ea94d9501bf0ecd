// SPDX-License-Identifier: MIT
#include "output/ping_view.hpp"

#include <fmt/format.h>
#include <libargo/format.hpp>

#include <chrono>

namespace argoctl::output {

namespace {

double milliseconds(std::chrono::nanoseconds time) { return std::chrono::duration<double, std::milli>(time).count(); }

std::string_view name_of(ping::reply_kind kind) {
    switch (kind) {
    case ping::reply_kind::in_time:
        return "in-time";
    case ping::reply_kind::late:
        return "late";
    case ping::reply_kind::duplicate:
        return "duplicate";
    case ping::reply_kind::corrupt:
        return "corrupt";
    case ping::reply_kind::foreign:
        break;
    }
    return "foreign";
}

} // namespace

std::string ping_reply_text(const libargo::address& peer, const ping::reply& reply, std::size_t size) {
    std::string out = fmt::format("{} bytes from {}: seq={} time={:.3f} ms", size, peer, reply.sequence + 1,
                                  milliseconds(reply.time));
    switch (reply.kind) {
    case ping::reply_kind::late:
        out += " (late, counted as lost)";
        break;
    case ping::reply_kind::duplicate:
        out += " (duplicate)";
        break;
    case ping::reply_kind::corrupt:
        out += " (not as it was sent)";
        break;
    case ping::reply_kind::in_time:
    case ping::reply_kind::foreign:
        break;
    }
    return out;
}

json ping_reply_json(const libargo::address& peer, const ping::reply& reply, std::size_t size) {
    json doc = document("ping");
    doc["event"] = "reply";
    doc["peer"] = to_string(peer);
    doc["seq"] = reply.sequence + 1;
    doc["size"] = size;
    doc["time_ns"] = reply.time.count();
    doc["kind"] = name_of(reply.kind);
    return doc;
}

std::string ping_summary_text(const libargo::address& peer, const ping::summary& summary) {
    std::string out =
        fmt::format("--- {} ping statistics ---\n{} sent, {} received, ", peer, summary.sent, summary.received);
    const auto extra = [&](std::uint64_t count, std::string_view what) {
        if (count != 0) {
            out += fmt::format("{} {}, ", count, what);
        }
    };
    extra(summary.errors, "could not be sent");
    extra(summary.late, "late");
    extra(summary.duplicates, "duplicates");
    extra(summary.corrupt, "corrupt");
    extra(summary.pending, "still under way");
    out += fmt::format("{:.4g}% loss, time {:.0f} ms\n", summary.loss(), milliseconds(summary.elapsed));
    if (summary.received != 0) {
        out += fmt::format("rtt min/avg/max/mdev = {:.3f}/{:.3f}/{:.3f}/{:.3f} ms\n", milliseconds(summary.times.min()),
                           milliseconds(summary.times.mean()), milliseconds(summary.times.max()),
                           milliseconds(summary.times.deviation()));
    }
    return out;
}

json ping_summary_json(const libargo::address& peer, const ping::summary& summary) {
    json doc = document("ping");
    doc["event"] = "statistics";
    doc["peer"] = to_string(peer);
    doc["sent"] = summary.sent;
    doc["received"] = summary.received;
    doc["lost"] = summary.lost;
    doc["loss_percent"] = summary.loss();
    doc["errors"] = summary.errors;
    doc["late"] = summary.late;
    doc["duplicates"] = summary.duplicates;
    doc["corrupt"] = summary.corrupt;
    doc["pending"] = summary.pending;
    doc["elapsed_ns"] = summary.elapsed.count();
    if (summary.received == 0) {
        doc["rtt_ns"] = nullptr;
        return doc;
    }
    doc["rtt_ns"]["min"] = summary.times.min().count();
    doc["rtt_ns"]["avg"] = summary.times.mean().count();
    doc["rtt_ns"]["max"] = summary.times.max().count();
    doc["rtt_ns"]["mdev"] = summary.times.deviation().count();
    return doc;
}

} // namespace argoctl::output
