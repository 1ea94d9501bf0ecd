// SPDX-License-Identifier: MIT
#pragma once

#include <nlohmann/json.hpp>

#include <string>
#include <string_view>

namespace argoctl::output {

/// A JSON document whose keys keep the order in which they were added, so that the text is stable.
using json = nlohmann::ordered_json;

/// The schema version. It rises when a key changes its meaning or is removed, not for new keys.
inline constexpr int schema_version = 1;

/// The start of every document that a command prints.
json document(std::string_view command);

/// The document as one line without the newline. Bytes that are not UTF-8 (in a name from a peer) are replaced.
std::string to_line(const json& doc);

} // namespace argoctl::output
