/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Differences between kernel series in AF_VSOCK. They are not in argo/compat.h,
 * since they need networking headers, which the other modules do not.
 */
#ifndef _ARGO_VSOCK_COMPAT_H
#define _ARGO_VSOCK_COMPAT_H

#include <linux/skbuff.h>
#include <linux/virtio_vsock.h>
#include <net/af_vsock.h>

/* A series that has SOCK_SEQPACKET but no sk_buffs is not supported. */
#ifndef ARGO_HAVE_VSOCK_SKB
#undef ARGO_HAVE_VSOCK_SEQPACKET
#endif
#ifdef ARGO_HAVE_VSOCK_SEQPACKET
#define ARGO_VSOCK_LAST_TYPE	VIRTIO_VSOCK_TYPE_SEQPACKET
#define ARGO_VSOCK_EOM		(VIRTIO_VSOCK_SEQ_EOM | VIRTIO_VSOCK_SEQ_EOR)
#else
#define ARGO_VSOCK_LAST_TYPE	VIRTIO_VSOCK_TYPE_STREAM
#define ARGO_VSOCK_EOM		0
#endif

/* Argo serves only the global namespaces, where AF_VSOCK has namespaces. */
static inline bool argo_vsock_is_global(struct vsock_sock *vsk)
{
#ifdef ARGO_HAVE_VSOCK_NET
	return vsock_net_mode_global(vsk);
#else
	return true;
#endif
}

/*
 * Counts @len bytes as unread, if the socket may hold so many more. Under the
 * socket's rx_lock.
 */
static inline bool argo_vsock_unread_fits(struct virtio_vsock_sock *vvs,
					  u32 len)
{
#ifdef ARGO_HAVE_VSOCK_BUF_USED
	if ((u64)vvs->buf_used + len > vvs->buf_alloc)
		return false;
	vvs->buf_used += len;
#else
	if ((u64)vvs->rx_bytes + len > vvs->buf_alloc)
		return false;
#endif
	vvs->rx_bytes += len;
	return true;
}

/* Counts @len bytes as read. Under the socket's rx_lock. */
static inline void argo_vsock_unread_drop(struct virtio_vsock_sock *vvs,
					  u32 len)
{
#ifdef ARGO_HAVE_VSOCK_BUF_USED
	vvs->buf_used -= len;
#endif
	vvs->rx_bytes -= len;
	vvs->fwd_cnt += len;
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
