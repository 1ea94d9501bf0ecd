// SPDX-License-Identifier: GPL-2.0-only
/*
 * The two transports for connections. They differ only in the attachment that
 * they use. The common code does most of their work.
 */
#include <linux/module.h>

#include "vsock.h"

/* get_local_cid() has no argument that tells the transports apart. */
static u32 host_local_cid(void)
{
	return argo_vsock_own_cid(argo_vsock_host.vs);
}

static u32 guest_local_cid(void)
{
	return argo_vsock_own_cid(argo_vsock_guest.vs);
}

static int host_init(struct vsock_sock *vsk, struct vsock_sock *parent)
{
	return argo_vsock_conn_init(argo_vsock_host.vs, vsk, parent);
}

static int guest_init(struct vsock_sock *vsk, struct vsock_sock *parent)
{
	return argo_vsock_conn_init(argo_vsock_guest.vs, vsk, parent);
}

#ifdef ARGO_HAVE_VSOCK_NET
static int host_send_pkt(struct argo_vsock_pkt *pkt, struct net *net)
{
	return argo_vsock_send_pkt(argo_vsock_host.vs, pkt);
}

static int guest_send_pkt(struct argo_vsock_pkt *pkt, struct net *net)
{
	return argo_vsock_send_pkt(argo_vsock_guest.vs, pkt);
}
#else
static int host_send_pkt(struct argo_vsock_pkt *pkt)
{
	return argo_vsock_send_pkt(argo_vsock_host.vs, pkt);
}

static int guest_send_pkt(struct argo_vsock_pkt *pkt)
{
	return argo_vsock_send_pkt(argo_vsock_guest.vs, pkt);
}
#endif

static int cancel_pkt(struct vsock_sock *vsk)
{
	return argo_vsock_cancel(vsk);
}

#ifdef ARGO_HAVE_VSOCK_ALLOW_VSK
static bool stream_allow(struct vsock_sock *vsk, u32 cid, u32 port)
{
	return argo_vsock_cid_is_domain(cid) && argo_vsock_is_global(vsk);
}

static bool seqpacket_allow(struct vsock_sock *vsk, u32 cid)
{
	return argo_vsock_is_global(vsk);
}
#else
static bool stream_allow(u32 cid, u32 port)
{
	return argo_vsock_cid_is_domain(cid);
}

#ifdef ARGO_HAVE_VSOCK_SEQPACKET
static bool seqpacket_allow(u32 cid)
{
	return true;
}
#endif
#endif

#ifdef ARGO_HAVE_VSOCK_REMOTE_CID
/* A guest reaches other guests, not only the host. */
static bool has_remote_cid(struct vsock_sock *vsk, u32 cid)
{
	return argo_vsock_cid_is_domain(cid);
}
#endif

#ifdef ARGO_HAVE_VSOCK_ZEROCOPY
/* tx.c sends any number of pieces, in several messages if it has to. */
static bool msgzerocopy_allow(void)
{
	return true;
}
#endif

#ifdef ARGO_HAVE_VSOCK_SEQPACKET
#define SEQPACKET_OPS \
	.seqpacket_dequeue = argo_vsock_seqpacket_dequeue, \
	.seqpacket_enqueue = argo_vsock_seqpacket_enqueue, \
	.seqpacket_allow = seqpacket_allow, \
	.seqpacket_has_data = virtio_transport_seqpacket_has_data,
#else
#define SEQPACKET_OPS
#endif

#ifdef ARGO_HAVE_VSOCK_REMOTE_CID
#define REMOTE_CID_OPS	.has_remote_cid = has_remote_cid,
#else
#define REMOTE_CID_OPS
#endif

#ifdef ARGO_HAVE_VSOCK_ZEROCOPY
#define ZEROCOPY_OPS	.msgzerocopy_allow = msgzerocopy_allow,
#else
#define ZEROCOPY_OPS
#endif

