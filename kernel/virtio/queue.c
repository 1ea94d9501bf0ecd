// SPDX-License-Identifier: GPL-2.0-only
/*
 * Queues: from the available ring to records of messages, and from answers to
 * the used ring.
 *
 * A chain without room is done once it was sent. Some drivers wait for that in
 * a loop, with interrupts off. So where it cannot be sent at once, it is copied
 * to a backlog of a bounded size and done, too. Only network cards' chains stay
 * where they are: their drivers cope with a full queue, and what they send is
 * better late than copied.
 */
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/uio.h>
#include <linux/virtio_ids.h>
#include <linux/virtio_ring.h>

#include "virtio.h"

#define HEADER		((u32)sizeof(struct virtio_argo_record))

static u16 id_of(const struct virtio_argo_queue *q,
		 const struct virtio_argo_chain *chain)
{
	return chain - q->chain;
}

static bool may_send(const struct virtio_argo_queue *q)
{
	lockdep_assert_held(&q->lock);

	return !q->stopped && READ_ONCE(q->dev->online) &&
	       !READ_ONCE(q->dev->failing);
}

static struct virtio_argo_chain *after(struct virtio_argo_queue *q,
				       struct virtio_argo_chain *chain)
{
	lockdep_assert_held(&q->lock);

	return list_is_last(&chain->node, &q->chains) ?
	       NULL : list_next_entry(chain, node);
}

static bool is_available(const struct virtio_argo_queue *q)
{
	u16 idx = virtio16_to_cpu(q->vq->vdev, READ_ONCE(q->ring->avail->idx));

	return idx != q->next_avail;
}

/*
 * Take the next chain from the available ring, if there is one. A chain that
 * makes no sense, which only this kernel could make, has no bytes to send.
 */
static void take(struct virtio_argo_queue *q)
{
	const struct vring *ring = q->ring;
	struct virtio_argo_chain *chain;
	u16 id;

	lockdep_assert_held(&q->lock);

	if (!is_available(q))
		return;
	/* Pairs with the driver's barrier between the entry and the index. */
	virtio_rmb(true);
	id = virtio16_to_cpu(q->vq->vdev,
			     ring->avail->ring[q->next_avail & (ring->num - 1)]);
	q->next_avail++;
	if (WARN_ON_ONCE(id >= ring->num ||
			 q->chain[id].state != VIRTIO_ARGO_IDLE))
		return;
	chain = &q->chain[id];
	chain->state = VIRTIO_ARGO_WAITING;
	chain->sent = 0;
	chain->filled = 0;
	if (WARN_ON_ONCE(!virtio_argo_chain_measure(q, id, &chain->out,
						    &chain->in)))
		chain->out = U32_MAX;
	list_add_tail(&chain->node, &q->chains);
	if (!q->unsent)
		q->unsent = chain;
}

/* Return: the next chain to send, or NULL. */
static struct virtio_argo_chain *next_unsent(struct virtio_argo_queue *q)
{
	lockdep_assert_held(&q->lock);

	if (!q->unsent)
		take(q);
	return q->unsent;
}

/* Give a chain back to the driver. */
static void complete_chain(struct virtio_argo_queue *q,
			   struct virtio_argo_chain *chain, u32 written)
{
	struct virtio_device *vdev = q->vq->vdev;
	const struct vring *ring = q->ring;
	struct vring_used_elem *used;

	lockdep_assert_held(&q->lock);

	if (q->unsent == chain)
		q->unsent = after(q, chain);
	list_del(&chain->node);
	chain->state = VIRTIO_ARGO_IDLE;
	used = &ring->used->ring[q->next_used & (ring->num - 1)];
	used->id = cpu_to_virtio32(vdev, id_of(q, chain));
	used->len = cpu_to_virtio32(vdev, written);
	/* The driver sees the entry, and the room, before the index. */
	virtio_wmb(true);
	q->next_used++;
	WRITE_ONCE(ring->used->idx, cpu_to_virtio16(vdev, q->next_used));
	/* The driver looks again after it has asked for interrupts. */
	virtio_mb(true);
	if (!(READ_ONCE(ring->avail->flags) &
	      cpu_to_virtio16(vdev, VRING_AVAIL_F_NO_INTERRUPT)))
		WRITE_ONCE(q->interrupt, true);
}

