/* SPDX-License-Identifier: MIT */
/* What the tests want to know of an engine and cannot ask it. */
#pragma once

#include "hmx.h"

/* All that must hold between operations. Return: NULL, or what does not. */
const char* hmx_inspect(struct hmx_engine* engine);

/* Payload bytes that a domain waits for in a ring of another; -1: it does not, -2: there is no such ring. */
int64_t hmx_inspect_waiter(struct hmx_domain* owner, u32 port, u16 partner, u16 waiter);

/* What counts for the limit of rings, and how many there are. */
u32 hmx_inspect_counted_rings(struct hmx_domain* owner);
u32 hmx_inspect_rings(struct hmx_domain* owner);

/* Locks that this thread holds; whether one of them is the engine's L1, for reading. */
unsigned int hmx_inspect_locks_held(void);
bool hmx_inspect_holds_l1(struct hmx_domain* domain);

/* Enters a function of the engine without the locks that it wants. */
void hmx_inspect_break_locking(struct hmx_domain* domain);
