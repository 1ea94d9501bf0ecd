// SPDX-License-Identifier: GPL-2.0-only
/*
 * Lanes: queues for packets that begin or end a connection. The common code
 * takes the lock of the socket for such a packet, and a user can hold that lock
 * without end. So each connection that such a packet names has a lane for a
 * while, with a work of its own. Later packets for the connection wait in the
 * lane, too.
 *
 * The work of a lane whose socket is locked does not wait, but looks again
 * later, so that it takes no worker thread from other lanes. If the lock is
 * taken between the look and the delivery, the work of this one lane does wait.
 */
#include <linux/jhash.h>
#include <linux/slab.h>
#include <linux/wait_bit.h>

#include "vsock.h"

/* Milliseconds until a lane looks again whether its socket is locked. */
#define RETRY_MS	5
/* Bytes of memory of all packets that wait in lanes of one peer. */
#define MAX_WAITING	(4u << 20)
/* While so many lanes of a peer are busy, its ring is not read. */
#define MAX_BUSY	256

/**
 * struct lane - packets for one connection, in order
 * @node: in argo_vsock_peer.lanes
 * @peer: the sender of the packets, a reference
 * @src_port: the connection's port at the peer
 * @dst_port: the connection's port here
 * @type: the connection's type
 * @queue: the packets
 * @stuck: the socket was locked at the last look
 * @overflowed: packets were dropped, so the connection has to be reset
 * @work: delivers the packets
 */
struct lane {
	struct hlist_node node;
	struct argo_vsock_peer *peer;
	__le32 src_port;
	__le32 dst_port;
	__le16 type;
	struct argo_vsock_queue queue;
	bool stuck;
	bool overflowed;
	struct delayed_work work;
};

static u32 key_of(__le32 src_port, __le32 dst_port)
{
	return jhash_2words(le32_to_cpu(src_port), le32_to_cpu(dst_port), 0);
}

static struct lane *find(struct argo_vsock_peer *peer,
			 const struct virtio_vsock_hdr *hdr)
{
	struct lane *lane;

	lockdep_assert_held(&peer->lane_lock);

	hash_for_each_possible(peer->lanes, lane, node,
			       key_of(hdr->src_port, hdr->dst_port))
		if (lane->src_port == hdr->src_port &&
		    lane->dst_port == hdr->dst_port)
			return lane;
	return NULL;
}

static void set_stuck(struct lane *lane, bool stuck)
{
	struct argo_vsock_peer *peer = lane->peer;

	lockdep_assert_held(&peer->lane_lock);

	if (lane->stuck != stuck)
		WRITE_ONCE(peer->busy_lanes,
			   peer->busy_lanes + (stuck ? -1 : 1));
	lane->stuck = stuck;
}

static struct argo_vsock_pkt *take_first(struct lane *lane)
{
	struct argo_vsock_pkt *pkt = argo_vsock_queue_first(&lane->queue);

	lockdep_assert_held(&lane->peer->lane_lock);

	if (!pkt)
		return NULL;
	argo_vsock_queue_remove(&lane->queue, pkt);
	lane->peer->lane_bytes -= argo_vsock_pkt_cost(pkt);
	return pkt;
}

static bool is_locked(const struct virtio_vsock_hdr *hdr)
{
	struct sockaddr_vm src, dst;
	struct sock *sk;
	bool locked;

	argo_vsock_addresses(hdr, &src, &dst);
	sk = vsock_find_connected_socket(&src, &dst) ?:
	     vsock_find_bound_socket(&dst);
	if (!sk)
		return false;
	locked = sock_owned_by_user_nocheck(sk);
	sock_put(sk);
	return locked;
}

static void end(struct lane *lane)
{
	struct argo_vsock_peer *peer = lane->peer;

	lockdep_assert_held(&peer->lane_lock);

	hash_del(&lane->node);
	set_stuck(lane, false);
	WRITE_ONCE(peer->busy_lanes, peer->busy_lanes - 1);
	WRITE_ONCE(peer->nr_lanes, peer->nr_lanes - 1);
}

static void free_lane(struct lane *lane)
{
	struct argo_vsock *vs = lane->peer->vs;

	argo_vsock_peer_put(lane->peer);
	kfree(lane);
	if (atomic_dec_and_test(&vs->nr_lanes))
		wake_up_var(&vs->nr_lanes);
}

/**
 * argo_vsock_reset_both() - end a connection for both sides
 * @peer: the peer
 * @hdr: header of any packet that the peer sent on the connection
 *
 * Context: may sleep, but waits for no socket.
 */