static void fail_chain(struct virtio_argo_queue *q,
		       struct virtio_argo_chain *chain)
{
	lockdep_assert_held(&q->lock);

	virtio_argo_count(q->dev, VIRTIO_ARGO_CHAINS_FAILED);
	virtio_argo_chain_spoil(q, id_of(q, chain));
	complete_chain(q, chain, 0);
}

static struct virtio_argo_record record_of(const struct virtio_argo_queue *q,
					   const struct virtio_argo_chain *chain,
					   u32 n)
{
	return (struct virtio_argo_record) {
		.op = VIRTIO_ARGO_REQUEST,
		.flags = chain->sent + n < chain->out ? VIRTIO_ARGO_MORE : 0,
		.dev_num = cpu_to_le16(q->dev->num),
		.queue = cpu_to_le16(q->index),
		.id = cpu_to_le16(id_of(q, chain)),
		.epoch = cpu_to_le32(READ_ONCE(q->dev->epoch)),
		.len = cpu_to_le32(n),
		.in = cpu_to_le32(chain->in),
		.offset = cpu_to_le32(chain->sent),
	};
}

/* Write the rest of a chain as one record. Return: bytes of the record. */
static u32 write_record(const struct virtio_argo_queue *q,
			const struct virtio_argo_chain *chain, u8 *to)
{
	u32 n = chain->out - chain->sent;
	const struct virtio_argo_record record = record_of(q, chain, n);

	memcpy(to, &record, HEADER);
	virtio_argo_chain_read(q, id_of(q, chain), chain->sent, to + HEADER, n);
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
		backlog->to += write_record(q, chain,
					    backlog->records + backlog->to);
	else
		virtio_argo_count(q->dev, VIRTIO_ARGO_OVERRUN);
	complete_chain(q, chain, 0);
}

/*
 * Be done with chains without room that are in the available ring, unless one
 * that was taken waits before them. The pump may be sending what was taken.
 */
static void relieve_available(struct virtio_argo_queue *q)
{
	struct virtio_argo_chain *chain;

	lockdep_assert_held(&q->lock);

	if (!is_impatient(q))
		return;
	while (is_available(q) && !(q->unsent && after(q, q->unsent))) {
		take(q);
		chain = list_last_entry(&q->chains, struct virtio_argo_chain,
					node);
		if (chain->in)
			break;
		put_off(q, chain, &q->fresh);
	}
}

/* As relieve_available(), for who owns the pump, so it may change them all. */
static void relieve(struct virtio_argo_queue *q)
{
	lockdep_assert_held(&q->lock);

	if (!is_impatient(q))
		return;
	while (q->unsent && !q->unsent->in)
		put_off(q, q->unsent, &q->old);
	if (!q->unsent)
		relieve_available(q);
}

/*
 * The pump: prepare the next records of the backlog. What the link does not take
 * any more is dropped, and the message then is empty.
 */
static void prepare_backlog(struct virtio_argo_queue *q)
{
	struct virtio_argo_message *m = &q->message;
	u8 *first = q->old.records + q->old.from;
	u32 most = min(q->old.to - q->old.from, q->dev->link->max_payload);
	struct virtio_argo_record record;

	m->len = 0;
	while (most - m->len >= HEADER) {
		memcpy(&record, first + m->len, HEADER);
		if (le32_to_cpu(record.len) > most - m->len - HEADER)
			break;
		/* The device may have been set up anew since. */
		record.epoch = cpu_to_le32(READ_ONCE(q->dev->epoch));
		memcpy(first + m->len, &record, HEADER);
		m->len += HEADER + le32_to_cpu(record.len);
	}
	if (!m->len) {
		virtio_argo_count(q->dev, VIRTIO_ARGO_OVERRUN);
		q->old.from = q->old.to;
	}
	m->backlog = true;
	m->niov = 1;
	m->iov[0] = (struct argo_hv_iov) {
		.base = (unsigned long)first,
		.len = m->len,
	};
}

static u32 most_of_buffer(const struct virtio_argo_queue *q)
{
	return min_t(u32, q->dev->link->max_payload, VIRTIO_ARGO_BUFFER);
}

static bool is_too_large(const struct virtio_argo_queue *q,
			 const struct virtio_argo_chain *chain)
{
	return (u64)chain->out + chain->in > q->dev->link->max_chain;
}

