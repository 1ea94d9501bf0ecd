// SPDX-License-Identifier: MIT
#include "output/json.hpp"

namespace argoctl::output {

json document(std::string_view command) {
    json doc;
    doc["schema"] = schema_version;
    doc["command"] = command;
    return doc;
}

std::string to_line(const json& doc) { return doc.dump(-1, ' ', false, json::error_handler_t::replace); }

} // namespace argoctl::output
