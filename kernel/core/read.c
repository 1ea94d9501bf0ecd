// SPDX-License-Identifier: GPL-2.0-only
/*
 * Reading receive rings.
 *
 * The owner of a ring serialises its reader. The reader copies straight out of
 * the ring. Unread messages stay in the ring, so a slow reader slows its
 * senders.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/module.h>
#include <linux/sched.h>
#include <linux/uaccess.h>
#include <linux/uio.h>

#include "firewall.h"
#include "trace.h"

/* Messages that the firewall denies and that one look drops. */
#define DROPS_AT_ONCE	128

static int ring_next(const struct argo_ring *ring, struct argo_ring_msg *msg)
{
	return argo_ring_next_in(ring->layout, ring->map, ring->len, ring->rx,
				 msg);
}

static void ring_break(struct argo_ring *ring)
{
	WRITE_ONCE(ring->error, -EBADMSG);
	queue_work(ring->hv->wq, &ring->break_work);
	pr_err("%s: ring %u (partner %u) makes no sense at %u of %u (send index %u): out of use; close it and report this\n",
	       ring->hv->params.device, ring->port, ring->partner, ring->rx,
	       ring->len, argo_ring_tx_in(ring->layout, ring->map));
}

/**
 * argo_ring_has_data() - has a ring a message, or an error to report?
 * @ring: the ring
 *
 * Context: any. No lock needed.
 */
bool argo_ring_has_data(const struct argo_ring *ring)
{
	if (READ_ONCE(ring->error))
		return true;
	return argo_ring_is_live(ring) &&
	       argo_ring_tx_in(ring->layout, ring->map) != READ_ONCE(ring->rx);
}
EXPORT_SYMBOL_GPL(argo_ring_has_data);

/*
 * Find the next message that the firewall admits. Return: as argo_ring_peek(),
 * which has set irq_tx where this is about a last look.
 */
static int ring_next_admitted(struct argo_ring *ring, struct argo_ring_msg *msg)
{
	unsigned int i;
	int rc;

	for (i = 0; i < DROPS_AT_ONCE; i++) {
		rc = ring_next(ring, msg);
		if (rc <= 0 || argo_firewall_admits(ring, msg))
			return rc;
		argo_ring_drop(ring, msg);
	}
	return -EBUSY;
}

/**
 * argo_ring_peek() - look at the next message
 * @ring: the ring
 * @msg: filled in when there is one
 *
 * After a 0, data_ready() is called for the next message, whatever happened
 * before. Messages that the firewall denies are dropped.
 *
 * Context: any but the hard interrupt; the ring's reader.
 * Return: 1 with a message, 0 without, -EBUSY if so many messages were dropped
 * that the caller is to let others run and to call this again, -EBADMSG if the
 * ring is out of use.
 */
int argo_ring_peek(struct argo_ring *ring, struct argo_ring_msg *msg)
{
	int rc;

	if (ring->error)
		return ring->error;
	if (!argo_ring_is_live(ring))
		return 0;
	rc = ring_next_admitted(ring, msg);
	if (!rc) {
		/*
		 * The interrupt handler calls data_ready() when the send index
		 * differs from irq_tx. Set irq_tx before the last look, so that
		 * either this reader or the handler sees a message.
		 */
		WRITE_ONCE(ring->irq_tx, ring->rx);
		/*
		 * Pairs with the hypervisor's barrier of index and interrupt.
		 */
		smp_mb();
		rc = ring_next_admitted(ring, msg);
	}
	if (rc < 0 && rc != -EBUSY)
		ring_break(ring);
	return rc;
}
EXPORT_SYMBOL_GPL(argo_ring_peek);

/**
 * argo_ring_copy() - copy a message out of the ring
 * @ring: the ring
 * @msg: from argo_ring_peek()
 * @to: memory for as much of the payload as fits
 *
 * User memory is not brought in: that takes as long as the user likes, and
 * other tasks need the lock of the ring's reader. See
 * argo_fault_in_writeable().
 *
 * Context: as @to requires; the ring's reader.
 * Return: 0, or -EFAULT (the memory is not present), and then @to is not
 * advanced.
 */
int argo_ring_copy(struct argo_ring *ring, const struct argo_ring_msg *msg,
		   struct iov_iter *to)
{
	size_t room = iov_iter_count(to);
	struct argo_ring_segment seg[2];
	u32 want = min_t(size_t, msg->len, room);
	const u8 *data = argo_ring_data_in(ring->layout, ring->map);
	unsigned int i, n;

