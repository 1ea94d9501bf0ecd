/* SPDX-License-Identifier: GPL-2.0-only */
/* Functions that the files that work on a queue share. */
#ifndef _ARGO_VIRTIO_QUEUE_H
#define _ARGO_VIRTIO_QUEUE_H

#include "virtio.h"

static inline u16 virtio_argo_id_of(const struct virtio_argo_queue *q,
				    const struct virtio_argo_chain *chain)
{
	return chain - q->chain;
}

/* Return: the chain that was taken next, or NULL. */
static inline struct virtio_argo_chain *
virtio_argo_after(struct virtio_argo_queue *q, struct virtio_argo_chain *chain)
{
	lockdep_assert_held(&q->lock);

	return list_is_last(&chain->node, &q->chains) ?
	       NULL : list_next_entry(chain, node);
}

/* taken.c */
bool virtio_argo_is_available(const struct virtio_argo_queue *q);
struct virtio_argo_chain *virtio_argo_take(struct virtio_argo_queue *q);
struct virtio_argo_chain *
virtio_argo_next_unsent(struct virtio_argo_queue *q);
void virtio_argo_complete(struct virtio_argo_queue *q,
			  struct virtio_argo_chain *chain, u32 written);
void virtio_argo_fail(struct virtio_argo_queue *q,
		      struct virtio_argo_chain *chain);

/* backlog.c */
void virtio_argo_relieve_available(struct virtio_argo_queue *q);
void virtio_argo_relieve(struct virtio_argo_queue *q);
u32 virtio_argo_write_record(const struct virtio_argo_queue *q,
			     const struct virtio_argo_chain *chain, u8 *to);
struct virtio_argo_record
virtio_argo_record_of(const struct virtio_argo_queue *q,
		      const struct virtio_argo_chain *chain, u32 n);

/* pump.c */
void virtio_argo_pump(struct virtio_argo_queue *q);
void virtio_argo_defer(struct virtio_argo_queue *q);

#endif /* _ARGO_VIRTIO_QUEUE_H */
