// SPDX-License-Identifier: GPL-2.0-only
/*
 * Sending packets: at once, in the sender's context, while there is room in the
 * peer's ring; else in order from a queue, when core says that there is.
 *
 * How long a queue can get: what a socket may send unread is bounded by its
 * credit, what it says of its own buffer is said once, and answers to what came
 * without a socket are dropped beyond ARGO_VSOCK_REPLIES.
 */
#include "vsock.h"

/* Of a peer that sends but does not read. */
#define ARGO_VSOCK_REPLIES	256
/* The hypervisor has no memory: try again. */
#define ARGO_VSOCK_RETRY_MS	10

/**
 * argo_vsock_source_ring() - the ring whose port packets to a peer are from
 * @peer: the peer
 *
 * Context: under tx_lock, and the peer is not dead.
 * Return: the ring, or NULL.
 */
struct argo_ring *argo_vsock_source_ring(struct argo_vsock_peer *peer)
{
	lockdep_assert_held(&peer->tx_lock);

	return READ_ONCE(peer->rx.ring) ?: READ_ONCE(peer->vs->wildcard.ring);
}

static bool follows(const struct argo_hv_iov *a, const struct argo_hv_iov *b)
{
	return a->base + a->len == b->base;
}

/* Join pieces that lie side by side. Return: how many are left. */
static unsigned int join(struct argo_hv_iov *iov, unsigned int n)
{
	unsigned int i, last = 0;

	for (i = 1; i < n; i++) {
		if (follows(&iov[last], &iov[i]))
			iov[last].len += iov[i].len;
		else
			iov[++last] = iov[i];
	}
	return last + 1;
}

/* @nuser of the pieces, the last ones, are memory of the current process. */
static int send_iov(struct argo_vsock_peer *peer, const struct argo_hv_iov *iov,
		    unsigned int n, u32 len, unsigned int nuser)
{
	const struct argo_outgoing out = {
		.ring = argo_vsock_source_ring(peer),
		.dst = { .port = ARGO_VSOCK_PORT, .domid = peer->domid },
		.type = argo_vsock_type(peer->vs, ARGO_VSOCK_PACKET),
		.iov = iov,
		.niov = n,
		.user = nuser,
		.nkernel = n - nuser,
		/* tx_lock is not held up by somebody's memory. */
		.nofault = true,
		.len = len,
	};
	int rc;

	lockdep_assert_held(&peer->tx_lock);

	if (!out.ring)
		return -ENODEV;
	rc = argo_send(&out, &peer->space);
	/* Its end is noticed only if it was seen to be there. */
	if (rc >= 0)
		argo_watch_note(peer->vs->hv, &peer->space, &out.dst, true);
	return rc;
}

static void note_sent(struct argo_vsock_peer *peer)
{
	argo_vsock_count(peer->vs, ARGO_VSOCK_TX_PACKETS);
	WRITE_ONCE(peer->used, jiffies);
}

/*
 * Payload in more pieces than a message may have: several packets, of which the
 * last one ends the record, if any does.
 */
static int send_in_parts(struct argo_vsock_peer *peer,
			 struct argo_vsock_pkt *pkt)
{
	unsigned int most = argo_hv_max_iov(peer->vs->hv) - 1;
	struct argo_hv_iov iov[1 + ARGO_VSOCK_PIECES];
	unsigned int at, pieces, n, i;
	u32 start = 0, len;
	int rc;

	/* In front of each part is room for its header. */
	n = 1 + join(iov + 1, argo_vsock_pkt_pieces(pkt, iov + 1));
	for (at = 1; at < n; at += pieces, start += len) {
		struct virtio_vsock_hdr hdr = *argo_vsock_pkt_hdr(pkt);

		pieces = min(n - at, most);
		for (i = 0, len = 0; i < pieces; i++)
			len += iov[at + i].len;
		if (start + len <= argo_vsock_pkt_done(pkt))
			continue;
		hdr.len = cpu_to_le32(len);
		if (at + pieces < n)
			hdr.flags &= ~cpu_to_le32(ARGO_VSOCK_EOM);
		iov[at - 1] = (struct argo_hv_iov) {
			.base = (unsigned long)&hdr,
			.len = sizeof(hdr),
		};
		rc = send_iov(peer, &iov[at - 1], 1 + pieces,
			      sizeof(hdr) + len, 0);
		if (rc < 0)
			return rc;
		argo_vsock_pkt_set_done(pkt, start + len);
	}
	return 0;
}

