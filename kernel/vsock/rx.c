// SPDX-License-Identifier: GPL-2.0-only
/*
 * Receiving: a worker for each ring builds packets straight from it, checks
 * them, and gives them to the common code; but for what direct_rx.c has.
 */
#include <linux/module.h>
#include <linux/uio.h>

#include "vsock.h"

/* Messages before other work gets a turn. */
#define ARGO_VSOCK_BUDGET	64
/* Messages before the rings of others are looked at. */
#define ARGO_VSOCK_LOOK		8
/* There is no memory for a packet, which stays in the ring. */
#define ARGO_VSOCK_RETRY_MS	10
/* Payload that is surely to be had in one piece. */
#define ARGO_VSOCK_CHUNK	8192u

/**
 * struct received - a message, out of the ring
 * @domid: who sent it
 * @life: its life
 * @fault: what is wrong with it
 * @pkt: a packet, or NULL
 * @hdr: the packet's header, also where there is no @pkt for it
 * @dgram: a datagram, or NULL
 * @dgram_hdr: its header
 */
struct received {
	u16 domid;
	u32 life;
	enum argo_vsock_fault fault;
	struct argo_vsock_pkt *pkt;
	struct virtio_vsock_hdr hdr;
	struct sk_buff *dgram;
	struct argo_vsock_dgram_hdr dgram_hdr;
};

/**
 * argo_vsock_read_header() - read a packet's header
 * @rx: whose ring
 * @msg: the message
 * @hdr: filled in
 *
 * Context: under @rx->lock.
 * Return: what is wrong with the packet.
 */
enum argo_vsock_fault argo_vsock_read_header(struct argo_vsock_rx *rx,
					     const struct argo_ring_msg *msg,
					     struct virtio_vsock_hdr *hdr)
{
	lockdep_assert_held(&rx->lock);

	if (msg->len < sizeof(*hdr)) {
		*hdr = (struct virtio_vsock_hdr) {
			.op = cpu_to_le16(VIRTIO_VSOCK_OP_INVALID),
		};
		return ARGO_VSOCK_MALFORMED;
	}
	argo_ring_read(rx->ring, msg, 0, hdr, sizeof(*hdr));
	return argo_vsock_check(hdr, msg->len - sizeof(*hdr),
				argo_vsock_cid(msg->domid),
				argo_vsock_own_cid(rx->vs),
				ARGO_VSOCK_LAST_TYPE);
}

static void advance(struct argo_vsock_rx *rx, const struct argo_ring_msg *msg)
{
	rx->done = 0;
	rx->taken += argo_ring_slots(msg->len +
				     sizeof(struct argo_ring_msg_header));
}

/**
 * argo_vsock_consume() - a message was read
 * @rx: whose ring
 * @msg: the message
 *
 * Context: under @rx->lock.
 */
void argo_vsock_consume(struct argo_vsock_rx *rx,
			const struct argo_ring_msg *msg)
{
	lockdep_assert_held(&rx->lock);

	advance(rx, msg);
	argo_ring_consume(rx->ring, msg, false);
}

static void drop(struct argo_vsock_rx *rx, const struct argo_ring_msg *msg)
{
	advance(rx, msg);
	argo_ring_drop(rx->ring, msg);
}

/*
 * Large payload is to be had in one piece or, where memory is in small pieces,
 * as several packets. rx->done is what earlier ones had.
 */
static struct argo_vsock_pkt *alloc_pkt(struct argo_vsock_rx *rx,
					struct virtio_vsock_hdr *hdr, u32 left,
					u32 *len)
{
	struct argo_vsock_pkt *pkt;

	*len = left;
	pkt = argo_vsock_pkt_alloc_pooled(hdr, left, &rx->pool);
	if (pkt)
		return pkt;
	pkt = argo_vsock_pkt_alloc(hdr, left, left <= ARGO_VSOCK_CHUNK ?
				   GFP_KERNEL :
				   GFP_KERNEL | __GFP_NORETRY | __GFP_NOWARN);
	if (pkt || left <= ARGO_VSOCK_CHUNK)
		return pkt;
	*len = ARGO_VSOCK_CHUNK;
	hdr->flags &= ~cpu_to_le32(ARGO_VSOCK_EOM);
	return argo_vsock_pkt_alloc(hdr, *len, GFP_KERNEL);
}