/* The pump: put small chains together, the first of which is q->unsent. */
static void prepare_small(struct virtio_argo_queue *q)
{
	struct virtio_argo_message *m = &q->message;
	struct virtio_argo_chain *chain;
	const u32 most = most_of_buffer(q);
	unsigned long flags;

	m->len = 0;
	for (;;) {
		spin_lock_irqsave(&q->lock, flags);
		/* What was put off meanwhile comes before what is available. */
		chain = q->fresh.to ? q->unsent : next_unsent(q);
		if (!chain || chain->sent || m->nr_chains == VIRTIO_ARGO_BATCH ||
		    chain->out > VIRTIO_ARGO_SMALL ||
		    HEADER + chain->out > most - m->len ||
		    is_too_large(q, chain)) {
			spin_unlock_irqrestore(&q->lock, flags);
			break;
		}
		m->chains[m->nr_chains++] = id_of(q, chain);
		q->unsent = after(q, chain);
		spin_unlock_irqrestore(&q->lock, flags);
		m->len += write_record(q, chain, q->buffer + m->len);
	}
	m->niov = 1;
	m->iov[0] = (struct argo_hv_iov) {
		.base = (unsigned long)q->buffer,
		.len = m->len,
	};
}

/* The pump: prepare what is left of q->unsent, or as much as a message takes. */
static void prepare_large(struct virtio_argo_queue *q,
			  struct virtio_argo_chain *chain)
{
	struct virtio_argo_message *m = &q->message;
	const u32 most = q->dev->link->max_payload - HEADER;
	const unsigned int room =
		min(argo_hv_params(q->dev->be->hv)->max_iov, VIRTIO_ARGO_IOV) - 1;
	u32 n = min(chain->out - chain->sent, most);
	u16 id = id_of(q, chain);
	unsigned int pieces;
	unsigned long flags;

	pieces = virtio_argo_chain_pieces(q, id, chain->sent, n, &m->iov[1],
					  room);
	if (pieces > room) {
		n = min(n, most_of_buffer(q) - HEADER);
		virtio_argo_chain_read(q, id, chain->sent, q->buffer, n);
		pieces = 1;
		m->iov[1] = (struct argo_hv_iov) {
			.base = (unsigned long)q->buffer,
			.len = n,
		};
	}
	m->record = record_of(q, chain, n);
	m->iov[0] = (struct argo_hv_iov) {
		.base = (unsigned long)&m->record,
		.len = HEADER,
	};
	m->niov = 1 + pieces;
	m->len = HEADER + n;
	if (chain->sent + n < chain->out) {
		m->part = n;
		return;
	}
	spin_lock_irqsave(&q->lock, flags);
	m->chains[m->nr_chains++] = id;
	q->unsent = after(q, chain);
	spin_unlock_irqrestore(&q->lock, flags);
}

/*
 * The pump: prepare the next message. Return: false if there is nothing to send,
 * or nothing may be sent.
 */
static bool prepare(struct virtio_argo_queue *q)
{
	struct virtio_argo_chain *chain = NULL;
	struct virtio_argo_message *m = &q->message;
	bool more = false, backlog = false;
	unsigned long flags;

	m->nr_chains = 0;
	m->part = 0;
	m->backlog = false;
	spin_lock_irqsave(&q->lock, flags);
	if (!may_send(q)) {
		relieve(q);
		goto unlock;
	}
	if (q->old.from == q->old.to) {
		q->old.from = 0;
		q->old.to = 0;
		swap(q->old, q->fresh);
	}
	backlog = q->old.to;
	if (backlog)
		goto unlock;
	while ((chain = next_unsent(q)) && is_too_large(q, chain))
		fail_chain(q, chain);
	more = chain && (after(q, chain) || is_available(q));
unlock:
	spin_unlock_irqrestore(&q->lock, flags);

	if (backlog)
		prepare_backlog(q);
	else if (!chain)
		return false;
	else if (!chain->sent && HEADER + chain->out <= most_of_buffer(q) &&
		 chain->out <= (more ? VIRTIO_ARGO_SMALL : 0))
		prepare_small(q);
	else
		prepare_large(q, chain);
	return true;
}

