// SPDX-License-Identifier: GPL-2.0-only
/*
 * The firewall's rules for ports of AF_VSOCK. Core judges the messages that
 * carry AF_VSOCK; here it is asked about connections and datagrams.
 */
#include <argo/firewall.h>

#include "vsock.h"

static struct argo_flow flow_of(unsigned int direction, u16 domid, u32 local,
				u32 remote)
{
	return (struct argo_flow) {
		.direction = direction,
		.protocol = ARGO_FIREWALL_VSOCK,
		.domid = domid,
		.local = local,
		.remote = remote,
	};
}

/**
 * argo_vsock_may_send() - may a connection or a datagram go out?
 * @vs: attachment
 * @domid: where it goes
 * @local: port of the socket here
 * @remote: port there
 *
 * The question is counted and, if a rule says so, logged.
 *
 * Context: any but the hard interrupt.
 */
bool argo_vsock_may_send(struct argo_vsock *vs, u16 domid, u32 local,
			 u32 remote)
{
	const struct argo_flow flow = flow_of(ARGO_FIREWALL_OUT, domid, local,
					      remote);

	return argo_firewall_judge(vs->hv, &flow);
}

/**
 * argo_vsock_may_receive() - may a connection or a datagram come in?
 * @vs: attachment
 * @domid: where it comes from
 * @local: port of the socket here
 * @remote: port there
 *
 * The question is counted and, if a rule says so, logged.
 *
 * Context: any but the hard interrupt.
 */
bool argo_vsock_may_receive(struct argo_vsock *vs, u16 domid, u32 local,
			    u32 remote)
{
	const struct argo_flow flow = flow_of(ARGO_FIREWALL_IN, domid, local,
					      remote);

	return argo_firewall_judge(vs->hv, &flow);
}

/**
 * argo_vsock_may_stay() - would a connection be allowed that there is?
 * @vsk: the connection's socket
 * @accepted: the other end began the connection
 *
 * Context: any but the hard interrupt.
 */
bool argo_vsock_may_stay(const struct vsock_sock *vsk, bool accepted)
{
	const struct argo_flow flow =
		flow_of(accepted ? ARGO_FIREWALL_IN : ARGO_FIREWALL_OUT,
			vsk->remote_addr.svm_cid - ARGO_VSOCK_CID_OFFSET,
			vsk->local_addr.svm_port, vsk->remote_addr.svm_port);

	return argo_firewall_would_allow(argo_vsock_of(vsk)->hv, &flow);
}

/**
 * argo_vsock_may_talk() - may any packet go to a domain?
 * @vs: attachment
 * @domid: the domain
 *
 * Context: any but the hard interrupt.
 */
bool argo_vsock_may_talk(const struct argo_vsock *vs, u16 domid)
{
	const struct argo_flow flow = {
		.direction = ARGO_FIREWALL_OUT,
		.protocol = ARGO_FIREWALL_MESSAGES,
		.domid = domid,
		.local = ARGO_PORT_VSOCK,
		.remote = ARGO_PORT_VSOCK,
	};

	return argo_firewall_would_allow(vs->hv, &flow);
}
