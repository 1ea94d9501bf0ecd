// SPDX-License-Identifier: GPL-2.0-only
/*
 * A partner's records of the partner rings that it may send to. These rings go
 * when the partner goes. A record lives exactly as long as its ring.
 */
#include "locks.h"

static struct hlist_head *record_bucket(struct hmx_domain *domain,
					const struct hmx_domain *owner,
					u32 port)
{
	return &domain->partner_rings[hmx_bucket(port, owner->id)];
}

/**
 * hmx_partner_add() - record that a domain is the partner of a new ring
 * @domain: the partner
 * @record: the record; freed with the ring
 * @ring: the ring
 *
 * Context: W(rings_L2) of the ring's owner; takes send_L2 of @domain.
 */
void hmx_partner_add(struct hmx_domain *domain, struct hmx_partner_ring *record,
		     const struct hmx_ring *ring)
{
	HMX_ASSERT(hmx_w_rings_l2(ring->owner));

	record->owner = ring->owner;
	record->port = ring->port;
	spin_lock(&domain->send_l2);
	hlist_add_head(&record->node,
		       record_bucket(domain, record->owner, record->port));
	spin_unlock(&domain->send_l2);
}

static struct hmx_partner_ring *record_find(struct hmx_domain *domain,
					    const struct hmx_domain *owner,
					    u32 port)
{
	struct hmx_partner_ring *record;

	HMX_ASSERT(hmx_send_l2(domain));

	hlist_for_each_entry(record, record_bucket(domain, owner, port), node)
		if (record->owner == owner && record->port == port)
			return record;
	return NULL;
}

/**
 * hmx_partner_remove() - free the partner's record of a ring
 * @ring: the ring; a wildcard ring has no record. The partner of a partner ring
 *	still lives, or the ring would have gone with it.
 *
 * Context: W(rings_L2) of the ring's owner; takes send_L2 of the partner.
 */
void hmx_partner_remove(const struct hmx_ring *ring)
{
	struct hmx_domain *partner;
	struct hmx_partner_ring *record;

	HMX_ASSERT(hmx_w_rings_l2(ring->owner));

	if (ring->partner == ARGO_DOMID_ANY)
		return;
	partner = hmx_domain_find(ring->owner->engine, ring->partner);
	spin_lock(&partner->send_l2);
	record = record_find(partner, ring->owner, ring->port);
	hlist_del(&record->node);
	spin_unlock(&partner->send_l2);
	kfree(record);
}

/**
 * hmx_partner_rings_remove() - take away the rings whose partner goes
 * @domain: the partner
 * @gone: list that gets the rings, for hmx_rings_free()
 *
 * Context: W(L1).
 */
void hmx_partner_rings_remove(struct hmx_domain *domain,
			      struct hlist_head *gone)
{
	struct hmx_partner_ring *record;
	struct hlist_node *next;
	unsigned int i;

	HMX_ASSERT(hmx_w_l1(domain->engine));

	for (i = 0; i < HMX_BUCKETS; i++) {
		hlist_for_each_entry_safe(record, next,
					  &domain->partner_rings[i], node) {
			struct hmx_domain *owner = record->owner;

			hmx_ring_remove(hmx_ring_find(owner, record->port,
						      domain->id), gone);
			owner->nr_rings--;
		}
	}
}
