// SPDX-License-Identifier: GPL-2.0-only
/*
 * Cables between ports, where the hypervisor has them. In core and below, the
 * other end of the cable of a port has the address { port, ARGO_DOMID_ANY }.
 */
#include <linux/module.h>

#include "internal.h"

/**
 * argo_cable_add() - plug a cable into a port of a domain
 * @hv: attachment
 * @cable: the cable
 *
 * Context: may sleep.
 * Return: 0, or an errno as argo_hv_ops.cable_add.
 */
int argo_cable_add(struct argo_hv *hv, const struct argo_cable *cable)
{
	const struct argo_hv_ops *ops = hv->params.ops;

	return ops->cable_add ? ops->cable_add(hv, cable) : -EOPNOTSUPP;
}
EXPORT_SYMBOL_GPL(argo_cable_add);

/**
 * argo_cable_remove() - unplug the cable of a port of a domain
 * @hv: attachment
 * @src: the port
 *
 * Context: may sleep.
 * Return: 0, or an errno as argo_hv_ops.cable_remove.
 */
int argo_cable_remove(struct argo_hv *hv, const struct argo_addr *src)
{
	const struct argo_hv_ops *ops = hv->params.ops;

	return ops->cable_remove ? ops->cable_remove(hv, src) : -EOPNOTSUPP;
}
EXPORT_SYMBOL_GPL(argo_cable_remove);

/**
 * argo_cable_list() - list the cables of domains
 * @hv: attachment
 * @list: filled in
 * @room: length of @list, at least ARGO_HV_MAX_CABLES
 * @first: id of the first domain
 *
 * Context: may sleep.
 * Return: number of cables, or an errno, as argo_hv_ops.cable_list.
 */
int argo_cable_list(struct argo_hv *hv, struct argo_cable *list,
		    unsigned int room, u16 first)
{
	const struct argo_hv_ops *ops = hv->params.ops;

	return ops->cable_list ? ops->cable_list(hv, list, room, first) :
				 -EOPNOTSUPP;
}
EXPORT_SYMBOL_GPL(argo_cable_list);

/*
 * Why a question about @addr was answered with "no ring". A question does not
 * tell whether a cable is missing or only the ring at its end, but a send does:
 * the hypervisor looks at the pieces last, so one that has padding is never
 * sent.
 *
 * Context: any but the hard interrupt.
 * Return: -ECONNREFUSED; for a cable also -ENOTCONN, -ENXIO, -EOPNOTSUPP,
 * -EACCES, or 0: there is a ring by now.
 */
int argo_no_ring_error(struct argo_hv *hv, const struct argo_addr *addr)
{
	static const struct argo_hv_iov never_sent = { .len = 1, .pad = 1 };
	const struct argo_hv_message msg = {
		.iov = &never_sent,
		.niov = 1,
		.src_port = addr->port,
		.dst = *addr,
	};
	int rc;

	if (!argo_addr_is_cable(addr))
		return -ECONNREFUSED;
	argo_hv_count(hv, ARGO_HC_SENDV);
	rc = hv->params.ops->sendv(hv, &msg);
	switch (rc) {
	case -ENOTCONN:
	case -ENXIO:
	case -EOPNOTSUPP:
	case -EACCES:
		return rc;
	case -EINVAL:
		return 0;
	default:
		return -ECONNREFUSED;
	}
}
