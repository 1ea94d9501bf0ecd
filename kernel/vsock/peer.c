// SPDX-License-Identifier: GPL-2.0-only
/*
 * The domains that this one talks to.
 *
 * Each has a ring of its own as soon as it is known, so that what one sends
 * takes no room from another: docs/vsock.md. The hypervisor puts a message into
 * the ring for its sender, if there is one, else into the one for all.
 */
#include <linux/module.h>
#include <linux/slab.h>

#include "vsock.h"

/* A peer with no connection is forgotten when it was silent for so long. */
#define ARGO_VSOCK_IDLE		(30 * HZ)
#define ARGO_VSOCK_REAP		(10 * HZ)

/**
 * argo_vsock_peer_put() - give up a reference
 * @peer: the peer
 *
 * Context: any but the hard interrupt.
 */
void argo_vsock_peer_put(struct argo_vsock_peer *peer)
{
	if (!refcount_dec_and_test(&peer->ref))
		return;
	kobject_put(&peer->vs->kobj);
	kfree_rcu(peer, rcu);
}

/**
 * argo_vsock_peer_find() - a peer that is known
 * @vs: attachment
 * @domid: which
 *
 * Context: any.
 * Return: a reference, or NULL.
 */
struct argo_vsock_peer *argo_vsock_peer_find(struct argo_vsock *vs, u16 domid)
{
	struct argo_vsock_peer *peer;

	rcu_read_lock();
	hash_for_each_possible_rcu(vs->peers, peer, node, domid)
		if (peer->domid == domid && refcount_inc_not_zero(&peer->ref))
			goto found;
	peer = NULL;
found:
	rcu_read_unlock();
	return peer;
}

/**
 * argo_vsock_peer_of() - the domain at the other end of a socket
 * @vsk: the socket
 *
 * Context: any.
 * Return: a reference, or NULL: it is not known, or no domain.
 */
struct argo_vsock_peer *argo_vsock_peer_of(const struct vsock_sock *vsk)
{
	u32 cid = vsk->remote_addr.svm_cid;

	if (!argo_vsock_cid_is_domain(cid))
		return NULL;
	return argo_vsock_peer_find(argo_vsock_of(vsk),
				    cid - ARGO_VSOCK_CID_OFFSET);
}

static void space_wake(struct argo_waiter *w)
{
	struct argo_vsock_peer *peer = container_of(w, struct argo_vsock_peer,
						    space);

	mod_delayed_work(peer->vs->wq, &peer->tx_work, 0);
}

/*
 * What it sent before the hypervisor knew its ring is to be read first: it is
 * in the ring for all, or was just taken out of that.
 */
static void hold(struct argo_vsock_peer *peer)
{
	struct argo_vsock_rx *wildcard = &peer->vs->wildcard;

	mutex_lock(&wildcard->lock);
	if (wildcard->ring)
		peer->held_until = wildcard->taken +
				   argo_ring_fill(wildcard->ring);
	mutex_unlock(&wildcard->lock);
}

/* Return: 0 also if it has to do with the ring for all. */
static int open_ring(struct argo_vsock_peer *peer)
{
	struct argo_vsock *vs = peer->vs;
	int rc = -ENOSPC;

	lockdep_assert_held(&vs->peer_lock);

	if (vs->nr_rings < argo_vsock_max_peer_rings()) {
		peer->held = true;
		peer->held_until = U64_MAX;
		rc = argo_vsock_rx_open(&peer->rx, peer->domid);
	}
	if (rc)
		return rc != -EHOSTUNREACH && vs->wildcard.ring ? 0 : rc;
	vs->nr_rings++;
	hold(peer);
	queue_delayed_work(vs->wq, &peer->rx.work, 0);
	return 0;
}

static struct argo_vsock_peer *peer_create(struct argo_vsock *vs, u16 domid)
{
	const struct argo_addr addr = {
		.port = ARGO_VSOCK_PORT,
		.domid = domid,
	};
	struct argo_vsock_peer *peer;
	int rc;

	lockdep_assert_held(&vs->peer_lock);

	peer = kzalloc(sizeof(*peer), GFP_KERNEL);
	if (!peer)
		return ERR_PTR(-ENOMEM);
	refcount_set(&peer->ref, 1);
	peer->vs = vs;
	peer->domid = domid;
	peer->epoch = argo_hv_epoch(vs->hv);
	peer->used = jiffies;
	mutex_init(&peer->tx_lock);
	argo_vsock_queue_init(&peer->queue);
	INIT_DELAYED_WORK(&peer->tx_work, argo_vsock_tx_work);
	peer->space.wake = space_wake;
	argo_vsock_rx_init(&peer->rx, vs, peer);
	kobject_get(&vs->kobj);

	rc = argo_watch_add(vs->hv, &peer->space, &addr);
	if (rc)
		goto err_put;
	rc = open_ring(peer);
	if (rc)
		goto err_watch;
	return peer;

err_watch:
	argo_watch_remove(vs->hv, &peer->space);
	cancel_delayed_work_sync(&peer->tx_work);
err_put:
	argo_vsock_peer_put(peer);
	return ERR_PTR(rc);
}

/**
 * argo_vsock_peer_get() - a peer, known or not
 * @vs: attachment
 * @domid: which
 *
 * Context: may sleep, takes peer_lock.
 * Return: a reference, or an ERR_PTR: -EHOSTUNREACH, -ENOMEM, and without a
 * ring for all what argo_ring_create() says.
 */
