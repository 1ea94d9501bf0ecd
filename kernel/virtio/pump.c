// SPDX-License-Identifier: GPL-2.0-only
/*
 * The pump of a queue: it makes messages of chains and sends them. One at a
 * time owns it, so that what is sent keeps the order of the available ring; it
 * sends without a lock.
 */
#include <linux/mm.h>

#include "queue.h"

#define HEADER		((u32)sizeof(struct virtio_argo_record))

static bool may_send(const struct virtio_argo_queue *q)
{
	lockdep_assert_held(&q->lock);

	return !q->stopped && READ_ONCE(q->dev->online) &&
	       !READ_ONCE(q->dev->failing);
}

/*
 * The pump: prepare the next records of the backlog. What the link does not
 * take any more is dropped, and the message then is empty.
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
		/* Records put off meanwhile come before available chains. */
		chain = q->fresh.to ? q->unsent : virtio_argo_next_unsent(q);
		if (!chain || chain->sent ||
		    m->nr_chains == VIRTIO_ARGO_BATCH ||
		    chain->out > VIRTIO_ARGO_SMALL ||
		    HEADER + chain->out > most - m->len ||
		    is_too_large(q, chain)) {
			spin_unlock_irqrestore(&q->lock, flags);
			break;
		}
		m->chains[m->nr_chains++] = virtio_argo_id_of(q, chain);
		q->unsent = virtio_argo_after(q, chain);
		spin_unlock_irqrestore(&q->lock, flags);
		m->len += virtio_argo_write_record(q, chain,
						   q->buffer + m->len);
	}
	m->niov = 1;
	m->iov[0] = (struct argo_hv_iov) {
		.base = (unsigned long)q->buffer,
		.len = m->len,
	};
}

/* The pump: prepare the rest of q->unsent, or as much as a message takes. */
static void prepare_large(struct virtio_argo_queue *q,
			  struct virtio_argo_chain *chain)
{
	struct virtio_argo_message *m = &q->message;
	const u32 most = q->dev->link->max_payload - HEADER;
	const struct argo_hv_params *hv = argo_hv_params(q->dev->be->hv);
	const unsigned int room = min(hv->max_iov, VIRTIO_ARGO_IOV) - 1;
	u32 n = min(chain->out - chain->sent, most);
	u16 id = virtio_argo_id_of(q, chain);
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
	m->record = virtio_argo_record_of(q, chain, n);
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
	q->unsent = virtio_argo_after(q, chain);
	spin_unlock_irqrestore(&q->lock, flags);
}

/*
 * The pump: prepare the next message. Return: false if there is nothing to
 * send, or nothing may be sent.
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
		virtio_argo_relieve(q);
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
	while ((chain = virtio_argo_next_unsent(q)) && is_too_large(q, chain))
		virtio_argo_fail(q, chain);
	more = chain && (virtio_argo_after(q, chain) ||
			 virtio_argo_is_available(q));
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

static void set_states(struct virtio_argo_queue *q,
		       enum virtio_argo_state state)
{
	const struct virtio_argo_message *m = &q->message;
	unsigned int i;

	for (i = 0; i < m->nr_chains; i++)
		/* Pairs with settled(). */
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
			virtio_argo_complete(q, chain, 0);
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
	virtio_argo_relieve(q);
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

/* Where no message can be sent now, chains can be done. */
void virtio_argo_defer(struct virtio_argo_queue *q)
{
	unsigned long flags;

	spin_lock_irqsave(&q->lock, flags);
	if (q->pumping)
		virtio_argo_relieve_available(q);
	else
		virtio_argo_relieve(q);
	spin_unlock_irqrestore(&q->lock, flags);
	virtio_argo_kick(q->dev);
}

/*
 * Send what there is. Softirqs off, or interrupts off where the hypervisor can.
 * An interrupt may notify what it has interrupted the pump of; and a driver may
 * wait for that.
 */
void virtio_argo_pump(struct virtio_argo_queue *q)
{
	if (!pump_begin(q)) {
		if (irqs_disabled())
			virtio_argo_defer(q);
		return;
	}
	do {
		while (prepare(q) && send(q))
			;
	} while (!pump_end(q));
}
