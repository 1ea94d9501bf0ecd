// SPDX-License-Identifier: MIT
#include "output/rings_view.hpp"

#include "output/table.hpp"
#include "output/units.hpp"

#include <fmt/format.h>
#include <libargo/format.hpp>

namespace argoctl::output {

namespace {

std::string process(const libargo::ring_entry& ring) {
    if (ring.command.empty()) {
        return "-";
    }
    const std::string command = printable(ring.command);
    return ring.pid == 0 ? command : fmt::format("{}[{}]", command, ring.pid);
}

double percent_full(const libargo::ring_entry& ring) {
    return ring.ring_size == 0 ? 0.0 : 100.0 * static_cast<double>(ring.fill) / static_cast<double>(ring.ring_size);
}

} // namespace

std::string rings_text(std::span<const libargo::ring_entry> rings) {
    table out({{"PORT"},
               {"PARTNER"},
               {"OWNER", align::left},
               {"PROCESS", align::left},
               {"SIZE"},
               {"FILL"},
               {"RX-MSGS"},
               {"RX-BYTES"},
               {"TX-MSGS"},
               {"TX-BYTES"},
               {"DROPS"},
               {"TRUNC"},
               {"TX-FULL"},
               {"RX-WAITS"},
               {"RESETS"},
               {"STATE", align::left}});
    for (const auto& ring : rings) {
        out.add({fmt::to_string(ring.port), to_string(ring.partner), printable(ring.owner), process(ring),
                 fmt::to_string(ring.ring_size), fmt::format("{:.0f}%", percent_full(ring)),
                 fmt::to_string(ring.rx_messages), fmt::to_string(ring.rx_bytes), fmt::to_string(ring.tx_messages),
                 fmt::to_string(ring.tx_bytes), fmt::to_string(ring.drops), fmt::to_string(ring.truncated),
                 fmt::to_string(ring.tx_full), fmt::to_string(ring.rx_waits), fmt::to_string(ring.resets),
                 ring.broken ? "broken" : "ok"});
    }
    return out.render();
}

json rings_json(std::span<const libargo::ring_entry> rings) {
    json doc = document("rings");
    doc["rings"] = json::array();
    for (const auto& ring : rings) {
        json entry;
        entry["port"] = ring.port;
        entry["partner"] = ring.partner == libargo::domid_t::any ? json(nullptr) : json(to_number(ring.partner));
        entry["owner"] = ring.owner;
        entry["command"] = ring.command;
        entry["pid"] = ring.pid;
        entry["uid"] = ring.uid;
        entry["ring_size"] = ring.ring_size;
        entry["fill"] = ring.fill;
        entry["rx_messages"] = ring.rx_messages;
        entry["rx_bytes"] = ring.rx_bytes;
        entry["tx_messages"] = ring.tx_messages;
        entry["tx_bytes"] = ring.tx_bytes;
        entry["drops"] = ring.drops;
        entry["truncated"] = ring.truncated;
        entry["tx_full"] = ring.tx_full;
        entry["rx_waits"] = ring.rx_waits;
        entry["resets"] = ring.resets;
        entry["broken"] = ring.broken;
        doc["rings"].push_back(std::move(entry));
    }
    return doc;
}

} // namespace argoctl::output
