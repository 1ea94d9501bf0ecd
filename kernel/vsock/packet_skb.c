// SPDX-License-Identifier: GPL-2.0-only
/* Packets that are sk_buffs: the header at the head, the payload as data. */
#include <argo/skb.h>

#include "packet.h"
#include "wire.h"

/* Packets with less payload do not take long to allocate. */
#define POOL_MIN_PAYLOAD	16384u
/* A stream's window, in packets of the largest size. */
#define POOL_SLOTS		16
/* Bytes of memory of a packet of the largest size. */
#define PACKET_SIZE \
	(SKB_DATA_ALIGN(VIRTIO_VSOCK_SKB_HEADROOM + ARGO_VSOCK_MAX_PAYLOAD) + \
	 SKB_DATA_ALIGN(sizeof(struct skb_shared_info)))

/**
 * argo_vsock_pkt_hdr() - get a packet's header
 * @pkt: a packet
 *
 * Return: the header, in the packet.
 */
struct virtio_vsock_hdr *argo_vsock_pkt_hdr(struct argo_vsock_pkt *pkt)
{
	return virtio_vsock_hdr(pkt);
}

/**
 * argo_vsock_pkt_len() - get the length of a packet's payload
 * @pkt: a packet
 *
 * Return: bytes of payload.
 */
u32 argo_vsock_pkt_len(const struct argo_vsock_pkt *pkt)
{
	return pkt->len;
}

/**
 * argo_vsock_pkt_done() - get how much of a packet is sent already
 * @pkt: a packet to send
 *
 * Return: bytes of payload.
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
 * argo_vsock_pkt_set_done() - note how much of a packet is sent already
 * @pkt: a packet to send, in more pieces than a message may have
 * @done: bytes of payload
 */
void argo_vsock_pkt_set_done(struct argo_vsock_pkt *pkt, u32 done)
{
#ifdef ARGO_HAVE_VSOCK_FRAGS
	VIRTIO_VSOCK_SKB_CB(pkt)->offset = done;
#endif
}

/**
 * argo_vsock_pkt_is_reply() - does a packet only answer another packet?
 * @pkt: a packet to send
 *
 * Return: whether the packet is only an answer.
 */
bool argo_vsock_pkt_is_reply(struct argo_vsock_pkt *pkt)
{
	return virtio_vsock_skb_reply(pkt);
}

/**
 * argo_vsock_pkt_owner() - get the socket that a packet is from
 * @pkt: a packet to send
 *
 * Return: the socket, only to be compared with others; or NULL.
 */
struct vsock_sock *argo_vsock_pkt_owner(struct argo_vsock_pkt *pkt)
{
	return pkt->sk ? vsock_sk(pkt->sk) : NULL;
}

/**
 * argo_vsock_pkt_pieces() - add a packet's payload to the pieces of a message
 * @pkt: the packet
 * @iov: the pieces, with room for ARGO_VSOCK_PIECES more; payload that follows
 *	the last piece is joined with it
 * @n: number of pieces so far
 *
 * Return: the number of pieces.
 */
unsigned int argo_vsock_pkt_pieces(struct argo_vsock_pkt *pkt,
				   struct argo_hv_iov *iov, unsigned int n)
{
	return argo_skb_pieces(iov, n, pkt);
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
 * argo_vsock_pkt_alloc() - allocate a packet
 * @hdr: the packet's header; the packet's copy gets the length @len
 * @len: bytes of payload, which the caller fills in
 * @gfp: flags of the allocation
 *
 * Return: the packet, or NULL.
 */
struct argo_vsock_pkt *argo_vsock_pkt_alloc(const struct virtio_vsock_hdr *hdr,
					    u32 len, gfp_t gfp)
{
	u32 room = argo_vsock_pkt_room(hdr, len);
	struct argo_vsock_pkt *pkt;

	pkt = virtio_vsock_alloc_skb(VIRTIO_VSOCK_SKB_HEADROOM + room, gfp);
	if (pkt)
		init_pkt(pkt, hdr, len);
	return pkt;
}

/**
 * argo_vsock_pkt_pool_init() - prepare an empty pool for large packets
 * @pool: the pool
 */
void argo_vsock_pkt_pool_init(struct argo_pool *pool)
{
	pool->slots = POOL_SLOTS;
	pool->order = get_order(PACKET_SIZE);
}

/**
 * argo_vsock_pkt_alloc_pooled() - allocate a packet in a pool's memory
 * @hdr: the packet's header; the packet's copy gets the length @len
 * @len: bytes of payload, which the caller fills in
 * @pool: the pool
 *
 * Return: the packet, or NULL: argo_vsock_pkt_alloc() may have one.
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
 * argo_vsock_pkt_fill() - fill in a part of a packet's payload
 * @pkt: from argo_vsock_pkt_alloc() or argo_vsock_pkt_alloc_pooled()
 * @at: offset in the payload
 * @data: the part
 * @n: bytes of it; @at + @n is within the payload
 */
void argo_vsock_pkt_fill(struct argo_vsock_pkt *pkt, u32 at, const void *data,
			 u32 n)
{
	WARN_ON_ONCE(skb_store_bits(pkt, at, data, n));
}

/**
 * argo_vsock_pkt_receive() - give a packet to the common code
 * @transport: the transport that the packet came through
 * @pkt: the packet, checked; the common code's from now on
 *
 * Context: may sleep; takes the lock of a socket.
 */
void argo_vsock_pkt_receive(struct virtio_transport *transport,
			    struct argo_vsock_pkt *pkt)
{
#ifdef ARGO_HAVE_VSOCK_NET
	/* NULL stands for the global namespaces. */
	virtio_transport_recv_pkt(transport, pkt, NULL);
#else
	virtio_transport_recv_pkt(transport, pkt);
#endif
}

/**
 * argo_vsock_pkt_sent() - free a packet that was sent
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
 * argo_vsock_pkt_free() - free a packet that is neither sent nor received
 * @pkt: the packet
 */
void argo_vsock_pkt_free(struct argo_vsock_pkt *pkt)
{
	kfree_skb(pkt);
}

/**
 * argo_vsock_pkt_cost() - get the memory that a packet takes
 * @pkt: the packet
 *
 * Return: bytes.
 */
u32 argo_vsock_pkt_cost(const struct argo_vsock_pkt *pkt)
{
	return pkt->truesize;
}

/**
 * argo_vsock_pkt_charge() - charge a queued packet's memory to its socket
 * @pkt: a packet to send, with data
 *
 * The socket's writers wait while too much is charged (sock_writeable()), and
 * are woken when the packet is freed.
 */
void argo_vsock_pkt_charge(struct argo_vsock_pkt *pkt)
{
	struct sock *sk = pkt->sk;

	if (!sk)
		return;
	/* skb_set_owner_w() first drops the packet's old hold on the socket. */
	sock_hold(sk);
	skb_set_owner_w(pkt, sk);
	sock_put(sk);
}

/**
 * argo_vsock_pkt_join() - append one packet of a stream to another
 * @last: a packet with data, of which nothing is sent yet
 * @pkt: a packet of the same socket, which stays the caller's
 *
 * Return: whether there was room.
 */
bool argo_vsock_pkt_join(struct argo_vsock_pkt *last,
			 struct argo_vsock_pkt *pkt)
{
	struct virtio_vsock_hdr *hdr = virtio_vsock_hdr(last);
	const struct virtio_vsock_hdr *added = virtio_vsock_hdr(pkt);

