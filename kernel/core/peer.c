// SPDX-License-Identifier: GPL-2.0-only
/*
 * The other domains that a front-end talks to.
 *
 * A domid means a domain only within one epoch: after a restore of this domain
 * it may belong to another domain. So a peer has an epoch, and
 * argo_peer_send() refuses a peer of an older epoch.
 */
#include <linux/module.h>
#include <linux/slab.h>

#include <argo/peer.h>

static struct argo_addr addr_of(const struct argo_peer *peer)
{
	return (struct argo_addr) {
		.port = peer->peers->port,
		.domid = peer->domid,
	};
}

/* argo_waiter.wake of a peer. Context: space_lock held. */
static void space_wake(struct argo_waiter *w)
{
	struct argo_peer *peer = container_of(w, struct argo_peer, space);
	const struct argo_peer_ops *ops = peer->peers->ops;
	bool goes = w->gone && !peer->was_gone;

	peer->was_gone = w->gone;
	if (goes && ops->gone)
		ops->gone(peer);
	else
		ops->wake(peer);
}

static int watch(struct argo_peer *peer)
{
	const struct argo_addr addr = addr_of(peer);

	lockdep_assert_held(&peer->peers->lock);

	peer->was_gone = false;
	peer->space = (struct argo_waiter) { .wake = space_wake };
	return argo_watch_add(peer->peers->hv, &peer->space, &addr);
}

static void unwatch(struct argo_peer *peer)
{
	if (peer->space.dest)
		argo_watch_remove(peer->peers->hv, &peer->space);
}

/**
 * argo_peers_watch() - watch the rings of all peers, also of later ones
 * @peers: the peers
 *
 * Context: may sleep, under argo_peers.lock.
 * Return: 0, or -ENOMEM, and then no peer's ring is watched.
 */
int argo_peers_watch(struct argo_peers *peers)
{
	struct argo_peer *peer;
	unsigned int bucket;
	int rc;

	lockdep_assert_held(&peers->lock);

	peers->watched = true;
	hash_for_each(peers->table, bucket, peer, node) {
		if (peer->space.dest)
			continue;
		rc = watch(peer);
		if (rc) {
			argo_peers_unwatch(peers);
			return rc;
		}
	}
	return 0;
}
EXPORT_SYMBOL_GPL(argo_peers_watch);

/**
 * argo_peers_unwatch() - undo argo_peers_watch()
 * @peers: the peers; no argo_peer_send() to any of them runs
 *
 * Context: under argo_peers.lock.
 */
void argo_peers_unwatch(struct argo_peers *peers)
{
	struct argo_peer *peer;
	unsigned int bucket;

	lockdep_assert_held(&peers->lock);

	peers->watched = false;
	hash_for_each(peers->table, bucket, peer, node)
		unwatch(peer);
}
EXPORT_SYMBOL_GPL(argo_peers_unwatch);

/**
 * argo_peer_tryhold() - get a reference to a peer that was found under RCU
 * @peer: the peer
 *
 * Context: any; under RCU.
 * Return: true, or false if the last reference was just given up.
 */
bool argo_peer_tryhold(struct argo_peer *peer)
{
	return refcount_inc_not_zero(&peer->ref);
}
EXPORT_SYMBOL_GPL(argo_peer_tryhold);

/**
 * argo_peer_hold() - get one more reference to a peer
 * @peer: the peer, to which the caller has a reference
 *
 * Context: any.
 */
void argo_peer_hold(struct argo_peer *peer)
{
	refcount_inc(&peer->ref);
}
EXPORT_SYMBOL_GPL(argo_peer_hold);

/**
 * argo_peer_put() - give up a reference to a peer
 * @peer: the peer
 *
 * Context: any but the hard interrupt; may call argo_peer_ops.release.
 */
void argo_peer_put(struct argo_peer *peer)
{
	if (refcount_dec_and_test(&peer->ref))
		peer->peers->ops->release(peer);
}
EXPORT_SYMBOL_GPL(argo_peer_put);

/**
 * argo_peer_find() - get a reference to a peer that exists
 * @peers: the peers
 * @domid: domain id of the peer
 *
 * The reference stays valid when the peer is forgotten.
 *
 * Context: any but the hard interrupt.
 * Return: a reference, or NULL.
 */
struct argo_peer *argo_peer_find(struct argo_peers *peers, u16 domid)
{
	struct argo_peer *peer;

	rcu_read_lock();
	peer = argo_peer_lookup(peers, domid);
	if (peer && !argo_peer_tryhold(peer))
		peer = NULL;
	rcu_read_unlock();
	return peer;
}
EXPORT_SYMBOL_GPL(argo_peer_find);

static struct argo_peer *peer_create(struct argo_peers *peers, u16 domid)
{
	const struct argo_peer_ops *ops = peers->ops;
	struct argo_peer *peer;
	int rc = 0;

	lockdep_assert_held(&peers->lock);

	if (peers->count >= peers->max)
		return ERR_PTR(-ENOSPC);
	peer = ops->alloc(peers, domid);
	if (!peer)
		return ERR_PTR(-ENOMEM);
	peer->peers = peers;
	peer->domid = domid;
	peer->epoch = argo_hv_epoch(peers->hv);
	refcount_set(&peer->ref, 1);
	INIT_LIST_HEAD(&peer->closing);

	/* What @open starts may send to the peer at once. */
	if (peers->watched)
		rc = watch(peer);
	if (!rc && ops->open)
		rc = ops->open(peer);
	if (rc)
		goto err_unwatch;
	hash_add_rcu(peers->table, &peer->node, domid);
	WRITE_ONCE(peers->count, peers->count + 1);
	return peer;

err_unwatch:
	unwatch(peer);
	argo_peer_put(peer);
	return ERR_PTR(rc);
}

