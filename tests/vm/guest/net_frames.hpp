// SPDX-License-Identifier: MIT
#pragma once

#include "arguments.hpp"

namespace guest {

/// Sends a network device of --to frames that make no sense, each kind once, over /dev/argo, and prints how many of
/// each.
int send_nonsense(const arguments& options);

} // namespace guest
