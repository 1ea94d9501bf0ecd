/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The format of the messages between the AF_VSOCK transports of two domains;
 * docs/vsock.md.
 *
 * A message is a packet of the virtio socket device, with header and payload,
 * or a datagram. The message's type tells packets from datagrams, and has the
 * sender's life. The functions are pure: they compile in user space too, where
 * they are tested.
 */
#ifndef _ARGO_VSOCK_WIRE_H
#define _ARGO_VSOCK_WIRE_H

#ifdef __KERNEL__
#include <linux/types.h>
#include <linux/virtio_vsock.h>
#else
#include "wire_user.h"
#endif

#include <uapi/linux/argo.h>

/* The type of a message: 'V', packet or datagram, and the sender's life. */
#define ARGO_VSOCK_MAGIC		0x56000000u
#define ARGO_VSOCK_MAGIC_MASK		0xff000000u
#define ARGO_VSOCK_KIND_MASK		0x00f00000u
#define ARGO_VSOCK_PACKET		0x00100000u
#define ARGO_VSOCK_DATAGRAM		0x00200000u
#define ARGO_VSOCK_LIFE_MASK		0x000fffffu

#define ARGO_VSOCK_MAX_PAYLOAD		65536u

/*
 * CIDs 0 and 1 mean the hypervisor and the own domain. CID 2 means the host,
 * which is domain 0.
 */
#define ARGO_VSOCK_CID_OFFSET		2u

/*
 * The header of a datagram. The CIDs of the two domains follow from their ids.
 */
struct argo_vsock_dgram_hdr {
	__le32 src_port;
	__le32 dst_port;
};

/**
 * enum argo_vsock_fault - the fault of a message
 * @ARGO_VSOCK_OK: no fault
 * @ARGO_VSOCK_MALFORMED: the port, or the destination, length, operation, type
 *	or flags are invalid
 * @ARGO_VSOCK_WRONG_SOURCE: the source CID is another domain's
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
	       cid < ARGO_VSOCK_CID_OFFSET + ARGO_DOMID_FIRST_RESERVED;
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
 * argo_vsock_check() - check a packet, before the common code sees it
 * @hdr: a copy of the packet's header
 * @len: bytes that follow the header
 * @src_cid: the sender's CID, of the domain id that the hypervisor gives
 * @dst_cid: this domain's CID
 * @last_type: the last type of socket that this kernel's common code knows
 *
 * Return: the packet's fault, or ARGO_VSOCK_OK.
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
	/* An empty data packet would take memory and no credit. */
	if (op == VIRTIO_VSOCK_OP_RW ? !len : len)
		return ARGO_VSOCK_MALFORMED;
	return argo_vsock_flags_ok(hdr) ? ARGO_VSOCK_OK : ARGO_VSOCK_MALFORMED;
}

/**
 * argo_vsock_check_rest() - check a packet again of which a part was read
 * @hdr: the header, which argo_vsock_check() found to be right before
 * @done: bytes of payload that were read
 * @len: bytes that follow the header, as the ring has it now
 *
 * Return: the packet's fault, or ARGO_VSOCK_OK.
 */
static inline enum argo_vsock_fault
argo_vsock_check_rest(const struct virtio_vsock_hdr *hdr, u32 done, u32 len)
{
	return le32_to_cpu(hdr->len) == len && done < len ?
	       ARGO_VSOCK_OK : ARGO_VSOCK_MALFORMED;
}

/* @hdr: a header that argo_vsock_check() found to be right. */
static inline bool argo_vsock_is_stream_data(const struct virtio_vsock_hdr *hdr)
{
	return le16_to_cpu(hdr->op) == VIRTIO_VSOCK_OP_RW &&
	       le16_to_cpu(hdr->type) == VIRTIO_VSOCK_TYPE_STREAM;
}

#endif /* _ARGO_VSOCK_WIRE_H */
