// SPDX-License-Identifier: GPL-2.0-only
/*
 * How the packets of a peer reach connections. Data and credit go to their
 * socket at once (conn.c). Other packets go through the common code, in lanes
 * (lane.c).
 */
#include "vsock.h"

/*
 * The last quarter of an accept queue is for peers that have no connection
 * waiting in it, so that a peer that floods the queue keeps no other peer out.
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

static bool is_admitted(struct argo_vsock_peer *peer,
			const struct virtio_vsock_hdr *hdr)
{
	return argo_vsock_may_receive(peer->vs, peer->base.domid,
				      le32_to_cpu(hdr->dst_port),
				      le32_to_cpu(hdr->src_port));
}

/* Rules may have changed since this domain asked for the connection. */
static bool may_go_on(const struct virtio_vsock_hdr *hdr)
{
	struct sockaddr_vm src, dst;
	struct sock *sk;
	bool may;

	argo_vsock_addresses(hdr, &src, &dst);
	sk = vsock_find_connected_socket(&src, &dst);
	if (!sk)
		return true;
	may = argo_vsock_may_stay(vsock_sk(sk), false);
	sock_put(sk);
	return may;
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

	argo_vsock_addresses(hdr, &src, &dst);
	pkt = argo_vsock_make_reset(vs, &src, dst.svm_port,
				    le16_to_cpu(hdr->type), false);
	if (pkt)
		argo_vsock_send_pkt(vs, pkt);
}

/*
 * The common code knows connections that conn.c does not find: those that the
 * user has closed, or whose peer has said that no more data comes.
 */
static bool is_connected(const struct virtio_vsock_hdr *hdr)
{
	struct sockaddr_vm src, dst;
	struct sock *sk;
	bool connected;

	argo_vsock_addresses(hdr, &src, &dst);
	sk = vsock_find_connected_socket(&src, &dst);
	if (!sk)
		return false;
	connected = argo_vsock_type_of(sk) == le16_to_cpu(hdr->type);
	sock_put(sk);
	return connected;
}

static bool is_data_or_credit(const struct virtio_vsock_hdr *hdr)
{
	u16 op = le16_to_cpu(hdr->op);

	return op == VIRTIO_VSOCK_OP_RW || op == VIRTIO_VSOCK_OP_CREDIT_UPDATE;
}

/* Return: whether @pkt was consumed. */
static bool deliver_data(struct argo_vsock_peer *peer,
			 struct argo_vsock_pkt *pkt)
{
	struct virtio_vsock_hdr hdr = *argo_vsock_pkt_hdr(pkt);
	int rc;

	if (!is_data_or_credit(&hdr))
		return false;
	rc = argo_vsock_conn_receive(peer->vs, pkt);
	if (rc == -ENOENT && is_connected(&hdr)) {
		argo_vsock_pkt_free(pkt);
		return true;
	}
	if (rc == -ENOBUFS) {
		argo_vsock_count(peer->vs, ARGO_VSOCK_RESET_CREDIT);
		argo_vsock_reset_both(peer, &hdr);
	}
	return rc != -ENOENT;
}

/* Return: whether the common code is to have the request. */
static bool deliver_request(struct argo_vsock_peer *peer,
			    const struct virtio_vsock_hdr *hdr)
{
	struct argo_vsock *vs = peer->vs;

	/* The answer to the request could not be sent. */
	if (argo_vsock_replies_pending(peer)) {
		argo_vsock_count(vs, ARGO_VSOCK_DROPPED_REPLIES);
		return false;
	}
	if (!is_admitted(peer, hdr))
		argo_vsock_count(vs, ARGO_VSOCK_REFUSED_FIREWALL);
	else if (refuses(vs, hdr))
		argo_vsock_count(vs, ARGO_VSOCK_REFUSED_SHARE);
	else
		return true;
	refuse(vs, hdr);
	return false;
}

/**
 * argo_vsock_deliver() - give a packet to its socket
 * @peer: the sender of the packet
 * @pkt: the packet, checked; not the caller's any more
 *
 * Context: may sleep, and waits for the lock of the socket.
 */
