// SPDX-License-Identifier: GPL-2.0-only
#include <linux/gfp.h>
#include <linux/jiffies.h>
#include <linux/mm.h>
#include <linux/module.h>

#include <argo/pool.h>

/* How long unused memory is kept. */
#define POOL_IDLE	(5 * HZ)
/* Slots that one call looks at. */
#define POOL_LOOKS	8

static bool is_free(struct page *page)
{
	if (page_ref_count(page) != 1)
		return false;
	/* Pairs with the last reader's put_page(). */
	smp_acquire__after_ctrl_dep();
	return true;
}

static bool take(struct page **page, unsigned int order, gfp_t gfp)
{
	if (!*page)
		*page = alloc_pages(gfp | __GFP_COMP | __GFP_NORETRY |
				    __GFP_NOWARN, order);
	if (!*page || !is_free(*page))
		return false;
	get_page(*page);
	return true;
}

/**
 * argo_pool_get() - get memory for a packet
 * @pool: the pool
 * @gfp: how to allocate memory for a slot that has none
 *
 * Context: any that @gfp allows.
 * Return: a compound page, with a reference for the caller, or NULL if none of
 * the slots that it looked at is free, or there is no memory.
 */
struct page *argo_pool_get(struct argo_pool *pool, gfp_t gfp)
{
	unsigned int i, looks = min_t(unsigned int, pool->slots, POOL_LOOKS);

	for (i = 0; i < looks; i++) {
		struct page **page = &pool->pages[pool->next];

		pool->next = (pool->next + 1) % pool->slots;
		if (take(page, pool->order, gfp)) {
			pool->used = jiffies;
			return *page;
		}
	}
	return NULL;
}
EXPORT_SYMBOL_GPL(argo_pool_get);

/**
 * argo_pool_drain() - give back the pool's references to its pages
 * @pool: the pool
 *
 * A page that a packet still uses is freed with the packet.
 */
void argo_pool_drain(struct argo_pool *pool)
{
	unsigned int i;

	for (i = 0; i < pool->slots; i++) {
		if (pool->pages[i])
			put_page(pool->pages[i]);
		pool->pages[i] = NULL;
	}
	pool->next = 0;
}
EXPORT_SYMBOL_GPL(argo_pool_drain);

/**
 * argo_pool_trim() - drain a pool that was not used for POOL_IDLE
 * @pool: the pool
 */
void argo_pool_trim(struct argo_pool *pool)
{
	if (time_after(jiffies, pool->used + POOL_IDLE))
		argo_pool_drain(pool);
}
EXPORT_SYMBOL_GPL(argo_pool_trim);
