/* SPDX-License-Identifier: MIT */
/*
 * Argo's hypercall ABI as Xen has had it since 4.12. Frames are 4 KiB whatever
 * the guest's page size is; all fields are little endian on every machine that
 * Xen runs on.
 */
#ifndef _XEN_INTERFACE_ARGO_H
#define _XEN_INTERFACE_ARGO_H

#include <linux/types.h>

/* "Reserved" in the kernel's own Xen headers. */
#define XEN_ARGO_HYPERCALL		39
#define XEN_ARGO_VIRQ			11

#define XEN_ARGO_OP_REGISTER_RING	1
#define XEN_ARGO_OP_UNREGISTER_RING	2
#define XEN_ARGO_OP_SENDV		3
#define XEN_ARGO_OP_NOTIFY		4
/* Of a Xen with packaging/xen/patches. */
#define XEN_ARGO_OP_CABLE_ADD		5
#define XEN_ARGO_OP_CABLE_REMOVE	6
#define XEN_ARGO_OP_CABLE_LIST		7

#define XEN_ARGO_REGISTER_FAIL_EXIST	0x1

#define XEN_ARGO_FRAME_SIZE		4096
#define XEN_ARGO_MAX_RING_LEN		0xffffc0u
#define XEN_ARGO_MAX_RINGS		128
#define XEN_ARGO_MAX_IOV		8
#define XEN_ARGO_MAX_NOTIFY		256

struct xen_argo_addr {
	u32 port;
	u16 domid;
	u16 pad;
};

struct xen_argo_send_addr {
	struct xen_argo_addr src;
	struct xen_argo_addr dst;
};

struct xen_argo_iov {
	u64 base;
	u32 len;
	u32 pad;
};

struct xen_argo_register_ring {
	u32 port;
	u16 partner;
	u16 pad;
	u32 len;
};

struct xen_argo_unregister_ring {
	u32 port;
	u16 partner;
	u16 pad;
};

struct xen_argo_cable {
	struct xen_argo_addr src;
	struct xen_argo_addr dst;
};

#define XEN_ARGO_RING_EXISTS		(1u << 0)
#define XEN_ARGO_RING_SHARED		(1u << 1)
#define XEN_ARGO_RING_EMPTY		(1u << 2)
#define XEN_ARGO_RING_SUFFICIENT	(1u << 3)
#define XEN_ARGO_RING_EMSGSIZE		(1u << 4)
#define XEN_ARGO_RING_EBUSY		(1u << 5)

struct xen_argo_ring_data_ent {
	struct xen_argo_addr ring;
	u16 flags;
	u16 pad;
	u32 space_required;
	u32 max_message_size;
};

struct xen_argo_ring_data {
	u32 nent;
	u32 pad;
	struct xen_argo_ring_data_ent data[];
};

#endif /* _XEN_INTERFACE_ARGO_H */
