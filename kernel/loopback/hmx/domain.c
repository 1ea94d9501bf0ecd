// SPDX-License-Identifier: GPL-2.0-only
/* Creating, resetting, restoring and destroying domains. */
#include "locks.h"

static struct hlist_head *id_bucket(struct hmx_engine *engine, u16 id)
{
	return &engine->domains[id % HMX_BUCKETS];
}

/**
 * hmx_domain_find() - find the living domain that has an id
 * @engine: the engine
 * @id: the id
 *
 * Context: R(L1).
 * Return: the domain, which lives while L1 is held, or NULL.
 */
struct hmx_domain *hmx_domain_find(struct hmx_engine *engine, u16 id)
{
	struct hmx_domain *domain;

	HMX_ASSERT(hmx_r_l1(engine));

	hlist_for_each_entry(domain, id_bucket(engine, id), node)
		if (domain->id == id)
			return domain;
	return NULL;
}

/**
 * hmx_interrupt() - interrupt a domain, or do what its faults demand
 * @domain: the domain
 *
 * Context: R(L1), and no lock that the domain's operations could wait for.
 */
void hmx_interrupt(struct hmx_domain *domain)
{
	HMX_ASSERT(hmx_r_l1(domain->engine));

	switch (hmx_faults_irq(&domain->faults)) {
	case HMX_IRQ_DELIVER:
		domain->ops->interrupt(domain->ctx);
		break;
	case HMX_IRQ_DELAY:
		domain->ops->delay(domain->ctx);
		break;
	case HMX_IRQ_DROP:
		break;
	}
}

static int start_life(struct hmx_domain *domain, u16 id)
{
	struct hmx_engine *engine = domain->engine;
	const struct hmx_access question = {
		.op = HMX_ACCESS_ENABLE,
		.src_domid = id,
		.dst_domid = id,
	};

	HMX_ASSERT(hmx_w_l1(engine));

	if (hmx_domain_find(engine, id))
		return -EEXIST;
	domain->id = id;
	domain->life = ++engine->last_life;
	domain->argo = domain->may_argo && engine->params.argo &&
		       hmx_allowed(domain, &question);
	hlist_add_head(&domain->node, id_bucket(engine, id));
	return 0;
}

/*
 * Remove a domain's rings, the partner rings of others for it, and its waits.
 */
static void remove_traces(struct hmx_domain *domain, struct hlist_head *gone)
{
	struct hmx_ring *ring;
	struct hlist_node *next;
	unsigned int i;

	HMX_ASSERT(hmx_w_l1(domain->engine));

	for (i = 0; i < HMX_BUCKETS; i++)
		hlist_for_each_entry_safe(ring, next, &domain->rings[i], node)
			hmx_ring_remove(ring, gone);
	domain->nr_rings = 0;
	hmx_partner_rings_remove(domain, gone);
	hmx_pending_drop_wildcard(domain);
}

static void end_life(struct hmx_domain *domain, struct hlist_head *gone)
{
	HMX_ASSERT(hmx_w_l1(domain->engine));

	remove_traces(domain, gone);
	domain->nr_cables = 0;
	domain->argo = false;
	hlist_del_init(&domain->node);
}

/**
 * hmx_domain_create() - create a domain
 * @engine: hypervisor of the domain
 * @id: id of the domain
 * @argo: the domain has Argo, if the access hook agrees
 * @ops: callbacks about the domain
 * @ctx: argument of @ops
 *
 * Context: may sleep.
 * Return: the domain, or an ERR_PTR: -EINVAL (@id is reserved), -EEXIST
 * (another domain has @id), -ENOMEM.
 */
