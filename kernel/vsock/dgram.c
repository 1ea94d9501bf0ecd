// SPDX-License-Identifier: GPL-2.0-only
/*
 * SOCK_DGRAM, of which the common code has nothing. A datagram is a message.
 *
 * As with UDP, what finds no socket, or no room in it, is gone; unlike there,
 * sending waits for room in the peer's ring.
 */
#include <linux/capability.h>
#include <linux/hashtable.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/random.h>
#include <linux/slab.h>
#include <linux/vsockmon.h>
#include <net/sock.h>

#include "vsock.h"

/* Of a sk_buff's data that is in its head; the rest is in pages. */
#define ARGO_VSOCK_DGRAM_HEAD	2048u

/*
 * AF_VSOCK has one transport for datagrams, and so ports are the kernel's, not
 * an attachment's.
 */
static DEFINE_SPINLOCK(bound_lock);
static DEFINE_HASHTABLE(bound, 6);

/**
 * struct dgram_sock - a socket, its vsock_sock.trans
 * @node: in bound
 * @vsk: the socket
 */
struct dgram_sock {
	struct hlist_node node;
	struct vsock_sock *vsk;
};

struct dgram_cb {
	u32 src_cid;
	u32 src_port;
};

static struct dgram_cb *cb_of(struct sk_buff *skb)
{
	return (struct dgram_cb *)skb->cb;
}

static int dgram_init(struct vsock_sock *vsk, struct vsock_sock *psk)
{
	struct dgram_sock *dgram;

	if (!argo_vsock_is_global(vsk))
		return -EOPNOTSUPP;
	dgram = kzalloc(sizeof(*dgram), GFP_KERNEL);
	if (!dgram)
		return -ENOMEM;
	INIT_HLIST_NODE(&dgram->node);
	dgram->vsk = vsk;
	vsk->trans = dgram;
	return 0;
}

static void dgram_release(struct vsock_sock *vsk)
{
	struct dgram_sock *dgram = vsk->trans;

	/* From here on nobody puts anything into its receive queue. */
	spin_lock_bh(&bound_lock);
	hash_del(&dgram->node);
	spin_unlock_bh(&bound_lock);
	vsock_remove_sock(vsk);
}

static void dgram_destruct(struct vsock_sock *vsk)
{
	kfree(vsk->trans);
	vsk->trans = NULL;
}

static bool is_in_use(u32 cid, u32 port)
{
	struct dgram_sock *dgram;

	lockdep_assert_held(&bound_lock);

	hash_for_each_possible(bound, dgram, node, port) {
		const struct sockaddr_vm *local = &dgram->vsk->local_addr;

		if (local->svm_port == port &&
		    (cid == VMADDR_CID_ANY || local->svm_cid == cid ||
		     local->svm_cid == VMADDR_CID_ANY))
			return true;
	}
	return false;
}

/* There are far more of them than there can be sockets. */
static u32 ephemeral_port(u32 cid)
{
	u32 port;

	lockdep_assert_held(&bound_lock);

	do {
		port = get_random_u32();
	} while (port <= LAST_RESERVED_PORT || port == VMADDR_PORT_ANY ||
		 is_in_use(cid, port));
	return port;
}

static int dgram_bind(struct vsock_sock *vsk, struct sockaddr_vm *addr)
{
	struct dgram_sock *dgram = vsk->trans;
	u32 port = addr->svm_port;
	int rc = 0;

	if (port <= LAST_RESERVED_PORT && !capable(CAP_NET_BIND_SERVICE))
		return -EACCES;
	spin_lock_bh(&bound_lock);
	if (port == VMADDR_PORT_ANY)
		port = ephemeral_port(addr->svm_cid);
	else if (is_in_use(addr->svm_cid, port))
		rc = -EADDRINUSE;
	if (!rc) {
		vsock_addr_init(&vsk->local_addr, addr->svm_cid, port);
		hash_add(bound, &dgram->node, port);
	}
	spin_unlock_bh(&bound_lock);
	return rc;
}

static struct argo_vsock *with_own_cid(u32 cid)
{
	struct argo_vsock *guest = argo_vsock_guest.vs;
	struct argo_vsock *host = argo_vsock_host.vs;

