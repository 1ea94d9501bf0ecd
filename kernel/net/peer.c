// SPDX-License-Identifier: GPL-2.0-only
/*
 * The other domains of a device: those listed, those heard from, and, of a
 * point-to-point device, the one.
 */
#include <linux/slab.h>

#include "net.h"

/* How often it is looked who is there. */
#define WATCH_INTERVAL		HZ

static void wake_queue(struct argo_net_peer *peer)
{
	netif_tx_wake_queue(netdev_get_tx_queue(peer->net->dev, peer->queue));
}

/* Under core's space_lock. */
static void space_wake(struct argo_waiter *w)
{
	struct argo_net_peer *peer = container_of(w, struct argo_net_peer,
						  space);

	wake_queue(peer);
	if (!skb_queue_empty_lockless(&peer->flood))
		queue_work(argo_net_wq, &peer->net->flood_work);
}

/**
 * argo_net_peer_find() - look a peer up
 * @net: device
 * @domid: which
 *
 * Context: under RCU, or argo_net.peer_lock.
 * Return: the peer, or NULL.
 */
struct argo_net_peer *argo_net_peer_find(struct argo_net *net, u16 domid)
{
	struct argo_net_peer *peer;

	hash_for_each_possible_rcu(net->peers, peer, node, domid,
				   lockdep_is_held(&net->peer_lock))
		if (peer->domid == domid)
			return peer;
	return NULL;
}

static int watch(struct argo_net_peer *peer)
{
	struct argo_net *net = peer->net;
	const struct argo_addr addr = {
		.port = net->port,
		.domid = peer->domid,
	};

	lockdep_assert_held(&net->peer_lock);

	if (!net->open || peer->space.dest)
		return 0;
	peer->space = (struct argo_waiter) { .wake = space_wake };
	return argo_watch_add(net->hv, &peer->space, &addr);
}

static void unwatch(struct argo_net_peer *peer)
{
	lockdep_assert_held(&peer->net->peer_lock);

	if (peer->space.dest)
		argo_watch_remove(peer->net->hv, &peer->space);
}

/* The first one is for what goes to no peer alone. */
static u16 queue_of(const struct argo_net *net, u16 domid)
{
	return argo_net_is_pair(net) ? 0 :
	       1 + domid % (ARGO_NET_QUEUES - 1);
}

static struct argo_net_peer *add(struct argo_net *net, u16 domid)
{
	struct argo_net_peer *peer;

	lockdep_assert_held(&net->peer_lock);

	if (net->nr_peers == ARGO_NET_MAX_PEERS)
		return ERR_PTR(-ENOSPC);
	peer = kzalloc(sizeof(*peer), GFP_KERNEL);
	if (!peer)
		return ERR_PTR(-ENOMEM);
	peer->net = net;
	peer->domid = domid;
	peer->queue = queue_of(net, domid);
	skb_queue_head_init(&peer->flood);
	if (watch(peer)) {
		kfree(peer);
		return ERR_PTR(-ENOMEM);
	}
	hash_add_rcu(net->peers, &peer->node, domid);
	WRITE_ONCE(net->nr_peers, net->nr_peers + 1);
	return peer;
}

static void forget(struct argo_net_peer *peer)
{
	struct argo_net *net = peer->net;

	lockdep_assert_held(&net->peer_lock);

	hash_del_rcu(&peer->node);
	WRITE_ONCE(net->nr_peers, net->nr_peers - 1);
	unwatch(peer);
	/* Whoever found it has stopped its queue, or will not: nobody else wakes it. */
	synchronize_net();
	wake_queue(peer);
	skb_queue_purge(&peer->flood);
	kfree(peer);
}

static int list_one(struct argo_net *net, u16 domid)
{
	struct argo_net_peer *peer = argo_net_peer_find(net, domid);

	if (!peer)
		peer = add(net, domid);
	if (IS_ERR(peer))
		return PTR_ERR(peer);
	peer->listed = true;
	return 0;
}

/**
 * argo_net_peers_list() - these domains get broadcasts, and those heard from
 * @net: device
 * @domids: all that are listed from now on
 * @n: how many
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

	mutex_lock(&net->peer_lock);
	hash_for_each(net->peers, bucket, peer, node)
		peer->listed = false;
	for (i = 0; i < n && !rc; i++)
		rc = list_one(net, domids[i]);
	hash_for_each_safe(net->peers, bucket, next, peer, node)
		if (!peer->listed)
			forget(peer);
	mutex_unlock(&net->peer_lock);
	return rc;
}

static void update_carrier(struct argo_net *net)
{
	struct argo_net_peer *peer;
	unsigned int bucket;
	bool up = false;

	rcu_read_lock();
	hash_for_each_rcu(net->peers, bucket, peer, node)
		up |= READ_ONCE(peer->up);
	rcu_read_unlock();
	if (up)
		netif_carrier_on(net->dev);
	else
		netif_carrier_off(net->dev);
}

/**
 * argo_net_peer_state() - a peer was seen to have a ring, or none
 * @peer: the peer
 * @up: which
 *
 * Context: any but the hard interrupt.
 */
void argo_net_peer_state(struct argo_net_peer *peer, bool up)
{
	if (READ_ONCE(peer->up) == up)
		return;
	WRITE_ONCE(peer->up, up);
	update_carrier(peer->net);
	if (up)
		wake_queue(peer);
}

