/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Peers: the other domains that a front-end talks to.
 *
 * A front-end has a struct argo_peers for each of its ports, and embeds struct
 * argo_peer in a struct of its own. Core finds peers, counts references to
 * them, watches their rings, and knows in which epoch a domid means a peer.
 *
 * A peer lives in this order:
 *	argo_peer_get()		ops->alloc(), then ops->open()
 *	argo_peer_forget()	lookups do not find the peer any more, and
 *				argo_peer_send() refuses it
 *	argo_peers_close()	ops->wake() and ops->gone() are not called any
 *				more, then ops->close()
 *	the last put		ops->release()
 */
#ifndef _ARGO_PEER_H
#define _ARGO_PEER_H

#include <linux/hashtable.h>
#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/rcupdate.h>
#include <linux/refcount.h>
#include <linux/string.h>

#include <argo/argo.h>

struct argo_peer;
struct argo_peers;

/**
 * struct argo_peer_ops - callbacks of a front-end for its peers
 * @alloc: allocate the struct that embeds a peer, zeroed. May sleep; under
 *	argo_peers.lock. Return: the peer in it, or NULL without memory.
 * @open: called before lookups can find the peer; @wake and @gone may come
 *	before. May be NULL. May sleep; under argo_peers.lock. Return: 0, or an
 *	errno, and then @release follows without @close.
 * @close: undo @open: the peer was forgotten. A lookup under RCU may still be
 *	using the peer. May be NULL. May sleep; under argo_peers.lock if the
 *	caller of argo_peers_close() holds it.
 * @wake: a message that found no space may fit now, or the peer's ring is back.
 *	Called with space_lock held: must not sleep, nor call core.
 * @gone: the peer's ring has gone. May be NULL. Context as @wake.
 * @release: no reference is left. The struct must stay until an RCU grace
 *	period has passed: kfree_rcu() by argo_peer.rcu does that. Any context
 *	but the hard interrupt.
 */
struct argo_peer_ops {
	struct argo_peer *(*alloc)(struct argo_peers *peers, u16 domid);
	int (*open)(struct argo_peer *peer);
	void (*close)(struct argo_peer *peer);
	void (*wake)(struct argo_peer *peer);
	void (*gone)(struct argo_peer *peer);
	void (*release)(struct argo_peer *peer);
};

/**
 * struct argo_peers - the peers at one port
 * @ops: callbacks of the front-end
 * @hv: attachment
 * @port: port of the peers that messages are sent to
 * @max: most peers that may exist
 * @lock: serialises changes of @table and @watched
 * @watched: the peers' rings are watched
 * @count: peers in @table
 * @table: peers by domid; readers are under RCU or @lock
 */
struct argo_peers {
	const struct argo_peer_ops *ops;
	struct argo_hv *hv;
	u32 port;
	unsigned int max;
	/* changes of the peers */
	struct mutex lock;
	bool watched;
	unsigned int count;
	DECLARE_HASHTABLE(table, 6);
};

/**
 * struct argo_peer - another domain
 * @node: in argo_peers.table
 * @closing: in the list of forgotten peers that argo_peers_close() takes
 * @peers: all peers at the port
 * @ref: number of references; argo_peers.table has one of them
 * @rcu: for kfree_rcu() in argo_peer_ops.release
 * @domid: domain id of the peer
 * @epoch: argo_hv_epoch() in which @domid means this peer
 * @forgotten: the peer is not in argo_peers.table any more
 * @was_gone: the front-end was last told that the peer's ring had gone; under
 *	space_lock
 * @space: watches the peer's ring, if argo_waiter.dest is set
 */
struct argo_peer {
	struct hlist_node node;
	struct list_head closing;
	struct argo_peers *peers;
	refcount_t ref;
	struct rcu_head rcu;
	u16 domid;
	u32 epoch;
	bool forgotten;
	bool was_gone;
	struct argo_waiter space;
};

/**
 * argo_peers_each_rcu() - walk through all peers
 * @peers: the peers
 * @bucket: unsigned int
 * @pos: pointer to the front-end's struct
 * @member: name of the struct argo_peer in it
 *
 * Context: under RCU.
 */
#define argo_peers_each_rcu(peers, bucket, pos, member) \
	hash_for_each_rcu((peers)->table, bucket, pos, member.node)

/**
 * argo_peers_each() - walk through all peers; the body may forget its peer
 * @peers: the peers
 * @bucket: unsigned int
 * @next: pointer to struct hlist_node
 * @pos: pointer to the front-end's struct
 * @member: name of the struct argo_peer in it
 *
 * Context: under argo_peers.lock.
 */
#define argo_peers_each(peers, bucket, next, pos, member) \
	hash_for_each_safe((peers)->table, bucket, next, pos, member.node)

/**
 * argo_peers_init() - prepare a struct argo_peers without peers
 * @peers: the peers
 * @hv: attachment
 * @port: port of the peers that messages are sent to
 * @max: most peers that may exist
 * @ops: callbacks of the front-end
 *
 * This is inline so that lockdep tells the locks of the front-ends apart.
 */
static inline void argo_peers_init(struct argo_peers *peers, struct argo_hv *hv,
				   u32 port, unsigned int max,
				   const struct argo_peer_ops *ops)
{
	memset(peers, 0, sizeof(*peers));
	peers->ops = ops;
	peers->hv = hv;
	peers->port = port;
	peers->max = max;
	mutex_init(&peers->lock);
	hash_init(peers->table);
}

/**
 * argo_peer_lookup() - find a peer, without a reference
 * @peers: the peers
 * @domid: domain id of the peer
 *
 * Context: under RCU or argo_peers.lock; the peer is valid until its end.
 * Return: the peer, or NULL.
 */
static inline struct argo_peer *argo_peer_lookup(struct argo_peers *peers,
						 u16 domid)
{
	struct argo_peer *peer;

	hash_for_each_possible_rcu(peers->table, peer, node, domid,
				   lockdep_is_held(&peers->lock))
		if (peer->domid == domid)
			return peer;
	return NULL;
}

int argo_peers_watch(struct argo_peers *peers);
void argo_peers_unwatch(struct argo_peers *peers);

struct argo_peer *argo_peer_find(struct argo_peers *peers, u16 domid);
struct argo_peer *argo_peer_get(struct argo_peers *peers, u16 domid);
struct argo_peer *argo_peer_get_locked(struct argo_peers *peers, u16 domid);
bool argo_peer_tryhold(struct argo_peer *peer);
void argo_peer_hold(struct argo_peer *peer);
void argo_peer_put(struct argo_peer *peer);
void argo_peer_forget(struct argo_peer *peer, struct list_head *forgotten);
void argo_peers_forget(struct argo_peers *peers, struct list_head *forgotten);
void argo_peers_close(struct list_head *forgotten);

bool argo_peer_is_current(const struct argo_peer *peer);
bool argo_peer_is_gone(const struct argo_peer *peer);
int argo_peer_send(struct argo_peer *peer, struct argo_outgoing *out);

#endif /* _ARGO_PEER_H */