void argo_vsock_reset_both(struct argo_vsock_peer *peer,
			   const struct virtio_vsock_hdr *hdr)
{
	u16 type = le16_to_cpu(hdr->type);
	struct argo_vsock_pkt *pkt;
	struct sockaddr_vm src, dst;

	argo_vsock_addresses(hdr, &src, &dst);
	pkt = argo_vsock_make_reset(peer->vs, &src, dst.svm_port, type, false);
	if (pkt)
		argo_vsock_answer(peer, pkt);
	pkt = argo_vsock_make_reset(peer->vs, &src, dst.svm_port, type, true);
	if (pkt)
		argo_vsock_lane_add(peer, pkt);
}

/* Packets of the connection were dropped, so it is reset. */
static void give_up(struct lane *lane)
{
	struct argo_vsock_peer *peer = lane->peer;
	struct virtio_vsock_hdr hdr = {
		.src_cid = cpu_to_le64(argo_vsock_cid(peer->base.domid)),
		.dst_cid = cpu_to_le64(argo_vsock_own_cid(peer->vs)),
		.src_port = lane->src_port,
		.dst_port = lane->dst_port,
		.type = lane->type,
	};

	argo_vsock_count(peer->vs, ARGO_VSOCK_RESET_WAITING);
	argo_vsock_reset_both(peer, &hdr);
}

static bool is_reset(struct argo_vsock_pkt *pkt)
{
	return le16_to_cpu(argo_vsock_pkt_hdr(pkt)->op) == VIRTIO_VSOCK_OP_RST;
}

/* Return: whether the lane has to look again later. */
static bool deliver_first(struct lane *lane, bool *more)
{
	struct argo_vsock_peer *peer = lane->peer;
	bool closed = READ_ONCE(peer->lanes_closed);
	struct argo_vsock_pkt *pkt;
	bool locked, overflowed;

	spin_lock(&peer->lane_lock);
	pkt = argo_vsock_queue_first(&lane->queue);
	spin_unlock(&peer->lane_lock);
	/* Only this work takes packets out, so @pkt stays. */
	locked = pkt && is_locked(argo_vsock_pkt_hdr(pkt));

	spin_lock(&peer->lane_lock);
	set_stuck(lane, locked && !closed);
	if (!lane->stuck)
		pkt = take_first(lane);
	overflowed = !pkt && lane->overflowed;
	if (overflowed)
		lane->overflowed = false;
	*more = pkt || overflowed;
	if (!*more)
		end(lane);
	spin_unlock(&peer->lane_lock);

	if (locked && !closed)
		return true;
	if (overflowed && !closed)
		give_up(lane);
	else if (pkt && closed && (locked || !is_reset(pkt)))
		argo_vsock_pkt_free(pkt);
	else if (pkt)
		peer->vs->up->deliver(peer, pkt);
	return false;
}

static void lane_work_fn(struct work_struct *work)
{
	struct lane *lane = container_of(to_delayed_work(work), struct lane,
					 work);
	bool more = true;

	while (more) {
		if (deliver_first(lane, &more)) {
			queue_delayed_work(lane->peer->vs->lane_wq, &lane->work,
					   msecs_to_jiffies(RETRY_MS));
			return;
		}
	}
	free_lane(lane);
}

static struct lane *make_lane(struct argo_vsock_peer *peer,
			      const struct virtio_vsock_hdr *hdr)
{
	struct lane *lane = kzalloc(sizeof(*lane), GFP_KERNEL);

	if (!lane)
		return NULL;
	argo_peer_hold(&peer->base);
	atomic_inc(&peer->vs->nr_lanes);
	lane->peer = peer;
	lane->src_port = hdr->src_port;
	lane->dst_port = hdr->dst_port;
	lane->type = hdr->type;
	argo_vsock_queue_init(&lane->queue);
	INIT_DELAYED_WORK(&lane->work, lane_work_fn);
	return lane;
}

static void add(struct lane *lane, struct argo_vsock_pkt *pkt)
{
	struct argo_vsock_peer *peer = lane->peer;
	u32 cost = argo_vsock_pkt_cost(pkt);

	lockdep_assert_held(&peer->lane_lock);

	if (peer->lane_bytes + cost > MAX_WAITING) {
		lane->overflowed = true;
		argo_vsock_pkt_free(pkt);
		return;
	}
	peer->lane_bytes += cost;
	argo_vsock_queue_add(&lane->queue, pkt);
}

