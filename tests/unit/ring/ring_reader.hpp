// SPDX-License-Identifier: MIT
#pragma once

#include <vector>

#include "message.hpp"
#include "ring_memory.hpp"

namespace argo_test {

/// argo_ring_next_in() in the ring's layout.
int next(const ring_memory& ring, u32 rx, argo_ring_msg& msg);

/// Copies a part of a payload out through argo_ring_segments().
/// @throws std::logic_error if a segment lies outside the ring, is empty, or the lengths do not add up
std::vector<u8> copy_payload(const ring_memory& ring, const argo_ring_msg& msg, u32 from, u32 n);

/// Takes the next message out of a ring as a driver does, and gives its space back.
/// @param rx the receiver's own copy of its index, moved when there was a message
/// @return what argo_ring_next() returned
int take(const ring_memory& ring, u32& rx, message& out);

} // namespace argo_test