#ifdef ARGO_HAVE_VSOCK_READ_SKB
/* A socket map takes sk_buffs as they are, and those of records are packed. */
static int read_skb(struct vsock_sock *vsk, skb_read_actor_t actor)
{
	if (sk_vsock(vsk)->sk_type != SOCK_STREAM)
		return -EOPNOTSUPP;
	return virtio_transport_read_skb(vsk, actor);
}

#define READ_SKB_OPS	.read_skb = read_skb,
#else
#define READ_SKB_OPS
#endif

#ifdef ARGO_HAVE_VSOCK_RCVLOWAT
#define RCVLOWAT_OPS \
	.notify_set_rcvlowat = virtio_transport_notify_set_rcvlowat,
#else
#define RCVLOWAT_OPS
#endif

#ifdef ARGO_HAVE_VSOCK_UNSENT_BYTES
#define UNSENT_OPS	.unsent_bytes = virtio_transport_unsent_bytes,
#else
#define UNSENT_OPS
#endif

/* Operations of the common code; datagrams have a transport of their own. */
#define COMMON_OPS \
	.module = THIS_MODULE, \
	.destruct = argo_vsock_conn_destruct, \
	.release = argo_vsock_conn_release, \
	.connect = argo_vsock_conn_connect, \
	.shutdown = virtio_transport_shutdown, \
	.cancel_pkt = cancel_pkt, \
	.dgram_bind = virtio_transport_dgram_bind, \
	.dgram_dequeue = virtio_transport_dgram_dequeue, \
	.dgram_enqueue = virtio_transport_dgram_enqueue, \
	.dgram_allow = virtio_transport_dgram_allow, \
	.stream_dequeue = argo_vsock_stream_dequeue, \
	.stream_enqueue = argo_vsock_stream_enqueue, \
	.stream_has_data = argo_vsock_stream_has_data, \
	.stream_has_space = argo_vsock_has_space, \
	.stream_rcvhiwat = virtio_transport_stream_rcvhiwat, \
	.stream_is_active = virtio_transport_stream_is_active, \
	.stream_allow = stream_allow, \
	.notify_poll_in = virtio_transport_notify_poll_in, \
	.notify_poll_out = virtio_transport_notify_poll_out, \
	.notify_recv_init = virtio_transport_notify_recv_init, \
	.notify_recv_pre_block = argo_vsock_recv_pre_block, \
	.notify_recv_pre_dequeue = virtio_transport_notify_recv_pre_dequeue, \
	.notify_recv_post_dequeue = \
		virtio_transport_notify_recv_post_dequeue, \
	.notify_send_init = virtio_transport_notify_send_init, \
	.notify_send_pre_block = virtio_transport_notify_send_pre_block, \
	.notify_send_pre_enqueue = virtio_transport_notify_send_pre_enqueue, \
	.notify_send_post_enqueue = \
		virtio_transport_notify_send_post_enqueue, \
	.notify_buffer_size = argo_vsock_set_buffer, \
	SEQPACKET_OPS REMOTE_CID_OPS ZEROCOPY_OPS READ_SKB_OPS RCVLOWAT_OPS \
	UNSENT_OPS

/* Domain 0's side of its connections with other domains. */
struct argo_vsock_role argo_vsock_host = {
	.transport = {
		.transport = {
			COMMON_OPS
			.init = host_init,
			.get_local_cid = host_local_cid,
		},
		.send_pkt = host_send_pkt,
	},
	.feature = VSOCK_TRANSPORT_F_H2G,
	.name = "host",
};

/* Another domain's side of its connections with domain 0 and other domains. */
struct argo_vsock_role argo_vsock_guest = {
	.transport = {
		.transport = {
			COMMON_OPS
			.init = guest_init,
			.get_local_cid = guest_local_cid,
		},
		.send_pkt = guest_send_pkt,
	},
	.feature = VSOCK_TRANSPORT_F_G2H,
	.name = "guest",
};
