/* SPDX-License-Identifier: MIT */
#pragma once

#include "argo/ring.h"

#ifdef __cplusplus
extern "C" {
#endif

/* argo_ring_next() as a C compiler makes it. */
int ring_next_from_c(const struct argo_ring_header* ring, u32 len, u32 rx, struct argo_ring_msg* msg);

#ifdef __cplusplus
}
#endif
