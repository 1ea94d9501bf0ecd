// SPDX-License-Identifier: GPL-2.0-only
/* From the available ring, and into the used ring. */
#include <linux/virtio_ring.h>

#include "queue.h"

/* Has the driver made a chain available that was not taken? */
bool virtio_argo_is_available(const struct virtio_argo_queue *q)
{
	u16 idx = virtio16_to_cpu(q->vq->vdev, READ_ONCE(q->ring->avail->idx));

	return idx != q->next_avail;
}

/*
 * Take the next chain from the available ring, if there is one. A chain that
 * makes no sense, which only this kernel could make, is too large for all.
 * Return: the chain, or NULL.
 */
struct virtio_argo_chain *virtio_argo_take(struct virtio_argo_queue *q)
{
	const struct vring *ring = q->ring;
	struct virtio_argo_chain *chain;
	u16 id;

	lockdep_assert_held(&q->lock);

	if (!virtio_argo_is_available(q))
		return NULL;
	/* Pairs with the driver's barrier between the entry and the index. */
	virtio_rmb(true);
	id = virtio16_to_cpu(q->vq->vdev,
			     ring->avail->ring[q->next_avail & (ring->num - 1)]);
	q->next_avail++;
	if (WARN_ON_ONCE(id >= ring->num ||
			 q->chain[id].state != VIRTIO_ARGO_IDLE))
		return NULL;
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
	return chain;
}

/* Return: the next chain to send, or NULL. */
struct virtio_argo_chain *
virtio_argo_next_unsent(struct virtio_argo_queue *q)
{
	lockdep_assert_held(&q->lock);

	if (!q->unsent)
		virtio_argo_take(q);
	return q->unsent;
}

/* Give a chain back to the driver. */
void virtio_argo_complete(struct virtio_argo_queue *q,
			  struct virtio_argo_chain *chain, u32 written)
{
	struct virtio_device *vdev = q->vq->vdev;
	const struct vring *ring = q->ring;
	struct vring_used_elem *used;

	lockdep_assert_held(&q->lock);

	if (q->unsent == chain)
		q->unsent = virtio_argo_after(q, chain);
	list_del(&chain->node);
	chain->state = VIRTIO_ARGO_IDLE;
	used = &ring->used->ring[q->next_used & (ring->num - 1)];
	used->id = cpu_to_virtio32(vdev, virtio_argo_id_of(q, chain));
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

/* Give a chain back that was not done; the driver finds no success in it. */
void virtio_argo_fail(struct virtio_argo_queue *q,
		      struct virtio_argo_chain *chain)
{
	lockdep_assert_held(&q->lock);

	virtio_argo_count(q->dev, VIRTIO_ARGO_CHAINS_FAILED);
	virtio_argo_chain_spoil(q, virtio_argo_id_of(q, chain));
	virtio_argo_complete(q, chain, 0);
}
