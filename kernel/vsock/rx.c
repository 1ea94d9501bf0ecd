// SPDX-License-Identifier: GPL-2.0-only
/*
 * Receiving: each ring has a worker, which checks the messages in the ring and
 * delivers them as packets and datagrams. Readers of streams take some of the
 * data from the ring themselves (direct_rx.c).
 */
#include <linux/module.h>
#include <linux/uio.h>

#include <argo/kcov.h>

#include "vsock.h"

/* Messages that a worker reads before other work gets its turn. */
#define ARGO_VSOCK_BUDGET	64
/* Milliseconds until the worker tries again to get memory for a packet. */
#define ARGO_VSOCK_RETRY_MS	10
/* Bytes of payload for which the kernel surely has memory in one piece. */
#define ARGO_VSOCK_CHUNK	8192u

/*
 * Bytes of a datagram that are in the head of its sk_buff; pages have the rest.
 */
#define ARGO_VSOCK_DGRAM_HEAD	2048u

/* A stream's window, in packets of the largest size: stream.c. */
#define ARGO_VSOCK_RING_SIZE	(16 * (ARGO_VSOCK_MAX_PAYLOAD + 64) + 4096)
/* Room for a packet of the largest size, and for small ones behind it. */
#define ARGO_VSOCK_MIN_RING	(ARGO_VSOCK_MAX_PAYLOAD + 4096)

static unsigned int ring_size = ARGO_VSOCK_RING_SIZE;
module_param(ring_size, uint, 0444);
MODULE_PARM_DESC(ring_size, "bytes of each receive ring, one for each domain that this one talks to and one for others (default 1053696)");

/*
 * Allocates a packet for the @left bytes of a message's payload. Where the
 * memory for a large packet is not there, the packet takes a part of the
 * payload (@len), and later packets the rest.
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
			const struct argo_ring_msg *msg,
			struct argo_vsock_received *in)
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
		argo_vsock_read_part(rx, &in->hdr, len);
		return 1;
	}
	if (argo_vsock_is_stream_data(&in->hdr))
		argo_vsock_note_stream(rx, &in->hdr);
	argo_vsock_consume(rx, msg);
	return 1;
}

static int read_packet(struct argo_vsock_rx *rx,
		       const struct argo_ring_msg *msg,
		       struct argo_vsock_received *in)
{
	in->fault = argo_vsock_read_header(rx, msg, &in->hdr);
	if (in->fault) {
		argo_vsock_drop(rx, msg);
		return 1;
	}
	if (le32_to_cpu(in->hdr.buf_alloc) > ARGO_VSOCK_MAX_CREDIT)
		in->hdr.buf_alloc = cpu_to_le32(ARGO_VSOCK_MAX_CREDIT);
	return read_payload(rx, msg, in);
}

static struct sk_buff *alloc_datagram(u32 len)
{
	u32 head = min(len, ARGO_VSOCK_DGRAM_HEAD);
	struct sk_buff *skb;
	int rc;

	skb = alloc_skb_with_frags(head, len - head, PAGE_ALLOC_COSTLY_ORDER,
				   &rc, GFP_KERNEL);
	if (!skb)
		return NULL;
	skb_put(skb, head);
	skb->data_len = len - head;
	skb->len = len;
	return skb;
}

static int read_datagram(struct argo_vsock_rx *rx,
			 const struct argo_ring_msg *msg,
			 struct argo_vsock_received *in)
{
	u32 at = 0, len = msg->len - sizeof(in->dgram_hdr);
	struct kvec view[2];
	unsigned int i, pieces;

	if (msg->len < sizeof(in->dgram_hdr) || len > ARGO_VSOCK_MAX_PAYLOAD) {
		argo_vsock_drop(rx, msg);
		in->fault = ARGO_VSOCK_MALFORMED;
		return 1;
	}
	argo_ring_read(rx->ring, msg, 0, &in->dgram_hdr, sizeof(in->dgram_hdr));
	in->dgram = alloc_datagram(len);
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

/*
 * Return: 1 with a message, 0 without, -ENOMEM, -EBUSY as argo_ring_peek(),
 * -EBADMSG (out of use).
 */
