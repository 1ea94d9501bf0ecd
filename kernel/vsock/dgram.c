// SPDX-License-Identifier: GPL-2.0-only
/*
 * SOCK_DGRAM, which the common code does not have. A datagram is one message.
 *
 * A datagram that finds no socket, or no room in the socket, is dropped, as
 * with UDP. Unlike with UDP, sending waits for room in the peer's ring.
 */
#include <linux/capability.h>
#include <linux/hashtable.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/random.h>
#include <linux/slab.h>
#include <net/sock.h>

#include "vsock.h"

/*
 * AF_VSOCK has one transport for datagrams, which serves all attachments. So a
 * socket is found by its port in one table for all of them.
 */
static DEFINE_SPINLOCK(bound_lock);
static DEFINE_HASHTABLE(bound, 6);

/**
 * struct dgram_sock - a socket's state: its vsock_sock.trans
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

	/* From here on argo_vsock_dgram_receive() does not find the socket. */
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

/* There are far more ports than sockets, so the loop finds a free port. */
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
 * Return: the attachment that a socket sends through. It is the attachment
 * whose CID the socket is bound to. For an unbound socket it is chosen as
 * AF_VSOCK chooses the transport of a connection.
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

/*
 * Attachments stay while there is a socket, since a socket holds this module.
 */
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

static int send_now(struct argo_vsock *vs, u16 domid, const void *message,
		    u32 len)
{
	const struct argo_hv_iov iov = {
		.base = (unsigned long)message,
		.len = len,
	};
	struct argo_outgoing out = {
		.msg.dst = { .port = ARGO_PORT_VSOCK, .domid = domid },
		.msg.type = argo_vsock_type(vs, ARGO_VSOCK_DATAGRAM),
		.msg.iov = &iov,
		.msg.niov = 1,
		.len = len,
	};
	struct argo_vsock_peer *peer;
	int rc;

	peer = argo_vsock_peer_lock(vs, domid);
	if (IS_ERR(peer))
		return PTR_ERR(peer);
	out.ring = argo_vsock_source_ring(peer);
	rc = out.ring ? argo_send(&out, NULL) : -ENODEV;
	WRITE_ONCE(peer->used, jiffies);
	argo_vsock_peer_unlock(peer);
	return rc;
}

static ktime_t deadline_of(long timeout)
{
	if (timeout == MAX_SCHEDULE_TIMEOUT)
		return KTIME_MAX;
	return ktime_add_ns(ktime_get(), jiffies_to_nsecs(timeout));
}

/* The socket's lock is held, but given up while this waits for space. */
static int send_message(struct sock *sk, struct argo_vsock *vs, u16 domid,
			const void *message, u32 len, bool dontwait)
{
	const struct argo_addr addr = {
		.port = ARGO_PORT_VSOCK,
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
				     deadline, NULL, &state);
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
	if (!argo_vsock_may_send(vs, domid, vsk->local_addr.svm_port,
				 remote->svm_port))
		return -EACCES;

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
	argo_vsock_tap_datagram(argo_vsock_own_cid(vs), cid, &hdr,
				message + sizeof(hdr), NULL, len);
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

/* A connected socket takes only the datagrams of its peer. */
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
 * argo_vsock_dgram_receive() - give a datagram to its socket, or drop it
 * @vs: attachment
 * @domid: the sender, as the hypervisor says
 * @hdr: the datagram's header
 * @skb: the datagram's payload, not the caller's any more
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
	argo_vsock_tap_datagram(src_cid, own_cid, hdr, NULL, skb, skb->len);
	if (!argo_vsock_may_receive(vs, domid, le32_to_cpu(hdr->dst_port),
				    le32_to_cpu(hdr->src_port))) {
		argo_vsock_count(vs, ARGO_VSOCK_DATAGRAMS_DENIED);
		kfree_skb(skb);
		return;
	}
	cb_of(skb)->src_cid = src_cid;
	cb_of(skb)->src_port = le32_to_cpu(hdr->src_port);

	/* The lock keeps the socket from being released meanwhile. */
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
