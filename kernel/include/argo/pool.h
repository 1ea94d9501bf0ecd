/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Memory for large received packets that is used again. Many kernels zero
 * memory that they allocate, which takes longer than filling it with a packet.
 */
#ifndef _ARGO_POOL_H
#define _ARGO_POOL_H

#include <linux/types.h>

struct page;

#define ARGO_POOL_MAX	64

/**
 * struct argo_pool - pages that packets are in, or were
 * @pages: compound pages of @order, or NULL; a page is free to be used again
 *	when the pool has the only reference to it
 * @slots: number of slots of @pages that are used, at most ARGO_POOL_MAX
 * @order: order of each page
 * @next: slot to look at first
 * @used: jiffies when a page was taken last
 *
 * The owner of the pool serialises calls for it.
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