static int read_one(struct argo_vsock_rx *rx, struct argo_vsock_received *in)
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
	/* Users of /dev/argo in the peer may send from other ports. */
	if (msg.port != ARGO_PORT_VSOCK ||
	    (msg.type & ARGO_VSOCK_MAGIC_MASK) != ARGO_VSOCK_MAGIC) {
		argo_vsock_drop(rx, &msg);
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
		argo_vsock_drop(rx, &msg);
		in->fault = ARGO_VSOCK_MALFORMED;
		return 1;
	}
}

/**
 * argo_vsock_receive() - take one message out of a ring and deliver it
 * @rx: the reading side of the ring
 *
 * Context: may sleep, but waits for no socket; under @rx->receive_lock.
 * Return: 1, also where the firewall dropped messages instead; 0 (there was no
 * message), -ENOMEM, -EBADMSG (the ring is out of use).
 */
int argo_vsock_receive(struct argo_vsock_rx *rx)
{
	struct argo_vsock_received in;
	int rc;

	lockdep_assert_held(&rx->receive_lock);

	mutex_lock(&rx->lock);
	rc = read_one(rx, &in);
	mutex_unlock(&rx->lock);
	if (rc > 0)
		rx->vs->up->received(rx, &in);
	mutex_lock(&rx->lock);
	if (rx->ring)
		rx->delivered = argo_ring_taken(rx->ring);
	mutex_unlock(&rx->lock);
	/* Messages were dropped, and there may be more. */
	return rc == -EBUSY ? 1 : rc;
}

/* Are earlier messages of the peer still in the wildcard ring? */
static bool is_held(struct argo_vsock_rx *rx)
{
	struct argo_vsock_rx *wildcard = &rx->vs->wildcard;
	struct argo_vsock_peer *peer = rx->peer;

	if (!peer || !READ_ONCE(peer->held))
		return false;
	mutex_lock(&wildcard->lock);
	if (!wildcard->ring || wildcard->delivered >= peer->held_until ||
	    (wildcard->delivered == argo_ring_taken(wildcard->ring) &&
	     !argo_ring_has_data(wildcard->ring)))
		WRITE_ONCE(peer->held, false);
	mutex_unlock(&wildcard->lock);
	return READ_ONCE(peer->held);
}

/* Has the workers of held partner rings look whether they may go on. */
static void wake_held(struct argo_vsock *vs)
{
	struct argo_vsock_peer *peer;
	unsigned int bucket;

	rcu_read_lock();
	argo_peers_each_rcu(&vs->peers, bucket, peer, base)
		if (READ_ONCE(peer->held))
			queue_delayed_work(vs->wq, &peer->rx.work, 0);
	rcu_read_unlock();
}

/* Return: as argo_vsock_receive(); 0 also if the message stays in the ring. */
static int receive_or_leave(struct argo_vsock_rx *rx)
{
	int rc = 0;

	mutex_lock(&rx->receive_lock);
	if (!argo_vsock_leave(rx))
		rc = argo_vsock_receive(rx);
	mutex_unlock(&rx->receive_lock);
	return rc;
}

