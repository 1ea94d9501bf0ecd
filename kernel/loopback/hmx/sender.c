// SPDX-License-Identifier: GPL-2.0-only
/*
 * Which rings a domain alone may send to: those that go when it goes.
 *
 * A record lives exactly as long as the ring that it stands for.
 */
#include "locks.h"

static struct hlist_head *sender_bucket(struct hmx_domain *domain,
					const struct hmx_domain *owner,
					u32 port)
{
	return &domain->senders[hmx_bucket(port, owner->id)];
}

/**
 * hmx_sender_add() - record that a domain is the partner of a new ring
 * @domain: the partner
 * @sender: the record; freed with the ring
 * @ring: the ring
 *
 * Context: W(rings_L2) of the ring's owner; takes send_L2 of @domain.
 */
void hmx_sender_add(struct hmx_domain *domain, struct hmx_sender *sender,
		    const struct hmx_ring *ring)
{
	HMX_ASSERT(hmx_w_rings_l2(ring->owner));

	sender->owner = ring->owner;
	sender->port = ring->port;
	spin_lock(&domain->send_l2);
	hlist_add_head(&sender->node,
		       sender_bucket(domain, sender->owner, sender->port));
	spin_unlock(&domain->send_l2);
}

static struct hmx_sender *sender_find(struct hmx_domain *domain,
				      const struct hmx_domain *owner, u32 port)
{
	struct hmx_sender *sender;

	HMX_ASSERT(hmx_send_l2(domain));

	hlist_for_each_entry(sender, sender_bucket(domain, owner, port), node)
		if (sender->owner == owner && sender->port == port)
			return sender;
	return NULL;
}

/**
 * hmx_sender_remove() - free the partner's record of a ring, if it has one
 * @ring: the ring. Its partner still lives, or it would have gone before.
 *
 * Context: W(rings_L2) of the ring's owner; takes send_L2 of the partner.
 */
void hmx_sender_remove(const struct hmx_ring *ring)
{
	struct hmx_domain *partner;
	struct hmx_sender *sender;

	HMX_ASSERT(hmx_w_rings_l2(ring->owner));

	if (ring->partner == HMX_DOMID_ANY)
		return;
	partner = hmx_domain_find(ring->owner->engine, ring->partner);
	spin_lock(&partner->send_l2);
	sender = sender_find(partner, ring->owner, ring->port);
	hlist_del(&sender->node);
	spin_unlock(&partner->send_l2);
	kfree(sender);
}

/**
 * hmx_sender_rings_remove() - take away the rings that only one may send to
 * @domain: who goes
 * @gone: where they are left for hmx_rings_free()
 *
 * Context: W(L1).
 */
void hmx_sender_rings_remove(struct hmx_domain *domain, struct hlist_head *gone)
{
	struct hmx_sender *sender;
	struct hlist_node *next;
	unsigned int i;

	HMX_ASSERT(hmx_w_l1(domain->engine));

	for (i = 0; i < HMX_BUCKETS; i++) {
		hlist_for_each_entry_safe(sender, next, &domain->senders[i],
					  node) {
			struct hmx_domain *owner = sender->owner;

			hmx_ring_remove(hmx_ring_find(owner, sender->port,
						      domain->id), gone);
			owner->nr_rings--;
		}
	}
}