static int send_pkt(struct argo_vsock_peer *peer, struct argo_vsock_pkt *pkt)
{
	struct argo_hv_iov iov[1 + ARGO_VSOCK_PIECES];
	struct virtio_vsock_hdr *hdr = argo_vsock_pkt_hdr(pkt);
	unsigned int n;
	int rc;

	lockdep_assert_held(&peer->tx_lock);

	iov[0] = (struct argo_hv_iov) {
		.base = (unsigned long)hdr,
		.len = sizeof(*hdr),
	};
	n = join(iov, 1 + argo_vsock_pkt_pieces(pkt, iov + 1));
	if (n > argo_hv_max_iov(peer->vs->hv))
		rc = send_in_parts(peer, pkt);
	else
		rc = send_iov(peer, iov, n,
			      sizeof(*hdr) + argo_vsock_pkt_len(pkt), 0);
	if (rc < 0)
		return rc;
	note_sent(peer);
	return 0;
}

static bool may_send(const struct argo_vsock_peer *peer)
{
	/* After a restore its domid may be another domain's. */
	return !READ_ONCE(peer->gone) &&
	       peer->epoch == argo_hv_epoch(peer->vs->hv);
}

/* Return: what the sender of a packet is told when the peer is not there. */
static int refused(struct argo_vsock_pkt *pkt, int rc)
{
	u16 op = le16_to_cpu(argo_vsock_pkt_hdr(pkt)->op);

	return op == VIRTIO_VSOCK_OP_REQUEST ? rc : -ECONNRESET;
}

static bool is_credit_of(struct argo_vsock_pkt *pkt, void *owner)
{
	return argo_vsock_pkt_owner(pkt) == owner &&
	       le16_to_cpu(argo_vsock_pkt_hdr(pkt)->op) ==
	       VIRTIO_VSOCK_OP_CREDIT_UPDATE;
}

/* What a queued packet says of the receiver's buffer may say the latest. */
static bool joins_queued_credit(struct argo_vsock_peer *peer,
				struct argo_vsock_pkt *pkt)
{
	struct virtio_vsock_hdr *hdr = argo_vsock_pkt_hdr(pkt);
	struct argo_vsock_pkt *queued;

	if (le16_to_cpu(hdr->op) != VIRTIO_VSOCK_OP_CREDIT_UPDATE)
		return false;
	queued = argo_vsock_queue_find(&peer->queue, is_credit_of,
				       argo_vsock_pkt_owner(pkt));
	if (!queued)
		return false;
	argo_vsock_pkt_hdr(queued)->fwd_cnt = hdr->fwd_cnt;
	argo_vsock_pkt_hdr(queued)->buf_alloc = hdr->buf_alloc;
	argo_vsock_pkt_free(pkt);
	return true;
}

static void enqueue(struct argo_vsock_peer *peer, struct argo_vsock_pkt *pkt)
{
	lockdep_assert_held(&peer->tx_lock);

	if (joins_queued_credit(peer, pkt))
		return;
	if (argo_vsock_pkt_is_reply(pkt)) {
		if (peer->queued_replies >= ARGO_VSOCK_REPLIES) {
			argo_vsock_count(peer->vs, ARGO_VSOCK_DROPPED_REPLIES);
			argo_vsock_pkt_free(pkt);
			return;
		}
		peer->queued_replies++;
	}
	argo_vsock_count(peer->vs, ARGO_VSOCK_TX_QUEUED);
	argo_vsock_queue_add(&peer->queue, pkt);
}

