// SPDX-License-Identifier: GPL-2.0-only
/*
 * Writing nonsense into the memory of a ring, as a broken domain or hypervisor
 * might.
 */
#include "locks.h"

static int write_index(struct hmx_ring *ring, enum hmx_spoil what, u32 value)
{
	struct argo_ring_header *header = ring->pages[0];

	HMX_ASSERT(hmx_l3(ring));

	if (what == HMX_SPOIL_TX)
		WRITE_ONCE(header->tx_ptr, value);
	else
		WRITE_ONCE(header->rx_ptr, value);
	return 0;
}

static int write_message(struct hmx_ring *ring, enum hmx_spoil what, u32 value)
{
	const u32 rx = hmx_ring_rx(ring);
	struct argo_ring_msg_header *header;
	u32 room;

	HMX_ASSERT(hmx_l3(ring));

	if (rx == ring->tx)
		return -ENODATA;
	header = hmx_ring_at(ring, rx, &room);
	if (what == HMX_SPOIL_LEN)
		WRITE_ONCE(header->len, value);
	else if (what == HMX_SPOIL_PORT)
		WRITE_ONCE(header->port, value);
	else if (what == HMX_SPOIL_DOMID)
		WRITE_ONCE(header->domid, value);
	else
		WRITE_ONCE(header->type, value);
	return 0;
}

/**
 * hmx_spoil() - write nonsense into a ring
 * @domain: owner of the ring
 * @port: port of the ring
 * @partner: partner of the ring, or ARGO_DOMID_ANY
 * @what: field to write to
 * @value: the nonsense
 *
 * The next message puts the send index right again.
 *
 * Context: any but the hard interrupt.
 * Return: 0, -ENOENT (no such ring), -ENODATA (no message in it).
 */
int hmx_spoil(struct hmx_domain *domain, u32 port, u16 partner,
	      enum hmx_spoil what, u32 value)
{
	struct hmx_ring *ring;
	int rc = -ENOENT;

	read_lock_bh(&domain->engine->l1);
	read_lock(&domain->rings_l2);
	ring = hmx_ring_find(domain, port, partner);
	if (ring) {
		spin_lock(&ring->l3);
		if (what == HMX_SPOIL_TX || what == HMX_SPOIL_RX)
			rc = write_index(ring, what, value);
		else
			rc = write_message(ring, what, value);
		spin_unlock(&ring->l3);
	}
	read_unlock(&domain->rings_l2);
	read_unlock_bh(&domain->engine->l1);
	return rc;
}
