// SPDX-License-Identifier: GPL-2.0-only
/* Engines, and the checks that come first in each operation. */
#include "locks.h"

/* Xen's limit. With its header such a ring would need one page too many. */
#define HMX_MAX_RING_LEN	0x1000000u

/**
 * hmx_params_init() - set the limits and rules of Xen with argo=1
 * @params: filled in
 */
void hmx_params_init(struct hmx_params *params)
{
	*params = (struct hmx_params) {
		.max_rings = 128,
		.max_waiters = 32,
		.max_queries = 256,
		.max_iov = 8,
		.max_ring_len = HMX_MAX_RING_LEN,
		.argo = true,
	};
}

/**
 * hmx_engine_create() - create a hypervisor without domains
 * @params: limits and rules; copied
 *
 * Context: may sleep.
 * Return: the engine, or an ERR_PTR: -EINVAL (hmx_params.max_ring_len is too
 * small or too large), -ENOMEM.
 */
struct hmx_engine *hmx_engine_create(const struct hmx_params *params)
{
	struct hmx_engine *engine;

	if (params->max_ring_len < ARGO_RING_MIN_LEN ||
	    params->max_ring_len > HMX_MAX_RING_LEN)
		return ERR_PTR(-EINVAL);

	engine = kzalloc(sizeof(*engine), GFP_KERNEL);
	if (!engine)
		return ERR_PTR(-ENOMEM);
	engine->params = *params;
	rwlock_init(&engine->l1);
	spin_lock_init(&engine->alloc_lock);
	return engine;
}

/**
 * hmx_engine_free() - free a hypervisor
 * @engine: the engine, of which all domains are freed
 */
void hmx_engine_free(struct hmx_engine *engine)
{
	hmx_rules_free(engine->rules);
	kfree(engine);
}

/**
 * hmx_alloc() - allocate zeroed memory, unless hmx_fault_alloc() lets it fail
 * @engine: the engine
 * @size: bytes
 * @gfp: GFP_KERNEL, or GFP_ATOMIC where a lock is held
 *
 * Context: as @gfp says.
 * Return: the memory, for kfree(), or NULL.
 */
void *hmx_alloc(struct hmx_engine *engine, size_t size, gfp_t gfp)
{
	return hmx_faults_alloc(engine) ? NULL : kzalloc(size, gfp);
}

/**
 * hmx_allowed() - ask the rules and the access hook
 * @domain: domain that calls
 * @question: the question
 *
 * Context: R(L1).
 */
bool hmx_allowed(struct hmx_domain *domain, const struct hmx_access *question)
{
	const struct hmx_params *params = &domain->engine->params;

	HMX_ASSERT(hmx_r_l1(domain->engine));

	if (!hmx_rules_allow(domain->engine->rules, question)) {
		if (domain->ops->denied)
			domain->ops->denied(domain->ctx, question);
		return false;
	}
	return !params->access || params->access(params->access_ctx, question);
}

/**
 * hmx_begin() - the checks of every operation before it looks at its arguments
 * @domain: domain that calls
 * @op: the operation
 *
 * Context: R(L1).
 * Return: 0, errno of hmx_fault_op(), -EOPNOTSUPP, -EACCES.
 */
int hmx_begin(struct hmx_domain *domain, enum hmx_op op)
{
	const struct hmx_access question = {
		.op = HMX_ACCESS_ENABLE,
		.src_domid = domain->id,
		.dst_domid = domain->id,
	};
	int err = hmx_faults_op(&domain->faults, op);

	HMX_ASSERT(hmx_r_l1(domain->engine));

	if (err)
		return err;
	if (!domain->engine->params.argo)
		return -EOPNOTSUPP;
	return hmx_allowed(domain, &question) ? 0 : -EACCES;
}
