// SPDX-License-Identifier: GPL-2.0-only
/* The hypercall sendv. */
#include "locks.h"

static int check_arguments(const struct hmx_domain *domain,
			   const struct hmx_message *msg)
{
	HMX_ASSERT(hmx_r_l1(domain->engine));

	if (IS_ERR_OR_NULL(msg))
		return -EFAULT;
	if (msg->niov > domain->engine->params.max_iov)
		return -EINVAL;
	if (msg->niov && IS_ERR_OR_NULL(msg->iov))
		return -EFAULT;
	if (msg->src.pad || msg->dst.pad)
		return -EINVAL;
	if (msg->src.domid != ARGO_DOMID_ANY && msg->src.domid != domain->id)
		return -EPERM;
	return 0;
}

static int find_destination(struct hmx_domain *domain,
			    const struct hmx_message *msg,
			    struct hmx_domain **dst, u32 *port)
{
	HMX_ASSERT(hmx_r_l1(domain->engine));

	if (msg->dst.domid == ARGO_DOMID_ANY)
		return msg->dst.port ? -EINVAL :
		       hmx_cable_end(domain, msg->src.port, dst, port);
	*port = msg->dst.port;
	*dst = hmx_domain_find(domain->engine, msg->dst.domid);
	return *dst ? 0 : -ESRCH;
}

static int check_destination(struct hmx_domain *domain,
			     const struct hmx_message *msg,
			     struct hmx_domain **dst, u32 *port)
{
	struct hmx_access question = {
		.op = HMX_ACCESS_SEND,
		.src_domid = domain->id,
		.src_port = msg->src.port,
	};
	int rc;

	HMX_ASSERT(hmx_r_l1(domain->engine));

	rc = find_destination(domain, msg, dst, port);
	if (rc)
		return rc;
	question.dst_domid = (*dst)->id;
	question.dst_port = *port;
	if (!hmx_allowed(domain, &question))
		return -EACCES;
	if (!domain->argo)
		return -ENODEV;
	return (*dst)->argo ? 0 : -ECONNREFUSED;
}

/*
 * Return: bytes of all pieces, -EINVAL, -EMSGSIZE (more than any ring takes).
 */
static int count_bytes(const struct hmx_params *params,
		       const struct hmx_message *msg)
{
	const u32 max = argo_ring_max_message(params->max_ring_len);
	u32 i, sum = 0;

	for (i = 0; i < msg->niov; i++) {
		if (msg->iov[i].pad || msg->iov[i].len > max)
			return -EINVAL;
		sum += msg->iov[i].len;
		if (sum > max)
			return -EMSGSIZE;
	}
	return sum;
}

static int send_to_ring(struct hmx_domain *domain,
			const struct hmx_message *msg, struct hmx_ring *ring)
{
	int len, rc, wait_rc;

	HMX_ASSERT(hmx_r_rings_l2(ring->owner));

	spin_lock(&ring->l3);
	len = count_bytes(&domain->engine->params, msg);
	rc = len;
	if (len < 0)
		goto out;
	rc = hmx_ring_insert(ring, msg, domain->id, len);
	if (rc == -EAGAIN) {
		wait_rc = hmx_pending_add(ring, domain, len);
		if (wait_rc)
			rc = wait_rc;
	}
	if (!rc)
		rc = len;
out:
	spin_unlock(&ring->l3);
	return rc;
}

static int send_locked(struct hmx_domain *domain, const struct hmx_message *msg)
{
	struct hmx_domain *dst;
	struct hmx_ring *ring;
	u32 port;
	int rc;

	HMX_ASSERT(hmx_r_l1(domain->engine));

	rc = check_arguments(domain, msg);
	if (rc)
		return rc;
	rc = check_destination(domain, msg, &dst, &port);
	if (rc)
		return rc;

	read_lock(&dst->rings_l2);
	ring = hmx_ring_match(dst, port, domain->id);
	rc = ring ? send_to_ring(domain, msg, ring) : -ECONNREFUSED;
	read_unlock(&dst->rings_l2);

	if (rc >= 0)
		hmx_interrupt(dst);
	return rc;
}

/**
 * hmx_sendv() - the hypercall sendv
 * @domain: domain that calls
 * @msg: the message
 *
 * Context: any but the hard interrupt.
 * Return: bytes sent, or in this order -EOPNOTSUPP, -EACCES (of the access
 * hook), -EFAULT (@msg), -EINVAL (too many pieces), -EFAULT (the pieces),
 * -EINVAL (an address), -EPERM (the source has the id of another domain),
 * -ESRCH, or for a cable -EINVAL (a port), -ENODEV, -ENOTCONN, -ENXIO;
 * -EACCES, -ENODEV, -ECONNREFUSED, -EINVAL (a piece), -EMSGSIZE,
 * -EAGAIN (full; @domain is told when there is space), -EBUSY or -ENOMEM (full;
 * @domain is not told), -EFAULT (nothing is delivered).
 */
int hmx_sendv(struct hmx_domain *domain, const struct hmx_message *msg)
{
	struct hmx_engine *engine = domain->engine;
	int rc;

	read_lock_bh(&engine->l1);
	rc = hmx_begin(domain, HMX_OP_SENDV);
	if (!rc)
		rc = send_locked(domain, msg);
	read_unlock_bh(&engine->l1);
	return rc;
}
