/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What differs in AF_VSOCK between the kernel series: beside argo/compat.h
 * since it needs the networking headers, which the other modules do not.
 */
#ifndef _ARGO_VSOCK_COMPAT_H
#define _ARGO_VSOCK_COMPAT_H

#include <linux/skbuff.h>
#include <linux/virtio_vsock.h>
#include <net/af_vsock.h>

/* SOCK_SEQPACKET came with packets in sk_buffs, or before. */
#ifdef ARGO_HAVE_VSOCK_SEQPACKET
#define ARGO_VSOCK_LAST_TYPE	VIRTIO_VSOCK_TYPE_SEQPACKET
#define ARGO_VSOCK_EOM		(VIRTIO_VSOCK_SEQ_EOM | VIRTIO_VSOCK_SEQ_EOR)
#else
#define ARGO_VSOCK_LAST_TYPE	VIRTIO_VSOCK_TYPE_STREAM
#define ARGO_VSOCK_EOM		0
#endif

/* Series with network namespaces for AF_VSOCK: Argo is for the global ones. */
static inline bool argo_vsock_is_global(struct vsock_sock *vsk)
{
#ifdef ARGO_HAVE_VSOCK_NET
	return vsock_net_mode_global(vsk);
#else
	return true;
#endif
}

static inline struct sk_buff *argo_recv_datagram(struct sock *sk, int flags,
						 int *err)
{
#ifdef ARGO_HAVE_RECV_DATAGRAM_FLAGS
	return skb_recv_datagram(sk, flags, err);
#else
	return skb_recv_datagram(sk, flags & ~MSG_DONTWAIT,
				 flags & MSG_DONTWAIT, err);
#endif
}

#endif /* _ARGO_VSOCK_COMPAT_H */
