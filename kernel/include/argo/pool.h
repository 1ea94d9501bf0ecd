/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Memory for large received packets that is used again. Many kernels zero what
 * they allocate, which takes longer than to fill it with a packet.
 */
#ifndef _ARGO_POOL_H
#define _ARGO_POOL_H

#include <linux/types.h>

struct page;

#define ARGO_POOL_MAX	64

/**
 * struct argo_pool - pages that packets are in, or were
 * @pages: of @order each, or NULL; free to be used again when the pool alone
 *	refers to it
 * @slots: how many there may be, at most ARGO_POOL_MAX
 * @order: of each
 * @next: where to look first
 * @used: jiffies when one was taken last
 *
 * Its owner protects it.
 */
struct argo_pool {
	struct page *pages[ARGO_POOL_MAX];
	unsigned int slots;
	unsigned int order;
	unsigned int next;
	unsigned long used;
};

struct page *argo_pool_get(struct argo_pool *pool, gfp_t gfp);
void argo_pool_drain(struct argo_pool *pool);
void argo_pool_trim(struct argo_pool *pool);

#endif /* _ARGO_POOL_H */
