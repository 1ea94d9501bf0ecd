// SPDX-License-Identifier: GPL-2.0-only
/*
 * Ring memory with nonsense in it, as a broken domain or hypervisor leaves it.
 */
#include "locks.h"

/*
 * Find a ring and lock it for ring_put().
 * Return: the ring, or NULL with nothing locked.
 */
static struct hmx_ring *ring_get(struct hmx_domain *domain, u32 port,
				 u16 partner)
{
	struct hmx_ring *ring;

	read_lock_bh(&domain->engine->l1);
	read_lock(&domain->rings_l2);
	ring = hmx_ring_find(domain, port, partner);
	if (ring) {
		spin_lock(&ring->l3);
		return ring;
	}
	read_unlock(&domain->rings_l2);
	read_unlock_bh(&domain->engine->l1);
	return NULL;
}

static void ring_put(struct hmx_ring *ring)
{
	struct hmx_domain *domain = ring->owner;

	HMX_ASSERT(hmx_l3(ring));

	spin_unlock(&ring->l3);
	read_unlock(&domain->rings_l2);
	read_unlock_bh(&domain->engine->l1);
}

/**
 * hmx_spoil_tx() - write the send index that the receiver sees
 * @domain: whose ring
 * @port: the ring's port
 * @partner: its partner, or HMX_DOMID_ANY
 * @value: what to write
 *
 * The next message puts it right again.
 *
 * Context: any but the hard interrupt.
 * Return: 0, -ENOENT (no such ring).
 */
int hmx_spoil_tx(struct hmx_domain *domain, u32 port, u16 partner, u32 value)
{
	struct hmx_ring *ring = ring_get(domain, port, partner);
	struct argo_ring_header *header;

	if (!ring)
		return -ENOENT;
	header = ring->pages[0];
	WRITE_ONCE(header->tx_ptr, value);
	ring_put(ring);
	return 0;
}

/**
 * hmx_spoil_rx() - write the receive index that the hypervisor sees
 * @domain: whose ring
 * @port: the ring's port
 * @partner: its partner, or HMX_DOMID_ANY
 * @value: what to write
 *
 * Context: any but the hard interrupt.
 * Return: 0, -ENOENT (no such ring).
 */
int hmx_spoil_rx(struct hmx_domain *domain, u32 port, u16 partner, u32 value)
{
	struct hmx_ring *ring = ring_get(domain, port, partner);
	struct argo_ring_header *header;

	if (!ring)
		return -ENOENT;
	header = ring->pages[0];
	WRITE_ONCE(header->rx_ptr, value);
	ring_put(ring);
	return 0;
}

static void spoil_field(struct argo_ring_msg_header *header,
			enum hmx_message_field field, u32 value)
{
	switch (field) {
	case HMX_MESSAGE_LEN:
		WRITE_ONCE(header->len, value);
		break;
	case HMX_MESSAGE_PORT:
		WRITE_ONCE(header->port, value);
		break;
	case HMX_MESSAGE_DOMID:
		WRITE_ONCE(header->domid, value);
		break;
	case HMX_MESSAGE_TYPE:
		WRITE_ONCE(header->type, value);
		break;
	}
}

/**
 * hmx_spoil_message() - change the header of the first unread message
 * @domain: whose ring
 * @port: the ring's port
 * @partner: its partner, or HMX_DOMID_ANY
 * @field: what of it
 * @value: what to write
 *
 * Context: any but the hard interrupt.
 * Return: 0, -ENOENT (no such ring), -ENODATA (it is empty).
 */
int hmx_spoil_message(struct hmx_domain *domain, u32 port, u16 partner,
		      enum hmx_message_field field, u32 value)
{
	struct hmx_ring *ring = ring_get(domain, port, partner);
	u32 room, rx;
	int rc = -ENODATA;

	if (!ring)
		return -ENOENT;
	rx = hmx_ring_rx(ring);
	if (rx != ring->tx) {
		spoil_field(hmx_ring_at(ring, rx, &room), field, value);
		rc = 0;
	}
	ring_put(ring);
	return rc;
}
