// SPDX-License-Identifier: GPL-2.0-only
/*
 * The two transports for connections, which differ in nothing but the
 * attachment that they use. Almost all of their work the common code does.
 */
#include <linux/module.h>

#include "vsock.h"

/* AF_VSOCK asks without saying whom: each transport has its own. */
static u32 host_local_cid(void)
{
	return argo_vsock_own_cid(argo_vsock_host.vs);
}

static u32 guest_local_cid(void)
{
	return argo_vsock_own_cid(argo_vsock_guest.vs);
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

/**
 * argo_vsock_of() - the attachment that a connection goes through
 * @vsk: a socket of one of the transports here
 */
struct argo_vsock *argo_vsock_of(const struct vsock_sock *vsk)
{
	return container_of(vsk->transport, struct argo_vsock_role,
			    transport.transport)->vs;
}

static struct sk_buff *note_tap(void *opaque)
{
	*(bool *)opaque = true;
	return NULL;
}

/**
 * argo_vsock_is_captured() - does vsockmon look at packets?
 *
 * Who captures wants whole ones.
 *
 * Context: any.
 */
bool argo_vsock_is_captured(void)
{
	bool captured = false;

	vsock_deliver_tap(note_tap, &captured);
	return captured;
}

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
/* A guest reaches other guests, not only its host. */
static bool has_remote_cid(struct vsock_sock *vsk, u32 cid)
{
	return argo_vsock_cid_is_domain(cid);
}
#endif

#ifdef ARGO_HAVE_VSOCK_ZEROCOPY
/* What is in more pieces than a message may have goes as several: tx.c. */
static bool msgzerocopy_allow(void)
{
	return true;
}
#endif

#ifdef ARGO_HAVE_VSOCK_SEQPACKET
#define SEQPACKET_OPS \
	.seqpacket_dequeue = virtio_transport_seqpacket_dequeue, \
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
#define READ_SKB_OPS	.read_skb = virtio_transport_read_skb,
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
	.init = virtio_transport_do_socket_init, \
	.destruct = virtio_transport_destruct, \
	.release = virtio_transport_release, \
	.connect = virtio_transport_connect, \
	.shutdown = virtio_transport_shutdown, \
	.cancel_pkt = cancel_pkt, \
	.dgram_bind = virtio_transport_dgram_bind, \
	.dgram_dequeue = virtio_transport_dgram_dequeue, \
	.dgram_enqueue = virtio_transport_dgram_enqueue, \
	.dgram_allow = virtio_transport_dgram_allow, \
	.stream_dequeue = argo_vsock_stream_dequeue, \
	.stream_enqueue = argo_vsock_stream_enqueue, \
	.stream_has_data = argo_vsock_stream_has_data, \
	.stream_has_space = virtio_transport_stream_has_space, \
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
	.notify_buffer_size = virtio_transport_notify_buffer_size, \
	SEQPACKET_OPS REMOTE_CID_OPS ZEROCOPY_OPS READ_SKB_OPS RCVLOWAT_OPS \
	UNSENT_OPS

/* Domain 0's side of connections with the others. */
struct argo_vsock_role argo_vsock_host = {
	.transport = {
		.transport = {
			COMMON_OPS
			.get_local_cid = host_local_cid,
		},
		.send_pkt = host_send_pkt,
	},
	.feature = VSOCK_TRANSPORT_F_H2G,
	.name = "host",
};

/* Another domain's side, of those with domain 0 and with each other. */
struct argo_vsock_role argo_vsock_guest = {
	.transport = {
		.transport = {
			COMMON_OPS
			.get_local_cid = guest_local_cid,
		},
		.send_pkt = guest_send_pkt,
	},
	.feature = VSOCK_TRANSPORT_F_G2H,
	.name = "guest",
};
