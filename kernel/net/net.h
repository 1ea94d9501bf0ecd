/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the files of argo_net share.
 *
 * Locks, outermost first:
 *	rtnl				devices, what is set, up and down
 *	  argo_net.peer_lock		which peers there are
 *	    argo_net.fdb_lock		what is behind them
 *	    (core's ring_lock)
 *	      a transmit queue's lock	what is sent to the peers of that queue
 *	        (core's space_lock)
 * What the poll of a device uses is its own.
 */
#ifndef _ARGO_NET_H
#define _ARGO_NET_H

#include <linux/etherdevice.h>
#include <linux/hashtable.h>
#include <linux/mutex.h>
#include <linux/netdevice.h>
#include <linux/sizes.h>
#include <linux/workqueue.h>

#include <argo/argo.h>
#include <argo/pool.h>
#include <uapi/linux/argo_net.h>

#include "wire.h"

/* Transmit queues: a peer whose ring is full stops only its own. */
#define ARGO_NET_QUEUES		16

/* A segment of the largest size, and all that may be in front of it. */
#define ARGO_NET_FRAME_MOST	(SZ_64K + 256u)

/* Sixteen segments of the largest size. */
#define ARGO_NET_DEFAULT_RING	(SZ_1M + SZ_4K)

struct argo_net;

enum argo_net_count {
	/* less than a header and an Ethernet header */
	ARGO_NET_RX_SHORT,
	/* not such a device's, or larger than any frame */
	ARGO_NET_RX_MALFORMED,
	/* source address of another domain */
	ARGO_NET_RX_WRONG_SOURCE,
	/* offload header that does not fit the frame */
	ARGO_NET_RX_BAD_OFFLOAD,
	ARGO_NET_RX_NO_MEMORY,
	/* to no peer: an unknown address, or nobody listed */
	ARGO_NET_TX_NO_PEER,
	/* the peer has no ring */
	ARGO_NET_TX_PEER_GONE,
	/* larger than the peer's ring takes */
	ARGO_NET_TX_TOO_LARGE,
	/* copies of broadcasts for a peer that does not read */
	ARGO_NET_TX_FLOOD_FULL,
	ARGO_NET_TX_ERRORS,
	/* times that a queue waited for room */
	ARGO_NET_TX_STOPPED,
	/* frames that had to be copied together */
	ARGO_NET_TX_COPIED,
	ARGO_NET_COUNTS,
};

/**
 * struct argo_net_peer - another domain that frames go to
 * @node: in argo_net.peers; RCU
 * @net: the device
 * @domid: which
 * @queue: transmit queue that waits for it
 * @listed: broadcasts go there whether it was heard or not
 * @up: it has a ring, as far as is known
 * @space: tells of room
 * @flood: copies of broadcasts that wait for room
 */
struct argo_net_peer {
	struct hlist_node node;
	struct argo_net *net;
	u16 domid;
	u16 queue;
	bool listed;
	bool up;
	struct argo_waiter space;
	struct sk_buff_head flood;
};

/* Bit of argo_net_rx.flags: argo_poll_begin() keeps the interrupt away. */
#define ARGO_NET_MASKED		0

/**
 * struct argo_net_rx - a ring that is read
 * @net: the device
 * @ring: or NULL
 * @paused: a restore is going on: it is not read
 * @flags: ARGO_NET_MASKED
 */
struct argo_net_rx {
	struct argo_net *net;
	struct argo_ring *ring;
	bool paused;
	unsigned long flags;
};

/**
 * struct argo_net_tx - a transmit queue, under its lock
 * @bounce: where frames are put together that are in too many pieces
 * @packets: sent
 * @bytes: of frames
 * @counts: by enum argo_net_count
 */
struct argo_net_tx {
	u8 *bounce;
	u64 packets;
	u64 bytes;
	u64 counts[ARGO_NET_COUNTS];
} ____cacheline_aligned_in_smp;

/**
 * struct argo_net - a device
 * @dev: its net_device
 * @node: in the attachment's list
 * @hv: attachment
 * @port: Argo port
 * @ring_size: bytes of the receive ring
 * @peer: domid of the other end, ARGO_DOMID_ANY if it is not point-to-point
 * @trusted: any source address is taken
 * @napi: reads the ring
 * @rx: the ring
 * @pool: memory of large frames; the poll's
 * @rx_packets: received; the poll's, as the next ones
 * @rx_bytes: of frames
 * @rx_counts: by enum argo_net_count
 * @peer_lock: protects the next three
 * @open: it is up
 * @peers: by domid; RCU for readers
 * @nr_peers: how many
 * @heard: domain that was heard of first just now, or ARGO_DOMID_ANY
 * @wanted: domain that a queue waits to be known, likewise
 * @watch_work: finds out who is there
 * @peer_work: adds those of @heard and @wanted
 * @flood_work: sends the peers' copies
 * @restore_work: takes the new address
 * @fdb_lock: protects the next two
 * @fdb: domains by the addresses behind them; RCU for readers
 * @nr_fdb: how many
 * @tx: by transmit queue
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

	/* which peers there are */
	struct mutex peer_lock;
	bool open;
	DECLARE_HASHTABLE(peers, 6);
	unsigned int nr_peers;
	u32 heard;
	u32 wanted;
	struct delayed_work watch_work;
	struct work_struct peer_work;
	struct work_struct flood_work;
	struct delayed_work restore_work;

	/* what is behind bridges */
	spinlock_t fdb_lock;
	DECLARE_HASHTABLE(fdb, 8);
	unsigned int nr_fdb;

	struct argo_net_tx tx[ARGO_NET_QUEUES];
};

static inline bool argo_net_is_pair(const struct argo_net *net)
{
	return net->peer != ARGO_DOMID_ANY;
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
struct argo_net_peer *argo_net_peer_find(struct argo_net *net, u16 domid);
int argo_net_peers_list(struct argo_net *net, const u16 *domids,
			unsigned int n);
int argo_net_peers_open(struct argo_net *net);
void argo_net_peers_close(struct argo_net *net);
void argo_net_peers_init(struct argo_net *net);
void argo_net_peers_exit(struct argo_net *net);
void argo_net_peer_state(struct argo_net_peer *peer, bool up);
void argo_net_peer_heard(struct argo_net *net, u16 domid);
void argo_net_peer_wanted(struct argo_net *net, u16 domid);

/* fdb.c */
void argo_net_fdb_learn(struct argo_net *net, const u8 *mac, u16 domid);
int argo_net_fdb_find(struct argo_net *net, const u8 *mac);
void argo_net_fdb_age(struct argo_net *net, bool all);
void argo_net_fdb_init(struct argo_net *net);

/* tx.c */
int argo_net_tx_open(struct argo_net *net);
void argo_net_tx_close(struct argo_net *net);
netdev_tx_t argo_net_xmit(struct sk_buff *skb, struct net_device *dev);
u16 argo_net_select_queue(struct net_device *dev, struct sk_buff *skb,
			  struct net_device *sb_dev);
void argo_net_flood_work(struct work_struct *work);

/* rx.c */
int argo_net_rx_open(struct argo_net *net);
void argo_net_rx_stop(struct argo_net *net);
void argo_net_rx_close(struct argo_net *net);
void argo_net_rx_init(struct argo_net *net);

/* ethtool.c */
extern const struct ethtool_ops argo_net_ethtool_ops;

#endif /* _ARGO_NET_H */
