// SPDX-License-Identifier: GPL-2.0-only
/*
 * Peers: the domains that this one talks to. Core finds them and watches their
 * rings (argo/peer.h).
 *
 * A peer gets a partner ring as soon as it is known, so that its messages take
 * no room from other peers: docs/vsock.md. The hypervisor puts a message into
 * the partner ring for its sender if there is one, else into the wildcard ring.
 */
#include <linux/module.h>
#include <linux/slab.h>

#include "vsock.h"

static unsigned int peer_rings = 64;
module_param(peer_rings, uint, 0444);
MODULE_PARM_DESC(peer_rings, "most domains with a ring of their own; those beyond share one (default 64; Xen allows a domain 128 rings in all)");

/*
 * Messages that the peer sent before its partner ring was there have to be read
 * first: they are in the wildcard ring, or were just taken out of that ring.
 */
static void hold(struct argo_vsock_peer *peer)
{
	struct argo_vsock_rx *wildcard = &peer->vs->wildcard;

	mutex_lock(&wildcard->lock);
	if (wildcard->ring)
		peer->held_until = argo_ring_taken(wildcard->ring) +
				   argo_ring_fill(wildcard->ring);
	mutex_unlock(&wildcard->lock);
}

/* Return: 0 also where the peer gets no ring and shares the wildcard ring. */
static int open_ring(struct argo_peer *base)
{
	struct argo_vsock_peer *peer = argo_vsock_peer_from(base);
	struct argo_vsock *vs = peer->vs;
	int rc = -ENOSPC;

	lockdep_assert_held(&vs->peers.lock);

	if (vs->nr_rings < peer_rings) {
		peer->held = true;
		peer->held_until = U64_MAX;
		rc = argo_vsock_rx_open(&peer->rx, base->domid);
	}
	if (rc)
		return rc != -EHOSTUNREACH && vs->wildcard.ring ? 0 : rc;
	vs->nr_rings++;
	hold(peer);
	queue_delayed_work(vs->wq, &peer->rx.work, 0);
	return 0;
}

static struct argo_peer *alloc(struct argo_peers *peers, u16 domid)
{
	struct argo_vsock *vs = container_of(peers, struct argo_vsock, peers);
	struct argo_vsock_peer *peer;

	peer = kzalloc(sizeof(*peer), GFP_KERNEL_ACCOUNT);
	if (!peer)
		return NULL;
	peer->vs = vs;
	peer->used = jiffies;
	argo_vsock_queue_open(peer);
	spin_lock_init(&peer->credit_lock);
	argo_vsock_lanes_init(peer);
	argo_vsock_rx_init(&peer->rx, vs, peer);
	kobject_get(&vs->kobj);
	queue_delayed_work(vs->wq, &vs->reap_work, ARGO_VSOCK_REAP);
	return &peer->base;
}

/* The ring of a peer that this epoch knows is read to its end. */
static void close(struct argo_peer *base)
{
	struct argo_vsock_peer *peer = argo_vsock_peer_from(base);

	cancel_delayed_work_sync(&peer->tx_work);
	argo_vsock_rx_close(&peer->rx,
			    base->epoch == argo_hv_epoch(peer->vs->hv));
	cancel_delayed_work_sync(&peer->rx.work);
	argo_vsock_lanes_close(peer);
}

static void wake(struct argo_peer *base)
{
	struct argo_vsock_peer *peer = argo_vsock_peer_from(base);

	/* A peer that could not be opened is freed without @close. */
	if (READ_ONCE(peer->sent_to))
		mod_delayed_work(peer->vs->wq, &peer->tx_work, 0);
}

static void gone(struct argo_peer *base)
{
	argo_vsock_peer_lost(argo_vsock_peer_from(base));
}

static void release(struct argo_peer *base)
{
	struct argo_vsock_peer *peer = argo_vsock_peer_from(base);

	kobject_put(&peer->vs->kobj);
	kfree_rcu(peer, base.rcu);
}

static const struct argo_peer_ops peer_ops = {
	.alloc = alloc,
	.open = open_ring,
	.close = close,
	.wake = wake,
	.gone = gone,
	.release = release,
};

/**
 * argo_vsock_peers_init() - begin with no peers
 * @vs: attachment
 *
 * Context: may sleep, takes peers.lock.
 */