struct argo_vsock_peer *argo_vsock_peer_get(struct argo_vsock *vs, u16 domid)
{
	struct argo_vsock_peer *peer = argo_vsock_peer_find(vs, domid);

	if (peer)
		return peer;
	mutex_lock(&vs->peer_lock);
	peer = argo_vsock_peer_find(vs, domid);
	if (!peer) {
		peer = peer_create(vs, domid);
		if (!IS_ERR(peer)) {
			refcount_inc(&peer->ref);
			hash_add_rcu(vs->peers, &peer->node, domid);
			queue_delayed_work(vs->wq, &vs->reap_work,
					   ARGO_VSOCK_REAP);
		}
	}
	mutex_unlock(&vs->peer_lock);
	return peer;
}

/**
 * argo_vsock_peer_lost() - its ring has gone, or makes no sense
 * @peer: the peer
 *
 * Its connections are reset soon.
 *
 * Context: any but the hard interrupt.
 */
void argo_vsock_peer_lost(struct argo_vsock_peer *peer)
{
	WRITE_ONCE(peer->gone, true);
	mod_delayed_work(peer->vs->wq, &peer->vs->reap_work, 0);
}

/* A connected socket names a peer. Under a spinlock. */
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

static void forget(struct argo_vsock_peer *peer, struct list_head *forgotten)
{
	struct argo_vsock *vs = peer->vs;

	lockdep_assert_held(&vs->peer_lock);

	hash_del_rcu(&peer->node);
	if (peer->rx.ring)
		vs->nr_rings--;
	list_add(&peer->list, forgotten);
	mutex_lock(&peer->tx_lock);
	peer->dead = true;
	argo_vsock_purge(peer);
	mutex_unlock(&peer->tx_lock);
}

static void bury(struct list_head *forgotten, bool drain)
{
	struct argo_vsock_peer *peer, *next;

	list_for_each_entry_safe(peer, next, forgotten, list) {
		argo_watch_remove(peer->vs->hv, &peer->space);
		cancel_delayed_work_sync(&peer->tx_work);
		argo_vsock_rx_close(&peer->rx, drain);
		cancel_delayed_work_sync(&peer->rx.work);
		argo_vsock_peer_put(peer);
	}
}

/* Begin anew with one that went: it, or another, may come back. */
static void reset_lost(struct argo_vsock_peer *peer)
{
	mutex_lock(&peer->tx_lock);
	argo_vsock_purge(peer);
	mutex_unlock(&peer->tx_lock);
	argo_vsock_count(peer->vs, ARGO_VSOCK_PEERS_LOST);
	argo_vsock_reset_connections(peer->vs, argo_vsock_cid(peer->domid));
	WRITE_ONCE(peer->life, 0);
	WRITE_ONCE(peer->gone, false);
}

/* Return: a reference to one that went, or NULL. */
static struct argo_vsock_peer *find_lost(struct argo_vsock *vs)
{
	struct argo_vsock_peer *peer;
	unsigned int bucket;

	rcu_read_lock();
	hash_for_each_rcu(vs->peers, bucket, peer, node)
		if (READ_ONCE(peer->gone) && refcount_inc_not_zero(&peer->ref))
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
	mutex_lock(&vs->peer_lock);
	hash_for_each_safe(vs->peers, bucket, next, peer, node)
		if (is_idle(peer))
			forget(peer, &forgotten);
		else
			argo_vsock_rx_trim(&peer->rx);
	if (!hash_empty(vs->peers))
		queue_delayed_work(vs->wq, &vs->reap_work, ARGO_VSOCK_REAP);
	mutex_unlock(&vs->peer_lock);
	bury(&forgotten, true);
}

static void forget_all(struct argo_vsock *vs)
{
	struct argo_vsock_peer *peer;
	struct hlist_node *next;
	LIST_HEAD(forgotten);
	unsigned int bucket;

	mutex_lock(&vs->peer_lock);
	hash_for_each_safe(vs->peers, bucket, next, peer, node)
		forget(peer, &forgotten);
	mutex_unlock(&vs->peer_lock);
	bury(&forgotten, false);
}

static void restore_work_fn(struct work_struct *work)
{
	struct argo_vsock *vs = container_of(work, struct argo_vsock,
					     restore_work);

	argo_vsock_new_life(vs);
	forget_all(vs);
	argo_vsock_reset_connections(vs, VMADDR_CID_ANY);
	argo_vsock_report(vs);
}

/**
 * argo_vsock_peers_init() - none yet
 * @vs: attachment
 */
void argo_vsock_peers_init(struct argo_vsock *vs)
{
	mutex_init(&vs->peer_lock);
	hash_init(vs->peers);
	INIT_DELAYED_WORK(&vs->reap_work, reap_work_fn);
	INIT_WORK(&vs->restore_work, restore_work_fn);
}

/**
 * argo_vsock_peers_exit() - no more
 * @vs: attachment; no socket uses it, its ring for all is closed
 *
 * Context: may sleep.
 */
void argo_vsock_peers_exit(struct argo_vsock *vs)
{
	/* Whoever answers one that is just forgotten may add another. */
	do {
		forget_all(vs);
		cancel_work_sync(&vs->restore_work);
		cancel_delayed_work_sync(&vs->reap_work);
	} while (!hash_empty(vs->peers));
}
