// SPDX-License-Identifier: GPL-2.0-only
/*
 * Connections: the driver's own state of a socket, beside the common code's,
 * and how data reaches the socket.
 *
 * A user can hold the lock of a socket without end, since the kernel copies
 * from and to the user's memory with the lock held. So data and credit reach a
 * socket without its lock: they find its connection in a table of this driver.
 * While a connection is in the table, it is not freed, and the common code does
 * not empty its queue.
 */
#include <linux/jhash.h>
#include <linux/module.h>
#include <linux/sizes.h>
#include <linux/slab.h>

#include "vsock.h"

/* Credit that a connection gets even where its peer's share is used up. */
#define MIN_CREDIT	SZ_16K

static unsigned int peer_credit = 32 << 20;
module_param(peer_credit, uint, 0644);
MODULE_PARM_DESC(peer_credit, "bytes that one domain may send unread, over all connections with it (default 33554432); beyond, each connection gets 16384");

static struct argo_vsock_bucket *bucket_of(struct argo_vsock *vs, u32 cid,
					   u32 remote_port, u32 local_port)
{
	u32 hash = jhash_3words(cid, remote_port, local_port, vs->conn_salt);

	return &vs->conns[hash % ARRAY_SIZE(vs->conns)];
}

/**
 * argo_vsock_credit_get() - take credit out of a peer's share
 * @conn: the connection
 * @want: bytes that the connection's socket is to hold unread
 *
 * Context: any.
 * Return: bytes that the socket may hold: @want, or fewer.
 */
u32 argo_vsock_credit_get(struct argo_vsock_conn *conn, u32 want)
{
	struct argo_vsock_peer *peer = conn->peer;
	u64 others, most = READ_ONCE(peer_credit);

	want = min(want, ARGO_VSOCK_MAX_CREDIT);
	if (!peer)
		return want;
	spin_lock_bh(&peer->credit_lock);
	others = peer->credit - conn->credit;
	/* The connection keeps the credit that it has. */
	if (others + want > most)
		want = min_t(u64, want,
			     max3((u64)MIN_CREDIT, (u64)conn->credit,
				  most - min(most, others)));
	peer->credit = others + want;
	conn->credit = want;
	spin_unlock_bh(&peer->credit_lock);
	return want;
}

static void credit_put(struct argo_vsock_conn *conn)
{
	spin_lock_bh(&conn->peer->credit_lock);
	conn->peer->credit -= conn->credit;
	spin_unlock_bh(&conn->peer->credit_lock);
	conn->credit = 0;
}

static void unhash(struct argo_vsock_conn *conn)
{
	if (!conn->bucket)
		return;
	spin_lock_bh(&conn->bucket->lock);
	hlist_del_init(&conn->node);
	spin_unlock_bh(&conn->bucket->lock);
	conn->bucket = NULL;
}

/* Takes over the caller's reference to @peer. */
static void add(struct argo_vsock *vs, struct argo_vsock_conn *conn,
		struct argo_vsock_peer *peer)
{
	struct vsock_sock *vsk = conn->vvs.vsk;

	conn->peer = peer;
	conn->vvs.buf_alloc = argo_vsock_credit_get(conn, conn->vvs.buf_alloc);
	conn->told_window = conn->vvs.buf_alloc;
	conn->bucket = bucket_of(vs, vsk->remote_addr.svm_cid,
				 vsk->remote_addr.svm_port,
				 vsk->local_addr.svm_port);
	spin_lock_bh(&conn->bucket->lock);
	hlist_add_head(&conn->node, &conn->bucket->head);
	spin_unlock_bh(&conn->bucket->lock);
}

static void remove(struct argo_vsock_conn *conn)
{
	unhash(conn);
	if (!conn->peer)
		return;
	credit_put(conn);
	argo_vsock_peer_put(conn->peer);
	conn->peer = NULL;
}

/**
 * argo_vsock_conns_init() - begin with no connections
 * @vs: attachment
 */
void argo_vsock_conns_init(struct argo_vsock *vs)
{
	unsigned int i;

	vs->conn_salt = get_random_u32();
	for (i = 0; i < ARRAY_SIZE(vs->conns); i++) {
		spin_lock_init(&vs->conns[i].lock);
		INIT_HLIST_HEAD(&vs->conns[i].head);
	}
}

