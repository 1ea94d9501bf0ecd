/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Packets of the common code. A packet is a sk_buff, or in older series such as
 * 5.10 a structure of its own. struct argo_vsock_pkt stands for either.
 *
 * The owner of a queue locks it.
 */
#ifndef _ARGO_VSOCK_PACKET_H
#define _ARGO_VSOCK_PACKET_H

#include <argo/hv.h>
#include <argo/pool.h>

#include "compat.h"
#include "wire.h"

/*
 * Payload bytes of the buffer in which small packets are joined. With the
 * header and the part that a sk_buff has behind its data, the buffer takes 2
 * KiB.
 */
#define ARGO_VSOCK_ROOM	\
	((u32)(SKB_WITH_OVERHEAD(2048) - sizeof(struct virtio_vsock_hdr)))

/* Bytes to allocate for the payload of a received packet. */
static inline u32 argo_vsock_pkt_room(const struct virtio_vsock_hdr *hdr,
				      u32 len)
{
	return argo_vsock_is_stream_data(hdr) ? max(len, ARGO_VSOCK_ROOM) : len;
}

/* The type in the headers of a connected socket's packets. */
static inline u16 argo_vsock_type_of(const struct sock *sk)
{
	return sk->sk_type == SOCK_STREAM ? VIRTIO_VSOCK_TYPE_STREAM :
					    ARGO_VSOCK_LAST_TYPE;
}

/* The most pieces of a packet's payload: a linear part, and fragments. */
#define ARGO_VSOCK_PIECES	(1 + MAX_SKB_FRAGS)

#ifdef ARGO_HAVE_VSOCK_SKB
#define argo_vsock_pkt		sk_buff

struct argo_vsock_queue {
	struct sk_buff_head list;
};
#else
#define argo_vsock_pkt		virtio_vsock_pkt

struct argo_vsock_queue {
	struct list_head list;
};
#endif

struct virtio_vsock_hdr *argo_vsock_pkt_hdr(struct argo_vsock_pkt *pkt);
u32 argo_vsock_pkt_len(const struct argo_vsock_pkt *pkt);
u32 argo_vsock_pkt_done(struct argo_vsock_pkt *pkt);
void argo_vsock_pkt_set_done(struct argo_vsock_pkt *pkt, u32 done);
bool argo_vsock_pkt_is_reply(struct argo_vsock_pkt *pkt);
struct vsock_sock *argo_vsock_pkt_owner(struct argo_vsock_pkt *pkt);
unsigned int argo_vsock_pkt_pieces(struct argo_vsock_pkt *pkt,
				   struct argo_hv_iov *iov, unsigned int n);

struct argo_vsock_pkt *argo_vsock_pkt_alloc(const struct virtio_vsock_hdr *hdr,
					    u32 len, gfp_t gfp);
void argo_vsock_pkt_pool_init(struct argo_pool *pool);
struct argo_vsock_pkt *
argo_vsock_pkt_alloc_pooled(const struct virtio_vsock_hdr *hdr, u32 len,
			    struct argo_pool *pool);
void argo_vsock_pkt_fill(struct argo_vsock_pkt *pkt, u32 at, const void *data,
			 u32 n);
void argo_vsock_pkt_receive(struct virtio_transport *transport,
			    struct argo_vsock_pkt *pkt);
void argo_vsock_pkt_sent(struct argo_vsock_pkt *pkt);
void argo_vsock_pkt_free(struct argo_vsock_pkt *pkt);
u32 argo_vsock_pkt_cost(const struct argo_vsock_pkt *pkt);
void argo_vsock_pkt_charge(struct argo_vsock_pkt *pkt);
bool argo_vsock_pkt_join(struct argo_vsock_pkt *last,
			 struct argo_vsock_pkt *pkt);

void argo_vsock_unread_init(struct virtio_vsock_sock *vvs);
void argo_vsock_unread_add(struct virtio_vsock_sock *vvs,
			   struct argo_vsock_pkt *pkt);

void argo_vsock_queue_init(struct argo_vsock_queue *queue);
struct argo_vsock_pkt *argo_vsock_queue_first(struct argo_vsock_queue *queue);
struct argo_vsock_pkt *argo_vsock_queue_last(struct argo_vsock_queue *queue);
void argo_vsock_queue_add(struct argo_vsock_queue *queue,
			  struct argo_vsock_pkt *pkt);
void argo_vsock_queue_remove(struct argo_vsock_queue *queue,
			     struct argo_vsock_pkt *pkt);
struct argo_vsock_pkt *
argo_vsock_queue_find(struct argo_vsock_queue *queue,
		      bool (*matches)(struct argo_vsock_pkt *pkt, void *with),
		      void *with);

#endif /* _ARGO_VSOCK_PACKET_H */
