// SPDX-License-Identifier: MIT
#pragma once

#include "arguments.hpp"

namespace guest {

/// Has the ring of a network device for --from, and never reads it. Until killed.
int hold_ring(const arguments& options);

/// Sends the device of --to --count TCP frames of the largest size that ask for segments of --size bytes. The
/// receiver has to forward them to --forward, an IPv4 address.
int send_segments(const arguments& options);

/// Sends the device of --to frames until there is no room for one more, and says how many bytes of the ring they take.
int fill_ring(const arguments& options);

/// Sends the device of --to --count small frames, each from another source address that is no domain's; the first
/// is 06:00:00:00:00:00 plus --first. Then it holds its ring. Until killed.
int send_sources(const arguments& options);

} // namespace guest