/**
 * argo_vsock_conn_init() - vsock_transport.init
 * @vs: attachment
 * @vsk: the socket; connected if @parent is not NULL
 * @parent: the listener that the connection came to, or NULL
 *
 * The common code allocates its state of a socket, and frees that memory later.
 * Here a larger structure replaces the allocation, with that state as its first
 * member.
 *
 * Context: may sleep, under lock_sock().
 * Return: 0 or -ENOMEM.
 */
int argo_vsock_conn_init(struct argo_vsock *vs, struct vsock_sock *vsk,
			 struct vsock_sock *parent)
{
	struct virtio_vsock_sock *common;
	struct argo_vsock_conn *conn;
	struct argo_vsock_peer *peer;
	int rc;

	conn = kzalloc(sizeof(*conn), GFP_KERNEL_ACCOUNT);
	if (!conn)
		return -ENOMEM;
	rc = virtio_transport_do_socket_init(vsk, parent);
	if (rc) {
		kfree(conn);
		return rc;
	}
	common = vsk->trans;
	conn->vvs = *common;
	spin_lock_init(&conn->vvs.rx_lock);
	spin_lock_init(&conn->vvs.tx_lock);
	argo_vsock_unread_init(&conn->vvs);
	conn->accepted = parent;
	vsk->trans = &conn->vvs;
	kfree(common);

	if (!parent)
		return 0;
	peer = argo_vsock_peer_find(vs, vsk->remote_addr.svm_cid -
					ARGO_VSOCK_CID_OFFSET);
	if (peer)
		add(vs, conn, peer);
	return 0;
}

/**
 * argo_vsock_conn_destruct() - vsock_transport.destruct
 * @vsk: the socket
 *
 * Context: any.
 */
void argo_vsock_conn_destruct(struct vsock_sock *vsk)
{
	if (vsk->trans)
		remove(argo_vsock_conn_of(vsk));
	virtio_transport_destruct(vsk);
}

/*
 * The common code keeps a socket whose user did not wait for the connection
 * until the time to connect is over, also if the socket is closed before. With
 * it the socket's use of this module would last, and the credit of the peer.
 */
static void cancel_connect_timeout(struct vsock_sock *vsk)
{
	struct sock *sk = sk_vsock(vsk);

	sock_owned_by_me(sk);

	if (cancel_delayed_work(&vsk->connect_work))
		sock_put(sk);
}

/**
 * argo_vsock_conn_release() - vsock_transport.release
 * @vsk: the socket
 *
 * Context: may sleep, under lock_sock().
 */
void argo_vsock_conn_release(struct vsock_sock *vsk)
{
	cancel_connect_timeout(vsk);
	/* From here on the common code empties the queue under no lock. */
	unhash(argo_vsock_conn_of(vsk));
	virtio_transport_release(vsk);
}

/**
 * argo_vsock_conn_connect() - vsock_transport.connect
 * @vsk: the socket, with both addresses set
 *
 * Context: may sleep, under lock_sock().
 * Return: 0, -EHOSTUNREACH (the CID is no domain's), -EACCES (the firewall
 * denies it), or an errno of argo_vsock_peer_reach() or argo_vsock_send_pkt().
 */
int argo_vsock_conn_connect(struct vsock_sock *vsk)
{
	struct argo_vsock *vs = argo_vsock_of(vsk);
	struct argo_vsock_conn *conn = argo_vsock_conn_of(vsk);
	u32 cid = vsk->remote_addr.svm_cid;
	struct argo_vsock_peer *peer;

	if (!argo_vsock_cid_is_domain(cid))
		return -EHOSTUNREACH;
	if (!argo_vsock_may_send(vs, cid - ARGO_VSOCK_CID_OFFSET,
				 vsk->local_addr.svm_port,
				 vsk->remote_addr.svm_port))
		return -EACCES;
	peer = argo_vsock_peer_reach(vs, cid - ARGO_VSOCK_CID_OFFSET);
	if (IS_ERR(peer))
		return PTR_ERR(peer);
	remove(conn);
	add(vs, conn, peer);
	return virtio_transport_connect(vsk);
}

/**
 * argo_vsock_conn_learn_credit() - note the credit that a packet brings
 * @vvs: the socket that the packet is for
 * @hdr: the packet's header
 *
 * Context: any.
 * Return: whether the socket may send.
 */