	if (guest && argo_vsock_own_cid(guest) == cid)
		return guest;
	if (host && argo_vsock_own_cid(host) == cid)
		return host;
	return NULL;
}

/*
 * Through which attachment a socket sends: that whose CID it is bound to; else
 * as AF_VSOCK chooses for connections.
 */
static struct argo_vsock *route(const struct vsock_sock *vsk, u32 cid)
{
	struct argo_vsock *guest = argo_vsock_guest.vs;
	struct argo_vsock *host = argo_vsock_host.vs;
	struct argo_vsock *own = with_own_cid(vsk->local_addr.svm_cid);

	if (own)
		return own;
	own = with_own_cid(cid);
	if (own && (own == guest || !guest))
		return own;
	return cid <= VMADDR_CID_HOST ? guest ?: host : host ?: guest;
}

/* Attachments stay while there is a socket: it holds this module. */
static struct argo_vsock *destination(const struct vsock_sock *vsk, u32 cid,
				      u16 *domid)
{
	struct argo_vsock *vs = route(vsk, cid);

	if (!vs)
		return NULL;
	if (cid == VMADDR_CID_LOCAL)
		*domid = argo_hv_domid(vs->hv);
	else if (argo_vsock_cid_is_domain(cid))
		*domid = cid - ARGO_VSOCK_CID_OFFSET;
	else
		return NULL;
	return vs;
}

struct tapped {
	struct af_vsockmon_hdr hdr;
	const void *data;
	struct sk_buff *skb;
	u32 len;
};

static struct sk_buff *build_tapped(void *opaque)
{
	const struct tapped *tapped = opaque;
	struct sk_buff *skb = alloc_skb(sizeof(tapped->hdr) + tapped->len,
					GFP_ATOMIC | __GFP_NOWARN);

	if (!skb)
		return NULL;
	skb_put_data(skb, &tapped->hdr, sizeof(tapped->hdr));
	if (tapped->data)
		skb_put_data(skb, tapped->data, tapped->len);
	else
		skb_copy_bits(tapped->skb, 0, skb_put(skb, tapped->len),
			      tapped->len);
	return skb;
}

/* For vsockmon: @data, or @skb. */
static void tap(u32 src_cid, u32 dst_cid,
		const struct argo_vsock_dgram_hdr *hdr, const void *data,
		struct sk_buff *skb, u32 len)
{
	struct tapped tapped = {
		.hdr = {
			.src_cid = cpu_to_le64(src_cid),
			.dst_cid = cpu_to_le64(dst_cid),
			.src_port = hdr->src_port,
			.dst_port = hdr->dst_port,
			.op = cpu_to_le16(AF_VSOCK_OP_PAYLOAD),
			.transport = cpu_to_le16(AF_VSOCK_TRANSPORT_NO_INFO),
		},
		.data = data,
		.skb = skb,
		.len = len,
	};

	vsock_deliver_tap(build_tapped, &tapped);
}

static int send_now(struct argo_vsock *vs, u16 domid, const void *message,
		    u32 len)
{
	const struct argo_hv_iov iov = {
		.base = (unsigned long)message,
		.len = len,
	};
	struct argo_outgoing out = {
		.dst = { .port = ARGO_VSOCK_PORT, .domid = domid },
		.type = argo_vsock_type(vs, ARGO_VSOCK_DATAGRAM),
		.iov = &iov,
		.niov = 1,
		.len = len,
	};
	struct argo_vsock_peer *peer;
	int rc;

	peer = argo_vsock_peer_get(vs, domid);
	if (IS_ERR(peer))
		return PTR_ERR(peer);
	mutex_lock(&peer->tx_lock);
	out.ring = peer->dead ? NULL : argo_vsock_source_ring(peer);
	rc = out.ring ? argo_send(&out, NULL) : -EAGAIN;
	WRITE_ONCE(peer->used, jiffies);
	mutex_unlock(&peer->tx_lock);
	argo_vsock_peer_put(peer);
	return rc;
}

static ktime_t deadline_of(long timeout)
{
	if (timeout == MAX_SCHEDULE_TIMEOUT)
		return KTIME_MAX;
	return ktime_add_ns(ktime_get(), jiffies_to_nsecs(timeout));
}