static void set_states(struct virtio_argo_queue *q, enum virtio_argo_state state)
{
	const struct virtio_argo_message *m = &q->message;
	unsigned int i;

	/* Pairs with settled(). */
	for (i = 0; i < m->nr_chains; i++)
		smp_store_release(&q->chain[m->chains[i]].state, state);
}

/* The pump: the hypervisor has taken the message. */
static void sent(struct virtio_argo_queue *q)
{
	struct virtio_argo_message *m = &q->message;
	struct virtio_argo_chain *chain;
	unsigned long flags;
	unsigned int i;

	virtio_argo_count(q->dev, VIRTIO_ARGO_MESSAGES);
	atomic64_add(m->nr_chains, &q->dev->counts[VIRTIO_ARGO_REQUESTS]);
	if (m->backlog) {
		q->old.from += m->len;
		return;
	}
	spin_lock_irqsave(&q->lock, flags);
	if (m->part)
		q->unsent->sent += m->part;
	for (i = 0; i < m->nr_chains; i++) {
		chain = &q->chain[m->chains[i]];
		if (!chain->in)
			complete_chain(q, chain, 0);
		else
			/* It is the reader's now; pairs with settled(). */
			smp_store_release(&chain->state, VIRTIO_ARGO_SENT);
	}
	spin_unlock_irqrestore(&q->lock, flags);
}

/* The pump: the message was not taken. It is prepared anew for the next try. */
static void not_sent(struct virtio_argo_queue *q)
{
	struct virtio_argo_message *m = &q->message;
	unsigned long flags;

	spin_lock_irqsave(&q->lock, flags);
	set_states(q, VIRTIO_ARGO_WAITING);
	if (m->nr_chains)
		q->unsent = &q->chain[m->chains[0]];
	relieve(q);
	spin_unlock_irqrestore(&q->lock, flags);
}

/* Return: whether the pump goes on. */
static bool send(struct virtio_argo_queue *q)
{
	struct virtio_argo_dev *dev = q->dev;
	struct virtio_argo_message *m = &q->message;
	struct argo_outgoing out = {
		.msg = {
			.iov = m->iov,
			.niov = m->niov,
			.dst = dev->link->addr,
			.type = VIRTIO_ARGO_DATA,
		},
		.ring = dev->be->ring,
		.len = m->len,
	};
	int rc;

	if (!m->len)
		return true;
	set_states(q, VIRTIO_ARGO_SENDING);
	rc = argo_send(&out, &dev->link->waiter);
	if (rc >= 0) {
		sent(q);
		return true;
	}
	not_sent(q);
	switch (rc) {
	case -EAGAIN:
		virtio_argo_count(dev, VIRTIO_ARGO_FULL);
		break;
	case -EACCES:
		virtio_argo_dev_fail(dev, "policy or firewall deny sending there");
		break;
	default:
		virtio_argo_lost(dev->be);
	}
	return false;
}

static bool pump_begin(struct virtio_argo_queue *q)
{
	unsigned long flags;
	bool mine;

	spin_lock_irqsave(&q->lock, flags);
	mine = !q->pumping;
	if (mine)
		q->pumping = true;
	else
		q->again = true;
	spin_unlock_irqrestore(&q->lock, flags);
	return mine;
}

static bool pump_end(struct virtio_argo_queue *q)
{
	unsigned long flags;
	bool end;

	spin_lock_irqsave(&q->lock, flags);
	end = !q->again;
	if (end)
		q->pumping = false;
	q->again = false;
	spin_unlock_irqrestore(&q->lock, flags);
	return end;
}

/* Send what there is. Softirqs off, interrupts on. */
static void pump(struct virtio_argo_queue *q)
{
	if (!pump_begin(q))
		return;
	do {
		while (prepare(q) && send(q))
			;
	} while (!pump_end(q));
}

/* With interrupts off no message can be sent, but chains can be done. */
static void defer(struct virtio_argo_queue *q)
{
	unsigned long flags;

	spin_lock_irqsave(&q->lock, flags);
	if (q->pumping)
		relieve_available(q);
	else
		relieve(q);
	spin_unlock_irqrestore(&q->lock, flags);
	virtio_argo_kick(q->dev);
}

/**
 * virtio_argo_queue_notify() - the driver has chains for the device
 * @vq: the driver's end of the queue
 *
 * Context: any; locks of the driver's may be held.
 * Return: true.
 */
