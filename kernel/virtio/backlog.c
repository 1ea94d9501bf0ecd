// SPDX-License-Identifier: GPL-2.0-only
/*
 * The backlog: chains without room that are done before they are sent.
 *
 * Such a chain is done once it was sent. Some drivers wait for that in a loop,
 * with interrupts off. So where it cannot be sent at once, it is copied to a
 * backlog of a bounded size. Only network cards' chains stay where they are:
 * their drivers cope with a full queue, and what they send is better late than
 * copied.
 */
#include <linux/virtio_ids.h>

#include "queue.h"

#define HEADER		((u32)sizeof(struct virtio_argo_record))

/* The header of a record of the next @n bytes of a chain. */
struct virtio_argo_record
virtio_argo_record_of(const struct virtio_argo_queue *q,
		      const struct virtio_argo_chain *chain, u32 n)
{
	return (struct virtio_argo_record) {
		.op = VIRTIO_ARGO_REQUEST,
		.flags = chain->sent + n < chain->out ? VIRTIO_ARGO_MORE : 0,
		.dev_num = cpu_to_le16(q->dev->num),
		.queue = cpu_to_le16(q->index),
		.id = cpu_to_le16(virtio_argo_id_of(q, chain)),
		.epoch = cpu_to_le32(READ_ONCE(q->dev->epoch)),
		.len = cpu_to_le32(n),
		.in = cpu_to_le32(chain->in),
		.offset = cpu_to_le32(chain->sent),
	};
}

/* Write the rest of a chain as one record. Return: bytes of the record. */
u32 virtio_argo_write_record(const struct virtio_argo_queue *q,
			     const struct virtio_argo_chain *chain, u8 *to)
{
	u32 n = chain->out - chain->sent;
	const struct virtio_argo_record record =
		virtio_argo_record_of(q, chain, n);

	memcpy(to, &record, HEADER);
	virtio_argo_chain_read(q, virtio_argo_id_of(q, chain), chain->sent,
			       to + HEADER, n);
	return HEADER + n;
}

/* Does a driver of this device wait in a loop for chains without room? */
static bool is_impatient(const struct virtio_argo_queue *q)
{
	return q->dev->vdev.id.device != VIRTIO_ID_NET;
}

static bool fits(const struct virtio_argo_queue *q,
		 const struct virtio_argo_backlog *backlog, u32 n)
{
	const u32 room = VIRTIO_ARGO_BACKLOG_ROOM;

	/* A record of the backlog is sent in one message. */
	return n <= room && HEADER + n <= room - backlog->to &&
	       HEADER + n <= q->dev->link->max_payload;
}

/* Be done with a chain without room, before it is sent. */
static void put_off(struct virtio_argo_queue *q,
		    struct virtio_argo_chain *chain,
		    struct virtio_argo_backlog *backlog)
{
	lockdep_assert_held(&q->lock);

	if (READ_ONCE(q->dev->failing))
		virtio_argo_count(q->dev, VIRTIO_ARGO_CHAINS_FAILED);
	else if (fits(q, backlog, chain->out - chain->sent))
		backlog->to +=
			virtio_argo_write_record(q, chain, backlog->records +
						 backlog->to);
	else
		virtio_argo_count(q->dev, VIRTIO_ARGO_OVERRUN);
	virtio_argo_complete(q, chain, 0);
}

/*
 * Be done with chains without room that are in the available ring, unless one
 * that was taken waits before them. The pump may be sending what was taken.
 */
void virtio_argo_relieve_available(struct virtio_argo_queue *q)
{
	struct virtio_argo_chain *chain;

	lockdep_assert_held(&q->lock);

	if (!is_impatient(q))
		return;
	while (!(q->unsent && virtio_argo_after(q, q->unsent))) {
		chain = virtio_argo_take(q);
		if (!chain || chain->in)
			break;
		put_off(q, chain, &q->fresh);
	}
}

/*
 * As virtio_argo_relieve_available(), for who owns the pump, and so may be done
 * with what was taken, too.
 */
void virtio_argo_relieve(struct virtio_argo_queue *q)
{
	lockdep_assert_held(&q->lock);

	if (!is_impatient(q))
		return;
	while (q->unsent && !q->unsent->in)
		put_off(q, q->unsent, &q->old);
	if (!q->unsent)
		virtio_argo_relieve_available(q);
}