/**
 * argo_peer_get_locked() - get a reference to a peer, or create the peer
 * @peers: the peers
 * @domid: domain id of the peer
 *
 * Context: may sleep, under argo_peers.lock; calls argo_peer_ops.alloc and
 * open.
 * Return: a reference, or an ERR_PTR: -ENOSPC (argo_peers.max), -ENOMEM, or an
 * errno of argo_peer_ops.open.
 */
struct argo_peer *argo_peer_get_locked(struct argo_peers *peers, u16 domid)
{
	struct argo_peer *peer;

	lockdep_assert_held(&peers->lock);

	peer = argo_peer_lookup(peers, domid);
	if (!peer)
		peer = peer_create(peers, domid);
	if (!IS_ERR(peer))
		argo_peer_hold(peer);
	return peer;
}
EXPORT_SYMBOL_GPL(argo_peer_get_locked);

/**
 * argo_peer_get() - get a reference to a peer, or create the peer
 * @peers: the peers
 * @domid: domain id of the peer
 *
 * Context: may sleep; takes argo_peers.lock to create the peer.
 * Return: as argo_peer_get_locked().
 */
struct argo_peer *argo_peer_get(struct argo_peers *peers, u16 domid)
{
	struct argo_peer *peer = argo_peer_find(peers, domid);

	if (peer)
		return peer;
	mutex_lock(&peers->lock);
	peer = argo_peer_get_locked(peers, domid);
	mutex_unlock(&peers->lock);
	return peer;
}
EXPORT_SYMBOL_GPL(argo_peer_get);

/**
 * argo_peer_forget() - begin to take a peer away
 * @peer: the peer
 * @forgotten: list that gets the peer, for argo_peers_close()
 *
 * The peer is not found any more, and argo_peer_send() refuses it.
 *
 * Context: under argo_peers.lock.
 */
void argo_peer_forget(struct argo_peer *peer, struct list_head *forgotten)
{
	struct argo_peers *peers = peer->peers;

	lockdep_assert_held(&peers->lock);

	hash_del_rcu(&peer->node);
	WRITE_ONCE(peers->count, peers->count - 1);
	WRITE_ONCE(peer->forgotten, true);
	list_add_tail(&peer->closing, forgotten);
}
EXPORT_SYMBOL_GPL(argo_peer_forget);

/**
 * argo_peers_forget() - begin to take all peers away
 * @peers: the peers
 * @forgotten: list that gets the peers, for argo_peers_close()
 *
 * Context: may sleep, takes argo_peers.lock.
 */
void argo_peers_forget(struct argo_peers *peers, struct list_head *forgotten)
{
	struct argo_peer *peer;
	struct hlist_node *next;
	unsigned int bucket;

	mutex_lock(&peers->lock);
	hash_for_each_safe(peers->table, bucket, next, peer, node)
		argo_peer_forget(peer, forgotten);
	mutex_unlock(&peers->lock);
}
EXPORT_SYMBOL_GPL(argo_peers_forget);

/**
 * argo_peers_close() - take away peers that were forgotten
 * @forgotten: list of the peers; empty afterwards
 *
 * Context: may sleep, also under argo_peers.lock; calls argo_peer_ops.close.
 */
void argo_peers_close(struct list_head *forgotten)
{
	struct argo_peer *peer, *next;

	list_for_each_entry_safe(peer, next, forgotten, closing) {
		list_del_init(&peer->closing);
		unwatch(peer);
		if (peer->peers->ops->close)
			peer->peers->ops->close(peer);
		argo_peer_put(peer);
	}
}
EXPORT_SYMBOL_GPL(argo_peers_close);

/**
 * argo_peer_is_current() - does the domid of a peer still mean this peer?
 * @peer: the peer
 *
 * Context: any.
 * Return: false for a forgotten peer, and for one of an earlier epoch.
 */
bool argo_peer_is_current(const struct argo_peer *peer)
{
	return !READ_ONCE(peer->forgotten) &&
	       READ_ONCE(peer->epoch) == argo_hv_epoch(peer->peers->hv);
}
EXPORT_SYMBOL_GPL(argo_peer_is_current);

/**
 * argo_peer_is_gone() - has the ring of a peer gone?
 * @peer: the peer, whose ring is watched
 *
 * Context: any.
 * Return: whether the peer had a ring and has none now.
 */
bool argo_peer_is_gone(const struct argo_peer *peer)
{
	return READ_ONCE(peer->space.gone);
}
EXPORT_SYMBOL_GPL(argo_peer_is_gone);

/**
 * argo_peer_send() - send one message to a peer
 * @peer: the peer
 * @out: the message; its destination is filled in here
 *
 * After -EAGAIN argo_peer_ops.wake is called once the message fits, if the peer
 * is watched.
 *
 * Context: as argo_send(). The sender keeps argo_peers_unwatch() and
 * argo_peers_close() from running meanwhile, or holds a reference.
 * Return: as argo_send(), and -ECONNRESET if the peer was forgotten or is of an
 * older epoch.
 */
int argo_peer_send(struct argo_peer *peer, struct argo_outgoing *out)
{
	int rc;

	if (!argo_peer_is_current(peer))
		return -ECONNRESET;
	out->msg.dst = addr_of(peer);
	rc = argo_send(out, &peer->space);
	/* The watcher notices that a ring goes only if it knew of the ring. */
	if (rc >= 0)
		argo_watch_note(peer->peers->hv, &peer->space, &out->msg.dst,
				true);
	return rc;
}
EXPORT_SYMBOL_GPL(argo_peer_send);
