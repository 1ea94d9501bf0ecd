/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What goes between the AF_VSOCK transports of two domains; docs/vsock.md.
 *
 * A message is a packet of the virtio socket device, header and payload, or a
 * datagram. Its type says which, and which life of the sender it is from. Pure
 * functions: they compile in user space too, where they are tested.
 */
#ifndef _ARGO_VSOCK_WIRE_H
#define _ARGO_VSOCK_WIRE_H

#ifdef __KERNEL__
#include <linux/types.h>
#include <linux/virtio_vsock.h>
#else
#include "wire_user.h"
#endif

/*
 * The number of AF_VSOCK; and only who may bind a port below 1024 can send
 * from it, so no packet is some user's of /dev/argo.
 */
#define ARGO_VSOCK_PORT			40

/* 'V', what it is, and the sender's life. */
#define ARGO_VSOCK_MAGIC		0x56000000u
#define ARGO_VSOCK_MAGIC_MASK		0xff000000u
#define ARGO_VSOCK_KIND_MASK		0x00f00000u
#define ARGO_VSOCK_PACKET		0x00100000u
#define ARGO_VSOCK_DATAGRAM		0x00200000u
#define ARGO_VSOCK_LIFE_MASK		0x000fffffu

#define ARGO_VSOCK_MAX_PAYLOAD		65536u

/* CIDs 0 to 2 mean the hypervisor, oneself and the host, which is dom0. */
#define ARGO_VSOCK_CID_OFFSET		2u
/* From here up, domids mean no domain. */
#define ARGO_VSOCK_DOMIDS		0x7ff0u

/* In front of a datagram's payload. Its CIDs are those of the two domains. */
struct argo_vsock_dgram_hdr {
	__le32 src_port;
	__le32 dst_port;
};

/**
 * enum argo_vsock_fault - what is wrong with a packet
 * @ARGO_VSOCK_OK: nothing
 * @ARGO_VSOCK_MALFORMED: lengths, operation, type or flags make no sense
 * @ARGO_VSOCK_WRONG_SOURCE: it claims to be from another domain
 */
enum argo_vsock_fault {
	ARGO_VSOCK_OK,
	ARGO_VSOCK_MALFORMED,
	ARGO_VSOCK_WRONG_SOURCE,
};

static inline u32 argo_vsock_cid(u16 domid)
{
	return domid + ARGO_VSOCK_CID_OFFSET;
}

static inline bool argo_vsock_cid_is_domain(u64 cid)
{
	return cid >= ARGO_VSOCK_CID_OFFSET &&
	       cid < ARGO_VSOCK_CID_OFFSET + ARGO_VSOCK_DOMIDS;
}

static inline bool argo_vsock_flags_ok(const struct virtio_vsock_hdr *hdr)
{
	u32 flags = le32_to_cpu(hdr->flags);

	switch (le16_to_cpu(hdr->op)) {
	case VIRTIO_VSOCK_OP_RW:
		return !flags || le16_to_cpu(hdr->type) !=
				 VIRTIO_VSOCK_TYPE_STREAM;
	case VIRTIO_VSOCK_OP_SHUTDOWN:
		return !(flags & ~(u32)(VIRTIO_VSOCK_SHUTDOWN_RCV |
					VIRTIO_VSOCK_SHUTDOWN_SEND));
	default:
		return true;
	}
}

/**
 * argo_vsock_check() - may the common code see this packet?
 * @hdr: its header, a copy
 * @len: bytes that follow the header
 * @src_cid: of the domain that the hypervisor says it is from
 * @dst_cid: own
 * @last_type: the last type of socket that this kernel's common code knows
 *
 * Return: what is wrong with it.
 */
static inline enum argo_vsock_fault
argo_vsock_check(const struct virtio_vsock_hdr *hdr, u32 len, u32 src_cid,
		 u32 dst_cid, u16 last_type)
{
	u16 type = le16_to_cpu(hdr->type);
	u16 op = le16_to_cpu(hdr->op);

	if (le64_to_cpu(hdr->src_cid) != src_cid)
		return ARGO_VSOCK_WRONG_SOURCE;
	if (le64_to_cpu(hdr->dst_cid) != dst_cid)
		return ARGO_VSOCK_MALFORMED;
	if (type < VIRTIO_VSOCK_TYPE_STREAM || type > last_type)
		return ARGO_VSOCK_MALFORMED;
	if (op <= VIRTIO_VSOCK_OP_INVALID || op > VIRTIO_VSOCK_OP_CREDIT_REQUEST)
		return ARGO_VSOCK_MALFORMED;
	if (le32_to_cpu(hdr->len) != len || len > ARGO_VSOCK_MAX_PAYLOAD)
		return ARGO_VSOCK_MALFORMED;
	/* Data without any would take memory and no credit. */
	if (op == VIRTIO_VSOCK_OP_RW ? !len : len)
		return ARGO_VSOCK_MALFORMED;
	return argo_vsock_flags_ok(hdr) ? ARGO_VSOCK_OK : ARGO_VSOCK_MALFORMED;
}

/* Of a header that argo_vsock_check() found to be right. */
static inline bool argo_vsock_is_stream_data(const struct virtio_vsock_hdr *hdr)
{
	return le16_to_cpu(hdr->op) == VIRTIO_VSOCK_OP_RW &&
	       le16_to_cpu(hdr->type) == VIRTIO_VSOCK_TYPE_STREAM;
}

#endif /* _ARGO_VSOCK_WIRE_H */