static void look_at(struct argo_net_peer *peer)
{
	const struct argo_addr addr = {
		.port = peer->net->port,
		.domid = peer->domid,
	};
	struct argo_space_state state;

	if (!argo_space_query(peer->net->hv, &addr, 0, &state))
		argo_net_peer_state(peer, state.flags & ARGO_STATE_EXISTS);
}

static void watch_work_fn(struct work_struct *work)
{
	struct argo_net *net = container_of(to_delayed_work(work),
					    struct argo_net, watch_work);
	struct argo_net_peer *peer;
	struct hlist_node *next;
	unsigned int bucket;

	mutex_lock(&net->peer_lock);
	hash_for_each_safe(net->peers, bucket, next, peer, node) {
		look_at(peer);
		/* One that was only heard of, and went. */
		if (!peer->up && !peer->listed)
			forget(peer);
	}
	argo_net_fdb_age(net, false);
	mutex_unlock(&net->peer_lock);
	queue_delayed_work(argo_net_wq, &net->watch_work, WATCH_INTERVAL);
}

static void get_to_know(struct argo_net *net, u32 *domid)
{
	u32 which = READ_ONCE(*domid);

	if (which == ARGO_DOMID_ANY)
		return;
	mutex_lock(&net->peer_lock);
	if (net->open && !argo_net_peer_find(net, which))
		add(net, which);
	mutex_unlock(&net->peer_lock);
	WRITE_ONCE(*domid, ARGO_DOMID_ANY);
}

static void peer_work_fn(struct work_struct *work)
{
	struct argo_net *net = container_of(work, struct argo_net, peer_work);

	get_to_know(net, &net->heard);
	get_to_know(net, &net->wanted);
	/* What waited for it goes there now. */
	netif_tx_wake_queue(netdev_get_tx_queue(net->dev, 0));
	mod_delayed_work(argo_net_wq, &net->watch_work, 0);
}

static void ask_for(struct argo_net *net, u32 *slot, u16 domid)
{
	if (READ_ONCE(net->nr_peers) < ARGO_NET_MAX_PEERS &&
	    cmpxchg(slot, ARGO_DOMID_ANY, domid) == ARGO_DOMID_ANY)
		queue_work(argo_net_wq, &net->peer_work);
}

/**
 * argo_net_peer_heard() - a domain that is no peer yet has sent a frame
 * @net: device
 * @domid: which
 *
 * Context: any.
 */
void argo_net_peer_heard(struct argo_net *net, u16 domid)
{
	ask_for(net, &net->heard, domid);
}

/**
 * argo_net_peer_wanted() - there is a frame for a domain that is no peer yet
 * @net: device
 * @domid: which
 *
 * Context: any.
 */
void argo_net_peer_wanted(struct argo_net *net, u16 domid)
{
	ask_for(net, &net->wanted, domid);
}

/**
 * argo_net_peers_open() - the device is up
 * @net: device
 *
 * Context: may sleep, under rtnl.
 * Return: 0 or -ENOMEM.
 */
int argo_net_peers_open(struct argo_net *net)
{
	struct argo_net_peer *peer;
	unsigned int bucket;
	int rc = 0;

	mutex_lock(&net->peer_lock);
	net->open = true;
	hash_for_each(net->peers, bucket, peer, node)
		rc = rc ?: watch(peer);
	if (!rc && argo_net_is_pair(net))
		rc = list_one(net, net->peer);
	mutex_unlock(&net->peer_lock);
	if (rc)
		argo_net_peers_close(net);
	else
		queue_delayed_work(argo_net_wq, &net->watch_work, 0);
	return rc;
}

/**
 * argo_net_peers_close() - the device is down
 * @net: device; nothing is sent any more
 *
 * Context: may sleep, under rtnl.
 */
void argo_net_peers_close(struct argo_net *net)
{
	struct argo_net_peer *peer;
	struct hlist_node *next;
	unsigned int bucket;

	mutex_lock(&net->peer_lock);
	net->open = false;
	hash_for_each_safe(net->peers, bucket, next, peer, node) {
		unwatch(peer);
		WRITE_ONCE(peer->up, false);
		skb_queue_purge(&peer->flood);
		if (!peer->listed)
			forget(peer);
	}
	mutex_unlock(&net->peer_lock);
	cancel_work_sync(&net->peer_work);
	cancel_delayed_work_sync(&net->watch_work);
	cancel_work_sync(&net->flood_work);
}

/**
 * argo_net_peers_init() - no peers yet
 * @net: device
 */
void argo_net_peers_init(struct argo_net *net)
{
	mutex_init(&net->peer_lock);
	hash_init(net->peers);
	net->heard = ARGO_DOMID_ANY;
	net->wanted = ARGO_DOMID_ANY;
	INIT_DELAYED_WORK(&net->watch_work, watch_work_fn);
	INIT_WORK(&net->peer_work, peer_work_fn);
	INIT_WORK(&net->flood_work, argo_net_flood_work);
	argo_net_fdb_init(net);
}

/**
 * argo_net_peers_exit() - no peers any more
 * @net: device, down
 *
 * Context: may sleep.
 */
void argo_net_peers_exit(struct argo_net *net)
{
	struct argo_net_peer *peer;
	struct hlist_node *next;
	unsigned int bucket;

	mutex_lock(&net->peer_lock);
	hash_for_each_safe(net->peers, bucket, next, peer, node)
		forget(peer);
	argo_net_fdb_age(net, true);
	mutex_unlock(&net->peer_lock);
}
