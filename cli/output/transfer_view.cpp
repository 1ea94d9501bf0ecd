// SPDX-License-Identifier: MIT
#include "output/transfer_view.hpp"

#include "output/units.hpp"

#include <fmt/format.h>
#include <libargo/format.hpp>

namespace argoctl::output {

std::string transfer_text(const transfer_summary& summary) {
    const double seconds = std::chrono::duration<double>(summary.elapsed).count();
    const auto bytes = static_cast<double>(summary.bytes);
    std::string out = human_bytes(bytes);
    if (summary.peer) {
        out += fmt::format(" {} {}", summary.command == "send" ? "to" : "from", *summary.peer);
    }
    out += fmt::format(" in {:.2f} s", seconds);
    if (seconds > 0) {
        out += fmt::format(" ({}/s)", human_bytes(bytes / seconds));
    }
    return out;
}

std::string checksum_line(const sha256::digest& digest, std::string_view name) {
    // sha256sum escapes these two, and marks the line with a backslash.
    std::string escaped;
    for (const char c : name) {
        if (c == '\\') {
            escaped += "\\\\";
        } else if (c == '\n') {
            escaped += "\\n";
        } else {
            escaped += c;
        }
    }
    return fmt::format("{}{}  {}", escaped == name ? "" : "\\", to_hex(digest), escaped);
}

json transfer_json(const transfer_summary& summary) {
    json doc = document(summary.command);
    doc["ok"] = summary.error.empty();
    doc["error"] = summary.error.empty() ? json(nullptr) : json(summary.error);
    doc["peer"] = summary.peer ? json(to_string(*summary.peer)) : json(nullptr);
    doc["name"] = summary.name;
    doc["bytes"] = summary.bytes;
    doc["elapsed_ns"] = summary.elapsed.count();
    doc["sha256"] = summary.digest ? json(to_hex(*summary.digest)) : json(nullptr);
    doc["verified"] = summary.verified;
    return doc;
}

} // namespace argoctl::output