static int read_payload(struct argo_vsock_rx *rx,
			const struct argo_ring_msg *msg, struct received *in)
{
	struct virtio_vsock_hdr hdr = in->hdr;
	u32 payload = msg->len - sizeof(hdr), len, at = 0;
	struct kvec view[2];
	unsigned int i, pieces;

	in->pkt = alloc_pkt(rx, &hdr, payload - rx->done, &len);
	if (!in->pkt)
		return -ENOMEM;
	pieces = argo_ring_view(rx->ring, msg, sizeof(hdr) + rx->done, len,
				view);
	for (i = 0; i < pieces; i++) {
		argo_vsock_pkt_fill(in->pkt, at, view[i].iov_base,
				    view[i].iov_len);
		at += view[i].iov_len;
	}
	if (rx->done + len < payload) {
		rx->done += len;
		return 1;
	}
	if (argo_vsock_is_stream_data(&in->hdr))
		argo_vsock_note_stream(rx, &in->hdr);
	argo_vsock_consume(rx, msg);
	return 1;
}

static int read_packet(struct argo_vsock_rx *rx,
		       const struct argo_ring_msg *msg, struct received *in)
{
	in->fault = argo_vsock_read_header(rx, msg, &in->hdr);
	if (in->fault) {
		drop(rx, msg);
		return 1;
	}
	if (le32_to_cpu(in->hdr.buf_alloc) > ARGO_VSOCK_MAX_CREDIT)
		in->hdr.buf_alloc = cpu_to_le32(ARGO_VSOCK_MAX_CREDIT);
	return read_payload(rx, msg, in);
}

static int read_datagram(struct argo_vsock_rx *rx,
			 const struct argo_ring_msg *msg, struct received *in)
{
	u32 at = 0, len = msg->len - sizeof(in->dgram_hdr);
	struct kvec view[2];
	unsigned int i, pieces;

	if (msg->len < sizeof(in->dgram_hdr) || len > ARGO_VSOCK_MAX_PAYLOAD) {
		drop(rx, msg);
		in->fault = ARGO_VSOCK_MALFORMED;
		return 1;
	}
	argo_ring_read(rx->ring, msg, 0, &in->dgram_hdr, sizeof(in->dgram_hdr));
	in->dgram = argo_vsock_dgram_alloc(rx->vs, len);
	if (!in->dgram)
		return -ENOMEM;
	pieces = argo_ring_view(rx->ring, msg, sizeof(in->dgram_hdr), len,
				view);
	for (i = 0; i < pieces; i++) {
		WARN_ON_ONCE(skb_store_bits(in->dgram, at, view[i].iov_base,
					    view[i].iov_len));
		at += view[i].iov_len;
	}
	argo_vsock_consume(rx, msg);
	return 1;
}

/* Return: 1 with a message, 0 without, -ENOMEM, -EBADMSG (out of use). */
static int read_one(struct argo_vsock_rx *rx, struct received *in)
{
	struct argo_ring_msg msg;
	int rc;

	lockdep_assert_held(&rx->lock);

	memset(in, 0, sizeof(*in));
	if (!rx->ring)
		return 0;
	rc = argo_ring_peek(rx->ring, &msg);
	if (rc <= 0)
		return rc;
	in->domid = msg.domid;
	in->life = msg.type & ARGO_VSOCK_LIFE_MASK;
	/* Any user of /dev/argo there may send from another port. */
	if (msg.port != ARGO_VSOCK_PORT ||
	    (msg.type & ARGO_VSOCK_MAGIC_MASK) != ARGO_VSOCK_MAGIC) {
		drop(rx, &msg);
		in->life = 0;
		in->fault = ARGO_VSOCK_MALFORMED;
		return 1;
	}
	switch (msg.type & ARGO_VSOCK_KIND_MASK) {
	case ARGO_VSOCK_PACKET:
		return read_packet(rx, &msg, in);
	case ARGO_VSOCK_DATAGRAM:
		return read_datagram(rx, &msg, in);
	default:
		drop(rx, &msg);
		in->fault = ARGO_VSOCK_MALFORMED;
		return 1;
	}
}

/**
 * argo_vsock_addresses() - whom a packet is from, and for
 * @hdr: its header
 * @src: filled in
 * @dst: filled in
 */
void argo_vsock_addresses(const struct virtio_vsock_hdr *hdr,
			  struct sockaddr_vm *src, struct sockaddr_vm *dst)
{
	vsock_addr_init(src, le64_to_cpu(hdr->src_cid),
			le32_to_cpu(hdr->src_port));
	vsock_addr_init(dst, le64_to_cpu(hdr->dst_cid),
			le32_to_cpu(hdr->dst_port));
}