/* Called with the socket's lock held, which others may have while this waits. */
static int send_message(struct sock *sk, struct argo_vsock *vs, u16 domid,
			const void *message, u32 len, bool dontwait)
{
	const struct argo_addr addr = {
		.port = ARGO_VSOCK_PORT,
		.domid = domid,
	};
	ktime_t deadline = deadline_of(sock_sndtimeo(sk, dontwait));
	struct argo_space_state state;
	int rc;

	for (;;) {
		rc = send_now(vs, domid, message, len);
		if (rc != -EAGAIN || dontwait)
			return rc;
		release_sock(sk);
		rc = argo_space_wait(vs->hv, &addr, len, false, false,
				     deadline, &state);
		lock_sock(sk);
		if (rc)
			return rc == -ETIMEDOUT ? -EAGAIN : rc;
	}
}

static int dgram_enqueue(struct vsock_sock *vsk, struct sockaddr_vm *remote,
			 struct msghdr *msg, size_t len)
{
	struct sock *sk = sk_vsock(vsk);
	u32 cid = remote->svm_cid;
	struct argo_vsock_dgram_hdr hdr = {
		.src_port = cpu_to_le32(vsk->local_addr.svm_port),
		.dst_port = cpu_to_le32(remote->svm_port),
	};
	struct argo_vsock *vs;
	void *message;
	u16 domid;
	int rc;

	if (len > ARGO_VSOCK_MAX_PAYLOAD)
		return -EMSGSIZE;
	if (sk->sk_shutdown & SEND_SHUTDOWN)
		return -EPIPE;
	vs = destination(vsk, cid, &domid);
	if (!vs)
		return -EHOSTUNREACH;

	message = kvmalloc(sizeof(hdr) + len, GFP_KERNEL_ACCOUNT);
	if (!message)
		return -ENOMEM;
	memcpy(message, &hdr, sizeof(hdr));
	rc = memcpy_from_msg(message + sizeof(hdr), msg, len);
	if (rc)
		goto out;
	rc = send_message(sk, vs, domid, message, sizeof(hdr) + len,
			  msg->msg_flags & MSG_DONTWAIT);
	if (rc < 0)
		goto out;
	tap(argo_vsock_own_cid(vs), cid, &hdr, message + sizeof(hdr), NULL,
	    len);
	argo_vsock_count(vs, ARGO_VSOCK_TX_DATAGRAMS);
	rc = len;
out:
	kvfree(message);
	return rc;
}

static int dgram_dequeue(struct vsock_sock *vsk, struct msghdr *msg,
			 size_t len, int flags)
{
	struct sock *sk = sk_vsock(vsk);
	struct sk_buff *skb;
	size_t copied;
	int rc = 0;

	if (flags & (MSG_OOB | MSG_ERRQUEUE))
		return -EOPNOTSUPP;
	skb = argo_recv_datagram(sk, flags, &rc);
	if (!skb)
		return rc;

	copied = min_t(size_t, len, skb->len);
	if (copied < skb->len)
		msg->msg_flags |= MSG_TRUNC;
	rc = skb_copy_datagram_msg(skb, 0, msg, copied);
	if (rc)
		goto out;
	if (msg->msg_name) {
		DECLARE_SOCKADDR(struct sockaddr_vm *, from, msg->msg_name);

		vsock_addr_init(from, cb_of(skb)->src_cid,
				cb_of(skb)->src_port);
		msg->msg_namelen = sizeof(*from);
	}
	rc = flags & MSG_TRUNC ? skb->len : copied;
out:
	skb_free_datagram(sk, skb);
	return rc;
}

#ifdef ARGO_HAVE_VSOCK_ALLOW_VSK
static bool dgram_allow(struct vsock_sock *vsk, u32 cid, u32 port)
{
	return cid == VMADDR_CID_LOCAL || argo_vsock_cid_is_domain(cid);
}
#else
static bool dgram_allow(u32 cid, u32 port)
{
	return cid == VMADDR_CID_LOCAL || argo_vsock_cid_is_domain(cid);
}
#endif

static u32 dgram_local_cid(void)
{
	struct argo_vsock *vs = argo_vsock_guest.vs ?: argo_vsock_host.vs;

	return vs ? argo_vsock_own_cid(vs) : VMADDR_CID_ANY;
}

