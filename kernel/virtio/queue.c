// SPDX-License-Identifier: GPL-2.0-only
/* The life of queues, and what a back end answers. */
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/uio.h>
#include <linux/virtio_ring.h>

#include "queue.h"

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
	bool irqs_off = irqs_disabled();

	if (irqs_off && !argo_hv_params(q->dev->be->hv)->irqs_off) {
		virtio_argo_defer(q);
		return true;
	}
	if (!irqs_off)
		local_bh_disable();
	virtio_argo_pump(q);
	if (READ_ONCE(q->interrupt) || READ_ONCE(q->dev->failing))
		virtio_argo_kick(q->dev);
	if (!irqs_off)
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
		virtio_argo_pump(q);
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
 * virtio_argo_queue_waits() - is anything to be answered?
 * @q: queue
 *
 * Context: any.
 */
bool virtio_argo_queue_waits(const struct virtio_argo_queue *q)
{
	return !list_empty_careful(&q->chains);
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
	while (virtio_argo_is_available(q))
		virtio_argo_take(q);
	list_for_each_entry_safe(chain, next, &q->chains, node)
		if (all || chain->out)
			virtio_argo_fail(q, chain);
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
		virtio_argo_fail(q, chain);
	else
		virtio_argo_complete(q, chain, le32_to_cpu(record->in));
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
