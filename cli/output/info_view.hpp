// SPDX-License-Identifier: MIT
#pragma once

#include "output/json.hpp"

#include <libargo/info.hpp>

#include <string>

namespace argoctl::output {

std::string info_text(const libargo::device_info& info);
json info_json(const libargo::device_info& info);

} // namespace argoctl::output
