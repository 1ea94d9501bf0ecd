// SPDX-License-Identifier: MIT
#pragma once

#include "output/json.hpp"

#include <libargo/ring_entry.hpp>

#include <span>
#include <string>

namespace argoctl::output {

/// A table with a line for each ring, in the order of @p rings.
std::string rings_text(std::span<const libargo::ring_entry> rings);
json rings_json(std::span<const libargo::ring_entry> rings);

} // namespace argoctl::output