static void dequeue(struct argo_vsock_peer *peer, struct argo_vsock_pkt *pkt)
{
	lockdep_assert_held(&peer->tx_lock);

	argo_vsock_queue_remove(&peer->queue, pkt);
	if (argo_vsock_pkt_is_reply(pkt))
		peer->queued_replies--;
}

/* Does it fit later, whatever the reason? */
static bool is_for_now(int rc)
{
	return rc == -EAGAIN || rc == -ENOMEM;
}

static void try_later(struct argo_vsock_peer *peer, int rc)
{
	/* Room is announced, memory is not. */
	if (rc == -ENOMEM)
		mod_delayed_work(peer->vs->wq, &peer->tx_work,
				 msecs_to_jiffies(ARGO_VSOCK_RETRY_MS));
}

/* Takes @pkt in any case. Return: 0 if it is sent or queued. */
static int send_or_queue(struct argo_vsock_peer *peer,
			 struct argo_vsock_pkt *pkt)
{
	int rc;

	lockdep_assert_held(&peer->tx_lock);

	if (!may_send(peer)) {
		rc = refused(pkt, -ECONNREFUSED);
		argo_vsock_pkt_free(pkt);
		return rc;
	}
	if (argo_vsock_queue_first(&peer->queue)) {
		enqueue(peer, pkt);
		return 0;
	}
	rc = send_pkt(peer, pkt);
	if (!rc) {
		argo_vsock_pkt_sent(pkt);
		return 0;
	}
	if (is_for_now(rc)) {
		enqueue(peer, pkt);
		try_later(peer, rc);
		return 0;
	}
	rc = refused(pkt, rc);
	argo_vsock_pkt_free(pkt);
	if (rc == -ECONNRESET)
		argo_vsock_peer_lost(peer);
	return rc;
}

/**
 * argo_vsock_send_now() - send a packet if nothing waits before it
 * @peer: from argo_vsock_peer_lock()
 * @iov: the packet: its header, and its payload in the current process' memory
 * @n: how many pieces
 * @len: bytes in all
 *
 * Context: under tx_lock.
 * Return: 0, or an errno, and then it is not sent: -EAGAIN (no room, or others
 * wait for it), -EFAULT (memory that is not there now), or what it would end
 * with in argo_vsock_send_pkt().
 */
int argo_vsock_send_now(struct argo_vsock_peer *peer,
			const struct argo_hv_iov *iov, unsigned int n, u32 len)
{
	int rc;

	lockdep_assert_held(&peer->tx_lock);

	if (!may_send(peer))
		return -ECONNRESET;
	if (argo_vsock_queue_first(&peer->queue))
		return -EAGAIN;
	rc = send_iov(peer, iov, n, len, n - 1);
	if (rc < 0)
		return rc;
	note_sent(peer);
	return 0;
}

/**
 * argo_vsock_peer_lock() - get a peer to send to
 * @vs: attachment
 * @domid: which
 *
 * Context: may sleep.
 * Return: the peer, under its tx_lock and not dead, until
 * argo_vsock_peer_unlock(); or an ERR_PTR of argo_vsock_peer_get().
 */
struct argo_vsock_peer *argo_vsock_peer_lock(struct argo_vsock *vs, u16 domid)
{
	struct argo_vsock_peer *peer;

	for (;;) {
		peer = argo_vsock_peer_get(vs, domid);
		if (IS_ERR(peer))
			return peer;
		mutex_lock(&peer->tx_lock);
		if (!peer->dead)
			return peer;
		argo_vsock_peer_unlock(peer);
	}
}

/**
 * argo_vsock_peer_unlock() - undo argo_vsock_peer_lock()
 * @peer: the peer
 */
void argo_vsock_peer_unlock(struct argo_vsock_peer *peer)
{
	mutex_unlock(&peer->tx_lock);
	argo_vsock_peer_put(peer);
}

