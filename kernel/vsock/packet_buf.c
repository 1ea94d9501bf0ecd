// SPDX-License-Identifier: GPL-2.0-only
/*
 * Packets of series in which a packet is a structure with one buffer. packet.h
 * declares the functions, packet_skb.c describes them.
 */
#include <linux/slab.h>

#include <argo/skb.h>

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
				   struct argo_hv_iov *iov, unsigned int n)
{
	return argo_piece_add(iov, n, pkt->buf, pkt->len);
}

struct argo_vsock_pkt *argo_vsock_pkt_alloc(const struct virtio_vsock_hdr *hdr,
					    u32 len, gfp_t gfp)
{
	u32 room = argo_vsock_pkt_room(hdr, len);
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
	/* The common code frees buffers with kfree(); a pool has pages. */
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

u32 argo_vsock_pkt_cost(const struct argo_vsock_pkt *pkt)
{
	return sizeof(*pkt) + pkt->buf_len;
}

void argo_vsock_pkt_charge(struct argo_vsock_pkt *pkt)
{
	/*
	 * Without sk_buffs there are only streams (compat.h). The packets of a
	 * stream are joined, so credit bounds their memory.
	 */
}

/* The common code's buffers have no room to spare: enlarge @last's. */
static bool has_room(struct argo_vsock_pkt *last, u32 len)
{
	void *buf;

	if (last->len + len <= last->buf_len)
		return true;
	if (last->len + len > ARGO_VSOCK_ROOM)
		return false;
	buf = krealloc(last->buf, ARGO_VSOCK_ROOM, GFP_KERNEL);
	if (!buf)
		return false;
	last->buf = buf;
	last->buf_len = ARGO_VSOCK_ROOM;
	return true;
}

bool argo_vsock_pkt_join(struct argo_vsock_pkt *last,
			 struct argo_vsock_pkt *pkt)
{
	if (!has_room(last, pkt->len))
		return false;
	memcpy(last->buf + last->len, pkt->buf, pkt->len);
	last->len += pkt->len;
	last->hdr.len = cpu_to_le32(last->len);
	last->hdr.fwd_cnt = pkt->hdr.fwd_cnt;
	last->hdr.buf_alloc = pkt->hdr.buf_alloc;
	return true;
}

void argo_vsock_unread_init(struct virtio_vsock_sock *vvs)
{
	INIT_LIST_HEAD(&vvs->rx_queue);
}

void argo_vsock_unread_add(struct virtio_vsock_sock *vvs,
			   struct argo_vsock_pkt *pkt)
{
	struct argo_vsock_pkt *last;

	lockdep_assert_held(&vvs->rx_lock);

	/*
	 * A reader copies from @last's buffer with rx_lock released, so the
	 * buffer must not move: @pkt is joined only where has_room() leaves the
	 * buffer as it is.
	 */
	last = list_empty(&vvs->rx_queue) ? NULL :
	       list_last_entry(&vvs->rx_queue, struct argo_vsock_pkt, list);
	if (last && last->len + pkt->len <= last->buf_len &&
	    argo_vsock_pkt_join(last, pkt)) {
		virtio_transport_free_pkt(pkt);
		return;
	}
	list_add_tail(&pkt->list, &vvs->rx_queue);
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

struct argo_vsock_pkt *argo_vsock_queue_last(struct argo_vsock_queue *queue)
{
	if (list_empty(&queue->list))
		return NULL;
	return list_last_entry(&queue->list, struct argo_vsock_pkt, list);
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
