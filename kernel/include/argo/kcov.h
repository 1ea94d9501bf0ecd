/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Coverage of the code that messages of a peer reach, for a fuzzer that plays
 * the peer: KCOV credits the code between the two calls to the fuzzer. The
 * calls do nothing in a build without KCOV_INSTRUMENT=y, which the lab's debug
 * kernel has.
 */
#ifndef _ARGO_KCOV_H
#define _ARGO_KCOV_H

#ifdef ARGO_KCOV
#include <linux/kcov.h>

/* The handle that tests/vm/guest/fuzz_coverage.cpp enables. */
#define ARGO_KCOV_HANDLE	0xa290

static inline void argo_kcov_start(void)
{
	kcov_remote_start_common(ARGO_KCOV_HANDLE);
}

static inline void argo_kcov_stop(void)
{
	kcov_remote_stop();
}
#else
static inline void argo_kcov_start(void) {}
static inline void argo_kcov_stop(void) {}
#endif

#endif /* _ARGO_KCOV_H */
