// SPDX-License-Identifier: GPL-2.0-only
/*
 * Domains that wait for space in a ring, each with one record: the largest
 * size.
 */
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

	if (ring->partner == ARGO_DOMID_ANY) {
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

	if (ring->partner == ARGO_DOMID_ANY) {
		spin_lock(&domain->wildcard_l2);
		list_del(&pending->wildcard);
		spin_unlock(&domain->wildcard_l2);
	}
	list_del(&pending->node);
	ring->nr_pending--;
}

/**
 * hmx_pending_add() - let a domain wait for space in a ring
 * @ring: the ring
 * @domain: the domain
 * @len: payload bytes; a domain that waits already waits for the larger size
 *
 * Context: L3; takes wildcard_L2 of @domain.
 * Return: 0, -EBUSY (max_waiters domains wait already), -ENOMEM.
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
 * hmx_pending_cancel() - end the wait of a domain for space in a ring
 * @ring: the ring
 * @domain: the domain, which may not be waiting
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
 * hmx_pending_take() - end the waits that there is enough space for
 * @ring: the ring
 * @space: payload bytes that fit
 * @told: list that gets the records, for hmx_pending_tell()
 *
 * Context: L3; takes wildcard_L2 of each domain that waits.
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
 * hmx_pending_tell() - raise one interrupt for each wait that ended
 * @engine: the engine
 * @told: list of the records, which are freed
 *
 * Context: R(L1), held since hmx_pending_take().
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
 * hmx_pending_drop_ring() - end all waits for space in a ring that goes
 * @ring: the ring
 *
 * Context: W(rings_L2) of its owner; takes wildcard_L2 of each domain that
 * waits.
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
 * hmx_pending_drop_wildcard() - end all waits of a domain that goes
 * @domain: the domain; partner rings that it may send to are gone already
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
