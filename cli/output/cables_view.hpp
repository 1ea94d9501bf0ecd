// SPDX-License-Identifier: MIT
#pragma once

#include "output/json.hpp"

#include <libargo/cable.hpp>

#include <span>
#include <string>

namespace argoctl::output {

std::string cables_text(std::span<const libargo::cable> cables);
json cables_json(std::span<const libargo::cable> cables);

} // namespace argoctl::output