void argo_vsock_peers_init(struct argo_vsock *vs)
{
	argo_peers_init(&vs->peers, vs->hv, ARGO_PORT_VSOCK,
			ARGO_DOMID_FIRST_RESERVED, &peer_ops);
	mutex_lock(&vs->peers.lock);
	/* There is no peer yet, so no memory is needed. */
	WARN_ON(argo_peers_watch(&vs->peers));
	mutex_unlock(&vs->peers.lock);
}

/**
 * argo_vsock_peer_find() - find a peer that is known
 * @vs: attachment
 * @domid: the peer's domain id
 *
 * Context: any but the hard interrupt.
 * Return: a reference, or NULL.
 */
struct argo_vsock_peer *argo_vsock_peer_find(struct argo_vsock *vs, u16 domid)
{
	struct argo_peer *base = argo_peer_find(&vs->peers, domid);

	return base ? argo_vsock_peer_from(base) : NULL;
}

/**
 * argo_vsock_peer_get() - find a peer, or create the peer
 * @vs: attachment
 * @domid: the peer's domain id
 *
 * Context: may sleep, takes peers.lock.
 * Return: a reference, or an ERR_PTR: -EHOSTUNREACH, -ENOMEM; without a
 * wildcard ring also an errno of argo_ring_create(), or -ENOSPC.
 */
struct argo_vsock_peer *argo_vsock_peer_get(struct argo_vsock *vs, u16 domid)
{
	struct argo_peer *base = argo_peer_get(&vs->peers, domid);

	return IS_ERR(base) ? ERR_CAST(base) : argo_vsock_peer_from(base);
}

/**
 * argo_vsock_peer_of() - find the peer at the other end of a socket
 * @vsk: the socket
 *
 * Context: any.
 * Return: a reference; or NULL where the other end is no known peer.
 */
struct argo_vsock_peer *argo_vsock_peer_of(const struct vsock_sock *vsk)
{
	u32 cid = vsk->remote_addr.svm_cid;

	if (!argo_vsock_cid_is_domain(cid))
		return NULL;
	return argo_vsock_peer_find(argo_vsock_of(vsk),
				    cid - ARGO_VSOCK_CID_OFFSET);
}

/* Return: the errno of sending to a domain that has no ring for AF_VSOCK. */
static int explain_absence(struct argo_vsock *vs, const struct argo_addr *addr)
{
	struct virtio_vsock_hdr hdr = {
		.src_cid = cpu_to_le64(argo_vsock_own_cid(vs)),
		.dst_cid = cpu_to_le64(argo_vsock_cid(addr->domid)),
		.type = cpu_to_le16(VIRTIO_VSOCK_TYPE_STREAM),
		.op = cpu_to_le16(VIRTIO_VSOCK_OP_RST),
	};
	const struct argo_hv_iov iov = {
		.base = (unsigned long)&hdr,
		.len = sizeof(hdr),
	};
	struct argo_outgoing out = {
		.ring = READ_ONCE(vs->wildcard.ring),
		.msg.dst = *addr,
		.msg.type = argo_vsock_type(vs, ARGO_VSOCK_PACKET),
		.msg.iov = &iov,
		.msg.niov = 1,
		.len = sizeof(hdr),
	};
	int rc = out.ring ? argo_send(&out, NULL) : -ECONNREFUSED;

	/* Sent, or no space: by now the domain has a ring. */
	return rc == -EAGAIN ? 0 : min(rc, 0);
}

/**
 * argo_vsock_peer_reach() - find a peer that a user wants to talk to
 * @vs: attachment
 * @domid: the peer's domain id
 *
 * Any user may name any domain, so nothing is allocated for a domain that has
 * no ring for AF_VSOCK.
 *
 * Context: may sleep, takes peers.lock.
 * Return: a reference, or an ERR_PTR: -ECONNREFUSED, -EHOSTUNREACH, -ENOMEM, or
 * another errno of argo_vsock_peer_get().
 */
struct argo_vsock_peer *argo_vsock_peer_reach(struct argo_vsock *vs, u16 domid)
{
	const struct argo_addr addr = {
		.port = ARGO_PORT_VSOCK,
		.domid = domid,
	};
	struct argo_vsock_peer *peer = argo_vsock_peer_find(vs, domid);
	struct argo_space_state state;
	int rc;

	if (peer)
		return peer;
	rc = argo_space_query(vs->hv, &addr, 0, &state);
	if (!rc && !(state.flags & ARGO_STATE_EXISTS))
		rc = explain_absence(vs, &addr);
	/* Sending may be allowed where asking is forbidden. */
	if (rc && rc != -EACCES)
		return ERR_PTR(rc);
	return argo_vsock_peer_get(vs, domid);
}