/* A connected socket takes only what its peer sends. */
static bool takes(const struct vsock_sock *vsk, u32 own_cid, u32 src_cid,
		  const struct argo_vsock_dgram_hdr *hdr)
{
	const struct sockaddr_vm *local = &vsk->local_addr;
	const struct sockaddr_vm *remote = &vsk->remote_addr;
	u32 remote_port = READ_ONCE(remote->svm_port);

	if (local->svm_port != le32_to_cpu(hdr->dst_port))
		return false;
	if (local->svm_cid != VMADDR_CID_ANY && local->svm_cid != own_cid)
		return false;
	if (remote_port == VMADDR_PORT_ANY)
		return true;
	return remote_port == le32_to_cpu(hdr->src_port) &&
	       (READ_ONCE(remote->svm_cid) == src_cid ||
		(READ_ONCE(remote->svm_cid) == VMADDR_CID_LOCAL &&
		 src_cid == own_cid));
}

static struct vsock_sock *find_receiver(u32 own_cid, u32 src_cid,
					const struct argo_vsock_dgram_hdr *hdr)
{
	struct dgram_sock *dgram;

	lockdep_assert_held(&bound_lock);

	hash_for_each_possible(bound, dgram, node, le32_to_cpu(hdr->dst_port))
		if (takes(dgram->vsk, own_cid, src_cid, hdr))
			return dgram->vsk;
	return NULL;
}

/**
 * argo_vsock_dgram_alloc() - room for a datagram that is received
 * @vs: attachment
 * @len: bytes
 *
 * Context: may sleep.
 * Return: a sk_buff of that length, or NULL.
 */
struct sk_buff *argo_vsock_dgram_alloc(struct argo_vsock *vs, u32 len)
{
	u32 head = min(len, ARGO_VSOCK_DGRAM_HEAD);
	struct sk_buff *skb;
	int rc;

	skb = alloc_skb_with_frags(head, len - head, PAGE_ALLOC_COSTLY_ORDER,
				   &rc, GFP_KERNEL);
	if (!skb)
		return NULL;
	skb_put(skb, head);
	skb->data_len = len - head;
	skb->len = len;
	return skb;
}

/**
 * argo_vsock_dgram_receive() - a datagram came
 * @vs: attachment
 * @domid: from which domain, as the hypervisor says
 * @hdr: its header
 * @skb: its payload, not the caller's any more
 *
 * Context: may sleep.
 */
void argo_vsock_dgram_receive(struct argo_vsock *vs, u16 domid,
			      const struct argo_vsock_dgram_hdr *hdr,
			      struct sk_buff *skb)
{
	u32 own_cid = argo_vsock_own_cid(vs), src_cid = argo_vsock_cid(domid);
	struct vsock_sock *vsk;
	int rc = 0;

	argo_vsock_count(vs, ARGO_VSOCK_RX_DATAGRAMS);
	tap(src_cid, own_cid, hdr, NULL, skb, skb->len);
	cb_of(skb)->src_cid = src_cid;
	cb_of(skb)->src_port = le32_to_cpu(hdr->src_port);

	/* Under the lock, so that the socket is not released meanwhile. */
	spin_lock_bh(&bound_lock);
	vsk = find_receiver(own_cid, src_cid, hdr);
	if (vsk)
		rc = sock_queue_rcv_skb(sk_vsock(vsk), skb);
	spin_unlock_bh(&bound_lock);

	if (vsk && !rc)
		return;
	argo_vsock_count(vs, vsk ? ARGO_VSOCK_DATAGRAMS_NO_ROOM :
				   ARGO_VSOCK_DATAGRAMS_NO_SOCKET);
	kfree_skb(skb);
}

struct vsock_transport argo_vsock_dgram = {
	.module = THIS_MODULE,
	.init = dgram_init,
	.destruct = dgram_destruct,
	.release = dgram_release,
	.get_local_cid = dgram_local_cid,
	.dgram_bind = dgram_bind,
	.dgram_dequeue = dgram_dequeue,
	.dgram_enqueue = dgram_enqueue,
	.dgram_allow = dgram_allow,
};
