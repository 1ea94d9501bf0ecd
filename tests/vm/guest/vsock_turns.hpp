// SPDX-License-Identifier: MIT
#pragma once

#include "arguments.hpp"

namespace guest {

/// Writes numbers to a connection for --seconds, in pieces of changing size.
int send_numbers(const arguments& options);

/// Reads the numbers of one connection in changing ways, some of which make the kernel take turns at the ring. Says at
/// which byte the first number is that is not the next one.
int read_in_turns(const arguments& options);

} // namespace guest
