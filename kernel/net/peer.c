// SPDX-License-Identifier: GPL-2.0-only
/*
 * The peers of a device: the listed domains, and the domains that exchanged
 * frames with this one. A point-to-point device has one peer, the domain at its
 * other end.
 */
#include <linux/slab.h>

#include "net.h"

/* Time between looks at which peers have a ring. */
#define WATCH_INTERVAL		HZ

static struct argo_net_peer *of_base(struct argo_peer *base)
{
	return container_of(base, struct argo_net_peer, base);
}

static void wake_queue(struct argo_net_peer *peer)
{
	struct net_device *dev = argo_net_of(peer)->dev;

	/* argo_net_stop() waits for wake-ups that saw the device running. */
	rcu_read_lock();
	if (netif_running(dev))
		netif_tx_wake_queue(netdev_get_tx_queue(dev, peer->queue));
	rcu_read_unlock();
}

/* argo_peer_ops.wake. Context: core's space_lock held. */
static void wake(struct argo_peer *base)
{
	struct argo_net_peer *peer = of_base(base);

	wake_queue(peer);
	if (!skb_queue_empty_lockless(&peer->flood))
		queue_work(argo_net_wq, &argo_net_of(peer)->flood_work);
}

static struct argo_peer *alloc(struct argo_peers *peers, u16 domid)
{
	struct argo_net_peer *peer = kzalloc(sizeof(*peer), GFP_KERNEL);

	if (!peer)
		return NULL;
	peer->max_frame = ARGO_NET_FRAME_MOST;
	skb_queue_head_init(&peer->flood);
	return &peer->base;
}

static void release(struct argo_peer *base)
{
	kfree_rcu(of_base(base), base.rcu);
}

/* argo_peer_ops.open: gives the peer its queue. */
static int queue_get(struct argo_peer *base)
{
	struct argo_net_peer *peer = of_base(base);
	struct argo_net *net = argo_net_of(peer);
	int rc;

	lockdep_assert_held(&net->peers.lock);

	if (argo_net_is_pair(net))
		return 0;
	peer->queue = find_next_zero_bit(net->queues, net->peers.max + 1, 1);
	rc = argo_net_queue_open(net, peer->queue);
	if (!rc)
		__set_bit(peer->queue, net->queues);
	return rc;
}

/* Frames for the peer that are still in its queue go through to_stranger(). */
static void queue_put(struct argo_net_peer *peer)
{
	struct argo_net *net = argo_net_of(peer);

	lockdep_assert_held(&net->peers.lock);

	wake_queue(peer);
	if (argo_net_is_pair(net))
		return;
	argo_net_queue_close(net, peer->queue);
	__clear_bit(peer->queue, net->queues);
}

static void close(struct argo_peer *base)
{
	struct argo_net_peer *peer = of_base(base);

	/*
	 * Wait for senders and polls that found the peer: from here on none of
	 * them stops the peer's queue, nor learns an address behind the peer.
	 */
	synchronize_net();
	queue_put(peer);
	argo_net_fdb_forget(peer);
	skb_queue_purge(&peer->flood);
}

static const struct argo_peer_ops peer_ops = {
	.alloc = alloc,
	.open = queue_get,
	.close = close,
	.wake = wake,
	.release = release,
};

static void forget(struct argo_net_peer *peer)
{
	LIST_HEAD(forgotten);

	argo_peer_forget(&peer->base, &forgotten);
	argo_peers_close(&forgotten);
}

static int list_one(struct argo_net *net, u16 domid)
{
	struct argo_peer *base = argo_peer_get_locked(&net->peers, domid);

	if (IS_ERR(base))
		return PTR_ERR(base);
	of_base(base)->listed = true;
	argo_peer_put(base);
	return 0;
}

static void update_carrier(struct argo_net *net)
{
	struct argo_net_peer *peer;
	unsigned int bucket;
	bool up = false;

	rcu_read_lock();
	argo_peers_each_rcu(&net->peers, bucket, peer, base)
		up |= READ_ONCE(peer->up);
	rcu_read_unlock();
	if (up)
		netif_carrier_on(net->dev);
	else
		netif_carrier_off(net->dev);
}