void argo_vsock_deliver(struct argo_vsock_peer *peer,
			struct argo_vsock_pkt *pkt)
{
	struct virtio_vsock_hdr *hdr = argo_vsock_pkt_hdr(pkt);
	struct argo_vsock *vs = peer->vs;

	if (deliver_data(peer, pkt))
		return;
	if (le16_to_cpu(hdr->op) == VIRTIO_VSOCK_OP_REQUEST &&
	    !deliver_request(peer, hdr)) {
		argo_vsock_pkt_free(pkt);
		return;
	}
	if (le16_to_cpu(hdr->op) == VIRTIO_VSOCK_OP_RESPONSE &&
	    !may_go_on(hdr)) {
		argo_vsock_count(vs, ARGO_VSOCK_RESET_FIREWALL);
		argo_vsock_reset_both(peer, hdr);
		argo_vsock_pkt_free(pkt);
		return;
	}
	argo_vsock_pkt_receive(&vs->role->transport, pkt);
}

static void arrive(struct argo_vsock_peer *peer, struct argo_vsock_pkt *pkt)
{
	argo_vsock_count(peer->vs, ARGO_VSOCK_RX_PACKETS);
	virtio_transport_deliver_tap_pkt(pkt);
	if (!argo_vsock_lane_follow(peer, pkt) && !deliver_data(peer, pkt))
		argo_vsock_lane_add(peer, pkt);
}

/*
 * Ends the connection that a bad packet names. Nothing is done where the source
 * CID is not the sender's, or where the packet is a reset.
 */
static void reset_named(struct argo_vsock_peer *peer,
			const struct virtio_vsock_hdr *hdr)
{
	struct virtio_vsock_hdr named = *hdr;
	struct sockaddr_vm src, dst;
	struct sock *sk;

	if (le64_to_cpu(hdr->src_cid) != argo_vsock_cid(peer->base.domid) ||
	    le16_to_cpu(hdr->op) == VIRTIO_VSOCK_OP_RST)
		return;
	argo_vsock_addresses(hdr, &src, &dst);
	sk = vsock_find_connected_socket(&src, &dst);
	if (!sk)
		return;
	named.type = cpu_to_le16(argo_vsock_type_of(sk));
	sock_put(sk);
	argo_vsock_reset_both(peer, &named);
}

/* A peer in a new life knows nothing of the connections of its last life. */
static void note_life(struct argo_vsock_peer *peer, u32 life)
{
	if (!life || peer->life == life)
		return;
	if (peer->life) {
		argo_vsock_count(peer->vs, ARGO_VSOCK_PEERS_LOST);
		argo_vsock_reset_connections(peer->vs,
					     argo_vsock_cid(peer->base.domid));
	}
	peer->life = life;
}

static struct argo_vsock_peer *find_sender(struct argo_vsock_rx *rx, u16 domid)
{
	if (!rx->peer)
		return argo_vsock_peer_get(rx->vs, domid);
	argo_peer_hold(&rx->peer->base);
	return rx->peer;
}

/**
 * argo_vsock_received() - pass on what was read from a ring
 * @rx: the reading side of the ring
 * @in: what was read; its packet or datagram is not the caller's any more
 *
 * Context: may sleep, but waits for no socket; under @rx->receive_lock.
 */
void argo_vsock_received(struct argo_vsock_rx *rx,
			 struct argo_vsock_received *in)
{
	struct argo_vsock *vs = rx->vs;
	struct argo_vsock_peer *peer;

	/*
	 * A bad message makes its sender a peer, too: the sender's next
	 * messages are in a partner ring then.
	 */
	peer = find_sender(rx, in->domid);
	if (in->fault) {
		argo_vsock_count(vs, in->fault == ARGO_VSOCK_WRONG_SOURCE ?
				 ARGO_VSOCK_DROPPED_SOURCE :
				 ARGO_VSOCK_DROPPED_MALFORMED);
		if (!IS_ERR(peer)) {
			reset_named(peer, &in->hdr);
			argo_vsock_peer_put(peer);
		}
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
		arrive(peer, in->pkt);
	else
		argo_vsock_dgram_receive(vs, in->domid, &in->dgram_hdr,
					 in->dgram);
	argo_vsock_peer_put(peer);
}