/* A packet that makes no sense ends the connection that it names, if any. */
static void reset_connection_of(struct argo_vsock *vs,
				const struct received *in)
{
	struct argo_vsock_pkt *pkt;
	struct sockaddr_vm src, dst;
	struct sock *sk;
	u16 type;

	if (le64_to_cpu(in->hdr.src_cid) != argo_vsock_cid(in->domid) ||
	    le16_to_cpu(in->hdr.op) == VIRTIO_VSOCK_OP_RST)
		return;
	argo_vsock_addresses(&in->hdr, &src, &dst);
	sk = vsock_find_connected_socket(&src, &dst);
	if (!sk)
		return;
	type = argo_vsock_type_of(sk);
	sock_put(sk);
	pkt = argo_vsock_make_reset(vs, &src, dst.svm_port, type, false);
	if (pkt)
		argo_vsock_send_pkt(vs, pkt);
	pkt = argo_vsock_make_reset(vs, &src, dst.svm_port, type, true);
	if (pkt)
		argo_vsock_pkt_receive(&vs->role->transport, pkt);
}

/*
 * The last quarter of an accept queue is for peers that have nothing waiting in
 * it, so that one that floods it keeps nobody else out.
 */
static bool has_its_share(struct sock *sk, u32 cid)
{
	unsigned int room = READ_ONCE(sk->sk_max_ack_backlog) + 1;
	unsigned int waiting = sk->sk_ack_backlog;
	struct vsock_sock *child;

	if (waiting + room / 4 < room)
		return false;
	list_for_each_entry(child, &vsock_sk(sk)->accept_queue, accept_queue)
		if (child->remote_addr.svm_cid == cid)
			return true;
	return false;
}

static bool refuses(struct argo_vsock *vs, const struct virtio_vsock_hdr *hdr)
{
	struct sockaddr_vm src, dst;
	struct sock *sk;
	bool refuse;

	argo_vsock_addresses(hdr, &src, &dst);
	sk = vsock_find_bound_socket(&dst);
	if (!sk)
		return false;
	lock_sock(sk);
	refuse = sk->sk_state == TCP_LISTEN && has_its_share(sk, src.svm_cid);
	release_sock(sk);
	sock_put(sk);
	return refuse;
}

static void refuse(struct argo_vsock *vs, const struct virtio_vsock_hdr *hdr)
{
	struct argo_vsock_pkt *pkt;
	struct sockaddr_vm src, dst;

	argo_vsock_count(vs, ARGO_VSOCK_REFUSED_SHARE);
	argo_vsock_addresses(hdr, &src, &dst);
	pkt = argo_vsock_make_reset(vs, &src, dst.svm_port,
				    le16_to_cpu(hdr->type), false);
	if (pkt)
		argo_vsock_send_pkt(vs, pkt);
}

static void deliver_packet(struct argo_vsock *vs, struct argo_vsock_peer *peer,
			   struct received *in)
{
	struct virtio_vsock_hdr *hdr = argo_vsock_pkt_hdr(in->pkt);

	argo_vsock_count(vs, ARGO_VSOCK_RX_PACKETS);
	virtio_transport_deliver_tap_pkt(in->pkt);
	if (le16_to_cpu(hdr->op) == VIRTIO_VSOCK_OP_REQUEST) {
		/* It could not be answered. */
		if (argo_vsock_replies_pending(peer)) {
			argo_vsock_count(vs, ARGO_VSOCK_DROPPED_REPLIES);
			argo_vsock_pkt_free(in->pkt);
			return;
		}
		if (refuses(vs, hdr)) {
			refuse(vs, hdr);
			argo_vsock_pkt_free(in->pkt);
			return;
		}
	}
	argo_vsock_pkt_receive(&vs->role->transport, in->pkt);
}

/* Another life than before: it knows nothing of the connections from then. */
static void note_life(struct argo_vsock_peer *peer, u32 life)
{
	if (!life || peer->life == life)
		return;
	if (peer->life) {
		argo_vsock_count(peer->vs, ARGO_VSOCK_PEERS_LOST);
		argo_vsock_reset_connections(peer->vs,
					     argo_vsock_cid(peer->domid));
	}
	peer->life = life;
}

static struct argo_vsock_peer *find_sender(struct argo_vsock_rx *rx, u16 domid)
{
	if (!rx->peer)
		return argo_vsock_peer_get(rx->vs, domid);
	refcount_inc(&rx->peer->ref);
	return rx->peer;
}

