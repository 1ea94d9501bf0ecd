// SPDX-License-Identifier: MIT
#pragma once

#include <nlohmann/json.hpp>

#include <string>
#include <string_view>

namespace argoctl::output {

/// Keeps the order in which keys were added, so that the text is stable.
using json = nlohmann::ordered_json;

/// Raised when a key changes its meaning or goes; new keys do not raise it.
inline constexpr int schema_version = 1;

/// The start of every document that a command prints.
json document(std::string_view command);

/// One line without the newline. What is not UTF-8 (a name from a peer) is replaced, never thrown about.
std::string to_line(const json& doc);

} // namespace argoctl::output
