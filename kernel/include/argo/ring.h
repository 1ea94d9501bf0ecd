/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The layout of a ring, and the one place that parses it.
 *
 * The functions depend on a ring and its length only. They compile in user
 * space too, where they are tested and fuzzed. Nothing in the ring is trusted:
 * each index and each header field is read once, and the copy is checked and
 * used.
 *
 * A ring is a header and then @len bytes of data. Messages start on slots of
 * 16 bytes; a message header is one slot, so it never wraps; a payload may.
 * Equal indexes mean empty, so one slot always stays free.
 *
 * The hypervisor chooses where the fields lie (struct argo_ring_layout). The
 * functions argo_ring_*_in() take a layout. The functions without that suffix
 * are for Argo's own layout, whose offsets are constants to the compiler.
 */
#ifndef _ARGO_RING_H
#define _ARGO_RING_H

#ifdef __KERNEL__
#include <linux/compiler.h>
#include <linux/errno.h>
#include <linux/stddef.h>
#include <linux/types.h>
#include <asm/barrier.h>
#else
#include "ring_user.h"
#endif

#define ARGO_RING_SLOT		16u
#define ARGO_RING_MIN_LEN	48u
#define ARGO_RING_MAX_LEN	0xffffc0u

struct argo_ring_header {
	u32 rx_ptr;	/* receive index; the hypervisor reads it, too */
	u32 tx_ptr;	/* copy of the hypervisor's send index */
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
 * struct argo_ring_layout - where the fields of a ring lie, offsets in bytes
 * @header: size of the ring's header, which the data follow
 * @rx: receive index, u32 in the ring's header
 * @tx: send index, u32 in the ring's header
 * @len: length with the header, u32 in a message's header
 * @port: source port, u32 in a message's header
 * @domid: source domain, u16 in a message's header
 * @type: message type, u32 in a message's header
 *
 * All offsets suit the alignment of their fields.
 */
struct argo_ring_layout {
	u8 header;
	u8 rx;
	u8 tx;
	u8 len;
	u8 port;
	u8 domid;
	u8 type;
};

static const struct argo_ring_layout argo_ring_layout_argo = {
	.header = sizeof(struct argo_ring_header),
	.rx = offsetof(struct argo_ring_header, rx_ptr),
	.tx = offsetof(struct argo_ring_header, tx_ptr),
	.len = offsetof(struct argo_ring_msg_header, len),
	.port = offsetof(struct argo_ring_msg_header, port),
	.domid = offsetof(struct argo_ring_msg_header, domid),
	.type = offsetof(struct argo_ring_msg_header, type),
};

/**
 * struct argo_ring_msg - a message in a ring, whose header was checked
 * @len: payload bytes
 * @type: message type
 * @port: source port, as the sender's kernel claims
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

/* Round @n up to whole slots. A sum beyond U32_MAX wraps to 0. */
static inline u32 argo_ring_slots(u32 n)
{
	return (n + ARGO_RING_SLOT - 1) & ~(ARGO_RING_SLOT - 1);
}

static inline u32 argo_ring_max_message(u32 len)
{
	return len - 2 * ARGO_RING_SLOT;
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
 * argo_ring_data_in() - where the data of a ring begin
 * @layout: layout of the ring
 * @ring: the ring
 */
static inline const u8 *argo_ring_data_in(const struct argo_ring_layout *layout,
					  const void *ring)
{
	return (const u8 *)ring + layout->header;
}

static inline const u32 *argo_ring_u32(const void *from, u8 offset)
{
	return (const u32 *)(const void *)((const u8 *)from + offset);
}

/**
 * argo_ring_tx_in() - read the send index of a ring
 * @layout: layout of the ring
 * @ring: the ring
 *
 * Reads that come after this one see all that the hypervisor wrote before it
 * moved the index. The result is not checked.
 */
static inline u32 argo_ring_tx_in(const struct argo_ring_layout *layout,
				  const void *ring)
{
	/* Pairs with the hypervisor's barrier between data and index. */
	return smp_load_acquire(argo_ring_u32(ring, layout->tx));
}

/**
 * argo_ring_release_in() - give everything before an index back to senders
 * @layout: layout of the ring
 * @ring: the ring
 * @rx: new receive index
 *
 * Earlier reads of the ring are complete before a sender can overwrite it.
 */
static inline void argo_ring_release_in(const struct argo_ring_layout *layout,
					void *ring, u32 rx)
{
	u32 *index = (u32 *)(void *)((u8 *)ring + layout->rx);

	/* Pairs with the hypervisor's barrier between index and data. */
	smp_store_release(index, rx);
}

/**
 * argo_ring_next_in() - parse the message at an index
 * @layout: layout of the ring
 * @ring: the ring, whose data follow its header
 * @len: valid length of the ring in bytes
 * @rx: receive index, the caller's own copy, in range
 * @msg: filled in when there is a message
 *
 * Return: 1 with a message, 0 if the ring is empty, -EBADMSG if the send index
 * or the message's length makes no sense.
 */
static inline int argo_ring_next_in(const struct argo_ring_layout *layout,
				    const void *ring, u32 len, u32 rx,
				    struct argo_ring_msg *msg)
{
	u32 tx = argo_ring_tx_in(layout, ring);
	const u8 *mh;
	u32 msg_len;

	if (!argo_ring_index_ok(tx, len))
		return -EBADMSG;
	if (rx == tx)
		return 0;

	mh = argo_ring_data_in(layout, ring) + rx;
	msg_len = READ_ONCE(*argo_ring_u32(mh, layout->len));
	/*
	 * argo_ring_used() is a multiple of a slot: nothing here can overflow.
	 */
	if (msg_len < ARGO_RING_SLOT || msg_len > argo_ring_used(rx, tx, len))
		return -EBADMSG;

	msg->len = msg_len - ARGO_RING_SLOT;
	msg->type = READ_ONCE(*argo_ring_u32(mh, layout->type));
	msg->port = READ_ONCE(*argo_ring_u32(mh, layout->port));
	msg->domid = READ_ONCE(*(const u16 *)(const void *)(mh + layout->domid));
	msg->start = rx + ARGO_RING_SLOT;
	if (msg->start == len)
		msg->start = 0;
	msg->next = rx + argo_ring_slots(msg_len);
	if (msg->next >= len)
		msg->next -= len;
	return 1;
}

/**
 * argo_ring_tx() - argo_ring_tx_in() in Argo's layout
 * @ring: the ring
 */
static inline u32 argo_ring_tx(const struct argo_ring_header *ring)
{
	return argo_ring_tx_in(&argo_ring_layout_argo, ring);
}

/**
 * argo_ring_release() - argo_ring_release_in() in Argo's layout
 * @ring: the ring
 * @rx: new receive index
 */
static inline void argo_ring_release(struct argo_ring_header *ring, u32 rx)
{
	argo_ring_release_in(&argo_ring_layout_argo, ring, rx);
}

/**
 * argo_ring_next() - argo_ring_next_in() in Argo's layout
 * @ring: the ring
 * @len: its length in bytes
 * @rx: receive index
 * @msg: filled in when there is a message
 */
static inline int argo_ring_next(const struct argo_ring_header *ring, u32 len,
				 u32 rx, struct argo_ring_msg *msg)
{
	return argo_ring_next_in(&argo_ring_layout_argo, ring, len, rx, msg);
}

/**
 * argo_ring_segments() - where a part of a payload lies
 * @len: the ring's length in bytes
 * @msg: a message from argo_ring_next()
 * @from: first byte wanted of the payload
 * @n: bytes wanted; cut to the bytes that the payload has from there
 * @seg: filled in with the pieces, in order
 *
 * A front-end may keep @from while @msg is parsed anew from a ring whose
 * content changed, so @from may be behind the payload. No piece lies outside
 * the ring.
 *
 * Return: the number of pieces, 0 to 2.
 */
static inline unsigned int argo_ring_segments(u32 len,
					      const struct argo_ring_msg *msg,
					      u32 from, u32 n,
					      struct argo_ring_segment seg[2])
{
	u32 offset;

	if (from >= msg->len || !n)
		return 0;
	if (n > msg->len - from)
		n = msg->len - from;
	offset = msg->start + from;
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
