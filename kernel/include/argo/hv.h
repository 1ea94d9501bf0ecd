/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The interface between core and the driver of a hypervisor that speaks Argo:
 * the operations that core calls, and the functions that the driver calls.
 *
 * A driver turns its hypervisor's errnos into those that the operations name.
 */
#ifndef _ARGO_HV_H
#define _ARGO_HV_H

#include <linux/errno.h>
#include <linux/types.h>

#include <uapi/linux/argo.h>

struct argo_hv;
struct argo_ring_layout;
struct module;
struct page;

/* The layout is that of Xen's hypercall, so that xen.c need not copy. */
struct argo_hv_iov {
	u64 base;
	u32 len;
	u32 pad;
};

/**
 * struct argo_hv_message - one message to send
 * @iov: pieces of the message; none may be empty
 * @niov: number of pieces, at most argo_hv_params.max_iov
 * @src_port: source port
 * @dst: destination; { @src_port, ARGO_DOMID_ANY }: the other end of the cable
 *	of @src_port
 * @user: the pieces are user memory of the current process, already checked
 *	with access_ok(); else kernel memory
 * @nkernel: with @user, the first @nkernel pieces are kernel memory
 *	nevertheless
 * @type: message type
 */
struct argo_hv_message {
	const struct argo_hv_iov *iov;
	unsigned int niov;
	u32 src_port;
	struct argo_addr dst;
	bool user;
	unsigned int nkernel;
	u32 type;
};

/*
 * Is @addr the other end of the cable of a port of this domain? Port 0 would be
 * none at all.
 */
static inline bool argo_addr_is_cable(const struct argo_addr *addr)
{
	return addr->domid == ARGO_DOMID_ANY && addr->port;
}

#define ARGO_HV_EXISTS		(1u << 0)
#define ARGO_HV_SHARED		(1u << 1)
#define ARGO_HV_EMPTY		(1u << 2)
#define ARGO_HV_SUFFICIENT	(1u << 3)
#define ARGO_HV_TOO_LARGE	(1u << 4)
#define ARGO_HV_BUSY		(1u << 5)
/* Core sets this before the call; an entry that keeps it has no answer. */
#define ARGO_HV_UNANSWERED	(1u << 15)

/**
 * struct argo_hv_query - a question about one destination
 * @port: in: port of the destination
 * @domid: in: domain of the destination; ARGO_DOMID_ANY: the destination is the
 *	other end of the cable of this domain's @port
 * @pad: 0
 * @flags: in: ARGO_HV_UNANSWERED; out: ARGO_HV_*
 * @pad2: 0
 * @need: in: payload bytes wanted
 * @max_message: out: largest payload that the ring takes, if it exists
 */
struct argo_hv_query {
	u32 port;
	u16 domid;
	u16 pad;
	u16 flags;
	u16 pad2;
	u32 need;
	u32 max_message;
};

struct argo_hv_queries {
	u32 n;
	u32 pad;
	struct argo_hv_query q[];
};

/* Most cables of one domain that a hypervisor allows. */
#define ARGO_HV_MAX_CABLES	64

/**
 * struct argo_hv_ops - a hypervisor
 * @owner: the driver's module; held by rings and other users of an attachment
 * @name: name of the hypervisor, as users see it
 * @domid: Return: domain id of this domain, or a negative errno. May sleep.
 * @pages_alloc: provide @npages zeroed pages for a ring. If NULL, as is then
 *	@pages_free, core allocates pages itself. May sleep. Return: 0, or an
 *	errno, and then no page is provided.
 * @pages_free: take pages of @pages_alloc back. May sleep.
 * @ring_register: make @npages pages, a ring of @len bytes, the receive ring
 *	for (@port, @partner). The indexes in the ring are zero. May sleep.
 *	Return: 0, -EEXIST, -EPERM (wildcard rings not allowed), -EACCES
 *	(policy), -EHOSTUNREACH (no such partner), -ENOSPC (too many rings),
 *	-ENOMEM, -EAGAIN (try again), -ENODEV, -EINVAL.
 * @ring_unregister: undo @ring_register. May sleep. Return: 0, also if there
 *	was no such ring, and then the hypervisor no longer touches the pages;
 *	or an errno, and then it may still touch them.
 * @sendv: send one message. Any context, or that of the process whose memory
 *	the message is in. Never faults pages in. Return: payload bytes,
 *	-EAGAIN (full; the hypervisor will tell this domain when there is
 *	space), -EBUSY (full; it will not), -ECONNREFUSED (no such ring),
 *	-EHOSTUNREACH (no such domain, or it has no Argo), -EMSGSIZE, -EACCES,
 *	-EFAULT (nothing delivered), -ENOMEM, -ENODEV. Along a cable also
 *	-ENOTCONN (there is none, or nobody at its end), -ENXIO (it leads to
 *	where nothing gets), -EOPNOTSUPP (the hypervisor has no cables).
 *	-EINVAL for a piece with padding comes behind what is wrong with the
 *	destination.
 * @notify: tell the domains that wait for space in this domain's rings, then
 *	answer @queries, if not NULL. An answer SUFFICIENT ends the wait of this
 *	domain for that ring; any other answer starts or prolongs the wait, for
 *	the largest size asked. Any context but the hard interrupt.
 *	Return: 0, or an errno, and then the first entry that is still
 *	unanswered is the one that failed (-EACCES, -ENOMEM).
 * @irq_mask: keep the interrupt away; nests. NULL if the hypervisor cannot.
 *	Any context. Return: whether the interrupt is kept away; if so,
 *	@irq_unmask follows.
 * @irq_unmask: let the interrupt in again. An interrupt that was kept away
 *	comes now. Any context.
 * @cable_add: plug a cable. NULL, as are then the next two, if the driver knows
 *	no cables. May sleep. Return: 0, -EOPNOTSUPP (the hypervisor has none),
 *	-EPERM or -EACCES (not for this domain to do), -EHOSTUNREACH (no such
 *	domain), -ENODEV, -ECONNREFUSED (the source, the destination has no
 *	Argo), -EEXIST, -ENOSPC (the source has all that it can have).
 * @cable_remove: unplug the cable of a port. May sleep. Return: 0, or as
 *	@cable_add, or -ENOENT.
 * @cable_list: list all cables of the domains from @first on that there is room
 *	for, in the order of their ids, all of a domain or none. @room is at
 *	least ARGO_HV_MAX_CABLES. May sleep. Return: number of cables, 0 if no
 *	domain from @first on has one; or -EOPNOTSUPP, -EPERM, -EACCES.
 */