	if (skb_is_nonlinear(last) || skb_is_nonlinear(pkt) ||
	    skb_tailroom(last) < pkt->len ||
	    last->len + pkt->len > ARGO_VSOCK_MAX_PAYLOAD)
		return false;
	skb_put_data(last, pkt->data, pkt->len);
	le32_add_cpu(&hdr->len, pkt->len);
	hdr->fwd_cnt = added->fwd_cnt;
	hdr->buf_alloc = added->buf_alloc;
	return true;
}

/**
 * argo_vsock_unread_init() - begin with an empty receive queue
 * @vvs: the socket
 */
void argo_vsock_unread_init(struct virtio_vsock_sock *vvs)
{
	skb_queue_head_init(&vvs->rx_queue);
}

/**
 * argo_vsock_unread_add() - add data to a stream's receive queue
 * @vvs: the stream's socket
 * @pkt: the data, the socket's from now on
 *
 * Context: under the socket's rx_lock.
 */
void argo_vsock_unread_add(struct virtio_vsock_sock *vvs,
			   struct argo_vsock_pkt *pkt)
{
	struct argo_vsock_pkt *last = skb_peek_tail(&vvs->rx_queue);

	lockdep_assert_held(&vvs->rx_lock);

	if (last && argo_vsock_pkt_join(last, pkt)) {
		kfree_skb(pkt);
		return;
	}
	/* argo_vsock_conn_receive() holds a reference to the socket. */
	WARN_ON_ONCE(!skb_set_owner_sk_safe(pkt, sk_vsock(vvs->vsk)));
	__skb_queue_tail(&vvs->rx_queue, pkt);
}

/**
 * argo_vsock_queue_init() - prepare an empty queue
 * @queue: the queue
 */
void argo_vsock_queue_init(struct argo_vsock_queue *queue)
{
	__skb_queue_head_init(&queue->list);
}

/**
 * argo_vsock_queue_first() - get the first packet of a queue
 * @queue: the queue
 *
 * Return: the packet, which stays in the queue; NULL if the queue is empty.
 */
struct argo_vsock_pkt *argo_vsock_queue_first(struct argo_vsock_queue *queue)
{
	return skb_peek(&queue->list);
}

/**
 * argo_vsock_queue_last() - get the last packet of a queue
 * @queue: the queue
 *
 * Return: the packet, which stays in the queue; NULL if the queue is empty.
 */
struct argo_vsock_pkt *argo_vsock_queue_last(struct argo_vsock_queue *queue)
{
	return skb_peek_tail(&queue->list);
}

/**
 * argo_vsock_queue_add() - append a packet to a queue
 * @queue: the queue
 * @pkt: the packet, the queue's from now on
 */
void argo_vsock_queue_add(struct argo_vsock_queue *queue,
			  struct argo_vsock_pkt *pkt)
{
	__skb_queue_tail(&queue->list, pkt);
}

/**
 * argo_vsock_queue_remove() - take a packet out of its queue
 * @queue: the queue
 * @pkt: a packet in it, the caller's from now on
 */
void argo_vsock_queue_remove(struct argo_vsock_queue *queue,
			     struct argo_vsock_pkt *pkt)
{
	__skb_unlink(pkt, &queue->list);
}

/**
 * argo_vsock_queue_find() - look for a packet in a queue
 * @queue: the queue
 * @matches: tells whether a packet is the one looked for
 * @with: argument for @matches
 *
 * Return: the first packet that matches, which stays in the queue; or NULL.
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
