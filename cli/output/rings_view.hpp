// SPDX-License-Identifier: MIT
#pragma once

#include "output/json.hpp"

#include <libargo/ring_entry.hpp>

#include <span>
#include <string>

namespace argoctl::output {

/// One line a ring, in the order given.
std::string rings_text(std::span<const libargo::ring_entry> rings);
json rings_json(std::span<const libargo::ring_entry> rings);

} // namespace argoctl::output
