// SPDX-License-Identifier: GPL-2.0-only
/*
 * Peers that have gone, and peers that nothing uses. The former lose their
 * connections and stay known: the domain may come back, in another life. The
 * latter are forgotten.
 */
#include "vsock.h"

/* A peer without connections is forgotten after so long without a packet. */
#define ARGO_VSOCK_IDLE		(30 * HZ)

/* Marks the peer of a connected socket. Called under a spinlock. */
static void mark_in_use(struct sock *sk)
{
	struct argo_vsock_peer *peer = argo_vsock_peer_of(vsock_sk(sk));

	if (!peer)
		return;
	WRITE_ONCE(peer->in_use, true);
	argo_vsock_peer_put(peer);
}

static bool is_idle(struct argo_vsock_peer *peer)
{
	return !xchg(&peer->in_use, false) &&
	       time_after(jiffies, READ_ONCE(peer->used) + ARGO_VSOCK_IDLE);
}

static void reset_lost(struct argo_vsock_peer *peer)
{
	mutex_lock(&peer->tx_lock);
	argo_vsock_purge(peer);
	mutex_unlock(&peer->tx_lock);
	argo_vsock_count(peer->vs, ARGO_VSOCK_PEERS_LOST);
	argo_vsock_reset_connections(peer->vs, argo_vsock_cid(peer->base.domid));
	WRITE_ONCE(peer->life, 0);
	WRITE_ONCE(peer->gone, false);
}

static void forget(struct argo_vsock_peer *peer, struct list_head *forgotten)
{
	struct argo_vsock *vs = peer->vs;

	lockdep_assert_held(&vs->peers.lock);

	if (peer->rx.ring)
		vs->nr_rings--;
	argo_peer_forget(&peer->base, forgotten);
	/* From here on no sender queues a packet for the peer. */
	mutex_lock(&peer->tx_lock);
	argo_vsock_purge(peer);
	mutex_unlock(&peer->tx_lock);
}

/* Return: a reference to a peer that has gone, or NULL. */
static struct argo_vsock_peer *find_lost(struct argo_vsock *vs)
{
	struct argo_vsock_peer *peer;
	unsigned int bucket;

	rcu_read_lock();
	argo_peers_each_rcu(&vs->peers, bucket, peer, base)
		if (READ_ONCE(peer->gone) && argo_peer_tryhold(&peer->base))
			goto found;
	peer = NULL;
found:
	rcu_read_unlock();
	return peer;
}

static void reap_work_fn(struct work_struct *work)
{
	struct argo_vsock *vs = container_of(to_delayed_work(work),
					     struct argo_vsock, reap_work);
	struct argo_vsock_peer *peer;
	struct hlist_node *next;
	LIST_HEAD(forgotten);
	unsigned int bucket;

	while ((peer = find_lost(vs))) {
		reset_lost(peer);
		argo_vsock_peer_put(peer);
	}

	vsock_for_each_connected_socket(&vs->role->transport.transport,
					mark_in_use);
	mutex_lock(&vs->peers.lock);
	argo_peers_each(&vs->peers, bucket, next, peer, base)
		if (is_idle(peer))
			forget(peer, &forgotten);
		else
			argo_vsock_rx_trim(&peer->rx);
	if (vs->peers.count)
		queue_delayed_work(vs->wq, &vs->reap_work, ARGO_VSOCK_REAP);
	mutex_unlock(&vs->peers.lock);
	argo_peers_close(&forgotten);
}

/**
 * argo_vsock_forget_all() - take all peers away
 * @vs: attachment
 *
 * Context: may sleep, under no lock; takes peers.lock.
 */
void argo_vsock_forget_all(struct argo_vsock *vs)
{
	struct argo_vsock_peer *peer;
	struct hlist_node *next;
	LIST_HEAD(forgotten);
	unsigned int bucket;

	mutex_lock(&vs->peers.lock);
	argo_peers_each(&vs->peers, bucket, next, peer, base)
		forget(peer, &forgotten);
	mutex_unlock(&vs->peers.lock);
	argo_peers_close(&forgotten);
}

/**
 * argo_vsock_reap_init() - prepare argo_vsock.reap_work
 * @vs: attachment
 */
void argo_vsock_reap_init(struct argo_vsock *vs)
{
	INIT_DELAYED_WORK(&vs->reap_work, reap_work_fn);
}