bool virtio_argo_queue_notify(struct virtqueue *vq)
{
	struct virtio_argo_queue *q = vq->priv;

	if (irqs_disabled()) {
		defer(q);
		return true;
	}
	local_bh_disable();
	pump(q);
	if (READ_ONCE(q->interrupt) || READ_ONCE(q->dev->failing))
		virtio_argo_kick(q->dev);
	local_bh_enable();
	return true;
}

/**
 * virtio_argo_queue_work() - do what notifying could not, and call back
 * @q: queue
 *
 * Context: softirq, under virtio_argo_backend.reader.
 */
void virtio_argo_queue_work(struct virtio_argo_queue *q)
{
	struct virtio_argo_dev *dev = q->dev;

	lockdep_assert_held(&dev->be->reader);

	if (READ_ONCE(dev->failing))
		virtio_argo_queue_abort(q, READ_ONCE(dev->broken));
	else
		pump(q);
	if (xchg(&q->interrupt, false))
		vring_interrupt(0, q->vq);
}

/**
 * virtio_argo_queue_stop() - send nothing from now on
 * @q: queue
 *
 * Context: any but the hard interrupt, with interrupts on.
 */
void virtio_argo_queue_stop(struct virtio_argo_queue *q)
{
	unsigned long flags;

	spin_lock_irqsave(&q->lock, flags);
	q->stopped = true;
	while (q->pumping) {
		spin_unlock_irqrestore(&q->lock, flags);
		cpu_relax();
		spin_lock_irqsave(&q->lock, flags);
	}
	spin_unlock_irqrestore(&q->lock, flags);
}

/**
 * virtio_argo_queue_start() - send all that was not answered, the oldest first
 * @q: queue, stopped
 *
 * Context: any but the hard interrupt, under virtio_argo_backend.reader.
 */
void virtio_argo_queue_start(struct virtio_argo_queue *q)
{
	struct virtio_argo_chain *chain;
	unsigned long flags;

	lockdep_assert_held(&q->dev->be->reader);

	spin_lock_irqsave(&q->lock, flags);
	list_for_each_entry(chain, &q->chains, node) {
		if (chain->state == VIRTIO_ARGO_SENT)
			virtio_argo_count(q->dev, VIRTIO_ARGO_RESENT);
		chain->state = VIRTIO_ARGO_WAITING;
		chain->sent = 0;
		chain->filled = 0;
	}
	q->unsent = list_first_entry_or_null(&q->chains,
					     struct virtio_argo_chain, node);
	q->stopped = false;
	spin_unlock_irqrestore(&q->lock, flags);
}

/**
 * virtio_argo_queue_abort() - fail chains
 * @q: queue
 * @all: also those that the device only writes to, for which nobody waits
 *
 * Context: any but the hard interrupt, with interrupts on, under
 * virtio_argo_backend.reader.
 */
void virtio_argo_queue_abort(struct virtio_argo_queue *q, bool all)
{
	struct virtio_argo_chain *chain, *next;
	unsigned long flags;

	lockdep_assert_held(&q->dev->be->reader);

	virtio_argo_queue_stop(q);
	spin_lock_irqsave(&q->lock, flags);
	while (is_available(q))
		take(q);
	list_for_each_entry_safe(chain, next, &q->chains, node)
		if (all || chain->out)
			fail_chain(q, chain);
	q->old.from = q->old.to;
	q->fresh.to = 0;
	spin_unlock_irqrestore(&q->lock, flags);
}

/* Wait until it is known whether the hypervisor has taken the chain. */
static enum virtio_argo_state settled(const struct virtio_argo_chain *chain)
{
	enum virtio_argo_state state;

	/*
	 * Another processor is in the hypervisor, with softirqs off: not for
	 * long. This one has not interrupted that.
	 */
	while ((state = smp_load_acquire(&chain->state)) == VIRTIO_ARGO_SENDING)
		cpu_relax();
	return state;
}

static void write_room(struct virtio_argo_queue *q, u16 id, u32 at,
		       const struct argo_ring_msg *msg, u32 from, u32 n)
{
	struct kvec view[2];
	unsigned int i, pieces;

	pieces = argo_ring_view(q->dev->be->ring, msg, from, n, view);
	for (i = 0; i < pieces; i++) {
		virtio_argo_chain_write(q, id, at, view[i].iov_base,
					view[i].iov_len);
		at += view[i].iov_len;
	}
}