static void rx_work_fn(struct work_struct *work)
{
	struct argo_vsock_rx *rx = container_of(to_delayed_work(work),
						struct argo_vsock_rx, work);
	struct argo_vsock *vs = rx->vs;
	unsigned int n = 0;
	bool masked, full = false;
	int rc = 0;

	if (is_held(rx))
		return;
	masked = argo_irq_away_begin(vs->hv);
	if (masked)
		argo_irq_away_stay(vs->hv);
	argo_kcov_start();
	while (n < ARGO_VSOCK_BUDGET) {
		full = rx->peer && argo_vsock_lanes_full(rx->peer);
		if (full)
			break;
		rc = receive_or_leave(rx);
		if (rc <= 0)
			break;
		if (++n % ARGO_IRQ_AWAY_LOOK == 0 && masked)
			argo_hv_interrupt(vs->hv);
	}
	argo_kcov_stop();
	argo_irq_away_end(vs->hv, masked);

	if (!rx->peer)
		wake_held(vs);
	if (full)
		queue_delayed_work(vs->wq, &rx->work, 1);
	else if (rc > 0)
		queue_delayed_work(vs->wq, &rx->work, 0);
	else if (rc == -ENOMEM)
		queue_delayed_work(vs->wq, &rx->work,
				   msecs_to_jiffies(ARGO_VSOCK_RETRY_MS));
	else if (rc && rx->peer)
		argo_vsock_peer_lost(rx->peer);
}

/* A ring holds a reference to the structure that data_ready() uses. */
static void get_owner(struct argo_vsock_rx *rx)
{
	if (rx->peer)
		argo_peer_hold(&rx->peer->base);
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

	/* Else a reader takes the message or calls the worker. */
	if (!READ_ONCE(rx->reader_owns))
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
 * @rx: the reading side of the ring
 * @vs: attachment
 * @peer: the partner of a partner ring; NULL for the wildcard ring
 */
void argo_vsock_rx_init(struct argo_vsock_rx *rx, struct argo_vsock *vs,
			struct argo_vsock_peer *peer)
{
	rx->vs = vs;
	rx->peer = peer;
	argo_vsock_pkt_pool_init(&rx->pool);
	mutex_init(&rx->receive_lock);
	mutex_init(&rx->lock);
	INIT_DELAYED_WORK(&rx->work, rx_work_fn);
}

/**
 * argo_vsock_rx_open() - create the ring
 * @rx: from argo_vsock_rx_init()
 * @partner: the ring's partner; ARGO_DOMID_ANY for the wildcard ring
 *
 * The ring holds a reference to the peer, or to the attachment, until the ring
 * is released.
 *
 * Context: may sleep, takes core's ring_lock.
 * Return: 0, or an errno of argo_ring_create().
 */
int argo_vsock_rx_open(struct argo_vsock_rx *rx, u16 partner)
{
	const struct argo_ring_params params = {
		.ops = &rx_ops,
		.priv = rx,
		.port = ARGO_PORT_VSOCK,
		.partner = partner,
		.size = max_t(u32, ring_size, ARGO_VSOCK_MIN_RING),
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
	/* Messages may have come before rx->ring was set. */
	queue_delayed_work(rx->vs->wq, &rx->work, 0);
	return 0;
}

/**
 * argo_vsock_rx_close() - give the ring back
 * @rx: the reading side of the ring, which may be closed already
 * @drain: first take no more messages and deliver those in the ring
 *
 * Context: may sleep, under no lock; not in @rx->work.
 */
void argo_vsock_rx_close(struct argo_vsock_rx *rx, bool drain)
{
	struct argo_ring *ring;

	mutex_lock(&rx->receive_lock);
	if (drain && rx->ring) {
		argo_ring_stop(rx->ring);
		while (argo_vsock_receive(rx) > 0)
			;
	}
	mutex_lock(&rx->lock);
	ring = rx->ring;
	WRITE_ONCE(rx->ring, NULL);
	argo_pool_drain(&rx->pool);
	argo_vsock_release(rx);
	mutex_unlock(&rx->lock);
	mutex_unlock(&rx->receive_lock);
	if (ring)
		argo_ring_destroy(ring);
}

/**
 * argo_vsock_rx_trim() - give back pooled memory that was not used for a while
 * @rx: the reading side of a ring
 *
 * Context: may sleep, takes @rx->lock.
 */
void argo_vsock_rx_trim(struct argo_vsock_rx *rx)
{
	mutex_lock(&rx->lock);
	argo_pool_trim(&rx->pool);
	mutex_unlock(&rx->lock);
}
