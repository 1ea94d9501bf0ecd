/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The layout of a ring, and the one place that parses it.
 *
 * Pure functions over (ring, length): they compile in user space too, where
 * they are tested and fuzzed. Nothing in the ring is trusted. Each index and
 * each header field is read once, checked, and used from the copy.
 *
 * A ring is a header and then @len bytes of data. Messages start on slots of
 * 16 bytes; a message header never wraps, a payload may. Equal indexes mean
 * empty, so one slot always stays free.
 */
#ifndef _ARGO_RING_H
#define _ARGO_RING_H

#ifdef __KERNEL__
#include <linux/compiler.h>
#include <linux/errno.h>
#include <linux/types.h>
#include <asm/barrier.h>
#else
#include "ring_user.h"
#endif

#define ARGO_RING_SLOT		16u
#define ARGO_RING_MIN_LEN	48u
#define ARGO_RING_MAX_LEN	0xffffc0u

struct argo_ring_header {
	u32 rx_ptr;	/* the receiver's, also read by the hypervisor */
	u32 tx_ptr;	/* a copy of the hypervisor's */
	u8 reserved[56];
};

struct argo_ring_msg_header {
	u32 len;	/* this header included */
	u32 port;	/* source */
	u16 domid;
	u16 pad;
	u32 type;
};

/**
 * struct argo_ring_msg - a message in a ring, its header checked
 * @len: payload bytes
 * @type: message type
 * @port: source port, the sender's word
 * @domid: source domain, vouched for by the hypervisor
 * @start: offset of the payload in the data area
 * @next: receive index after this message
 */
struct argo_ring_msg {
	u32 len;
	u32 type;
	u32 port;
	u16 domid;
	u32 start;
	u32 next;
};

/**
 * struct argo_ring_segment - a piece of a payload that does not wrap
 * @offset: in the data area
 * @len: bytes
 */
struct argo_ring_segment {
	u32 offset;
	u32 len;
};

/* @n must not exceed ARGO_RING_MAX_LEN, or this wraps. */
static inline u32 argo_ring_slots(u32 n)
{
	return (n + ARGO_RING_SLOT - 1) & ~(ARGO_RING_SLOT - 1);
}

static inline u32 argo_ring_max_message(u32 len)
{
	return len - (u32)sizeof(struct argo_ring_msg_header) - ARGO_RING_SLOT;
}

/**
 * argo_ring_index_ok() - can this be an index of a ring?
 * @index: the index
 * @len: the ring's length in bytes
 */
static inline bool argo_ring_index_ok(u32 index, u32 len)
{
	return index < len && index % ARGO_RING_SLOT == 0;
}

/**
 * argo_ring_used() - bytes between two indexes
 * @rx: receive index, in range
 * @tx: send index, in range
 * @len: the ring's length in bytes
 */
static inline u32 argo_ring_used(u32 rx, u32 tx, u32 len)
{
	return tx >= rx ? tx - rx : len - rx + tx;
}

/**
 * argo_ring_tx() - the hypervisor's index, as the ring shows it
 * @ring: the ring
 *
 * What the hypervisor wrote before it moved the index is seen by reads that
 * come after this one. The result is not checked.
 */
static inline u32 argo_ring_tx(const struct argo_ring_header *ring)
{
	/* Pairs with the hypervisor's between data and index. */
	return smp_load_acquire(&ring->tx_ptr);
}

/**
 * argo_ring_release() - give everything before an index back to senders
 * @ring: the ring
 * @rx: new receive index
 *
 * Reads of what is given back are complete before a sender can overwrite it.
 */
static inline void argo_ring_release(struct argo_ring_header *ring, u32 rx)
{
	/* Pairs with the hypervisor's between index and data. */
	smp_store_release(&ring->rx_ptr, rx);
}

/**
 * argo_ring_next() - parse the message at an index
 * @ring: the ring, its data right behind the header
 * @len: its length in bytes, a valid one
 * @rx: receive index, the caller's own copy, in range
 * @msg: filled in when there is a message
 *
 * Return: 1 with a message, 0 if the ring is empty, -EBADMSG if what is there
 * makes no sense.
 */
static inline int argo_ring_next(const struct argo_ring_header *ring, u32 len,
				 u32 rx, struct argo_ring_msg *msg)
{
	const struct argo_ring_msg_header *mh;
	u32 tx = argo_ring_tx(ring);
	u32 used, msg_len;

	if (!argo_ring_index_ok(tx, len))
		return -EBADMSG;
	if (rx == tx)
		return 0;

	mh = (const struct argo_ring_msg_header *)
		((const u8 *)(ring + 1) + rx);
	msg_len = READ_ONCE(mh->len);
	used = argo_ring_used(rx, tx, len);
	/* @used is a multiple of a slot, so nothing here can overflow. */
	if (msg_len < sizeof(*mh) || msg_len > used)
		return -EBADMSG;

	msg->len = msg_len - (u32)sizeof(*mh);
	msg->type = READ_ONCE(mh->type);
	msg->port = READ_ONCE(mh->port);
	msg->domid = READ_ONCE(mh->domid);
	msg->start = rx + (u32)sizeof(*mh);
	if (msg->start == len)
		msg->start = 0;
	msg->next = rx + argo_ring_slots(msg_len);
	if (msg->next >= len)
		msg->next -= len;
	return 1;
}

/**
 * argo_ring_segments() - where a part of a payload lies
 * @len: the ring's length in bytes
 * @msg: a message from argo_ring_next()
 * @from: first byte wanted, at most @msg->len
 * @n: bytes wanted; cut to what the message has
 * @seg: the pieces, in order
 *
 * Return: how many there are, 0 to 2.
 */
static inline unsigned int argo_ring_segments(u32 len,
					      const struct argo_ring_msg *msg,
					      u32 from, u32 n,
					      struct argo_ring_segment seg[2])
{
	u32 offset = msg->start + from;

	if (n > msg->len - from)
		n = msg->len - from;
	if (!n)
		return 0;
	if (offset >= len)
		offset -= len;

	seg[0].offset = offset;
	if (n <= len - offset) {
		seg[0].len = n;
		return 1;
	}
	seg[0].len = len - offset;
	seg[1].offset = 0;
	seg[1].len = n - seg[0].len;
	return 2;
}

#endif /* _ARGO_RING_H */
