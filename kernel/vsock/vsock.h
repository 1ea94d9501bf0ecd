/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Types and functions that the files of argo_vsock share.
 *
 * The files are floors, in the order of their functions below: each file knows
 * the files above its own in that list, and no others. What is read from rings
 * and lanes goes the other way through struct argo_vsock_upcalls.
 *
 * Locks, outermost first:
 *	lock_sock() of a listener or a connection
 *	  argo_vsock_rx.receive_lock	taking messages and delivering them
 *	  argo_vsock.peers.lock		the set of peers, and their rings
 *	    (core's ring_lock)
 *	      argo_vsock_rx.lock	reading the ring
 *	  argo_vsock_peer.tx_lock	the peer's queue, the order of messages
 *	    (core's space_lock)
 * The common code takes lock_sock(), so packets are given to it with none of
 * these locks held. argo_vsock.reset_lock may be taken under receive_lock, and
 * none of these locks is taken under it.
 *
 * Spinlocks, taken under any of the above:
 *	argo_vsock_bucket.lock		the connections with one hash
 *	  the common code's rx_lock and tx_lock of a socket
 *	    argo_vsock_peer.credit_lock
 *	argo_vsock_peer.lane_lock	a peer's lanes
 *	bound_lock (dgram.c)		the bound sockets for datagrams
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
#include <argo/peer.h>

#include "packet.h"
#include "wire.h"

/*
 * The most credit that a connection gives, or believes its peer to give: older
 * series of the common code queue for a peer as much as it claims to have room
 * for.
 */
#define ARGO_VSOCK_MAX_CREDIT	(16u << 20)

struct argo_vsock;
struct argo_vsock_peer;
struct argo_vsock_rx;

enum argo_vsock_count {
	ARGO_VSOCK_RX_PACKETS,
	/* those of RX_PACKETS that a stream's reader took from the ring */
	ARGO_VSOCK_RX_DIRECT,
	ARGO_VSOCK_RX_DATAGRAMS,
	ARGO_VSOCK_TX_PACKETS,
	ARGO_VSOCK_TX_DATAGRAMS,
	/* packets that had to wait for room in the peer's ring */
	ARGO_VSOCK_TX_QUEUED,
	/* messages that are no valid packet or datagram of a transport */
	ARGO_VSOCK_DROPPED_MALFORMED,
	/* packets whose source CID is another domain's */
	ARGO_VSOCK_DROPPED_SOURCE,
	/*
	 * answers to a peer that does not read, requests of such a peer, and
	 * packets whose peer or lane could not be made
	 */
	ARGO_VSOCK_DROPPED_REPLIES,
	/* connection requests beyond a peer's share of the accept queue */
	ARGO_VSOCK_REFUSED_SHARE,
	/* connection requests that the firewall denied */
	ARGO_VSOCK_REFUSED_FIREWALL,
	/* connections whose peer sent more than it had credit for */
	ARGO_VSOCK_RESET_CREDIT,
	/* connections for whose locked socket more came than may wait */
	ARGO_VSOCK_RESET_WAITING,
	/* connections that new rules of the firewall denied */
	ARGO_VSOCK_RESET_FIREWALL,
	ARGO_VSOCK_DATAGRAMS_NO_SOCKET,
	ARGO_VSOCK_DATAGRAMS_NO_ROOM,
	ARGO_VSOCK_DATAGRAMS_DENIED,
	/* peers that have gone, or were restarted or restored */
	ARGO_VSOCK_PEERS_LOST,
	ARGO_VSOCK_COUNTS,
};

/**
 * struct argo_vsock_role - a transport; AF_VSOCK has one for a host and one for
 *	a guest
 * @transport: the common code's part of the transport
 * @feature: VSOCK_TRANSPORT_F_*
 * @name: "host" or "guest"
 * @vs: the attachment that the transport serves; set while it is registered
 */
struct argo_vsock_role {
	/* transport operations find the role by the address of this member */
	struct virtio_transport transport;
	int feature;
	const char *name;
	struct argo_vsock *vs;
};

/**
 * struct argo_vsock_received - a message that was read from a ring
 * @domid: the sender's domain id
 * @life: the sender's life; 0 if the message is none of a transport
 * @fault: the message's fault
 * @pkt: the packet; NULL if the message has a fault or is a datagram
 * @hdr: the packet's header, also if the message has a fault
 * @dgram: the datagram's payload, or NULL
 * @dgram_hdr: the datagram's header
 */
struct argo_vsock_received {
	u16 domid;
	u32 life;
	enum argo_vsock_fault fault;
	struct argo_vsock_pkt *pkt;
	struct virtio_vsock_hdr hdr;
	struct sk_buff *dgram;
	struct argo_vsock_dgram_hdr dgram_hdr;
};

/**
 * struct argo_vsock_upcalls - what is done with messages
 * @received: pass on what was read from a ring: argo_vsock_received()
 * @deliver: give a packet that waited in a lane to its socket:
 *	argo_vsock_deliver()
 */
struct argo_vsock_upcalls {
	void (*received)(struct argo_vsock_rx *rx,
			 struct argo_vsock_received *in);
	void (*deliver)(struct argo_vsock_peer *peer,
			struct argo_vsock_pkt *pkt);
};

/**
 * struct argo_vsock_rx - the reading side of a ring
 * @vs: attachment
 * @peer: the partner of a partner ring; NULL for the wildcard ring
 * @receive_lock: held while a message is taken out of the ring and delivered,
 *	by the worker or by a reader of a stream; protects @stream and the next
 *	four fields
 * @stream: the stream whose data was taken last
 * @stream.src_port: the stream's port at the peer
 * @stream.dst_port: the stream's port here
 * @stream.streak: the stream's messages in a row, at most STREAK (handover.c)
 * @reader_owns: a reader of a stream owns the ring, so messages that come do
 *	not call the worker: handover.c
 * @irq_away: the interrupt is kept away for that reader
 * @left_until: jiffies until when the next message is left to its reader; 0 if
 *	the message was not left to a reader yet
 * @slept_since: local_clock() when a reader of a stream went to sleep, or 0
 * @lock: protects @ring and the next four fields
 * @ring: the ring; NULL before it is opened and after it is closed
 * @done: bytes of the first message's payload that were read already
 * @partly_read: checked header of the first message, valid while @done is not 0
 * @delivered: argo_ring_taken() when the latest message had been delivered
 * @pool: memory for packets
 * @work: the worker, which reads the ring
 */
struct argo_vsock_rx {
	struct argo_vsock *vs;
	struct argo_vsock_peer *peer;

	/* who takes the next message */
	struct mutex receive_lock;
	struct {
		__le32 src_port;
		__le32 dst_port;
		unsigned int streak;
	} stream;
	bool reader_owns;
	bool irq_away;
	unsigned long left_until;
	u64 slept_since;

	/* the ring: core resets it under this lock */
	struct mutex lock;
	struct argo_ring *ring;
	u32 done;
	struct virtio_vsock_hdr partly_read;
	u64 delivered;
	struct argo_pool pool;

	struct delayed_work work;
};

/**
 * struct argo_vsock_peer - another domain that this one talks to
 * @base: core's part: domain, epoch, references, and the watcher of its ring
 * @vs: attachment
 * @rx: the partner ring for the peer; @rx.ring is NULL where the peer has none
 *	and shares the wildcard ring
 * @held: the partner ring is not read yet, since messages that the peer sent
 *	earlier are in the wildcard ring. Under the wildcard ring's lock, like
 *	@held_until
 * @held_until: those messages are delivered when argo_vsock.wildcard.delivered
 *	has reached this value
 * @tx_lock: protects the next two fields. A sender that finds under it that
 *	the peer is forgotten looks for the domain again
 * @queue: packets that wait for room
 * @queued_replies: number of packets in @queue that only answer another packet
 * @tx_work: sends @queue
 * @credit_lock: protects @credit
 * @credit: credit that the peer has been given, over all connections
 * @lane_lock: protects the next four fields
 * @lanes: lanes of this peer's connections: lane.c
 * @nr_lanes: number of @lanes
 * @busy_lanes: number of @lanes that are not waiting for a socket's lock
 * @lane_bytes: memory that the packets in @lanes take
 * @lanes_closed: lanes deliver only resets, and drop other packets
 * @life: life of the peer's transport, from its packets; 0 if not known
 * @sent_to: a packet was sent to the peer, or could not be sent for now
 * @gone: the peer's ring has gone; set until its connections are reset
 * @in_use: a connected socket has this peer; used by the reaper only
 * @used: jiffies of the latest packet from or to the peer
 */
struct argo_vsock_peer {
	struct argo_peer base;
	struct argo_vsock *vs;

	struct argo_vsock_rx rx;
	bool held;
	u64 held_until;

	/* the queue */
	struct mutex tx_lock;
	struct argo_vsock_queue queue;
	unsigned int queued_replies;
	struct delayed_work tx_work;

	/* credit */
	spinlock_t credit_lock;
	u64 credit;

	/* packets that wait for their socket */
	spinlock_t lane_lock;
	DECLARE_HASHTABLE(lanes, 6);
	unsigned int nr_lanes;
	unsigned int busy_lanes;
	u32 lane_bytes;
	bool lanes_closed;

	u32 life;
	bool sent_to;
	bool gone;
	bool in_use;
	unsigned long used;
};

/**
 * struct argo_vsock_conn - the state of a socket of one of the transports
 * @vvs: the common code's part; first, since the common code frees the whole
 *	structure by the address of this part
 * @node: in @bucket
 * @bucket: the list that holds the connection; NULL before the socket is
 *	connected and after it is closed
 * @peer: the peer at the other end, a reference; NULL before the socket is
 *	connected
 * @accepted: the peer began the connection
 * @ended: the connection was reset here; one that is closed stays connected
 *	until the common code knows
 * @credit: credit that the peer has on this connection, part of
 *	argo_vsock_peer.credit
 * @told_window: the window that the peer was told of, or a smaller one that it
 *	was told of before; under @vvs.rx_lock
 */
struct argo_vsock_conn {
	struct virtio_vsock_sock vvs;
	struct hlist_node node;
	struct argo_vsock_bucket *bucket;
	struct argo_vsock_peer *peer;
	bool accepted;
	bool ended;
	u32 credit;
	u32 told_window;
};

/* Connections with the same hash. */
struct argo_vsock_bucket {
	/* protects @head */
	spinlock_t lock;
	struct hlist_head head;
};

#define ARGO_VSOCK_BUCKETS		256

/* Sockets that are reset in one go. */
#define ARGO_VSOCK_RESET_BATCH		32

/**
 * struct argo_vsock - an attachment that AF_VSOCK uses
 * @hv: the attachment
 * @role: the transport that uses the attachment
 * @wq: all work but that of lanes; frozen while the domain is suspended
 * @lane_wq: the work of lanes, which may wait for the lock of a socket
 * @nr_lanes: number of lanes of all peers
 * @life: life of this transport: 20 random bits, not 0; a restore changes it
 * @wildcard: the wildcard ring
 * @up: what is done with messages
 * @peers: the peers; peers.lock protects @nr_rings, too
 * @nr_rings: number of peers with a partner ring
 * @reap_work: resets the connections of peers that have gone, and takes away
 *	peers that nothing uses
 * @restore_work: after a restore, takes a new life and forgets all peers
 * @reset_lock: protects the next four fields
 * @reset_denied: the connections are being reset that the firewall denies, and
 *	no others
 * @reset_cid: the peer whose connections are being reset; VMADDR_CID_ANY for
 *	all peers
 * @reset_n: number of @reset_sk
 * @reset_sk: sockets to reset, a reference to each
 * @conns: connections, by a hash of their addresses
 * @conn_salt: random part of that hash
 * @kobj: directory in sysfs; counts references to this structure
 * @counts: by enum argo_vsock_count
 */
struct argo_vsock {
	struct argo_hv *hv;
	struct argo_vsock_role *role;
	struct workqueue_struct *wq;
	struct workqueue_struct *lane_wq;
	atomic_t nr_lanes;
	u32 life;
	const struct argo_vsock_upcalls *up;
	struct argo_vsock_rx wildcard;

	/* peers and their rings */
	struct argo_peers peers;
	unsigned int nr_rings;
	struct delayed_work reap_work;
	struct work_struct restore_work;

	/* one reset at a time */
	struct mutex reset_lock;
	bool reset_denied;
	u32 reset_cid;
	unsigned int reset_n;
	struct sock *reset_sk[ARGO_VSOCK_RESET_BATCH];

	struct argo_vsock_bucket conns[ARGO_VSOCK_BUCKETS];
	u32 conn_salt;

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

static inline struct argo_vsock_peer *
argo_vsock_peer_from(struct argo_peer *base)
{
	return container_of(base, struct argo_vsock_peer, base);
}

static inline void argo_vsock_peer_put(struct argo_vsock_peer *peer)
{
	argo_peer_put(&peer->base);
}

/* Looks at peers again after so long. */
#define ARGO_VSOCK_REAP		(10 * HZ)

/**
 * argo_vsock_peer_lost() - note that a peer has gone
 * @peer: the peer, whose ring has gone or refuses packets, or whose partner
 *	ring is out of use
 *
 * The peer's connections are reset soon: reap.c.
 *
 * Context: any but the hard interrupt.
 */
static inline void argo_vsock_peer_lost(struct argo_vsock_peer *peer)
{
	WRITE_ONCE(peer->gone, true);
	mod_delayed_work(peer->vs->wq, &peer->vs->reap_work, 0);
}

/* The two transports, for a host and for a guest: transport.c has them. */
extern struct argo_vsock_role argo_vsock_host;
extern struct argo_vsock_role argo_vsock_guest;

/**
 * argo_vsock_of() - get the attachment that a connection goes through
 * @vsk: a socket of one of the transports
 */
static inline struct argo_vsock *argo_vsock_of(const struct vsock_sock *vsk)
{
	return container_of(vsk->transport, struct argo_vsock_role,
			    transport.transport)->vs;
}

static inline struct argo_vsock_conn *argo_vsock_conn_of(struct vsock_sock *vsk)
{
	return container_of((struct virtio_vsock_sock *)vsk->trans,
			    struct argo_vsock_conn, vvs);
}

/* stats.c */
extern const struct attribute_group *argo_vsock_stats_groups[];

/* tap.c */
bool argo_vsock_is_captured(void);
void argo_vsock_tap_datagram(u32 src_cid, u32 dst_cid,
			     const struct argo_vsock_dgram_hdr *hdr,
			     const void *data, struct sk_buff *skb, u32 len);

/* firewall.c */
bool argo_vsock_may_send(struct argo_vsock *vs, u16 domid, u32 local,
			 u32 remote);
bool argo_vsock_may_receive(struct argo_vsock *vs, u16 domid, u32 local,
			    u32 remote);
bool argo_vsock_may_stay(const struct vsock_sock *vsk, bool accepted);
bool argo_vsock_may_talk(const struct argo_vsock *vs, u16 domid);

/* records.c */
#ifdef ARGO_HAVE_VSOCK_SEQPACKET
void argo_vsock_record_add(struct virtio_vsock_sock *vvs, struct sk_buff *skb);
ssize_t argo_vsock_seqpacket_dequeue(struct vsock_sock *vsk, struct msghdr *msg,
				     int flags);
#else
static inline void argo_vsock_record_add(struct virtio_vsock_sock *vvs,
					 struct argo_vsock_pkt *pkt)
{
	argo_vsock_pkt_free(pkt);
}
#endif

/* message.c */
void argo_vsock_addresses(const struct virtio_vsock_hdr *hdr,
			  struct sockaddr_vm *src, struct sockaddr_vm *dst);
struct argo_vsock_pkt *argo_vsock_make_reset(const struct argo_vsock *vs,
					     const struct sockaddr_vm *remote,
					     u32 port, u16 type,
					     bool from_remote);
enum argo_vsock_fault argo_vsock_read_header(struct argo_vsock_rx *rx,
					     const struct argo_ring_msg *msg,
					     struct virtio_vsock_hdr *hdr);
bool argo_vsock_next_is_stream_data(struct argo_vsock_rx *rx,
				    struct argo_ring_msg *msg,
				    struct virtio_vsock_hdr *hdr);
void argo_vsock_read_part(struct argo_vsock_rx *rx,
			  const struct virtio_vsock_hdr *hdr, u32 len);
void argo_vsock_consume(struct argo_vsock_rx *rx,
			const struct argo_ring_msg *msg);
void argo_vsock_drop(struct argo_vsock_rx *rx, const struct argo_ring_msg *msg);

/* queue.c */
struct argo_ring *argo_vsock_source_ring(struct argo_vsock_peer *peer);
int argo_vsock_refused(struct argo_vsock_pkt *pkt, int rc);
int argo_vsock_send_or_queue(struct argo_vsock_peer *peer,
			     struct argo_vsock_pkt *pkt);
int argo_vsock_send_now(struct argo_vsock_peer *peer,
			const struct argo_hv_iov *iov, unsigned int n, u32 len);
void argo_vsock_answer(struct argo_vsock_peer *peer,
		       struct argo_vsock_pkt *pkt);
bool argo_vsock_replies_pending(struct argo_vsock_peer *peer);
void argo_vsock_purge(struct argo_vsock_peer *peer);
void argo_vsock_purge_of(struct argo_vsock_peer *peer, struct vsock_sock *vsk);
void argo_vsock_queue_open(struct argo_vsock_peer *peer);

/* lane.c */
void argo_vsock_reset_both(struct argo_vsock_peer *peer,
			   const struct virtio_vsock_hdr *hdr);
bool argo_vsock_lane_follow(struct argo_vsock_peer *peer,
			    struct argo_vsock_pkt *pkt);
bool argo_vsock_lane_is_busy(struct argo_vsock_peer *peer,
			     const struct virtio_vsock_hdr *hdr);
void argo_vsock_lane_add(struct argo_vsock_peer *peer,
			 struct argo_vsock_pkt *pkt);
bool argo_vsock_lanes_full(const struct argo_vsock_peer *peer);
void argo_vsock_lanes_init(struct argo_vsock_peer *peer);
void argo_vsock_lanes_close(struct argo_vsock_peer *peer);
void argo_vsock_lanes_wait(struct argo_vsock *vs);

/* handover.c */
void argo_vsock_claim(struct argo_vsock_rx *rx);
void argo_vsock_release(struct argo_vsock_rx *rx);
void argo_vsock_keep(struct argo_vsock_rx *rx, bool soon);
bool argo_vsock_leave(struct argo_vsock_rx *rx);
void argo_vsock_note_stream(struct argo_vsock_rx *rx,
			    const struct virtio_vsock_hdr *hdr);
void argo_vsock_note_late(struct argo_vsock_rx *rx);

/* rx.c */
int argo_vsock_receive(struct argo_vsock_rx *rx);
void argo_vsock_rx_init(struct argo_vsock_rx *rx, struct argo_vsock *vs,
			struct argo_vsock_peer *peer);
int argo_vsock_rx_open(struct argo_vsock_rx *rx, u16 partner);
void argo_vsock_rx_close(struct argo_vsock_rx *rx, bool drain);
void argo_vsock_rx_trim(struct argo_vsock_rx *rx);

/* peer.c */
void argo_vsock_peers_init(struct argo_vsock *vs);
struct argo_vsock_peer *argo_vsock_peer_find(struct argo_vsock *vs, u16 domid);
struct argo_vsock_peer *argo_vsock_peer_of(const struct vsock_sock *vsk);
struct argo_vsock_peer *argo_vsock_peer_reach(struct argo_vsock *vs, u16 domid);
struct argo_vsock_peer *argo_vsock_peer_get(struct argo_vsock *vs, u16 domid);

/* tx.c */
struct argo_vsock_peer *argo_vsock_peer_lock(struct argo_vsock *vs, u16 domid);
void argo_vsock_peer_unlock(struct argo_vsock_peer *peer);
int argo_vsock_send_pkt(struct argo_vsock *vs, struct argo_vsock_pkt *pkt);
int argo_vsock_cancel(struct vsock_sock *vsk);

/* conn.c */
u32 argo_vsock_credit_get(struct argo_vsock_conn *conn, u32 want);
void argo_vsock_conns_init(struct argo_vsock *vs);
int argo_vsock_conn_init(struct argo_vsock *vs, struct vsock_sock *vsk,
			 struct vsock_sock *parent);
void argo_vsock_conn_destruct(struct vsock_sock *vsk);
void argo_vsock_conn_release(struct vsock_sock *vsk);
int argo_vsock_conn_connect(struct vsock_sock *vsk);
bool argo_vsock_conn_learn_credit(struct virtio_vsock_sock *vvs,
				  const struct virtio_vsock_hdr *hdr);
int argo_vsock_conn_receive(struct argo_vsock *vs, struct argo_vsock_pkt *pkt);

/* reset.c */
void argo_vsock_reset_connections(struct argo_vsock *vs, u32 cid);
void argo_vsock_reset_denied(struct argo_vsock *vs);

/* reap.c */
void argo_vsock_reap_init(struct argo_vsock *vs);
void argo_vsock_forget_all(struct argo_vsock *vs);

/* dgram.c */
extern struct vsock_transport argo_vsock_dgram;
void argo_vsock_dgram_receive(struct argo_vsock *vs, u16 domid,
			      const struct argo_vsock_dgram_hdr *hdr,
			      struct sk_buff *skb);

/* deliver.c */
void argo_vsock_received(struct argo_vsock_rx *rx,
			 struct argo_vsock_received *in);
void argo_vsock_deliver(struct argo_vsock_peer *peer,
			struct argo_vsock_pkt *pkt);

/* direct_rx.c */
s64 argo_vsock_look(struct vsock_sock *vsk);
bool argo_vsock_poll_ring(struct vsock_sock *vsk);
ssize_t argo_vsock_read_direct(struct vsock_sock *vsk, struct iov_iter *to,
			       size_t len);
s64 argo_vsock_queue_next(struct vsock_sock *vsk);

/* direct_tx.c */
int argo_vsock_send_direct(struct vsock_sock *vsk, struct msghdr *msg,
			   size_t len, bool record);

/* stream.c */
void argo_vsock_set_buffer(struct vsock_sock *vsk, u64 *size);
s64 argo_vsock_has_space(struct vsock_sock *vsk);
s64 argo_vsock_stream_has_data(struct vsock_sock *vsk);
int argo_vsock_recv_pre_block(struct vsock_sock *vsk, size_t target,
			      struct vsock_transport_recv_notify_data *data);
ssize_t argo_vsock_stream_dequeue(struct vsock_sock *vsk, struct msghdr *msg,
				  size_t len, int flags);
ssize_t argo_vsock_stream_enqueue(struct vsock_sock *vsk, struct msghdr *msg,
				  size_t len);
int argo_vsock_seqpacket_enqueue(struct vsock_sock *vsk, struct msghdr *msg,
				 size_t len);

#endif /* _ARGO_VSOCK_H */