static bool is_in(u16 domid, const u16 *domids, unsigned int n)
{
	unsigned int i;

	for (i = 0; i < n; i++)
		if (domids[i] == domid)
			return true;
	return false;
}

/**
 * argo_net_peers_list() - set the listed peers
 * @net: device
 * @domids: the listed domains' ids
 * @n: number of @domids
 *
 * Other peers are forgotten, so that they keep no listed peer out. A forgotten
 * domain that has a ring becomes a peer again with its next frame.
 *
 * Context: may sleep, under rtnl.
 * Return: 0, -ENOMEM, -ENOSPC.
 */
int argo_net_peers_list(struct argo_net *net, const u16 *domids,
			unsigned int n)
{
	struct argo_net_peer *peer;
	struct hlist_node *next;
	unsigned int bucket, i;
	int rc = 0;

	mutex_lock(&net->peers.lock);
	argo_peers_each(&net->peers, bucket, next, peer, base)
		if (!is_in(peer->base.domid, domids, n))
			forget(peer);
	for (i = 0; i < n && !rc; i++)
		rc = list_one(net, domids[i]);
	if (net->peers.watched)
		update_carrier(net);
	mutex_unlock(&net->peers.lock);
	return rc;
}

/**
 * argo_net_peer_state() - note whether a peer has a ring
 * @peer: the peer
 * @up: the peer has a ring
 *
 * Context: any but the hard interrupt.
 */
void argo_net_peer_state(struct argo_net_peer *peer, bool up)
{
	if (READ_ONCE(peer->up) == up)
		return;
	WRITE_ONCE(peer->up, up);
	update_carrier(argo_net_of(peer));
	/*
	 * If the ring has gone, the frames in the queue are counted and
	 * dropped.
	 */
	wake_queue(peer);
}

/* Fills @state in. Return: 0 or an errno. */
static int ask(struct argo_net *net, u16 domid, struct argo_space_state *state)
{
	const struct argo_addr addr = { .port = net->port, .domid = domid };

	return argo_space_query(net->hv, &addr, 0, state);
}

static void note_answer(struct argo_net_peer *peer,
			const struct argo_space_state *state)
{
	const u32 overhead = sizeof(struct virtio_net_hdr);
	bool up = state->flags & ARGO_STATE_EXISTS;

	if (up)
		WRITE_ONCE(peer->max_frame,
			   clamp(state->max_message, overhead,
				 overhead + ARGO_NET_FRAME_MOST) - overhead);
	argo_net_peer_state(peer, up);
}

static void look_at(struct argo_net_peer *peer)
{
	struct argo_space_state state;

	if (!ask(argo_net_of(peer), peer->base.domid, &state))
		note_answer(peer, &state);
}

static void watch_work_fn(struct work_struct *work)
{
	struct argo_net *net = container_of(to_delayed_work(work),
					    struct argo_net, watch_work);
	struct argo_net_peer *peer;
	struct hlist_node *next;
	unsigned int bucket;

	mutex_lock(&net->peers.lock);
	argo_peers_each(&net->peers, bucket, next, peer, base) {
		look_at(peer);
		if (!peer->up && !peer->listed)
			forget(peer);
	}
	argo_net_fdb_age(net);
	mutex_unlock(&net->peers.lock);
	queue_delayed_work(argo_net_wq, &net->watch_work, WATCH_INTERVAL);
}

/*
 * Makes a domain a peer if it has a ring. Without a ring it would be forgotten
 * by watch_work, and become a peer again with its next frame.
 */
static void consider(struct argo_net *net, u16 domid)
{
	struct argo_space_state state;
	struct argo_peer *base;

	lockdep_assert_held(&net->peers.lock);

	if (!net->peers.watched || net->peers.count == net->peers.max ||
	    argo_net_peer_find(net, domid) || ask(net, domid, &state) ||
	    !(state.flags & ARGO_STATE_EXISTS))
		return;
	base = argo_peer_get_locked(&net->peers, domid);
	if (IS_ERR(base))
		return;
	note_answer(of_base(base), &state);
	argo_peer_put(base);
}

