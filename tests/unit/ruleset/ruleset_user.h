/* SPDX-License-Identifier: MIT */
/*
 * What the firewall's ruleset (kernel/core/ruleset.c) takes from the kernel, for user space. The names are the kernel's,
 * because the code that uses them is.
 */
#pragma once

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

typedef uint8_t u8;
typedef uint16_t u16;
typedef uint32_t u32;
typedef uint64_t u64;

#define U32_MAX UINT32_MAX

enum { GFP_KERNEL_ACCOUNT };

/* The nth allocation from now gives no memory; 0: all do. */
extern unsigned int allocations_until_failure;

static inline bool allocation_fails(void) {
    return allocations_until_failure && !--allocations_until_failure;
}

static inline void* kvcalloc(size_t n, size_t size, int gfp) {
    (void)gfp;
    return allocation_fails() ? NULL : calloc(n, size);
}

static inline void* kzalloc(size_t size, int gfp) { return kvcalloc(1, size, gfp); }

static inline void kvfree(const void* memory) { free((void*)memory); }

static inline void kfree(const void* memory) { kvfree(memory); }

static inline void sort(void* base, size_t n, size_t size, int (*compare)(const void*, const void*), void* swap) {
    (void)swap;
    qsort(base, n, size, compare);
}

static inline void cond_resched(void) {}

static inline unsigned int __ffs64(u64 word) { return (unsigned int)__builtin_ctzll(word); }
