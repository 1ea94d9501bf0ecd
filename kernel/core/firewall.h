/* SPDX-License-Identifier: GPL-2.0-only */
/* Questions of core's other files to the firewall. */
#ifndef _ARGO_CORE_FIREWALL_H
#define _ARGO_CORE_FIREWALL_H

#include <linux/rcupdate.h>

#include <argo/firewall.h>

#include "internal.h"

static inline bool argo_firewall_is_on(const struct argo_hv *hv)
{
	return rcu_access_pointer(hv->firewall.filter);
}

/* Describe a message from the port @local to @addr, for the firewall. */
static inline struct argo_flow
argo_firewall_flow_to(const struct argo_addr *addr, u32 local)
{
	bool cable = argo_addr_is_cable(addr);

	return (struct argo_flow) {
		.direction = ARGO_FIREWALL_OUT,
		.protocol = ARGO_FIREWALL_MESSAGES,
		.domid = cable ? ARGO_DOMID_CABLE : addr->domid,
		.local = local,
		.remote = cable ? 0 : addr->port,
	};
}

bool argo_firewall_judge_departure(struct argo_ring *ring,
				   const struct argo_addr *to);
bool argo_firewall_judge_arrival(struct argo_ring *ring,
				 const struct argo_ring_msg *msg);
bool argo_firewall_may_ask(struct argo_hv *hv, const struct argo_addr *addr);
bool argo_firewall_may_bind(struct argo_hv *hv, u32 port, u16 partner);

/* May @msg, the next message of @ring, be read? The ring's reader. */
static inline bool argo_firewall_admits(struct argo_ring *ring,
					const struct argo_ring_msg *msg)
{
	return !argo_firewall_is_on(ring->hv) ||
	       argo_firewall_judge_arrival(ring, msg);
}

#endif /* _ARGO_CORE_FIREWALL_H */