static void peer_work_fn(struct work_struct *work)
{
	struct argo_net *net = container_of(work, struct argo_net, peer_work);
	unsigned int domid;

	mutex_lock(&net->peers.lock);
	for_each_set_bit(domid, net->candidates, ARGO_DOMID_FIRST_RESERVED) {
		clear_bit(domid, net->candidates);
		consider(net, domid);
	}
	mutex_unlock(&net->peers.lock);
}

/**
 * argo_net_peer_candidate() - have a domain become a peer, if it has a ring
 * @net: device
 * @domid: id of a domain that is no peer, and that sent a frame, or whose ring
 *	took one or was full
 *
 * Context: any.
 */
void argo_net_peer_candidate(struct argo_net *net, u16 domid)
{
	if (domid < ARGO_DOMID_FIRST_RESERVED &&
	    READ_ONCE(net->peers.count) < net->peers.max &&
	    !test_and_set_bit(domid, net->candidates))
		queue_work(argo_net_wq, &net->peer_work);
}

/**
 * argo_net_peers_look() - look now which peers have a ring, and how large it is
 * @net: device, up
 *
 * Context: any.
 */
void argo_net_peers_look(struct argo_net *net)
{
	mod_delayed_work(argo_net_wq, &net->watch_work, 0);
}

/**
 * argo_net_peers_open() - begin to watch the peers of a device that goes up
 * @net: device
 *
 * Context: may sleep, under rtnl.
 * Return: 0 or -ENOMEM.
 */
int argo_net_peers_open(struct argo_net *net)
{
	int rc;

	mutex_lock(&net->peers.lock);
	rc = argo_peers_watch(&net->peers);
	if (!rc && argo_net_is_pair(net))
		rc = list_one(net, net->peer);
	mutex_unlock(&net->peers.lock);
	if (rc)
		argo_net_peers_close(net);
	else
		queue_delayed_work(argo_net_wq, &net->watch_work, 0);
	return rc;
}

/**
 * argo_net_peers_close() - stop to watch the peers of a device that goes down
 * @net: device; its queues are stopped, and it is not polled
 *
 * Context: may sleep, under rtnl.
 */
void argo_net_peers_close(struct argo_net *net)
{
	struct argo_net_peer *peer;
	struct hlist_node *next;
	unsigned int bucket;

	mutex_lock(&net->peers.lock);
	argo_peers_unwatch(&net->peers);
	mutex_unlock(&net->peers.lock);
	cancel_work_sync(&net->flood_work);
	cancel_work_sync(&net->peer_work);
	cancel_delayed_work_sync(&net->watch_work);
	bitmap_zero(net->candidates, ARGO_DOMID_FIRST_RESERVED);
	mutex_lock(&net->peers.lock);
	argo_peers_each(&net->peers, bucket, next, peer, base) {
		WRITE_ONCE(peer->up, false);
		skb_queue_purge(&peer->flood);
		if (!peer->listed)
			forget(peer);
	}
	mutex_unlock(&net->peers.lock);
}

/**
 * argo_net_peers_init() - begin with no peers
 * @net: device
 */
void argo_net_peers_init(struct argo_net *net)
{
	unsigned int max = argo_net_is_pair(net) ? 1 :
			   min_t(unsigned int, net->dev->num_tx_queues,
				 ARGO_NET_QUEUES) - 1;

	argo_peers_init(&net->peers, net->hv, net->port, max, &peer_ops);
	INIT_DELAYED_WORK(&net->watch_work, watch_work_fn);
	INIT_WORK(&net->peer_work, peer_work_fn);
	argo_net_fdb_init(net);
}

/**
 * argo_net_peers_exit() - forget all peers
 * @net: device, down
 *
 * Context: may sleep.
 */
void argo_net_peers_exit(struct argo_net *net)
{
	struct argo_net_peer *peer;
	struct hlist_node *next;
	unsigned int bucket;

	mutex_lock(&net->peers.lock);
	argo_peers_each(&net->peers, bucket, next, peer, base)
		forget(peer);
	mutex_unlock(&net->peers.lock);
}
