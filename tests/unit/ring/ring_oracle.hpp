// SPDX-License-Identifier: MIT
#pragma once

#include <vector>

#include "message.hpp"
#include "ring_memory.hpp"

namespace argo_test {

struct ring_contents {
    std::vector<message> messages; ///< those before the first that makes no sense
    bool broken = false;
};

/// Says what is in a ring by another way than argo/ring.h: it unrolls the ring first and has nothing to wrap then.
ring_contents unroll(const ring_memory& ring, u32 rx, u32 tx);

} // namespace argo_test
