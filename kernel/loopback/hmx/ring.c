// SPDX-License-Identifier: GPL-2.0-only
/* Finding, adding and removing rings. */
#include "locks.h"

static struct hlist_head *ring_bucket(struct hmx_domain *owner, u32 port,
				      u16 partner)
{
	return &owner->rings[hmx_bucket(port, partner)];
}

/**
 * hmx_ring_find() - find the ring that was registered for a port and a partner
 * @owner: owner of the ring
 * @port: port of the ring
 * @partner: partner of the ring, or ARGO_DOMID_ANY
 *
 * Context: R(rings_L2) of @owner.
 * Return: the ring, which stays while the lock is held, or NULL.
 */
struct hmx_ring *hmx_ring_find(struct hmx_domain *owner, u32 port, u16 partner)
{
	struct hmx_ring *ring;

	HMX_ASSERT(hmx_r_rings_l2(owner));

	hlist_for_each_entry(ring, ring_bucket(owner, port, partner), node)
		if (ring->port == port && ring->partner == partner)
			return ring;
	return NULL;
}

/**
 * hmx_ring_match() - find the ring that takes messages of a domain to a port
 * @owner: domain that receives
 * @port: port that receives
 * @sender: domain that sends
 *
 * Context: R(rings_L2) of @owner.
 * Return: the ring, which stays while the lock is held, or NULL.
 */
struct hmx_ring *hmx_ring_match(struct hmx_domain *owner, u32 port, u16 sender)
{
	HMX_ASSERT(hmx_r_rings_l2(owner));

	return hmx_ring_find(owner, port, sender) ?:
	       hmx_ring_find(owner, port, ARGO_DOMID_ANY);
}

/**
 * hmx_ring_add() - add a ring, so that it can be found
 * @ring: the ring, complete
 *
 * Context: W(rings_L2) of its owner.
 */
void hmx_ring_add(struct hmx_ring *ring)
{
	HMX_ASSERT(hmx_w_rings_l2(ring->owner));

	hlist_add_head(&ring->node,
		       ring_bucket(ring->owner, ring->port, ring->partner));
}

/**
 * hmx_ring_remove() - take a ring away without telling waiting domains
 * @ring: the ring
 * @gone: list that gets the ring, for hmx_rings_free()
 *
 * The ring still counts in hmx_domain.nr_rings.
 *
 * Context: W(rings_L2) of its owner; takes send_L2 and wildcard_L2 of others.
 */
void hmx_ring_remove(struct hmx_ring *ring, struct hlist_head *gone)
{
	HMX_ASSERT(hmx_w_rings_l2(ring->owner));

	hmx_pending_drop_ring(ring);
	hmx_partner_remove(ring);
	hlist_del(&ring->node);
	hlist_add_head(&ring->node, gone);
}

/**
 * hmx_ring_free() - free a ring that cannot be found
 * @ring: the ring, or NULL
 *
 * Context: may sleep; no lock held.
 */
void hmx_ring_free(struct hmx_ring *ring)
{
	if (!ring)
		return;
	kvfree(ring->pages);
	kfree(ring);
}

/**
 * hmx_rings_free() - free rings that were taken away
 * @gone: list of the rings
 *
 * Context: may sleep; no lock held.
 */
void hmx_rings_free(struct hlist_head *gone)
{
	struct hmx_ring *ring;
	struct hlist_node *next;

	hlist_for_each_entry_safe(ring, next, gone, node)
		hmx_ring_free(ring);
}
