/* SPDX-License-Identifier: MIT */
#include "from_c.h"

int ring_next_from_c(const struct argo_ring_header* ring, u32 len, u32 rx, struct argo_ring_msg* msg) {
    return argo_ring_next(ring, len, rx, msg);
}
