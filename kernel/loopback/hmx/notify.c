// SPDX-License-Identifier: GPL-2.0-only
/*
 * The hypercall notify: domains that wait for space in the caller's rings are
 * told, then the caller's questions are answered.
 */
#include "locks.h"

static void serve_ring(struct hmx_ring *ring, struct list_head *told)
{
	u32 space;

	HMX_ASSERT(hmx_r_rings_l2(ring->owner));

	spin_lock(&ring->l3);
	space = hmx_ring_space(ring);
	/* As in Xen, a wait for an empty message ends when a byte fits. */
	if (space)
		hmx_pending_take(ring, space, told);
	spin_unlock(&ring->l3);
}

static void serve_waiters(struct hmx_domain *domain)
{
	struct hmx_ring *ring;
	unsigned int i;
	LIST_HEAD(told);

	HMX_ASSERT(hmx_r_l1(domain->engine));

	read_lock(&domain->rings_l2);
	for (i = 0; i < HMX_BUCKETS; i++)
		hlist_for_each_entry(ring, &domain->rings[i], node)
			serve_ring(ring, &told);
	read_unlock(&domain->rings_l2);
	hmx_pending_tell(domain->engine, &told);
}

static int answer_from_ring(struct hmx_domain *domain, struct hmx_ring *ring,
			    struct argo_hv_query *answer)
{
	u32 space;
	int rc = 0;

	HMX_ASSERT(hmx_r_rings_l2(ring->owner));

	answer->flags |= ARGO_HV_EXISTS;
	if (ring->partner == ARGO_DOMID_ANY)
		answer->flags |= ARGO_HV_SHARED;

	spin_lock(&ring->l3);
	answer->max_message = hmx_ring_max_message(ring);
	space = hmx_ring_space(ring);
	if (space == answer->max_message)
		answer->flags |= ARGO_HV_EMPTY;
	if (answer->need > answer->max_message) {
		answer->flags |= ARGO_HV_TOO_LARGE;
	} else if (answer->need <= space) {
		answer->flags |= ARGO_HV_SUFFICIENT;
		hmx_pending_cancel(ring, domain);
	} else {
		rc = hmx_pending_add(ring, domain, answer->need);
		if (rc == -EBUSY) {
			answer->flags |= ARGO_HV_BUSY;
			rc = 0;
		}
	}
	spin_unlock(&ring->l3);
	return rc;
}

/* Return: the domain that @query is about, or NULL; its port is set. */
static struct hmx_domain *find_destination(struct hmx_domain *domain,
					   const struct argo_hv_query *query,
					   u32 *port)
{
	struct hmx_domain *dst;

	HMX_ASSERT(hmx_r_l1(domain->engine));

	if (query->domid == ARGO_DOMID_ANY)
		return hmx_cable_end(domain, query->port, &dst, port) ? NULL :
									dst;
	*port = query->port;
	return hmx_domain_find(domain->engine, query->domid);
}

/* An entry without an answer is not written to. */
static int answer_query(struct hmx_domain *domain, struct argo_hv_query *query)
{
	struct argo_hv_query answer = *query;
	struct hmx_access question = {
		.op = HMX_ACCESS_QUERY,
		.src_domid = domain->id,
	};
	struct hmx_domain *dst;
	struct hmx_ring *ring;
	int rc = 0;

	HMX_ASSERT(hmx_r_l1(domain->engine));

	answer.flags = 0;
	dst = find_destination(domain, &answer, &question.dst_port);
	if (dst && dst->argo) {
		question.dst_domid = dst->id;
		if (!hmx_allowed(domain, &question))
			return -EACCES;
		read_lock(&dst->rings_l2);
		ring = hmx_ring_match(dst, question.dst_port, domain->id);
		if (ring)
			rc = answer_from_ring(domain, ring, &answer);
		read_unlock(&dst->rings_l2);
	}
	if (!rc) {
		query->flags = answer.flags;
		query->max_message = answer.max_message;
	}
	return rc;
}

static int notify_locked(struct hmx_domain *domain,
			 struct argo_hv_queries *queries)
{
	u32 i;
	int rc = 0;

	HMX_ASSERT(hmx_r_l1(domain->engine));

	if (!domain->argo)
		return -ENODEV;
	serve_waiters(domain);

	if (!queries)
		return 0;
	if (IS_ERR(queries))
		return -EFAULT;
	if (queries->n > domain->engine->params.max_queries)
		return -EACCES;
	for (i = 0; !rc && i < queries->n; i++)
		rc = answer_query(domain, &queries->q[i]);
	return rc;
}

/**
 * hmx_notify() - the hypercall notify
 * @domain: domain that calls
 * @queries: questions, which are answered in their order; NULL for none
 *
 * Domains that wait for space in a ring of @domain are told if there is enough,
 * whatever is wrong with the questions.
 *
 * Context: any but the hard interrupt.
 * Return: 0, or in this order -EOPNOTSUPP, -EACCES (of the access hook),
 * -ENODEV, -EFAULT, -EACCES (too many questions), or of the first question that
 * is not answered -EACCES, -ENOMEM.
 */
int hmx_notify(struct hmx_domain *domain, struct argo_hv_queries *queries)
{
	struct hmx_engine *engine = domain->engine;
	int rc;

	read_lock_bh(&engine->l1);
	rc = hmx_begin(domain, HMX_OP_NOTIFY);
	if (!rc)
		rc = notify_locked(domain, queries);
	read_unlock_bh(&engine->l1);
	return rc;
}
