// SPDX-License-Identifier: GPL-2.0-only
/*
 * A peer's queue. While there is room in the peer's ring, a packet is sent at
 * once, in the sender's context. Else it waits in the peer's queue, which is
 * sent in order when core tells of room.
 *
 * A queue is bounded. A socket's data is bounded by the socket's credit and, in
 * memory, by its SO_SNDBUF. Credit updates are bounded by one for each socket,
 * and answers to packets without a socket by ARGO_VSOCK_REPLIES.
 */
#include "vsock.h"

/* Queued answers to a peer that sends but does not read. */
#define ARGO_VSOCK_REPLIES	256
/* Milliseconds until sending is tried again when memory was short. */
#define ARGO_VSOCK_RETRY_MS	10

/**
 * argo_vsock_source_ring() - get the ring that packets to a peer are sent from
 * @peer: the peer, not forgotten
 *
 * Context: under tx_lock.
 * Return: the ring, or NULL.
 */
struct argo_ring *argo_vsock_source_ring(struct argo_vsock_peer *peer)
{
	lockdep_assert_held(&peer->tx_lock);

	return READ_ONCE(peer->rx.ring) ?: READ_ONCE(peer->vs->wildcard.ring);
}

/*
 * The end of a connection that was allowed is told, whatever the firewall says
 * by now.
 */
static bool is_reset(const struct argo_hv_iov *iov)
{
	const struct virtio_vsock_hdr *hdr = (void *)(unsigned long)iov->base;

	return le16_to_cpu(hdr->op) == VIRTIO_VSOCK_OP_RST;
}

/*
 * @iov: a header in this kernel's memory, and the payload. @nuser: number of
 * pieces, the last ones, in the current process' memory.
 */
static int send_iov(struct argo_vsock_peer *peer, const struct argo_hv_iov *iov,
		    unsigned int n, u32 len, unsigned int nuser)
{
	struct argo_outgoing out = {
		.msg.type = argo_vsock_type(peer->vs, ARGO_VSOCK_PACKET),
		.msg.iov = iov,
		.msg.niov = n,
		.msg.user = nuser,
		.msg.nkernel = n - nuser,
		.ring = argo_vsock_source_ring(peer),
		/* A page fault may last without end, and tx_lock is held. */
		.nofault = true,
		.unfiltered = is_reset(iov),
		.len = len,
	};

	lockdep_assert_held(&peer->tx_lock);

	if (!out.ring)
		return -ENODEV;
	WRITE_ONCE(peer->sent_to, true);
	return argo_peer_send(&peer->base, &out);
}

static void note_sent(struct argo_vsock_peer *peer)
{
	argo_vsock_count(peer->vs, ARGO_VSOCK_TX_PACKETS);
	WRITE_ONCE(peer->used, jiffies);
}

/*
 * Sends a packet in more pieces than a message may have as several packets, of
 * which only the last one may end the record.
 */
static int send_in_parts(struct argo_vsock_peer *peer,
			 struct argo_vsock_pkt *pkt)
{
	unsigned int most = argo_hv_params(peer->vs->hv)->max_iov - 1;
	struct argo_hv_iov iov[1 + ARGO_VSOCK_PIECES];
	unsigned int at, pieces, n, i;
	u32 start = 0, len;
	int rc;

	/* The piece in front of each part is free for the part's header. */
	n = 1 + argo_vsock_pkt_pieces(pkt, iov + 1, 0);
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
	n = argo_vsock_pkt_pieces(pkt, iov, 1);
	if (n > argo_hv_params(peer->vs->hv)->max_iov)
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
	/* After a restore, the peer's domid may mean another domain. */
	return !READ_ONCE(peer->gone) && argo_peer_is_current(&peer->base);
}

/**
 * argo_vsock_refused() - choose the errno for the sender of a packet
 * @pkt: the packet
 * @rc: errno of reaching the peer
 *
 * Return: @rc for a connection request; -ECONNRESET for other packets.
 */
int argo_vsock_refused(struct argo_vsock_pkt *pkt, int rc)
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

/* A credit update of the same socket that is queued takes the latest values. */
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

/* Small packets of a stream are joined in the queue. */
static bool joins_queued_data(struct argo_vsock_peer *peer,
			      struct argo_vsock_pkt *pkt)
{
	struct argo_vsock_pkt *last = argo_vsock_queue_last(&peer->queue);

	return last && argo_vsock_is_stream_data(argo_vsock_pkt_hdr(pkt)) &&
	       argo_vsock_is_stream_data(argo_vsock_pkt_hdr(last)) &&
	       argo_vsock_pkt_owner(last) == argo_vsock_pkt_owner(pkt) &&
	       !argo_vsock_pkt_done(last) && argo_vsock_pkt_join(last, pkt);
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
	if (joins_queued_data(peer, pkt)) {
		argo_vsock_pkt_free(pkt);
		return;
	}
	if (argo_vsock_pkt_len(pkt))
		argo_vsock_pkt_charge(pkt);
	argo_vsock_queue_add(&peer->queue, pkt);
}

static void dequeue(struct argo_vsock_peer *peer, struct argo_vsock_pkt *pkt)
{
	lockdep_assert_held(&peer->tx_lock);

	argo_vsock_queue_remove(&peer->queue, pkt);
	if (argo_vsock_pkt_is_reply(pkt))
		peer->queued_replies--;
}

/* May sending work later? */
static bool is_for_now(int rc)
{
	return rc == -EAGAIN || rc == -ENOMEM;
}