bool argo_vsock_conn_learn_credit(struct virtio_vsock_sock *vvs,
				  const struct virtio_vsock_hdr *hdr)
{
	bool has_room;

	spin_lock_bh(&vvs->tx_lock);
	vvs->peer_buf_alloc = min(le32_to_cpu(hdr->buf_alloc),
				  ARGO_VSOCK_MAX_CREDIT);
	vvs->peer_fwd_cnt = le32_to_cpu(hdr->fwd_cnt);
	has_room = vvs->tx_cnt - vvs->peer_fwd_cnt < vvs->peer_buf_alloc;
	spin_unlock_bh(&vvs->tx_lock);
	return has_room;
}

/* Return: an established connection, its socket's reference taken; or NULL. */
static struct argo_vsock_conn *find(struct argo_vsock_bucket *bucket,
				    const struct virtio_vsock_hdr *hdr)
{
	struct argo_vsock_conn *conn;
	struct vsock_sock *vsk;
	struct sock *sk;

	lockdep_assert_held(&bucket->lock);

	hlist_for_each_entry(conn, &bucket->head, node) {
		vsk = conn->vvs.vsk;
		sk = sk_vsock(vsk);
		if (vsk->remote_addr.svm_cid == le64_to_cpu(hdr->src_cid) &&
		    vsk->remote_addr.svm_port == le32_to_cpu(hdr->src_port) &&
		    vsk->local_addr.svm_port == le32_to_cpu(hdr->dst_port) &&
		    READ_ONCE(sk->sk_state) == TCP_ESTABLISHED &&
		    !sock_flag(sk, SOCK_DONE) &&
		    !(READ_ONCE(vsk->peer_shutdown) & SEND_SHUTDOWN) &&
		    argo_vsock_type_of(sk) == le16_to_cpu(hdr->type) &&
		    refcount_inc_not_zero(&sk->sk_refcnt))
			return conn;
	}
	return NULL;
}

/* Consumes @pkt in any case. Return: whether the peer kept to its credit. */
static bool queue_data(struct argo_vsock_conn *conn, struct argo_vsock_pkt *pkt,
		       bool *readable)
{
	struct virtio_vsock_sock *vvs = &conn->vvs;
	struct sock *sk = sk_vsock(vvs->vsk);
	u32 len = argo_vsock_pkt_len(pkt);
	bool fits;

	spin_lock_bh(&vvs->rx_lock);
	fits = argo_vsock_unread_fits(vvs, len);
	if (fits && sk->sk_type == SOCK_STREAM)
		argo_vsock_unread_add(vvs, pkt);
	else if (fits)
		argo_vsock_record_add(vvs, pkt);
	else
		argo_vsock_pkt_free(pkt);
	*readable = vvs->rx_bytes >= READ_ONCE(sk->sk_rcvlowat);
	spin_unlock_bh(&vvs->rx_lock);
	return fits;
}

/**
 * argo_vsock_conn_receive() - give data or credit to its connection
 * @vs: attachment
 * @pkt: a packet with VIRTIO_VSOCK_OP_RW or _CREDIT_UPDATE
 *
 * Context: may sleep; waits for no socket's lock.
 * Return: 0; -ENOENT (there is no such connection); -ENOBUFS (the packet has
 * more data than the peer had credit for). Only with -ENOENT the packet is
 * still the caller's.
 */
int argo_vsock_conn_receive(struct argo_vsock *vs, struct argo_vsock_pkt *pkt)
{
	const struct virtio_vsock_hdr *hdr = argo_vsock_pkt_hdr(pkt);
	bool writable, readable = false, fits = true;
	struct argo_vsock_bucket *bucket;
	struct argo_vsock_conn *conn;
	struct sock *sk;

	bucket = bucket_of(vs, le64_to_cpu(hdr->src_cid),
			   le32_to_cpu(hdr->src_port),
			   le32_to_cpu(hdr->dst_port));
	spin_lock_bh(&bucket->lock);
	conn = find(bucket, hdr);
	if (!conn) {
		spin_unlock_bh(&bucket->lock);
		return -ENOENT;
	}
	sk = sk_vsock(conn->vvs.vsk);
	writable = argo_vsock_conn_learn_credit(&conn->vvs, hdr);
	if (le16_to_cpu(hdr->op) == VIRTIO_VSOCK_OP_RW)
		fits = queue_data(conn, pkt, &readable);
	else
		argo_vsock_pkt_free(pkt);
	spin_unlock_bh(&bucket->lock);

	if (writable)
		sk->sk_write_space(sk);
	if (readable)
		sk->sk_data_ready(sk);
	sock_put(sk);
	return fits ? 0 : -ENOBUFS;
}