/**
 * virtio_argo_queue_used() - take a USED of the back end
 * @q: queue
 * @record: header of the record
 * @msg: message that it is in
 * @from: offset of the payload, which the message has all of
 *
 * Context: softirq, under virtio_argo_backend.reader; the ring's reader.
 * Return: NULL, or what the back end did wrong.
 */
const char *virtio_argo_queue_used(struct virtio_argo_queue *q,
				   const struct virtio_argo_record *record,
				   const struct argo_ring_msg *msg, u32 from)
{
	u16 id = le16_to_cpu(record->id);
	u32 len = le32_to_cpu(record->len);
	struct virtio_argo_chain *chain = &q->chain[id];
	unsigned long flags;

	lockdep_assert_held(&q->dev->be->reader);

	if (id >= q->ring->num || settled(chain) != VIRTIO_ARGO_SENT)
		return "the back end answered a request that was not made";
	if (!virtio_argo_used_ok(record, chain->in, chain->filled))
		return "the back end answered with more than was asked for, or out of order";
	write_room(q, id, le32_to_cpu(record->offset), msg, from, len);
	if (record->flags & VIRTIO_ARGO_MORE) {
		if (len)
			chain->filled = le32_to_cpu(record->offset) + len;
		return NULL;
	}
	spin_lock_irqsave(&q->lock, flags);
	if (record->flags & VIRTIO_ARGO_FAILED)
		fail_chain(q, chain);
	else
		complete_chain(q, chain, le32_to_cpu(record->in));
	spin_unlock_irqrestore(&q->lock, flags);
	virtio_argo_count(q->dev, VIRTIO_ARGO_ANSWERS);
	return NULL;
}

static void queue_free(struct virtio_argo_queue *q)
{
	kvfree(q->old.records);
	kvfree(q->fresh.records);
	kvfree(q->buffer);
	kvfree(q);
}

/**
 * virtio_argo_queue_create() - make a queue
 * @dev: device
 * @index: number of the queue
 * @size: most chains that the queue takes
 * @info: what the driver wants
 *
 * Context: may sleep, under virtio_argo_dev.ctl.
 * Return: the queue, stopped, or an ERR_PTR: -ENOMEM.
 */
struct virtio_argo_queue *virtio_argo_queue_create(struct virtio_argo_dev *dev,
						   u16 index, u32 size,
						   const struct virtqueue_info *info)
{
	struct virtio_argo_queue *q;

	lockdep_assert_held(&dev->ctl);

	q = kvzalloc(struct_size(q, chain, size), GFP_KERNEL);
	if (!q)
		return ERR_PTR(-ENOMEM);
	q->dev = dev;
	q->index = index;
	q->stopped = true;
	spin_lock_init(&q->lock);
	INIT_LIST_HEAD(&q->chains);
	q->buffer = kvmalloc(VIRTIO_ARGO_BUFFER, GFP_KERNEL);
	q->old.records = kvmalloc(VIRTIO_ARGO_BACKLOG_ROOM, GFP_KERNEL);
	q->fresh.records = kvmalloc(VIRTIO_ARGO_BACKLOG_ROOM, GFP_KERNEL);
	if (!q->buffer || !q->old.records || !q->fresh.records)
		goto err_free;
	q->vq = vring_create_virtqueue(index, size, SMP_CACHE_BYTES, &dev->vdev,
				       true, true, info->ctx,
				       virtio_argo_queue_notify, info->callback,
				       info->name);
	if (!q->vq)
		goto err_free;
	argo_vq_set_num_max(q->vq, size);
	q->ring = virtqueue_get_vring(q->vq);
	q->vq->priv = q;
	return q;

err_free:
	queue_free(q);
	return ERR_PTR(-ENOMEM);
}

/**
 * virtio_argo_queue_destroy() - undo virtio_argo_queue_create()
 * @q: queue, stopped, which is in no list of its device any more
 *
 * Context: may sleep.
 */
void virtio_argo_queue_destroy(struct virtio_argo_queue *q)
{
	vring_del_virtqueue(q->vq);
	queue_free(q);
}