/**
 * argo_vsock_lane_follow() - put a packet into its connection's lane, if any
 * @peer: the sender of the packet
 * @pkt: the packet; the caller's still if there is no lane
 *
 * Context: any but an interrupt.
 * Return: whether there is a lane.
 */
bool argo_vsock_lane_follow(struct argo_vsock_peer *peer,
			    struct argo_vsock_pkt *pkt)
{
	struct lane *lane;

	if (!READ_ONCE(peer->nr_lanes))
		return false;
	spin_lock(&peer->lane_lock);
	lane = find(peer, argo_vsock_pkt_hdr(pkt));
	if (lane)
		add(lane, pkt);
	spin_unlock(&peer->lane_lock);
	return lane;
}

/**
 * argo_vsock_lane_is_busy() - do packets of a connection wait for its socket?
 * @peer: the other end of the connection
 * @hdr: header of any packet that the peer sent on the connection
 *
 * Context: any but an interrupt.
 * Return: whether the connection has a lane.
 */
bool argo_vsock_lane_is_busy(struct argo_vsock_peer *peer,
			     const struct virtio_vsock_hdr *hdr)
{
	bool busy;

	if (!READ_ONCE(peer->nr_lanes))
		return false;
	spin_lock(&peer->lane_lock);
	busy = find(peer, hdr);
	spin_unlock(&peer->lane_lock);
	return busy;
}

/**
 * argo_vsock_lane_add() - deliver a packet that needs the lock of a socket
 * @peer: the sender of the packet
 * @pkt: the packet, not the caller's any more
 *
 * Context: may sleep, but waits for no socket.
 */
void argo_vsock_lane_add(struct argo_vsock_peer *peer,
			 struct argo_vsock_pkt *pkt)
{
	const struct virtio_vsock_hdr *hdr = argo_vsock_pkt_hdr(pkt);
	struct lane *lane, *other;

	if (argo_vsock_lane_follow(peer, pkt))
		return;
	lane = make_lane(peer, hdr);
	if (!lane) {
		argo_vsock_count(peer->vs, ARGO_VSOCK_DROPPED_REPLIES);
		argo_vsock_pkt_free(pkt);
		return;
	}
	spin_lock(&peer->lane_lock);
	other = find(peer, hdr);
	if (other) {
		add(other, pkt);
		spin_unlock(&peer->lane_lock);
		free_lane(lane);
		return;
	}
	hash_add(peer->lanes, &lane->node, key_of(hdr->src_port,
						  hdr->dst_port));
	WRITE_ONCE(peer->nr_lanes, peer->nr_lanes + 1);
	WRITE_ONCE(peer->busy_lanes, peer->busy_lanes + 1);
	add(lane, pkt);
	spin_unlock(&peer->lane_lock);
	queue_delayed_work(peer->vs->lane_wq, &lane->work, 0);
}

/**
 * argo_vsock_lanes_full() - are too many lanes of a peer busy?
 * @peer: the peer
 *
 * Context: any.
 * Return: whether the peer's ring is not to be read now; only a hint.
 */
bool argo_vsock_lanes_full(const struct argo_vsock_peer *peer)
{
	return READ_ONCE(peer->busy_lanes) >= MAX_BUSY;
}

/**
 * argo_vsock_lanes_init() - begin with no lanes
 * @peer: the peer
 */
void argo_vsock_lanes_init(struct argo_vsock_peer *peer)
{
	spin_lock_init(&peer->lane_lock);
	hash_init(peer->lanes);
}

/**
 * argo_vsock_lanes_close() - have the lanes of a peer end soon
 * @peer: the peer
 *
 * From now on lanes do not wait for a lock: resets are delivered, unless their
 * socket is locked, and other packets are dropped.
 *
 * Context: any but an interrupt; does not sleep.
 */
void argo_vsock_lanes_close(struct argo_vsock_peer *peer)
{
	struct lane *lane;
	unsigned int bucket;

	WRITE_ONCE(peer->lanes_closed, true);
	spin_lock(&peer->lane_lock);
	hash_for_each(peer->lanes, bucket, lane, node)
		mod_delayed_work(peer->vs->lane_wq, &lane->work, 0);
	spin_unlock(&peer->lane_lock);
}

/**
 * argo_vsock_lanes_wait() - wait until no lane is left
 * @vs: attachment; the lanes of all its peers are closed
 *
 * Context: may sleep, for as long as a user holds the lock of a listener.
 */
void argo_vsock_lanes_wait(struct argo_vsock *vs)
{
	wait_var_event(&vs->nr_lanes, !atomic_read(&vs->nr_lanes));
}
