// SPDX-License-Identifier: GPL-2.0-only
#include <linux/gfp.h>
#include <linux/jiffies.h>
#include <linux/mm.h>

#include "pool.h"

/* How long unused memory is kept. */
#define POOL_IDLE	(5 * HZ)

static bool is_free(struct page *page)
{
	if (page_ref_count(page) != 1)
		return false;
	/* Pairs with the last reader's put_page(). */
	smp_acquire__after_ctrl_dep();
	return true;
}

static bool take(struct page **page, unsigned int order)
{
	if (!*page)
		*page = alloc_pages(GFP_KERNEL | __GFP_COMP | __GFP_NORETRY |
				    __GFP_NOWARN, order);
	if (!*page || !is_free(*page))
		return false;
	get_page(*page);
	return true;
}

/**
 * argo_vsock_pool_get() - get memory for a packet
 * @pool: the pool
 * @order: of it; always the same
 *
 * Context: may sleep.
 * Return: a compound page, with a reference for the caller, or NULL if what
 * there may be is in use.
 */
struct page *argo_vsock_pool_get(struct argo_vsock_pool *pool,
				 unsigned int order)
{
	unsigned int i;

	for (i = 0; i < ARGO_VSOCK_POOL; i++) {
		struct page **page = &pool->pages[pool->next];

		pool->next = (pool->next + 1) % ARGO_VSOCK_POOL;
		if (take(page, order)) {
			pool->used = jiffies;
			return *page;
		}
	}
	return NULL;
}

/**
 * argo_vsock_pool_drain() - give back what the pool has
 * @pool: the pool
 *
 * What packets still use goes with them.
 */
void argo_vsock_pool_drain(struct argo_vsock_pool *pool)
{
	unsigned int i;

	for (i = 0; i < ARGO_VSOCK_POOL; i++) {
		if (pool->pages[i])
			put_page(pool->pages[i]);
		pool->pages[i] = NULL;
	}
	pool->next = 0;
}

/**
 * argo_vsock_pool_trim() - drain it if it was not used for a while
 * @pool: the pool
 */
void argo_vsock_pool_trim(struct argo_vsock_pool *pool)
{
	if (time_after(jiffies, pool->used + POOL_IDLE))
		argo_vsock_pool_drain(pool);
}
