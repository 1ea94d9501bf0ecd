// SPDX-License-Identifier: GPL-2.0-only
/* Who waits for space in a ring: one record a domain, for the most it wants. */
#include "locks.h"

static struct hmx_pending *pending_find(struct hmx_ring *ring,
					const struct hmx_domain *domain)
{
	struct hmx_pending *pending;

	HMX_ASSERT(hmx_l3(ring));

	list_for_each_entry(pending, &ring->pending, node)
		if (pending->domain == domain)
			return pending;
	return NULL;
}

static void pending_link(struct hmx_pending *pending)
{
	struct hmx_domain *domain = pending->domain;
	struct hmx_ring *ring = pending->ring;

	HMX_ASSERT(hmx_l3(ring));

	if (ring->partner == HMX_DOMID_ANY) {
		spin_lock(&domain->wildcard_l2);
		list_add_tail(&pending->wildcard, &domain->wildcard_pending);
		spin_unlock(&domain->wildcard_l2);
	}
	list_add_tail(&pending->node, &ring->pending);
	ring->nr_pending++;
}

static void pending_unlink(struct hmx_pending *pending)
{
	struct hmx_domain *domain = pending->domain;
	struct hmx_ring *ring = pending->ring;

	HMX_ASSERT(hmx_l3(ring));

	if (ring->partner == HMX_DOMID_ANY) {
		spin_lock(&domain->wildcard_l2);
		list_del(&pending->wildcard);
		spin_unlock(&domain->wildcard_l2);
	}
	list_del(&pending->node);
	ring->nr_pending--;
}

/**
 * hmx_pending_add() - a domain is to be told when there is space
 * @ring: where
 * @domain: who
 * @len: payload bytes; less than it already waits for changes nothing
 *
 * Context: L3; takes wildcard_L2 of @domain.
 * Return: 0, -EBUSY (too many wait already), -ENOMEM.
 */
int hmx_pending_add(struct hmx_ring *ring, struct hmx_domain *domain, u32 len)
{
	struct hmx_engine *engine = ring->owner->engine;
	struct hmx_pending *pending = pending_find(ring, domain);

	HMX_ASSERT(hmx_l3(ring));

	if (pending) {
		pending->len = max(pending->len, len);
		return 0;
	}
	if (ring->nr_pending >= engine->params.max_waiters)
		return -EBUSY;
	pending = hmx_alloc(engine, sizeof(*pending), GFP_ATOMIC);
	if (!pending)
		return -ENOMEM;
	pending->ring = ring;
	pending->domain = domain;
	pending->len = len;
	pending_link(pending);
	return 0;
}

/**
 * hmx_pending_cancel() - a domain need not be told any more
 * @ring: where
 * @domain: who
 *
 * Context: L3; takes wildcard_L2 of @domain.
 */
void hmx_pending_cancel(struct hmx_ring *ring, const struct hmx_domain *domain)
{
	struct hmx_pending *pending = pending_find(ring, domain);

	HMX_ASSERT(hmx_l3(ring));

	if (!pending)
		return;
	pending_unlink(pending);
	kfree(pending);
}

/**
 * hmx_pending_take() - find who can be told
 * @ring: where
 * @space: payload bytes that fit
 * @told: where they are left for hmx_pending_tell()
 *
 * Context: L3; takes wildcard_L2 of each.
 */
void hmx_pending_take(struct hmx_ring *ring, u32 space, struct list_head *told)
{
	struct hmx_pending *pending, *next;

	HMX_ASSERT(hmx_l3(ring));

	list_for_each_entry_safe(pending, next, &ring->pending, node) {
		if (pending->len > space)
			continue;
		pending_unlink(pending);
		list_add_tail(&pending->node, told);
	}
}

/**
 * hmx_pending_tell() - one interrupt for each ring that a domain waited for
 * @engine: the engine
 * @told: who; freed
 *
 * Context: R(L1), without a break since hmx_pending_take().
 */
void hmx_pending_tell(struct hmx_engine *engine, struct list_head *told)
{
	struct hmx_pending *pending, *next;

	HMX_ASSERT(hmx_r_l1(engine));

	list_for_each_entry_safe(pending, next, told, node) {
		hmx_interrupt(pending->domain);
		kfree(pending);
	}
}

/**
 * hmx_pending_drop_ring() - forget who waits for a ring that goes
 * @ring: the ring
 *
 * Context: W(rings_L2) of its owner; takes wildcard_L2 of each.
 */
void hmx_pending_drop_ring(struct hmx_ring *ring)
{
	struct hmx_pending *pending, *next;

	HMX_ASSERT(hmx_w_rings_l2(ring->owner));

	list_for_each_entry_safe(pending, next, &ring->pending, node) {
		pending_unlink(pending);
		kfree(pending);
	}
}

/**
 * hmx_pending_drop_wildcard() - forget where a domain that goes waits
 * @domain: the domain; rings that only it may send to are gone already
 *
 * Context: W(L1).
 */
void hmx_pending_drop_wildcard(struct hmx_domain *domain)
{
	struct hmx_pending *pending, *next;

	HMX_ASSERT(hmx_w_l1(domain->engine));

	list_for_each_entry_safe(pending, next, &domain->wildcard_pending,
				 wildcard) {
		pending_unlink(pending);
		kfree(pending);
	}
}