/*
 * Is it this domain's firewall that a packet failed with @rc for? Connections
 * that it denies are reset one by one: the peer is not lost.
 */
static bool is_denied(const struct argo_vsock_peer *peer, int rc)
{
	return rc == -EACCES && !argo_vsock_may_talk(peer->vs, peer->base.domid);
}

static void try_later(struct argo_vsock_peer *peer, int rc)
{
	/* Core tells of room, but nothing tells of memory. */
	if (rc == -ENOMEM)
		mod_delayed_work(peer->vs->wq, &peer->tx_work,
				 msecs_to_jiffies(ARGO_VSOCK_RETRY_MS));
}

/**
 * argo_vsock_send_or_queue() - send a packet, or queue the packet
 * @peer: the peer, not forgotten
 * @pkt: the packet, not the caller's any more
 *
 * Context: may sleep, under tx_lock.
 * Return: 0 if the packet is sent or queued; -ECONNREFUSED (the domain has no
 * ring for AF_VSOCK), -EHOSTUNREACH, -ECONNRESET (the peer has gone), -EACCES.
 */
int argo_vsock_send_or_queue(struct argo_vsock_peer *peer,
			     struct argo_vsock_pkt *pkt)
{
	int rc;

	lockdep_assert_held(&peer->tx_lock);

	if (!may_send(peer)) {
		rc = argo_vsock_refused(pkt, -ECONNREFUSED);
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
	if (!is_denied(peer, rc))
		rc = argo_vsock_refused(pkt, rc);
	argo_vsock_pkt_free(pkt);
	if (rc == -ECONNRESET)
		argo_vsock_peer_lost(peer);
	return rc;
}

/**
 * argo_vsock_send_now() - send a packet, or do nothing
 * @peer: from argo_vsock_peer_lock()
 * @iov: the packet: its header, and its payload in the current process' memory
 * @n: number of pieces in @iov
 * @len: bytes in all
 *
 * Context: under tx_lock.
 * Return: 0 if the packet is sent; -EAGAIN (no room, or packets are queued),
 * -EFAULT (the memory is not present), -ECONNRESET (the peer has gone),
 * -ENODEV, or another errno of argo_send().
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

/*
 * Sends a peer's queue as far as there is room. Packets that the firewall denies
 * are dropped, and a reset behind them is sent.
 */
static void tx_work_fn(struct work_struct *work)
{
	struct argo_vsock_peer *peer = container_of(to_delayed_work(work),
						    struct argo_vsock_peer,
						    tx_work);
	struct argo_vsock_pkt *pkt;
	int rc = 0;

	mutex_lock(&peer->tx_lock);
	while (may_send(peer) &&
	       (pkt = argo_vsock_queue_first(&peer->queue))) {
		rc = send_pkt(peer, pkt);
		if (rc && !is_denied(peer, rc))
			break;
		dequeue(peer, pkt);
		if (rc)
			argo_vsock_pkt_free(pkt);
		else
			argo_vsock_pkt_sent(pkt);
		rc = 0;
	}
	if (is_for_now(rc))
		try_later(peer, rc);
	mutex_unlock(&peer->tx_lock);
	/* Queued packets count as sent, so their connections are reset. */
	if (rc && !is_for_now(rc))
		argo_vsock_peer_lost(peer);
}

/**
 * argo_vsock_purge() - drop the packets that are queued for a peer
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

/**
 * argo_vsock_replies_pending() - are too many answers queued for a peer?
 * @peer: the peer
 *
 * Context: any.
 * Return: whether there are; only a hint.
 */
bool argo_vsock_replies_pending(struct argo_vsock_peer *peer)
{
	return READ_ONCE(peer->queued_replies) >= ARGO_VSOCK_REPLIES / 2;
}

static bool is_of(struct argo_vsock_pkt *pkt, void *owner)
{
	return argo_vsock_pkt_owner(pkt) == owner;
}

/**
 * argo_vsock_purge_of() - drop the packets that a socket has queued for a peer
 * @peer: the peer
 * @vsk: the socket
 *
 * Context: may sleep, takes tx_lock.
 */
void argo_vsock_purge_of(struct argo_vsock_peer *peer, struct vsock_sock *vsk)
{
	struct argo_vsock_pkt *pkt;

	mutex_lock(&peer->tx_lock);
	while ((pkt = argo_vsock_queue_find(&peer->queue, is_of, vsk))) {
		dequeue(peer, pkt);
		argo_vsock_pkt_free(pkt);
	}
	mutex_unlock(&peer->tx_lock);
}

/**
 * argo_vsock_answer() - send or queue a packet to a peer that is at hand
 * @peer: the peer; a peer that is forgotten gets nothing
 * @pkt: the packet, not the caller's any more
 *
 * Context: may sleep, takes tx_lock.
 */
void argo_vsock_answer(struct argo_vsock_peer *peer, struct argo_vsock_pkt *pkt)
{
	virtio_transport_deliver_tap_pkt(pkt);
	mutex_lock(&peer->tx_lock);
	if (READ_ONCE(peer->base.forgotten))
		argo_vsock_pkt_free(pkt);
	else
		argo_vsock_send_or_queue(peer, pkt);
	mutex_unlock(&peer->tx_lock);
}

/**
 * argo_vsock_queue_open() - prepare the queue of a new peer
 * @peer: the peer
 */
void argo_vsock_queue_open(struct argo_vsock_peer *peer)
{
	mutex_init(&peer->tx_lock);
	argo_vsock_queue_init(&peer->queue);
	INIT_DELAYED_WORK(&peer->tx_work, tx_work_fn);
}
