/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The hypervisor interface: what core needs of a hypervisor that speaks Argo,
 * and what such a hypervisor's driver calls in core.
 *
 * Errnos are normalised behind this interface; see the operations.
 */
#ifndef _ARGO_HV_H
#define _ARGO_HV_H

#include <linux/errno.h>
#include <linux/types.h>

struct argo_hv;
struct module;
struct page;

/* Same layout as the hypercall's, so that an implementation need not copy. */
struct argo_hv_iov {
	u64 base;
	u32 len;
	u32 pad;
};

/**
 * struct argo_hv_message - one message to send
 * @iov: its pieces; none may be empty
 * @niov: how many, at most argo_hv_params.max_iov
 * @src_port: source port
 * @dst_port: destination port
 * @dst_domid: destination domain
 * @user: the pieces are user memory of the current process, already checked
 *	with access_ok(); else kernel memory
 * @nkernel: with @user, how many of them are kernel memory nevertheless: the
 *	first ones
 * @type: message type
 */
struct argo_hv_message {
	const struct argo_hv_iov *iov;
	unsigned int niov;
	u32 src_port;
	u32 dst_port;
	u16 dst_domid;
	bool user;
	unsigned int nkernel;
	u32 type;
};

#define ARGO_HV_EXISTS		(1u << 0)
#define ARGO_HV_SHARED		(1u << 1)
#define ARGO_HV_EMPTY		(1u << 2)
#define ARGO_HV_SUFFICIENT	(1u << 3)
#define ARGO_HV_TOO_LARGE	(1u << 4)
#define ARGO_HV_BUSY		(1u << 5)
/* Put there before the call; an entry that still has it was not looked at. */
#define ARGO_HV_UNANSWERED	(1u << 15)

/**
 * struct argo_hv_query - a question about one destination
 * @port: in
 * @domid: in
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

/**
 * struct argo_hv_ops - a hypervisor
 * @owner: module that implements it; held while a ring exists
 * @name: its name, as users see it
 * @domid: Return: own domain id, or a negative errno. May sleep.
 * @ring_register: make @npages pages, a ring of @len bytes, the receive ring
 *	for (@port, @partner). The indexes in the ring are zero. May sleep.
 *	Return: 0, -EEXIST, -EPERM (wildcard rings not allowed), -EACCES
 *	(policy), -EHOSTUNREACH (no such partner), -ENOSPC (too many rings),
 *	-ENOMEM, -EAGAIN (try again), -ENODEV, -EINVAL.
 * @ring_unregister: undo that; on return the hypervisor no longer touches the
 *	pages. May sleep. Return: 0, also if there was no such ring, or an
 *	errno, and then it may still touch them.
 * @sendv: send one message. Any context, but for user memory, which is the
 *	current process's. Never faults pages in. Return: payload bytes,
 *	-EAGAIN (full, this domain is now told when there is space), -EBUSY
 *	(full, and it is not told), -ECONNREFUSED (no such ring),
 *	-EHOSTUNREACH (no such domain, or it has no Argo), -EMSGSIZE, -EACCES,
 *	-EFAULT (nothing delivered), -ENOMEM, -ENODEV.
 * @notify: serve those that wait for space in own rings, then answer
 *	@queries, if not NULL. An entry answered SUFFICIENT ends the wait of
 *	this domain on that ring, one that is not starts or prolongs it, for
 *	the largest size asked. Any context but the hard interrupt.
 *	Return: 0, or an errno, and then the first entry that is still
 *	unanswered is the one that failed (-EACCES, -ENOMEM).
 * @irq_mask: keep the interrupt away; nests. May be NULL: it comes. Any
 *	context. Return: whether it is kept away, and @irq_unmask follows.
 * @irq_unmask: let it in again; what it missed it reports now. Any context.
 */
struct argo_hv_ops {
	struct module *owner;
	const char *name;
	int (*domid)(struct argo_hv *hv);
	int (*ring_register)(struct argo_hv *hv, u32 port, u16 partner,
			     struct page **pages, unsigned int npages, u32 len);
	int (*ring_unregister)(struct argo_hv *hv, u32 port, u16 partner);
	int (*sendv)(struct argo_hv *hv, const struct argo_hv_message *msg);
	int (*notify)(struct argo_hv *hv, struct argo_hv_queries *queries);
	bool (*irq_mask)(struct argo_hv *hv);
	void (*irq_unmask)(struct argo_hv *hv);
};

/**
 * argo_hv_normalise() - a hypervisor's errno as it is known behind this
 *	interface
 * @rc: what the operation gave; Xen's errnos
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
 * struct argo_hv_params - an attachment to a hypervisor
 * @ops: its operations
 * @priv: theirs, see argo_hv_priv()
 * @device: name of the character device, "argo" for the machine's own
 * @max_ring_len: largest ring in bytes, a multiple of 16
 * @max_rings: rings allowed
 * @max_iov: pieces of a message
 * @max_queries: queries in one notify
 */
struct argo_hv_params {
	const struct argo_hv_ops *ops;
	void *priv;
	const char *device;
	u32 max_ring_len;
	u32 max_rings;
	u32 max_iov;
	u32 max_queries;
};

struct argo_hv *argo_hv_register(const struct argo_hv_params *params);
void argo_hv_unregister(struct argo_hv *hv);
void *argo_hv_priv(const struct argo_hv *hv);
void argo_hv_interrupt(struct argo_hv *hv);
void argo_hv_restored(struct argo_hv *hv);

#endif /* _ARGO_HV_H */