struct argo_hv_ops {
	struct module *owner;
	const char *name;
	int (*domid)(struct argo_hv *hv);
	int (*pages_alloc)(struct argo_hv *hv, struct page **pages,
			   unsigned int npages);
	void (*pages_free)(struct argo_hv *hv, struct page **pages,
			   unsigned int npages);
	int (*ring_register)(struct argo_hv *hv, u32 port, u16 partner,
			     struct page **pages, unsigned int npages, u32 len);
	int (*ring_unregister)(struct argo_hv *hv, u32 port, u16 partner);
	int (*sendv)(struct argo_hv *hv, const struct argo_hv_message *msg);
	int (*notify)(struct argo_hv *hv, struct argo_hv_queries *queries);
	bool (*irq_mask)(struct argo_hv *hv);
	void (*irq_unmask)(struct argo_hv *hv);
	int (*cable_add)(struct argo_hv *hv, const struct argo_cable *cable);
	int (*cable_remove)(struct argo_hv *hv, const struct argo_addr *src);
	int (*cable_list)(struct argo_hv *hv, struct argo_cable *list,
			  unsigned int room, u16 first);
};

/**
 * argo_hv_normalise() - turn an errno of Xen's into that of argo_hv_ops
 * @rc: result of Xen's hypercall
 */
static inline int argo_hv_normalise(long rc)
{
	switch (rc) {
	case -ESRCH:
		return -EHOSTUNREACH;
	case -EOPNOTSUPP:
		return -ENODEV;
	default:
		return rc;
	}
}

/**
 * argo_hv_normalise_cable() - as argo_hv_normalise(), of operations on cables
 * @rc: result of Xen's hypercall
 */
static inline int argo_hv_normalise_cable(long rc)
{
	return rc == -EOPNOTSUPP ? rc : argo_hv_normalise(rc);
}

/**
 * argo_hv_wire_dst() - a destination as Xen's hypercall sendv takes it
 * @dst: argo_hv_message.dst
 */
static inline struct argo_addr argo_hv_wire_dst(const struct argo_addr *dst)
{
	return (struct argo_addr) {
		.port = dst->domid == ARGO_DOMID_ANY ? 0 : dst->port,
		.domid = dst->domid,
	};
}

/**
 * struct argo_hv_params - an attachment to a hypervisor
 * @ops: operations of the hypervisor
 * @priv: data of the hypervisor's driver
 * @device: name of the character device; "argo" for the hypervisor that the
 *	kernel runs on
 * @layout: where the fields of a ring lie; NULL for Argo's own layout
 * @max_ring_len: largest ring in bytes, a multiple of 16
 * @max_rings: most rings that the domain may have
 * @max_iov: most pieces of a message
 * @max_queries: most queries in one notify, at least 2
 * @irqs_off: argo_hv_ops.sendv may be called with interrupts off, too
 */
struct argo_hv_params {
	const struct argo_hv_ops *ops;
	void *priv;
	const char *device;
	const struct argo_ring_layout *layout;
	u32 max_ring_len;
	u32 max_rings;
	u32 max_iov;
	u32 max_queries;
	bool irqs_off;
};

struct argo_hv *argo_hv_register(const struct argo_hv_params *params);
void argo_hv_unregister(struct argo_hv *hv);
const struct argo_hv_params *argo_hv_params(const struct argo_hv *hv);
void argo_hv_interrupt(struct argo_hv *hv);
void argo_hv_restored(struct argo_hv *hv);

#endif /* _ARGO_HV_H */