/**
 * argo_vsock_send_pkt() - the common code sends a packet
 * @vs: attachment
 * @pkt: the packet, not the caller's any more
 *
 * Context: may sleep; often under lock_sock().
 * Return: bytes of payload, sent or queued; -ECONNREFUSED (nobody listens on
 * AF_VSOCK's port there), -EHOSTUNREACH, -ECONNRESET (the peer was there and
 * is not any more), -EACCES, -ENOMEM.
 */
int argo_vsock_send_pkt(struct argo_vsock *vs, struct argo_vsock_pkt *pkt)
{
	u64 cid = le64_to_cpu(argo_vsock_pkt_hdr(pkt)->dst_cid);
	u32 len = argo_vsock_pkt_len(pkt);
	struct argo_vsock_peer *peer;
	int rc;

	if (!argo_vsock_cid_is_domain(cid)) {
		argo_vsock_pkt_free(pkt);
		return -EHOSTUNREACH;
	}
	virtio_transport_deliver_tap_pkt(pkt);
	peer = argo_vsock_peer_lock(vs, cid - ARGO_VSOCK_CID_OFFSET);
	if (IS_ERR(peer)) {
		rc = refused(pkt, PTR_ERR(peer));
		argo_vsock_pkt_free(pkt);
		return rc;
	}
	rc = send_or_queue(peer, pkt);
	argo_vsock_peer_unlock(peer);
	return rc ?: len;
}

/* Sends the queue as far as there is room. */
void argo_vsock_tx_work(struct work_struct *work)
{
	struct argo_vsock_peer *peer = container_of(to_delayed_work(work),
						    struct argo_vsock_peer,
						    tx_work);
	struct argo_vsock_pkt *pkt;
	int rc = 0;

	if (READ_ONCE(peer->space.gone)) {
		argo_vsock_peer_lost(peer);
		return;
	}
	mutex_lock(&peer->tx_lock);
	while (!peer->dead && may_send(peer) &&
	       (pkt = argo_vsock_queue_first(&peer->queue))) {
		rc = send_pkt(peer, pkt);
		if (rc)
			break;
		dequeue(peer, pkt);
		argo_vsock_pkt_sent(pkt);
	}
	if (is_for_now(rc))
		try_later(peer, rc);
	mutex_unlock(&peer->tx_lock);
	/* What was queued counts as sent: who sent it has to be told. */
	if (rc && !is_for_now(rc))
		argo_vsock_peer_lost(peer);
}

/**
 * argo_vsock_purge() - forget what is queued for a peer
 * @peer: the peer
 *
 * Context: under tx_lock.
 */
void argo_vsock_purge(struct argo_vsock_peer *peer)
{
	struct argo_vsock_pkt *pkt;

	lockdep_assert_held(&peer->tx_lock);

	while ((pkt = argo_vsock_queue_first(&peer->queue))) {
		dequeue(peer, pkt);
		argo_vsock_pkt_free(pkt);
	}
}

static bool is_of(struct argo_vsock_pkt *pkt, void *owner)
{
	return argo_vsock_pkt_owner(pkt) == owner;
}

/**
 * argo_vsock_cancel() - forget what a socket has queued
 * @vsk: the socket
 *
 * Context: may sleep, under lock_sock().
 * Return: 0.
 */
int argo_vsock_cancel(struct vsock_sock *vsk)
{
	struct argo_vsock_peer *peer = argo_vsock_peer_of(vsk);
	struct argo_vsock_pkt *pkt;

	if (!peer)
		return 0;
	mutex_lock(&peer->tx_lock);
	while ((pkt = argo_vsock_queue_find(&peer->queue, is_of, vsk))) {
		dequeue(peer, pkt);
		argo_vsock_pkt_free(pkt);
	}
	mutex_unlock(&peer->tx_lock);
	argo_vsock_peer_put(peer);
	return 0;
}

/**
 * argo_vsock_replies_pending() - are there too many answers already?
 * @peer: the peer
 *
 * Context: any; only a hint.
 */
bool argo_vsock_replies_pending(struct argo_vsock_peer *peer)
{
	return READ_ONCE(peer->queued_replies) >= ARGO_VSOCK_REPLIES / 2;
}