struct hmx_domain *hmx_domain_create(struct hmx_engine *engine, u16 id,
				     bool argo,
				     const struct hmx_domain_ops *ops,
				     void *ctx)
{
	struct hmx_domain *domain;
	int rc;

	if (id >= ARGO_DOMID_FIRST_RESERVED)
		return ERR_PTR(-EINVAL);

	domain = hmx_alloc(engine, sizeof(*domain), GFP_KERNEL);
	if (!domain)
		return ERR_PTR(-ENOMEM);
	domain->engine = engine;
	domain->ops = ops;
	domain->ctx = ctx;
	domain->may_argo = argo;
	hmx_faults_init(&domain->faults);
	rwlock_init(&domain->rings_l2);
	spin_lock_init(&domain->send_l2);
	spin_lock_init(&domain->wildcard_l2);
	rwlock_init(&domain->cables_l2);
	INIT_LIST_HEAD(&domain->wildcard_pending);

	write_lock_bh(&engine->l1);
	rc = start_life(domain, id);
	write_unlock_bh(&engine->l1);
	if (rc) {
		kfree(domain);
		return ERR_PTR(rc);
	}
	return domain;
}

/**
 * hmx_domain_destroy() - end the life of a domain
 * @domain: the domain
 *
 * The domain's rings go, and so do the partner rings of others whose partner it
 * is; their owners are not told. Its cables go, and cables of others lead to it
 * no more. Its operations fail with -ENODEV from now on.
 * hmx_domain_restore() brings it back.
 *
 * Context: may sleep. On return the engine does not use the domain's pages, nor
 * call its hmx_domain_ops.
 */
void hmx_domain_destroy(struct hmx_domain *domain)
{
	struct hmx_engine *engine = domain->engine;
	HLIST_HEAD(gone);

	write_lock_bh(&engine->l1);
	if (!hlist_unhashed(&domain->node))
		end_life(domain, &gone);
	write_unlock_bh(&engine->l1);
	hmx_rings_free(&gone);
}

/**
 * hmx_domain_free() - free a domain, dead or alive
 * @domain: the domain; the caller does not give it to the engine any more
 *
 * Context: may sleep.
 */
void hmx_domain_free(struct hmx_domain *domain)
{
	hmx_domain_destroy(domain);
	kfree(domain);
}

/**
 * hmx_domain_soft_reset() - forget all rings of a domain, as for its kexec
 * @domain: the domain
 *
 * The same rings go as in hmx_domain_destroy(), but the domain lives on, with
 * its cables.
 *
 * Context: may sleep. On return the engine does not use the domain's pages.
 */
void hmx_domain_soft_reset(struct hmx_domain *domain)
{
	struct hmx_engine *engine = domain->engine;
	HLIST_HEAD(gone);

	write_lock_bh(&engine->l1);
	remove_traces(domain, &gone);
	write_unlock_bh(&engine->l1);
	hmx_rings_free(&gone);
}

/**
 * hmx_domain_restore() - end the life of a domain and begin a new one
 * @domain: the domain, dead or alive
 * @id: new id of the domain, which may be the old one
 *
 * Context: may sleep. On return the engine does not use the domain's pages.
 * Return: 0, or -EINVAL (@id is reserved) or -EEXIST (another domain has @id),
 * and then the domain is unchanged.
 */
int hmx_domain_restore(struct hmx_domain *domain, u16 id)
{
	struct hmx_engine *engine = domain->engine;
	struct hmx_domain *holder;
	HLIST_HEAD(gone);
	int rc = -EEXIST;

	if (id >= ARGO_DOMID_FIRST_RESERVED)
		return -EINVAL;

	write_lock_bh(&engine->l1);
	holder = hmx_domain_find(engine, id);
	if (!holder || holder == domain) {
		if (!hlist_unhashed(&domain->node))
			end_life(domain, &gone);
		rc = start_life(domain, id);
	}
	write_unlock_bh(&engine->l1);
	hmx_rings_free(&gone);
	return rc;
}

/**
 * hmx_domain_id() - id of a domain, or the last id of a dead domain
 * @domain: the domain
 *
 * Context: any but the hard interrupt; no lock of the engine is held.
 */
u16 hmx_domain_id(struct hmx_domain *domain)
{
	u16 id;

	read_lock_bh(&domain->engine->l1);
	id = domain->id;
	read_unlock_bh(&domain->engine->l1);
	return id;
}
