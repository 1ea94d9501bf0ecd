// SPDX-License-Identifier: MIT
#pragma once

#include "policy/resolve.hpp"

#include <filesystem>

namespace argopolicy {

/// Whether the module can go beside the policy in @p folder, Xen's tools/flask/policy. What is missing there is an
/// error.
void check_xen_source(const resolved& policy, const std::filesystem::path& folder, problems& found);

} // namespace argopolicy