static void deliver(struct argo_vsock_rx *rx, struct received *in)
{
	struct argo_vsock *vs = rx->vs;
	struct argo_vsock_peer *peer;

	/* Even of nonsense: what follows then is not in the ring for all. */
	peer = find_sender(rx, in->domid);
	if (in->fault) {
		argo_vsock_count(vs, in->fault == ARGO_VSOCK_WRONG_SOURCE ?
				 ARGO_VSOCK_DROPPED_SOURCE :
				 ARGO_VSOCK_DROPPED_MALFORMED);
		reset_connection_of(vs, in);
		if (!IS_ERR(peer))
			argo_vsock_peer_put(peer);
		return;
	}
	if (IS_ERR(peer)) {
		argo_vsock_count(vs, ARGO_VSOCK_DROPPED_REPLIES);
		if (in->pkt)
			argo_vsock_pkt_free(in->pkt);
		kfree_skb(in->dgram);
		return;
	}
	WRITE_ONCE(peer->used, jiffies);
	note_life(peer, in->life);
	if (in->pkt)
		deliver_packet(vs, peer, in);
	else
		argo_vsock_dgram_receive(vs, in->domid, &in->dgram_hdr,
					 in->dgram);
	argo_vsock_peer_put(peer);
}

static int read_and_deliver(struct argo_vsock_rx *rx)
{
	struct received in;
	bool was_told;
	int rc;

	mutex_lock(&rx->lock);
	was_told = rx->told.at == argo_vsock_position(rx);
	rc = read_one(rx, &in);
	rx->delivering = rc > 0;
	rx->awaited = rc > 0 && was_told ? &in.hdr : NULL;
	mutex_unlock(&rx->lock);
	if (rc <= 0)
		return rc;
	deliver(rx, &in);
	mutex_lock(&rx->lock);
	rx->delivering = false;
	rx->awaited = NULL;
	rx->delivered = rx->taken;
	WRITE_ONCE(rx->dealt, rx->dealt + 1);
	mutex_unlock(&rx->lock);
	wake_up_all(&rx->dealt_wait);
	return rc;
}

/* Does what the peer sent earlier lie in the ring for all? */
static bool is_held(struct argo_vsock_rx *rx)
{
	struct argo_vsock_rx *wildcard = &rx->vs->wildcard;
	struct argo_vsock_peer *peer = rx->peer;

	if (!peer || !READ_ONCE(peer->held))
		return false;
	mutex_lock(&wildcard->lock);
	if (!wildcard->ring || wildcard->delivered >= peer->held_until ||
	    (wildcard->delivered == wildcard->taken &&
	     !argo_ring_has_data(wildcard->ring)))
		WRITE_ONCE(peer->held, false);
	mutex_unlock(&wildcard->lock);
	return READ_ONCE(peer->held);
}

/* Those who waited for what lay in the ring for all may go on. */
static void wake_held(struct argo_vsock *vs)
{
	struct argo_vsock_peer *peer;
	unsigned int bucket;

	rcu_read_lock();
	hash_for_each_rcu(vs->peers, bucket, peer, node)
		if (READ_ONCE(peer->held))
			queue_delayed_work(vs->wq, &peer->rx.work, 0);
	rcu_read_unlock();
}

static void rx_work_fn(struct work_struct *work)
{
	struct argo_vsock_rx *rx = container_of(to_delayed_work(work),
						struct argo_vsock_rx, work);
	struct argo_vsock *vs = rx->vs;
	unsigned int n = 0;
	bool masked;
	int rc = 0;

	mutex_lock(&rx->lock);
	argo_vsock_let_interrupt(rx);
	mutex_unlock(&rx->lock);
	if (is_held(rx))
		return;
	masked = argo_poll_begin(vs->hv);
	if (masked)
		argo_poll_stay(vs->hv);
	while (n < ARGO_VSOCK_BUDGET) {
		rc = argo_vsock_leave(rx) ? 0 : read_and_deliver(rx);
		if (rc <= 0)
			break;
		if (++n % ARGO_VSOCK_LOOK == 0 && masked)
			argo_poll_look(vs->hv);
	}
	argo_poll_end(vs->hv, masked);

	if (!rx->peer)
		wake_held(vs);
	if (rc > 0)
		queue_delayed_work(vs->wq, &rx->work, 0);
	else if (rc == -ENOMEM)
		queue_delayed_work(vs->wq, &rx->work,
				   msecs_to_jiffies(ARGO_VSOCK_RETRY_MS));
	else if (rc && rx->peer)
		argo_vsock_peer_lost(rx->peer);
}

/* A ring keeps what data_ready() needs. */
static void get_owner(struct argo_vsock_rx *rx)
{
	if (rx->peer)
		refcount_inc(&rx->peer->ref);
	else
		kobject_get(&rx->vs->kobj);
}

