// SPDX-License-Identifier: GPL-2.0-only
/*
 * The content of a ring's memory. The ring's owner can write to it at any time.
 * So the engine keeps its send index elsewhere (hmx_ring.tx), and makes a valid
 * index of any receive index that it reads.
 */
#include "locks.h"

#define MSG_HEADER_LEN		((u32)sizeof(struct argo_ring_msg_header))

static u32 ring_wrap(const struct hmx_ring *ring, u32 index)
{
	return index < ring->len ? index : 0;
}

/**
 * hmx_ring_rx() - read the receive index
 * @ring: the ring
 *
 * Context: L3.
 * Return: the index, rounded up to a slot, or 0 if that is no valid index.
 */
u32 hmx_ring_rx(const struct hmx_ring *ring)
{
	const struct argo_ring_header *header = ring->pages[0];
	u32 rx;

	HMX_ASSERT(hmx_l3(ring));

	/* Pairs with argo_ring_release(): the owner has read the free part. */
	rx = smp_load_acquire(&header->rx_ptr);
	return ring_wrap(ring, argo_ring_slots(rx));
}

static u32 ring_free_bytes(const struct hmx_ring *ring)
{
	HMX_ASSERT(hmx_l3(ring));

	return ring->len - argo_ring_used(hmx_ring_rx(ring), ring->tx,
					  ring->len);
}

/**
 * hmx_ring_max_message() - the largest message that an empty ring takes
 * @ring: the ring
 *
 * Context: L3.
 * Return: payload bytes of that message.
 */
u32 hmx_ring_max_message(const struct hmx_ring *ring)
{
	HMX_ASSERT(hmx_l3(ring));

	return argo_ring_max_message(ring->len);
}

/**
 * hmx_ring_space() - the largest message that fits now
 * @ring: the ring
 *
 * Context: L3.
 * Return: payload bytes of that message; 0 also if no message fits.
 */
u32 hmx_ring_space(const struct hmx_ring *ring)
{
	const u32 bytes = ring_free_bytes(ring);

	HMX_ASSERT(hmx_l3(ring));

	return bytes < MSG_HEADER_LEN + ARGO_RING_SLOT ?
		       0 : argo_ring_max_message(bytes);
}

/**
 * hmx_ring_at() - find a byte of a ring's data in memory
 * @ring: the ring
 * @offset: offset of the byte in the data
 * @room: set to the bytes from there to the end of the page or of the ring
 *
 * Context: L3.
 */
void *hmx_ring_at(const struct hmx_ring *ring, u32 offset, u32 *room)
{
	const u32 at = sizeof(struct argo_ring_header) + offset;
	const u32 in_page = at % PAGE_SIZE;

	HMX_ASSERT(hmx_l3(ring));

	*room = min_t(u32, PAGE_SIZE - in_page, ring->len - offset);
	return (u8 *)ring->pages[at / PAGE_SIZE] + in_page;
}

/**
 * hmx_ring_set_tx() - move the send index
 * @ring: the ring
 * @tx: the new index, which is valid
 *
 * A reader that sees the new index sees all that was written before.
 *
 * Context: L3.
 */
void hmx_ring_set_tx(struct hmx_ring *ring, u32 tx)
{
	struct argo_ring_header *header = ring->pages[0];

	HMX_ASSERT(hmx_l3(ring));

	ring->tx = tx;
	/* Pairs with argo_ring_tx(). */
	smp_store_release(&header->tx_ptr, tx);
}

static u32 put_header(struct hmx_ring *ring, const struct hmx_message *msg,
		      u16 src_domid, u32 len)
{
	const struct argo_ring_msg_header header = {
		.len = MSG_HEADER_LEN + len,
		.port = msg->src.port,
		.domid = src_domid,
		.type = msg->type,
	};
	u32 room;

	HMX_ASSERT(hmx_l3(ring));

	/*
	 * The header is one slot, so it crosses no end of a page or the ring.
	 */
	memcpy(hmx_ring_at(ring, ring->tx, &room), &header, sizeof(header));
	return ring_wrap(ring, ring->tx + MSG_HEADER_LEN);
}

static int put_piece(struct hmx_ring *ring, const struct hmx_message *msg,
		     const struct argo_hv_iov *piece, u32 *tx)
{
	u64 base = piece->base;
	u32 left = piece->len;
	u32 n, room;
	void *to;
	int rc;

	HMX_ASSERT(hmx_l3(ring));

	while (left) {
		to = hmx_ring_at(ring, *tx, &room);
		n = min(left, room);
		rc = msg->copy_from(msg->copy_ctx, to, base, n);
		if (rc)
			return rc;
		base += n;
		left -= n;
		*tx = ring_wrap(ring, *tx + n);
	}
	return 0;
}

/**
 * hmx_ring_insert() - put a message into a ring
 * @ring: the ring
 * @msg: the message
 * @src_domid: domain that sends the message
 * @len: bytes of all pieces
 *
 * Context: L3; calls hmx_message.copy_from.
 * Return: 0, -EMSGSIZE (the message never fits), -EAGAIN (it does not fit now),
 * or the errno of copy_from(). After an error the send index has not moved.
 */
int hmx_ring_insert(struct hmx_ring *ring, const struct hmx_message *msg,
		    u16 src_domid, u32 len)
{
	const u32 need = MSG_HEADER_LEN + argo_ring_slots(len);
	u32 i, tx;
	int rc;

	HMX_ASSERT(hmx_l3(ring));

	/* One slot stays free, or a full ring would look empty. */
	if (need >= ring->len)
		return -EMSGSIZE;
	if (need >= ring_free_bytes(ring))
		return -EAGAIN;

	tx = put_header(ring, msg, src_domid, len);
	for (i = 0; i < msg->niov; i++) {
		rc = put_piece(ring, msg, &msg->iov[i], &tx);
		if (rc)
			return rc;
	}
	hmx_ring_set_tx(ring, ring_wrap(ring, argo_ring_slots(tx)));
	return 0;
}
