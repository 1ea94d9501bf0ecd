// SPDX-License-Identifier: GPL-2.0-only
/* Packets of series in which they are a struct with one buffer: packet.h. */
#include <linux/slab.h>

#include "packet.h"

struct virtio_vsock_hdr *argo_vsock_pkt_hdr(struct argo_vsock_pkt *pkt)
{
	return &pkt->hdr;
}

u32 argo_vsock_pkt_len(const struct argo_vsock_pkt *pkt)
{
	return pkt->len;
}

u32 argo_vsock_pkt_done(struct argo_vsock_pkt *pkt)
{
	return pkt->off;
}

void argo_vsock_pkt_set_done(struct argo_vsock_pkt *pkt, u32 done)
{
	pkt->off = done;
}

bool argo_vsock_pkt_is_reply(struct argo_vsock_pkt *pkt)
{
	return pkt->reply;
}

struct vsock_sock *argo_vsock_pkt_owner(struct argo_vsock_pkt *pkt)
{
	return pkt->vsk;
}

unsigned int argo_vsock_pkt_pieces(struct argo_vsock_pkt *pkt,
				   struct argo_hv_iov *iov)
{
	if (!pkt->len)
		return 0;
	*iov = (struct argo_hv_iov) {
		.base = (unsigned long)pkt->buf,
		.len = pkt->len,
	};
	return 1;
}

struct argo_vsock_pkt *argo_vsock_pkt_alloc(const struct virtio_vsock_hdr *hdr,
					    u32 len, gfp_t gfp)
{
	u32 room = argo_vsock_pkt_room(len);
	struct argo_vsock_pkt *pkt;

	pkt = kzalloc(sizeof(*pkt), gfp);
	if (!pkt)
		return NULL;
	if (room) {
		pkt->buf = kmalloc(room, gfp);
		if (!pkt->buf) {
			kfree(pkt);
			return NULL;
		}
	}
	pkt->hdr = *hdr;
	pkt->hdr.len = cpu_to_le32(len);
	pkt->buf_len = room;
	pkt->len = len;
	return pkt;
}

void argo_vsock_pkt_pool_init(struct argo_pool *pool)
{
}

struct argo_vsock_pkt *
argo_vsock_pkt_alloc_pooled(const struct virtio_vsock_hdr *hdr, u32 len,
			    struct argo_pool *pool)
{
	/* The common code frees its buffer with kfree(). */
	return NULL;
}

void argo_vsock_pkt_fill(struct argo_vsock_pkt *pkt, u32 at, const void *data,
			 u32 n)
{
	memcpy(pkt->buf + at, data, n);
}

void argo_vsock_pkt_receive(struct virtio_transport *transport,
			    struct argo_vsock_pkt *pkt)
{
	virtio_transport_recv_pkt(transport, pkt);
}

void argo_vsock_pkt_sent(struct argo_vsock_pkt *pkt)
{
	virtio_transport_free_pkt(pkt);
}

void argo_vsock_pkt_free(struct argo_vsock_pkt *pkt)
{
	virtio_transport_free_pkt(pkt);
}

void argo_vsock_queue_init(struct argo_vsock_queue *queue)
{
	INIT_LIST_HEAD(&queue->list);
}

struct argo_vsock_pkt *argo_vsock_queue_first(struct argo_vsock_queue *queue)
{
	return list_first_entry_or_null(&queue->list, struct argo_vsock_pkt,
					list);
}

void argo_vsock_queue_add(struct argo_vsock_queue *queue,
			  struct argo_vsock_pkt *pkt)
{
	list_add_tail(&pkt->list, &queue->list);
}

void argo_vsock_queue_remove(struct argo_vsock_queue *queue,
			     struct argo_vsock_pkt *pkt)
{
	list_del_init(&pkt->list);
}

struct argo_vsock_pkt *
argo_vsock_queue_find(struct argo_vsock_queue *queue,
		      bool (*matches)(struct argo_vsock_pkt *pkt, void *with),
		      void *with)
{
	struct argo_vsock_pkt *pkt;

	list_for_each_entry(pkt, &queue->list, list)
		if (matches(pkt, with))
			return pkt;
	return NULL;
}
