// SPDX-License-Identifier: GPL-2.0-only
/* Packets that are sk_buffs: the header at their head, the payload as data. */
#include "packet.h"
#include "wire.h"

/* Smaller ones do not take long to allocate. */
#define POOL_MIN_PAYLOAD	16384u
/* A stream's window, in packets of the largest size. */
#define POOL_SLOTS		16
/* What the largest takes in all. */
#define PACKET_SIZE \
	(SKB_DATA_ALIGN(VIRTIO_VSOCK_SKB_HEADROOM + ARGO_VSOCK_MAX_PAYLOAD) + \
	 SKB_DATA_ALIGN(sizeof(struct skb_shared_info)))

/**
 * argo_vsock_pkt_hdr() - the header
 * @pkt: a packet
 */
struct virtio_vsock_hdr *argo_vsock_pkt_hdr(struct argo_vsock_pkt *pkt)
{
	return virtio_vsock_hdr(pkt);
}

/**
 * argo_vsock_pkt_len() - bytes of payload
 * @pkt: a packet
 */
u32 argo_vsock_pkt_len(const struct argo_vsock_pkt *pkt)
{
	return pkt->len;
}

/**
 * argo_vsock_pkt_done() - bytes of payload that are sent already
 * @pkt: a packet to send
 */
u32 argo_vsock_pkt_done(struct argo_vsock_pkt *pkt)
{
#ifdef ARGO_HAVE_VSOCK_FRAGS
	return VIRTIO_VSOCK_SKB_CB(pkt)->offset;
#else
	return 0;
#endif
}

/**
 * argo_vsock_pkt_set_done() - note how many are
 * @pkt: a packet to send, in more pieces than a message may have
 * @done: bytes
 */
void argo_vsock_pkt_set_done(struct argo_vsock_pkt *pkt, u32 done)
{
#ifdef ARGO_HAVE_VSOCK_FRAGS
	VIRTIO_VSOCK_SKB_CB(pkt)->offset = done;
#endif
}

/**
 * argo_vsock_pkt_is_reply() - does it only answer another?
 * @pkt: a packet to send
 */
bool argo_vsock_pkt_is_reply(struct argo_vsock_pkt *pkt)
{
	return virtio_vsock_skb_reply(pkt);
}

/**
 * argo_vsock_pkt_owner() - whose it is, to be compared with
 * @pkt: a packet to send
 */
struct vsock_sock *argo_vsock_pkt_owner(struct argo_vsock_pkt *pkt)
{
	return pkt->sk ? vsock_sk(pkt->sk) : NULL;
}

/**
 * argo_vsock_pkt_pieces() - where its payload is
 * @pkt: a packet
 * @iov: filled in; room for ARGO_VSOCK_PIECES
 *
 * Return: how many pieces there are.
 */
unsigned int argo_vsock_pkt_pieces(struct argo_vsock_pkt *pkt,
				   struct argo_hv_iov *iov)
{
	unsigned int i, n = 0;

	if (skb_headlen(pkt))
		iov[n++] = (struct argo_hv_iov) {
			.base = (unsigned long)pkt->data,
			.len = skb_headlen(pkt),
		};
	for (i = 0; i < skb_shinfo(pkt)->nr_frags; i++) {
		const skb_frag_t *frag = &skb_shinfo(pkt)->frags[i];

		iov[n++] = (struct argo_hv_iov) {
			.base = (unsigned long)skb_frag_address(frag),
			.len = skb_frag_size(frag),
		};
	}
	return n;
}

static void init_pkt(struct argo_vsock_pkt *pkt,
		     const struct virtio_vsock_hdr *hdr, u32 len)
{
	*virtio_vsock_hdr(pkt) = *hdr;
	virtio_vsock_hdr(pkt)->len = cpu_to_le32(len);
#ifdef ARGO_HAVE_VSOCK_FRAGS
	if (len)
		virtio_vsock_skb_put(pkt, len);
#else
	virtio_vsock_skb_rx_put(pkt);
#endif
}

/**
 * argo_vsock_pkt_alloc() - a packet to be filled and received
 * @hdr: its header; its length is set to @len
 * @len: bytes of payload
 * @gfp: how to allocate
 *
 * Return: the packet, or NULL.
 */
struct argo_vsock_pkt *argo_vsock_pkt_alloc(const struct virtio_vsock_hdr *hdr,
					    u32 len, gfp_t gfp)
{
	u32 room = argo_vsock_pkt_room(len);
	struct argo_vsock_pkt *pkt;

	pkt = virtio_vsock_alloc_skb(VIRTIO_VSOCK_SKB_HEADROOM + room, gfp);
	if (pkt)
		init_pkt(pkt, hdr, len);
	return pkt;
}

