/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The firewall of an attachment (uapi/linux/argo_firewall.h).
 *
 * Core judges all messages, so a front-end need not know the firewall. A
 * front-end that carries a protocol with ports of its own asks about these.
 */
#ifndef _ARGO_FIREWALL_H
#define _ARGO_FIREWALL_H

#include <linux/types.h>

#include <uapi/linux/argo_firewall.h>

struct argo_hv;

/**
 * struct argo_flow - what is judged
 * @direction: ARGO_FIREWALL_IN or ARGO_FIREWALL_OUT
 * @protocol: ARGO_FIREWALL_MESSAGES or ARGO_FIREWALL_VSOCK
 * @domid: the other domain, maybe this one
 * @local: port of this domain
 * @remote: port of the other domain
 */
struct argo_flow {
	u8 direction;
	u8 protocol;
	u16 domid;
	u32 local;
	u32 remote;
};

bool argo_firewall_judge(struct argo_hv *hv, const struct argo_flow *flow);
bool argo_firewall_would_allow(struct argo_hv *hv,
			       const struct argo_flow *flow);

int argo_firewall_replace(struct argo_hv *hv,
			  const struct argo_firewall_rule *rules,
			  unsigned int n,
			  const struct argo_firewall_default *defaults);
unsigned int argo_firewall_list(struct argo_hv *hv,
				struct argo_firewall_rule *rules,
				unsigned int room,
				struct argo_firewall_default *defaults);
u32 argo_firewall_find(struct argo_hv *hv, const struct argo_flow *flow,
		       u32 *verdict);

#endif /* _ARGO_FIREWALL_H */
