/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the files of argo_vsock share.
 *
 * Locks, outermost first:
 *	lock_sock() of a listener or a connection
 *	  argo_vsock.peer_lock		which peers there are, and their rings
 *	    (core's ring_lock)
 *	      argo_vsock_rx.lock	the ring's reader
 *	  argo_vsock_peer.tx_lock	its queue, and the order of what is sent
 *	    (core's space_lock)
 * Packets are given to the common code with none of them held, since it takes
 * lock_sock(). So is argo_vsock.reset_lock, which is outside all of them.
 */
#ifndef _ARGO_VSOCK_H
#define _ARGO_VSOCK_H

#include <linux/hashtable.h>
#include <linux/kobject.h>
#include <linux/mutex.h>
#include <linux/refcount.h>
#include <linux/wait.h>
#include <linux/workqueue.h>

#include <argo/argo.h>

#include "packet.h"
#include "wire.h"

/*
 * Older common code lets a peer's word on its buffer decide how much is queued
 * for it.
 */
#define ARGO_VSOCK_MAX_CREDIT	(16u << 20)

struct argo_vsock;

enum argo_vsock_count {
	ARGO_VSOCK_RX_PACKETS,
	/* of these, read straight from the ring by a stream's reader */
	ARGO_VSOCK_RX_DIRECT,
	ARGO_VSOCK_RX_DATAGRAMS,
	ARGO_VSOCK_TX_PACKETS,
	ARGO_VSOCK_TX_DATAGRAMS,
	/* had to wait for room in the peer's ring */
	ARGO_VSOCK_TX_QUEUED,
	/* not the transport's, or too short to be anything */
	ARGO_VSOCK_DROPPED_MALFORMED,
	/* said to be from another domain */
	ARGO_VSOCK_DROPPED_SOURCE,
	/* unanswered requests and resets of a peer that does not read */
	ARGO_VSOCK_DROPPED_REPLIES,
	/* connection requests beyond a peer's share of the accept queue */
	ARGO_VSOCK_REFUSED_SHARE,
	ARGO_VSOCK_DATAGRAMS_NO_SOCKET,
	ARGO_VSOCK_DATAGRAMS_NO_ROOM,
	/* peers that went, were restarted or restored */
	ARGO_VSOCK_PEERS_LOST,
	ARGO_VSOCK_COUNTS,
};

/**
 * struct argo_vsock_role - a transport: AF_VSOCK has one for a host, one for a
 *	guest
 * @transport: the common code's
 * @feature: VSOCK_TRANSPORT_F_*
 * @name: "host" or "guest"
 * @vs: the attachment that it serves; set while the transport is registered
 */
struct argo_vsock_role {
	/* first: transport operations find it so */
	struct virtio_transport transport;
	int feature;
	const char *name;
	struct argo_vsock *vs;
};

/**
 * struct argo_vsock_rx - a ring that is read
 * @vs: attachment
 * @peer: whose it is; NULL for the one that any domain may send to
 * @ring: the ring; NULL before and after
 * @lock: protects @ring and the next twelve; serialises the readers
 * @done: bytes of the first message that were received already
 * @taken: bytes that were consumed since ever, headers and gaps included
 * @delivered: @taken when the last message was dealt with
 * @delivering: the worker deals with one
 * @dealt: how many the worker dealt with
 * @told: the message in the ring that a reader was told of: how many bytes were
 *	taken before it, and how many its socket had read by then
 * @awaited: header of @told, if that is what the worker deals with; or NULL
 * @left_at: the message that is left to its reader, by bytes taken before it
 * @left_until: in jiffies
 * @pool: memory of packets
 * @stream: whose data came last, and in how many messages in a row
 * @masked: the interrupt is kept away for a reader, and the worker will be called
 * @reading: somebody else reads or looks for messages, and will call the worker
 *	for what comes meanwhile
 * @slept_since: local_clock() when a reader of a stream went to sleep, or 0
 * @dealt_wait: for @dealt to change
 * @work: reads it
 */
struct argo_vsock_rx {
	struct argo_vsock *vs;
	struct argo_vsock_peer *peer;
	struct argo_ring *ring;
	/* the reader */
	struct mutex lock;
	u32 done;
	u64 taken;
	u64 delivered;
	bool delivering;
	u32 dealt;
	struct {
		u64 at;
		u32 fwd_cnt;
	} told;
	const struct virtio_vsock_hdr *awaited;
	u64 left_at;
	unsigned long left_until;
	struct argo_pool pool;
	struct {
		__le32 src_port;
		__le32 dst_port;
		unsigned int streak;
	} stream;
	bool masked;
	bool reading;
	u64 slept_since;
	wait_queue_head_t dealt_wait;
	struct delayed_work work;
};

/**
 * struct argo_vsock_peer - another domain that this one talks to
 * @node: in argo_vsock.peers
 * @list: of those that are being taken away
 * @ref: references
 * @rcu: frees it
 * @vs: attachment
 * @domid: which
 * @epoch: argo_hv_epoch() in which the domid means it
 * @rx: its own ring, if there is room for one; else @rx.ring is NULL
 * @held: its ring is not read: what it sent earlier was in the ring for all,
 *	and is dealt with when that one's @delivered is @held_until; both under
 *	that one's lock
 * @held_until: see @held
 * @tx_lock: protects the next five
 * @dead: it is being taken away: look it up again
 * @queue: packets that wait for room
 * @queued_replies: how many of them answer others
 * @retry: the hypervisor had no memory
 * @space: tells of room, and of its ring's end
 * @tx_work: sends the queue
 * @life: of its transport, as its packets said; 0 if not known
 * @gone: its ring is there no more; until its connections are reset
 * @in_use: a connected socket names it; the reaper's
 * @used: jiffies of the last packet
 */
struct argo_vsock_peer {
	struct hlist_node node;
	struct list_head list;
	refcount_t ref;
	struct rcu_head rcu;
	struct argo_vsock *vs;
	u16 domid;
	u32 epoch;

	struct argo_vsock_rx rx;
	bool held;
	u64 held_until;

	/* the queue */
	struct mutex tx_lock;
	bool dead;
	struct argo_vsock_queue queue;
	unsigned int queued_replies;
	struct argo_waiter space;
	struct delayed_work tx_work;

	u32 life;
	bool gone;
	bool in_use;
	unsigned long used;
};

/* Sockets that are reset in one go. */
#define ARGO_VSOCK_RESET_BATCH		32

/**
 * struct argo_vsock - an attachment that AF_VSOCK uses
 * @hv: the attachment
 * @role: as what
 * @wq: for all work; frozen while the domain is suspended
 * @life: 20 bits at random, not 0, that a restore changes
 * @wildcard: the ring that any domain may send to
 * @peer_lock: protects @peers and @nr_rings
 * @peers: by domid; RCU for readers
 * @nr_rings: peers with a ring of their own
 * @reap_work: takes away peers that went or that nobody uses
 * @restore_work: after a restore, begins anew
 * @reset_lock: protects the next three
 * @reset_cid: whose connections are being reset, VMADDR_CID_ANY for all
 * @reset_n: how many of @reset_sk there are
 * @reset_sk: sockets, referenced
 * @kobj: in sysfs; counts references
 * @counts: by enum argo_vsock_count
 */
struct argo_vsock {
	struct argo_hv *hv;
	struct argo_vsock_role *role;
	struct workqueue_struct *wq;
	u32 life;
	struct argo_vsock_rx wildcard;

	/* peers and their rings */
	struct mutex peer_lock;
	DECLARE_HASHTABLE(peers, 6);
	unsigned int nr_rings;
	struct delayed_work reap_work;
	struct work_struct restore_work;

	/* one reset at a time */
	struct mutex reset_lock;
	u32 reset_cid;
	unsigned int reset_n;
	struct sock *reset_sk[ARGO_VSOCK_RESET_BATCH];

	struct kobject kobj;
	atomic64_t counts[ARGO_VSOCK_COUNTS];
};

static inline void argo_vsock_count(struct argo_vsock *vs,
				    enum argo_vsock_count which)
{
	atomic64_inc(&vs->counts[which]);
}

static inline u32 argo_vsock_own_cid(const struct argo_vsock *vs)
{
	return argo_vsock_cid(argo_hv_domid(vs->hv));
}

static inline u32 argo_vsock_type(const struct argo_vsock *vs, u32 kind)
{
	return ARGO_VSOCK_MAGIC | kind | READ_ONCE(vs->life);
}

/* main.c */
void argo_vsock_new_life(struct argo_vsock *vs);
void argo_vsock_report(const struct argo_vsock *vs);
u32 argo_vsock_ring_size(void);
unsigned int argo_vsock_max_peer_rings(void);

/* transport.c */
extern struct argo_vsock_role argo_vsock_host;
extern struct argo_vsock_role argo_vsock_guest;
struct argo_vsock *argo_vsock_of(const struct vsock_sock *vsk);
bool argo_vsock_is_captured(void);

/* peer.c */
struct argo_vsock_peer *argo_vsock_peer_find(struct argo_vsock *vs, u16 domid);
struct argo_vsock_peer *argo_vsock_peer_of(const struct vsock_sock *vsk);
struct argo_vsock_peer *argo_vsock_peer_get(struct argo_vsock *vs, u16 domid);
void argo_vsock_peer_put(struct argo_vsock_peer *peer);
void argo_vsock_peer_lost(struct argo_vsock_peer *peer);
void argo_vsock_peers_init(struct argo_vsock *vs);
void argo_vsock_peers_exit(struct argo_vsock *vs);

/* tx.c */
int argo_vsock_send_pkt(struct argo_vsock *vs, struct argo_vsock_pkt *pkt);
int argo_vsock_send_now(struct argo_vsock_peer *peer,
			const struct argo_hv_iov *iov, unsigned int n, u32 len);
struct argo_vsock_peer *argo_vsock_peer_lock(struct argo_vsock *vs, u16 domid);
void argo_vsock_peer_unlock(struct argo_vsock_peer *peer);
int argo_vsock_cancel(struct vsock_sock *vsk);
bool argo_vsock_replies_pending(struct argo_vsock_peer *peer);
void argo_vsock_purge(struct argo_vsock_peer *peer);
void argo_vsock_tx_work(struct work_struct *work);
struct argo_ring *argo_vsock_source_ring(struct argo_vsock_peer *peer);

/* direct_tx.c */
ssize_t argo_vsock_stream_enqueue(struct vsock_sock *vsk, struct msghdr *msg,
				  size_t len);
int argo_vsock_seqpacket_enqueue(struct vsock_sock *vsk, struct msghdr *msg,
				 size_t len);

/* direct_rx.c */
u64 argo_vsock_position(const struct argo_vsock_rx *rx);
void argo_vsock_note_stream(struct argo_vsock_rx *rx,
			    const struct virtio_vsock_hdr *hdr);
bool argo_vsock_leave(struct argo_vsock_rx *rx);
void argo_vsock_let_interrupt(struct argo_vsock_rx *rx);
ssize_t argo_vsock_read_direct(struct vsock_sock *vsk, struct iov_iter *to,
			       size_t len);
s64 argo_vsock_take_over(struct vsock_sock *vsk);
s64 argo_vsock_stream_has_data(struct vsock_sock *vsk);
int argo_vsock_recv_pre_block(struct vsock_sock *vsk, size_t target,
			      struct vsock_transport_recv_notify_data *data);

/* window.c */
ssize_t argo_vsock_stream_dequeue(struct vsock_sock *vsk, struct msghdr *msg,
				  size_t len, int flags);
void argo_vsock_note_sent(struct vsock_sock *vsk);

/* rx.c */
enum argo_vsock_fault argo_vsock_read_header(struct argo_vsock_rx *rx,
					     const struct argo_ring_msg *msg,
					     struct virtio_vsock_hdr *hdr);
void argo_vsock_consume(struct argo_vsock_rx *rx,
			const struct argo_ring_msg *msg);
void argo_vsock_addresses(const struct virtio_vsock_hdr *hdr,
			  struct sockaddr_vm *src, struct sockaddr_vm *dst);
void argo_vsock_rx_init(struct argo_vsock_rx *rx, struct argo_vsock *vs,
			struct argo_vsock_peer *peer);
int argo_vsock_rx_open(struct argo_vsock_rx *rx, u16 partner);
void argo_vsock_rx_close(struct argo_vsock_rx *rx, bool drain);
void argo_vsock_rx_trim(struct argo_vsock_rx *rx);

/* reset.c */
struct argo_vsock_pkt *argo_vsock_make_reset(const struct argo_vsock *vs,
					     const struct sockaddr_vm *remote,
					     u32 port, u16 type,
					     bool from_remote);
void argo_vsock_reset_connections(struct argo_vsock *vs, u32 cid);

/* dgram.c */
extern struct vsock_transport argo_vsock_dgram;
struct sk_buff *argo_vsock_dgram_alloc(struct argo_vsock *vs, u32 len);
void argo_vsock_dgram_receive(struct argo_vsock *vs, u16 domid,
			      const struct argo_vsock_dgram_hdr *hdr,
			      struct sk_buff *skb);

/* stats.c */
int argo_vsock_stats_add(struct argo_vsock *vs);
void argo_vsock_stats_remove(struct argo_vsock *vs);

#endif /* _ARGO_VSOCK_H */
