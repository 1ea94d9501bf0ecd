// SPDX-License-Identifier: GPL-2.0-only
/* Cables: sending along that of the own port, and administering all. */
#include <linux/capability.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "arguments.h"
#include "endpoint.h"

#define CHANGE_MIN	offsetofend(struct argo_cable_change, cable)
#define LIST_MIN	offsetofend(struct argo_cable_list, reserved)

/* Cables that are asked of the hypervisor at a time. */
#define LIST_STEP	(4 * ARGO_HV_MAX_CABLES)

/**
 * argo_endpoint_cable() - find the address of the end of an endpoint's cable
 * @ep: the endpoint
 * @addr: { 0, ARGO_DOMID_CABLE }; changed to core's form of the address, which
 *	names the endpoint's port. Other addresses are left alone.
 *
 * Return: 0, -EINVAL, -ENOTCONN (an endpoint without a port has no cable).
 */
int argo_endpoint_cable(struct argo_endpoint *ep, struct argo_addr *addr)
{
	struct argo_ring *ring = argo_endpoint_ring(ep);

	if (addr->domid != ARGO_DOMID_CABLE)
		return 0;
	if (addr->port)
		return -EINVAL;
	if (!ring)
		return -ENOTCONN;
	addr->port = argo_ring_port(ring);
	addr->domid = ARGO_DOMID_ANY;
	return 0;
}

/* As in other addresses, ARGO_DOMID_SELF is the caller's own domain. */
static void resolve_self(const struct argo_endpoint *ep, struct argo_addr *addr)
{
	if (addr->domid == ARGO_DOMID_SELF)
		addr->domid = argo_hv_domid(ep->hv);
}

static int do_change(struct argo_endpoint *ep, void __user *p, bool add)
{
	static const struct argo_addr none;
	struct argo_cable_change arg;
	int size = argo_get_arg(&arg, sizeof(arg), CHANGE_MIN, p);

	if (size < 0)
		return size;
	if (arg.flags || arg.cable.src.reserved || arg.cable.dst.reserved)
		return -EINVAL;
	resolve_self(ep, &arg.cable.src);
	resolve_self(ep, &arg.cable.dst);
	if (add)
		return argo_cable_add(ep->hv, &arg.cable);
	if (memcmp(&arg.cable.dst, &none, sizeof(none)))
		return -EINVAL;
	return argo_cable_remove(ep->hv, &arg.cable.src);
}

/*
 * Copy all cables to the caller, as far as there is room, in steps. @count: in:
 * entries that there is room for; out: number of cables.
 */
static int put_cables(struct argo_hv *hv, struct argo_cable *step,
		      struct argo_cable __user *to, u32 *count)
{
	u32 room = *count, found = 0, first = 0, copied;
	int n;

	for (;;) {
		n = argo_cable_list(hv, step, LIST_STEP, first);
		if (n <= 0)
			break;
		copied = min_t(u32, n, room - min(room, found));
		if (copy_to_user(to + min(room, found), step,
				 copied * sizeof(*step)))
			return -EFAULT;
		found += n;
		first = step[n - 1].src.domid + 1u;
	}
	*count = found;
	return n;
}

static int do_list(struct argo_endpoint *ep, void __user *p)
{
	struct argo_cable_list arg;
	struct argo_cable *step;
	int size = argo_get_arg(&arg, sizeof(arg), LIST_MIN, p);
	int rc;

	if (size < 0)
		return size;
	if (arg.flags || arg.reserved)
		return -EINVAL;
	step = kvcalloc(LIST_STEP, sizeof(*step), GFP_KERNEL);
	if (!step)
		return -ENOMEM;
	rc = put_cables(ep->hv, step, u64_to_user_ptr(arg.cables), &arg.count);
	kvfree(step);
	return rc ?: argo_put_arg(p, &arg, sizeof(arg), size);
}

/**
 * argo_endpoint_cable_ioctl() - ARGO_IOC_CABLE_*
 * @ep: the endpoint
 * @cmd: as given
 * @p: as given
 *
 * Return: 0, -EPERM (without CAP_SYS_ADMIN), -ENOTTY, -EFAULT, -EINVAL,
 * -ENOMEM, or an errno of argo_cable_add(), argo_cable_remove() or
 * argo_cable_list().
 */
long argo_endpoint_cable_ioctl(struct argo_endpoint *ep, unsigned int cmd,
			       void __user *p)
{
	if (cmd != ARGO_IOC_CABLE_ADD && cmd != ARGO_IOC_CABLE_REMOVE &&
	    cmd != ARGO_IOC_CABLE_LIST)
		return -ENOTTY;
	if (!capable(CAP_SYS_ADMIN))
		return -EPERM;
	if (cmd == ARGO_IOC_CABLE_LIST)
		return do_list(ep, p);
	return do_change(ep, p, cmd == ARGO_IOC_CABLE_ADD);
}