static void put_owner(struct argo_vsock_rx *rx)
{
	if (rx->peer)
		argo_vsock_peer_put(rx->peer);
	else
		kobject_put(&rx->vs->kobj);
}

static void rx_data_ready(struct argo_ring *ring)
{
	struct argo_vsock_rx *rx = argo_ring_priv(ring);

	/* There is a reader who will look, or call the worker: direct_rx.c. */
	if (!READ_ONCE(rx->reading) && !READ_ONCE(rx->masked))
		mod_delayed_work(rx->vs->wq, &rx->work, 0);
}

static void rx_reset_prepare(struct argo_ring *ring)
{
	struct argo_vsock_rx *rx = argo_ring_priv(ring);

	mutex_lock(&rx->lock);
	rx->done = 0;
}

static void rx_reset_done(struct argo_ring *ring)
{
	struct argo_vsock_rx *rx = argo_ring_priv(ring);

	mutex_unlock(&rx->lock);
	queue_work(rx->vs->wq, &rx->vs->restore_work);
}

static void rx_release(struct argo_ring *ring)
{
	struct argo_vsock_rx *rx = argo_ring_priv(ring);

	cancel_delayed_work_sync(&rx->work);
	put_owner(rx);
}

static const struct argo_ring_ops rx_ops = {
	.owner = THIS_MODULE,
	.resident = true,
	.data_ready = rx_data_ready,
	.reset_prepare = rx_reset_prepare,
	.reset_done = rx_reset_done,
	.release = rx_release,
};

/**
 * argo_vsock_rx_init() - prepare to read a ring
 * @rx: that will
 * @vs: attachment
 * @peer: whose ring, NULL for the one that any domain may send to
 */
void argo_vsock_rx_init(struct argo_vsock_rx *rx, struct argo_vsock *vs,
			struct argo_vsock_peer *peer)
{
	rx->vs = vs;
	rx->peer = peer;
	argo_vsock_pkt_pool_init(&rx->pool);
	mutex_init(&rx->lock);
	rx->told.at = U64_MAX;
	init_waitqueue_head(&rx->dealt_wait);
	INIT_DELAYED_WORK(&rx->work, rx_work_fn);
}

/**
 * argo_vsock_rx_open() - get the ring
 * @rx: from argo_vsock_rx_init()
 * @partner: the domain that may send, ARGO_DOMID_ANY for all
 *
 * The ring holds a reference to the peer, or the attachment, until nobody looks
 * at it any more.
 *
 * Context: may sleep, takes core's ring_lock.
 * Return: 0, or an errno of argo_ring_create().
 */
int argo_vsock_rx_open(struct argo_vsock_rx *rx, u16 partner)
{
	const struct argo_ring_params params = {
		.ops = &rx_ops,
		.priv = rx,
		.port = ARGO_VSOCK_PORT,
		.partner = partner,
		.size = argo_vsock_ring_size(),
		.uid = GLOBAL_ROOT_UID,
	};
	struct argo_ring *ring;

	get_owner(rx);
	ring = argo_ring_create(rx->vs->hv, &params);
	if (IS_ERR(ring)) {
		put_owner(rx);
		return PTR_ERR(ring);
	}
	mutex_lock(&rx->lock);
	WRITE_ONCE(rx->ring, ring);
	mutex_unlock(&rx->lock);
	/* What came before there was one to read. */
	queue_delayed_work(rx->vs->wq, &rx->work, 0);
	return 0;
}

/**
 * argo_vsock_rx_close() - give the ring back
 * @rx: whose ring is open, or not
 * @drain: first deliver what is in it; nothing comes any more
 *
 * Context: may sleep, takes core's ring_lock; not in @rx->work. Under no lock if
 * @drain.
 */
void argo_vsock_rx_close(struct argo_vsock_rx *rx, bool drain)
{
	struct argo_ring *ring;

	if (drain && rx->ring) {
		argo_ring_stop(rx->ring);
		while (read_and_deliver(rx) > 0)
			;
	}
	mutex_lock(&rx->lock);
	ring = rx->ring;
	WRITE_ONCE(rx->ring, NULL);
	argo_pool_drain(&rx->pool);
	argo_vsock_let_interrupt(rx);
	mutex_unlock(&rx->lock);
	if (ring)
		argo_ring_destroy(ring);
}

/**
 * argo_vsock_rx_trim() - give back memory that was not used for a while
 * @rx: whose
 *
 * Context: may sleep, takes @rx->lock.
 */
void argo_vsock_rx_trim(struct argo_vsock_rx *rx)
{
	mutex_lock(&rx->lock);
	argo_pool_trim(&rx->pool);
	mutex_unlock(&rx->lock);
}
