// SPDX-License-Identifier: MIT
#pragma once

#include "arguments.hpp"

namespace guest {

/// Waits in a receive for memory that never comes, until killed.
int be_stuck(const arguments& options);

/// Watches --count destinations that do not exist, until killed.
int watch(const arguments& options);

} // namespace guest