/**
 * argo_vsock_pkt_pool_init() - an empty pool for large packets
 * @pool: to be one
 */
void argo_vsock_pkt_pool_init(struct argo_pool *pool)
{
	pool->slots = POOL_SLOTS;
	pool->order = get_order(PACKET_SIZE);
}

/**
 * argo_vsock_pkt_alloc_pooled() - the same, in memory that is used again
 * @hdr: its header; its length is set to @len
 * @len: bytes of payload
 * @pool: whose
 *
 * Return: the packet, or NULL if it has to be had otherwise.
 */
struct argo_vsock_pkt *
argo_vsock_pkt_alloc_pooled(const struct virtio_vsock_hdr *hdr, u32 len,
			    struct argo_pool *pool)
{
	struct argo_vsock_pkt *pkt;
	struct page *page;

	if (len < POOL_MIN_PAYLOAD || len > ARGO_VSOCK_MAX_PAYLOAD)
		return NULL;
	page = argo_pool_get(pool, GFP_KERNEL);
	if (!page)
		return NULL;
	pkt = build_skb(page_address(page), PAGE_SIZE << pool->order);
	if (!pkt) {
		put_page(page);
		return NULL;
	}
	skb_reserve(pkt, VIRTIO_VSOCK_SKB_HEADROOM);
	init_pkt(pkt, hdr, len);
	return pkt;
}

/**
 * argo_vsock_pkt_fill() - put a part of its payload in
 * @pkt: from argo_vsock_pkt_alloc()
 * @at: offset, and with @n within its payload
 * @data: what
 * @n: bytes
 */
void argo_vsock_pkt_fill(struct argo_vsock_pkt *pkt, u32 at, const void *data,
			 u32 n)
{
	WARN_ON_ONCE(skb_store_bits(pkt, at, data, n));
}

/**
 * argo_vsock_pkt_receive() - give it to the common code
 * @transport: through which it came
 * @pkt: the packet, checked; the common code's from now on
 *
 * Context: may sleep; takes the lock of a socket.
 */
void argo_vsock_pkt_receive(struct virtio_transport *transport,
			    struct argo_vsock_pkt *pkt)
{
#ifdef ARGO_HAVE_VSOCK_NET
	/* No namespace: that of the sockets that all may reach. */
	virtio_transport_recv_pkt(transport, pkt, NULL);
#else
	virtio_transport_recv_pkt(transport, pkt);
#endif
}

/**
 * argo_vsock_pkt_sent() - it is sent: free it
 * @pkt: the packet
 */
void argo_vsock_pkt_sent(struct argo_vsock_pkt *pkt)
{
#ifdef ARGO_HAVE_VSOCK_CONSUME_SENT
	virtio_transport_consume_skb_sent(pkt, true);
#else
	consume_skb(pkt);
#endif
}

/**
 * argo_vsock_pkt_free() - it will not be sent, nor received: free it
 * @pkt: the packet
 */
void argo_vsock_pkt_free(struct argo_vsock_pkt *pkt)
{
	kfree_skb(pkt);
}

/**
 * argo_vsock_queue_init() - an empty queue
 * @queue: to be one
 */
void argo_vsock_queue_init(struct argo_vsock_queue *queue)
{
	__skb_queue_head_init(&queue->list);
}

/**
 * argo_vsock_queue_first() - the next packet
 * @queue: the queue
 *
 * Return: it stays there; NULL if there is none.
 */
struct argo_vsock_pkt *argo_vsock_queue_first(struct argo_vsock_queue *queue)
{
	return skb_peek(&queue->list);
}

/**
 * argo_vsock_queue_add() - append a packet
 * @queue: the queue
 * @pkt: the packet, the queue's from now on
 */
void argo_vsock_queue_add(struct argo_vsock_queue *queue,
			  struct argo_vsock_pkt *pkt)
{
	__skb_queue_tail(&queue->list, pkt);
}

/**
 * argo_vsock_queue_remove() - take a packet out
 * @queue: the queue
 * @pkt: a packet in it, the caller's from now on
 */
void argo_vsock_queue_remove(struct argo_vsock_queue *queue,
			     struct argo_vsock_pkt *pkt)
{
	__skb_unlink(pkt, &queue->list);
}

/**
 * argo_vsock_queue_find() - look for a packet
 * @queue: the queue
 * @matches: is it this one?
 * @with: for @matches
 *
 * Return: the first that does, which stays there, or NULL.
 */
struct argo_vsock_pkt *
argo_vsock_queue_find(struct argo_vsock_queue *queue,
		      bool (*matches)(struct argo_vsock_pkt *pkt, void *with),
		      void *with)
{
	struct argo_vsock_pkt *pkt;

	skb_queue_walk(&queue->list, pkt)
		if (matches(pkt, with))
			return pkt;
	return NULL;
}
