/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Types and functions that the files of argo_net share.
 *
 * Locks, outermost first:
 *	rtnl				devices, their options, up and down
 *	  argo_net.peers.lock		the set of peers
 *	    argo_net.fdb_lock		addresses behind peers
 *	    (core's ring_lock)
 *	      a transmit queue's lock	sending from that queue
 *	        (core's space_lock)
 * Fields that belong to the poll of a device need no lock: while the device is
 * up, only the poll changes them.
 */
#ifndef _ARGO_NET_H
#define _ARGO_NET_H

#include <linux/etherdevice.h>
#include <linux/hashtable.h>
#include <linux/netdevice.h>
#include <linux/sizes.h>
#include <linux/workqueue.h>

#include <argo/argo.h>
#include <argo/peer.h>
#include <argo/pool.h>
#include <uapi/linux/argo_net.h>

#include "wire.h"

/*
 * Transmit queues. A peer whose ring is full stops the queue that it alone has.
 * Queue 0 is for frames to several peers or to domains that are no peers, and
 * never stops. The only peer of a point-to-point device has queue 0.
 */
#define ARGO_NET_QUEUES		(ARGO_NET_MAX_PEERS + 1)

/* A segment of the largest size, and all headers in front of it. */
#define ARGO_NET_FRAME_MOST	(SZ_64K + 256u)

/* Sixteen segments of the largest size. */
#define ARGO_NET_DEFAULT_RING	(SZ_1M + SZ_4K)

struct argo_net;

enum argo_net_count {
	/* messages too short for an offload header and an Ethernet header */
	ARGO_NET_RX_SHORT,
	/* messages of another type or port, or larger than any frame */
	ARGO_NET_RX_MALFORMED,
	/* frames whose source address is not the sender's */
	ARGO_NET_RX_WRONG_SOURCE,
	/* offload headers that do not fit the frame, or ask for too much */
	ARGO_NET_RX_BAD_OFFLOAD,
	ARGO_NET_RX_NO_MEMORY,
	/* frames for an unknown address, or while no peer has a ring */
	ARGO_NET_TX_NO_PEER,
	/* frames for a domain that has no ring */
	ARGO_NET_TX_PEER_GONE,
	/* frames larger than the peer's ring takes */
	ARGO_NET_TX_TOO_LARGE,
	/* frames for a full ring of a domain that is no peer */
	ARGO_NET_TX_NO_QUEUE,
	/* frames for a peer for which too many wait outside its queue */
	ARGO_NET_TX_FLOOD_FULL,
	ARGO_NET_TX_ERRORS,
	/* times that a queue waited for room */
	ARGO_NET_TX_STOPPED,
	/* frames that had to be copied together */
	ARGO_NET_TX_COPIED,
	ARGO_NET_COUNTS,
};

/**
 * struct argo_net_peer - another domain that a device sends frames to
 * @base: the domain, in argo_net.peers
 * @queue: transmit queue that only this peer has
 * @listed: the peer is kept while it has no ring
 * @up: the peer had a ring at the last look
 * @max_frame: bytes of the largest frame that the peer's ring takes
 * @nr_fdb: number of addresses behind the peer; under argo_net.fdb_lock
 * @flood: frames that wait for room outside the peer's queue: copies of
 *	broadcasts, and frames that were queued before the peer had a queue
 */
struct argo_net_peer {
	struct argo_peer base;
	u16 queue;
	bool listed;
	bool up;
	u32 max_frame;
	unsigned int nr_fdb;
	struct sk_buff_head flood;
};

/* Bit of argo_net_rx.flags: argo_irq_away_begin() keeps the interrupt away. */
#define ARGO_NET_IRQ_AWAY	0

/**
 * struct argo_net_rx - the receive ring of a device
 * @net: the device
 * @ring: the ring; NULL while the device is down
 * @paused: a restore is going on: the ring is not read
 * @flags: ARGO_NET_IRQ_AWAY
 */
struct argo_net_rx {
	struct argo_net *net;
	struct argo_ring *ring;
	bool paused;
	unsigned long flags;
};

/**
 * struct argo_net_tx - a transmit queue, under the queue's lock
 * @bounce: memory where frames in too many pieces are joined; NULL while the
 *	queue is not in use
 * @packets: number of frames sent
 * @bytes: bytes of those frames
 * @counts: counters, by enum argo_net_count
 */
struct argo_net_tx {
	u8 *bounce;
	u64 packets;
	u64 bytes;
	u64 counts[ARGO_NET_COUNTS];
} ____cacheline_aligned_in_smp;

/**
 * struct argo_net - a device
 * @dev: the device's net_device
 * @node: in the attachment's list
 * @hv: attachment
 * @port: Argo port
 * @ring_size: bytes of the receive ring
 * @peer: domid of the other end, ARGO_DOMID_ANY if it is not point-to-point
 * @trusted: frames with any source address are taken
 * @napi: the poll, which reads the ring
 * @rx: the ring
 * @pool: memory for large frames; belongs to the poll
 * @rx_packets: number of frames received; belongs to the poll
 * @rx_bytes: bytes of those frames; belongs to the poll
 * @rx_counts: counters, by enum argo_net_count; belong to the poll
 * @peers: struct argo_net_peer of each peer; watched while the device is up
 * @queues: transmit queues that are in use; under @peers.lock
 * @candidates: domains that exchanged a frame with this one and are no peers
 * @watch_work: finds out which peers have a ring
 * @peer_work: makes peers of @candidates
 * @flood_work: sends the frames in argo_net_peer.flood
 * @restore_work: after a restore, sets the address of the new domain id
 * @fdb_lock: protects @fdb
 * @fdb: domains by the addresses behind them; RCU for readers
 * @fdb_seed: random part of the hash, so that peers cannot choose the bucket
 * @tx: state of the transmit queues
 */
struct argo_net {
	struct net_device *dev;
	struct list_head node;
	struct argo_hv *hv;
	u32 port;
	u32 ring_size;
	u16 peer;
	bool trusted;

	struct napi_struct napi;
	struct argo_net_rx rx;
	struct argo_pool pool;
	u64 rx_packets;
	u64 rx_bytes;
	u64 rx_counts[ARGO_NET_COUNTS];

	struct argo_peers peers;
	DECLARE_BITMAP(queues, ARGO_NET_QUEUES);
	DECLARE_BITMAP(candidates, ARGO_DOMID_FIRST_RESERVED);
	struct delayed_work watch_work;
	struct work_struct peer_work;
	struct work_struct flood_work;
	struct delayed_work restore_work;

	/* addresses of hosts behind peers' bridges */
	spinlock_t fdb_lock;
	DECLARE_HASHTABLE(fdb, 8);
	u32 fdb_seed;

	struct argo_net_tx tx[ARGO_NET_QUEUES];
};

static inline bool argo_net_is_pair(const struct argo_net *net)
{
	return net->peer != ARGO_DOMID_ANY;
}

/* Return: the device that a peer is a peer of. */
static inline struct argo_net *argo_net_of(const struct argo_net_peer *peer)
{
	return container_of(peer->base.peers, struct argo_net, peers);
}

/**
 * argo_net_peer_find() - find a peer
 * @net: device
 * @domid: the peer's id
 *
 * Context: under RCU, or argo_net.peers.lock.
 * Return: the peer, or NULL.
 */
static inline struct argo_net_peer *argo_net_peer_find(struct argo_net *net,
						       u16 domid)
{
	struct argo_peer *peer = argo_peer_lookup(&net->peers, domid);

	return peer ? container_of(peer, struct argo_net_peer, base) : NULL;
}

/* main.c */
struct argo_hv *argo_net_attachment(const char *name);
void argo_net_link(struct argo_net *net);
void argo_net_unlink(struct argo_net *net);
extern struct workqueue_struct *argo_net_wq;

/* link.c */
extern struct rtnl_link_ops argo_net_link_ops;

/* device.c */
void argo_net_setup(struct net_device *dev);

/* peer.c */
int argo_net_peers_list(struct argo_net *net, const u16 *domids,
			unsigned int n);
int argo_net_peers_open(struct argo_net *net);
void argo_net_peers_close(struct argo_net *net);
void argo_net_peers_init(struct argo_net *net);
void argo_net_peers_exit(struct argo_net *net);
void argo_net_peer_state(struct argo_net_peer *peer, bool up);
void argo_net_peer_candidate(struct argo_net *net, u16 domid);
void argo_net_peers_look(struct argo_net *net);

/* fdb.c */
void argo_net_fdb_learn(struct argo_net_peer *peer, const u8 *mac);
int argo_net_fdb_find(struct argo_net *net, const u8 *mac);
void argo_net_fdb_age(struct argo_net *net);
void argo_net_fdb_forget(struct argo_net_peer *peer);
void argo_net_fdb_init(struct argo_net *net);

/* queue.c */
int argo_net_queue_open(struct argo_net *net, u16 queue);
void argo_net_queue_close(struct argo_net *net, u16 queue);

/* tx.c */
netdev_tx_t argo_net_xmit(struct sk_buff *skb, struct net_device *dev);
u16 argo_net_select_queue(struct net_device *dev, struct sk_buff *skb,
			  struct net_device *sb_dev);
netdev_features_t argo_net_features_check(struct sk_buff *skb,
					  struct net_device *dev,
					  netdev_features_t features);
void argo_net_tx_init(struct argo_net *net);

/* rx.c */
int argo_net_rx_open(struct argo_net *net);
void argo_net_rx_stop(struct argo_net *net);
void argo_net_rx_close(struct argo_net *net);
void argo_net_rx_init(struct argo_net *net);

/* ethtool.c */
extern const struct ethtool_ops argo_net_ethtool_ops;

#endif /* _ARGO_NET_H */
