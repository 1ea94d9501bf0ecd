// SPDX-License-Identifier: MIT
#pragma once

#include "arguments.hpp"

namespace guest {

/// A user whose memory never comes, in the middle of a call on a connection or a listener, until killed.
int be_stuck(const arguments& options);

/// Writes one byte after another to a peer that takes none, as long as the kernel takes them.
int drip(const arguments& options);

} // namespace guest
