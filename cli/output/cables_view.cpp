// SPDX-License-Identifier: MIT
#include "output/cables_view.hpp"

#include "output/table.hpp"

#include <fmt/format.h>
#include <libargo/format.hpp>

namespace argoctl::output {

std::string cables_text(std::span<const libargo::cable> cables) {
    table out({{"SRC", align::left}, {"DST", align::left}});
    for (const auto& each : cables) {
        out.add({to_string(each.source), to_string(each.destination)});
    }
    return out.render();
}

json cables_json(std::span<const libargo::cable> cables) {
    json doc = document("cable list");
    doc["cables"] = json::array();
    for (const auto& each : cables) {
        json entry;
        entry["source"] = to_string(each.source);
        entry["destination"] = to_string(each.destination);
        doc["cables"].push_back(std::move(entry));
    }
    return doc;
}

} // namespace argoctl::output