	n = argo_ring_segments(ring->len, msg, 0, want, seg);
	pagefault_disable();
	for (i = 0; i < n; i++)
		if (copy_to_iter(data + seg[i].offset, seg[i].len, to) !=
		    seg[i].len)
			break;
	pagefault_enable();
	if (i == n)
		return 0;
	iov_iter_revert(to, room - iov_iter_count(to));
	return -EFAULT;
}
EXPORT_SYMBOL_GPL(argo_ring_copy);

/**
 * argo_ring_view() - where a part of a message lies
 * @ring: the ring
 * @msg: from argo_ring_peek()
 * @from: first byte wanted of the payload
 * @n: bytes wanted; cut to the bytes that the payload has from there
 * @view: room for two pieces, which are valid until the message is consumed
 *
 * Context: any; the ring's reader.
 * Return: the number of pieces, 0 to 2.
 */
unsigned int argo_ring_view(const struct argo_ring *ring,
			    const struct argo_ring_msg *msg, u32 from, u32 n,
			    struct kvec *view)
{
	struct argo_ring_segment seg[2];
	u8 *data = (u8 *)argo_ring_data_in(ring->layout, ring->map);
	unsigned int i, pieces;

	pieces = argo_ring_segments(ring->len, msg, from, n, seg);
	for (i = 0; i < pieces; i++) {
		view[i].iov_base = data + seg[i].offset;
		view[i].iov_len = seg[i].len;
	}
	return pieces;
}
EXPORT_SYMBOL_GPL(argo_ring_view);

/**
 * argo_ring_read() - copy a part of a message's payload to kernel memory
 * @ring: the ring
 * @msg: from argo_ring_peek()
 * @from: first byte wanted of the payload
 * @to: memory for @n bytes
 * @n: bytes wanted, which the payload must have
 *
 * Context: as argo_ring_view().
 */
void argo_ring_read(const struct argo_ring *ring,
		    const struct argo_ring_msg *msg, u32 from, void *to, u32 n)
{
	struct kvec view[2];
	unsigned int i, pieces;

	pieces = argo_ring_view(ring, msg, from, n, view);
	for (i = 0; i < pieces; i++) {
		memcpy(to, view[i].iov_base, view[i].iov_len);
		to += view[i].iov_len;
	}
}
EXPORT_SYMBOL_GPL(argo_ring_read);

static void ring_advance(struct argo_ring *ring,
			 const struct argo_ring_msg *msg)
{
	u32 tx = argo_ring_tx_in(ring->layout, ring->map);
	u32 before = argo_ring_used(ring->rx, tx, ring->len);
	u32 after = argo_ring_used(msg->next, tx, ring->len);

	ring->judged.noted = false;
	ring->taken += argo_ring_used(ring->rx, msg->next, ring->len);
	WRITE_ONCE(ring->rx, msg->next);
	argo_ring_release_in(ring->layout, ring->map, msg->next);

	/*
	 * A sender may be waiting for space. Let a good part of the ring become
	 * free before the sender is told, so that it can send many messages for
	 * each wake-up.
	 */
	if (before > ring->len / 2)
		ring->high = true;
	if (ring->high && after <= ring->len / 4) {
		ring->high = false;
		argo_notify_now(ring->hv);
	} else {
		argo_notify_later(ring->hv, ring->high);
	}
}

/**
 * argo_ring_consume() - count a delivered message and free its space
 * @ring: the ring
 * @msg: from argo_ring_peek()
 * @truncated: the message was delivered in part
 *
 * Context: any but the hard interrupt; the ring's reader.
 */
void argo_ring_consume(struct argo_ring *ring, const struct argo_ring_msg *msg,
		       bool truncated)
{
	trace_argo_receive(ring->port, msg->domid, msg->port, msg->len,
			   msg->type);
	ring->received.messages++;
	ring->received.bytes += msg->len;
	ring->received.truncated += truncated;
	ring_advance(ring, msg);
}
EXPORT_SYMBOL_GPL(argo_ring_consume);

/**
 * argo_ring_drop() - count a message that is not delivered and free its space
 * @ring: the ring
 * @msg: from argo_ring_peek()
 *
 * Context: any but the hard interrupt; the ring's reader.
 */
void argo_ring_drop(struct argo_ring *ring, const struct argo_ring_msg *msg)
{
	trace_argo_drop(ring->port, msg->domid, msg->port, msg->len,
			msg->type);
	ring->received.drops++;
	ring_advance(ring, msg);
}
EXPORT_SYMBOL_GPL(argo_ring_drop);

/*
 * Drop all messages. A ring of the largest size may hold a million of them.
 * Context: may sleep; the ring's reader.
 */
void argo_ring_drop_unread(struct argo_ring *ring)
{
	struct argo_ring_msg msg;

	while (ring_next(ring, &msg) > 0) {
		argo_ring_drop(ring, &msg);
		cond_resched();
	}
}
