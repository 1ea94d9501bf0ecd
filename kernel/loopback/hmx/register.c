// SPDX-License-Identifier: GPL-2.0-only
/* The hypercalls register_ring and unregister_ring. */
#include "locks.h"

static u32 ring_npages(u32 len)
{
	return DIV_ROUND_UP(sizeof(struct argo_ring_header) + len, PAGE_SIZE);
}

static int check_arguments(const struct hmx_params *params,
			   const struct hmx_register *reg, void *const *pages,
			   u32 npages, u32 flags)
{
	if (npages > DIV_ROUND_UP(params->max_ring_len, PAGE_SIZE))
		return -EINVAL;
	if (IS_ERR_OR_NULL(pages))
		return -EFAULT;
	if (flags & ~HMX_REGISTER_FAIL_EXIST)
		return -EINVAL;
	if (IS_ERR_OR_NULL(reg))
		return -EFAULT;
	if (reg->len < ARGO_RING_MIN_LEN || reg->len > params->max_ring_len ||
	    reg->len % ARGO_RING_SLOT || npages != ring_npages(reg->len) ||
	    reg->pad)
		return -EINVAL;
	return 0;
}

/**
 * struct registration - memory that a registration may need, allocated before
 *	locks are taken; NULL where there was none
 * @ring: a new ring
 * @record: the partner's record of the ring
 * @pages: pages of the ring
 * @page_err: errno of a page that cannot be used, or 0
 */
struct registration {
	struct hmx_ring *ring;
	struct hmx_partner_ring *record;
	void **pages;
	int page_err;
};

static int copy_pages(void **to, void *const *from, u32 npages)
{
	u32 i;

	for (i = 0; i < npages; i++) {
		if (IS_ERR(from[i]))
			return PTR_ERR(from[i]);
		if (!from[i])
			return -EINVAL;
		to[i] = from[i];
	}
	return 0;
}

/* Xen allocates these one by one, so each allocation can fail by itself. */
static void prepare(struct registration *new, struct hmx_engine *engine,
		    const struct hmx_register *reg, void *const *pages,
		    u32 npages)
{
	if (reg->partner != ARGO_DOMID_ANY)
		new->record = hmx_alloc(engine, sizeof(*new->record),
					GFP_KERNEL);
	new->ring = hmx_alloc(engine, sizeof(*new->ring), GFP_KERNEL);
	if (!hmx_faults_alloc(engine))
		new->pages = kvmalloc_array(npages, sizeof(*new->pages),
					    GFP_KERNEL);
	if (new->pages)
		new->page_err = copy_pages(new->pages, pages, npages);
}

static void give_back(struct registration *new)
{
	kvfree(new->pages);
	hmx_ring_free(new->ring);
	kfree(new->record);
}

static int check_partner(struct hmx_domain *domain,
			 const struct hmx_register *reg,
			 struct hmx_domain **partner)
{
	struct hmx_engine *engine = domain->engine;
	const bool any = reg->partner == ARGO_DOMID_ANY;
	const struct hmx_access question = {
		.op = any ? HMX_ACCESS_REGISTER_ANY :
			    HMX_ACCESS_REGISTER_SINGLE,
		.src_domid = reg->partner,
		.dst_domid = domain->id,
		.dst_port = reg->port,
	};

	HMX_ASSERT(hmx_r_l1(engine));

	*partner = NULL;
	if (any) {
		if (!engine->params.mac_permissive)
			return -EPERM;
	} else {
		*partner = hmx_domain_find(engine, reg->partner);
		if (!*partner)
			return -ESRCH;
	}
	return hmx_allowed(domain, &question) ? 0 : -EACCES;
}

static void ring_init(struct hmx_ring *ring, struct hmx_domain *owner,
		      const struct hmx_register *reg)
{
	ring->owner = owner;
	ring->port = reg->port;
	ring->partner = reg->partner;
	ring->len = reg->len;
	spin_lock_init(&ring->l3);
	INIT_LIST_HEAD(&ring->pending);
}

/* Take over the indexes in the pages, which may have been a ring before. */
static void adopt_indexes(struct hmx_ring *ring)
{
	struct argo_ring_header *header = ring->pages[0];

	HMX_ASSERT(hmx_w_rings_l2(ring->owner));

	ring->tx = READ_ONCE(header->tx_ptr);
	if (!argo_ring_index_ok(ring->tx, ring->len))
		hmx_ring_set_tx(ring, hmx_ring_rx(ring));
}

static int register_new(struct hmx_domain *domain,
			const struct hmx_register *reg,
			struct registration *new, struct hmx_domain *partner)
{
	struct hmx_ring *ring = new->ring;

	HMX_ASSERT(hmx_w_rings_l2(domain));

	if (!new->pages)
		return -ENOMEM;
	if (new->page_err)
		return new->page_err;

	ring_init(ring, domain, reg);
	swap(ring->pages, new->pages);
	adopt_indexes(ring);
	hmx_ring_add(ring);
	if (partner)
		hmx_partner_add(partner, new->record, ring);
	new->record = NULL;
	new->ring = NULL;
	domain->nr_rings++;
	return 0;
}

/*
 * Let a ring go on in other pages. As in Xen, the ring counts twice in nr_rings
 * afterwards, and a ring that is lost because this fails still counts.
 */
static int register_again(struct hmx_ring *ring, const struct hmx_register *reg,
			  u32 flags, struct registration *new,
			  struct hlist_head *gone)
{
	int rc = new->pages ? new->page_err : -ENOMEM;

	HMX_ASSERT(hmx_w_rings_l2(ring->owner));

	if (flags & HMX_REGISTER_FAIL_EXIST || ring->len != reg->len)
		return -EEXIST;
	if (rc) {
		hmx_ring_remove(ring, gone);
		return rc;
	}
	swap(ring->pages, new->pages);
	adopt_indexes(ring);
	ring->owner->nr_rings++;
	return 0;
}

static int register_locked(struct hmx_domain *domain,
			   const struct hmx_register *reg, u32 flags,
			   struct registration *new, struct hlist_head *gone)
{
	struct hmx_domain *partner;
	struct hmx_ring *ring;
	int rc;

	HMX_ASSERT(hmx_r_l1(domain->engine));

	rc = check_partner(domain, reg, &partner);
	if (rc)
		return rc;
	if (!new->ring || (partner && !new->record))
		return -ENOMEM;
	if (!domain->argo)
		return -ENODEV;
	if (partner && !partner->argo)
		return -ECONNREFUSED;

	write_lock(&domain->rings_l2);
	ring = hmx_ring_find(domain, reg->port, reg->partner);
	if (domain->nr_rings >= domain->engine->params.max_rings)
		rc = -ENOSPC;
	else if (ring)
		rc = register_again(ring, reg, flags, new, gone);
	else
		rc = register_new(domain, reg, new, partner);
	write_unlock(&domain->rings_l2);
	return rc;
}

/**
 * hmx_register_ring() - the hypercall register_ring
 * @domain: domain that calls
 * @reg: the ring
 * @pages: addresses of the ring's pages, which the caller has mapped; for a
 *	page that it could not map, the errno as an ERR_PTR, or NULL for -EINVAL
 * @npages: number of pages, of PAGE_SIZE bytes each
 * @flags: HMX_REGISTER_*
 *
 * A valid send index in the pages is kept, so that unread messages stay unread.
 * The engine uses the pages until the ring goes or is registered again. A ring
 * that exists goes when registering it again fails with -ENOMEM or because of a
 * page.
 *
 * Context: may sleep.
 * Return: 0, or in this order -EOPNOTSUPP, -EACCES (of the access hook),
 * -EINVAL (too many pages), -EFAULT (@pages), -EINVAL (@flags), -EFAULT (@reg),
 * -EINVAL (@reg, or not the number of pages that it needs), -EPERM (no wildcard
 * rings), -ESRCH, -EACCES, -ENOMEM, -ENODEV, -ECONNREFUSED, -ENOSPC, -EEXIST,
 * -ENOMEM, errno of a page.
 */
int hmx_register_ring(struct hmx_domain *domain, const struct hmx_register *reg,
		      void *const *pages, u32 npages, u32 flags)
{
	struct hmx_engine *engine = domain->engine;
	struct registration new = {};
	HLIST_HEAD(gone);
	int rc;

	read_lock_bh(&engine->l1);
	rc = hmx_begin(domain, HMX_OP_REGISTER);
	read_unlock_bh(&engine->l1);
	if (rc)
		return rc;
	rc = check_arguments(&engine->params, reg, pages, npages, flags);
	if (rc)
		return rc;

	prepare(&new, engine, reg, pages, npages);
	read_lock_bh(&engine->l1);
	rc = register_locked(domain, reg, flags, &new, &gone);
	read_unlock_bh(&engine->l1);
	hmx_rings_free(&gone);
	give_back(&new);
	return rc;
}

static int unregister_locked(struct hmx_domain *domain,
			     const struct hmx_unregister *unreg,
			     struct hlist_head *gone)
{
	struct hmx_ring *ring;

	HMX_ASSERT(hmx_r_l1(domain->engine));

	if (!domain->argo)
		return -ENODEV;

	write_lock(&domain->rings_l2);
	ring = hmx_ring_find(domain, unreg->port, unreg->partner);
	if (ring) {
		hmx_ring_remove(ring, gone);
		domain->nr_rings--;
	}
	write_unlock(&domain->rings_l2);
	return ring ? 0 : -ENOENT;
}

/**
 * hmx_unregister_ring() - the hypercall unregister_ring
 * @domain: domain that calls
 * @unreg: the ring
 *
 * Context: may sleep. On return the engine does not use the ring's pages.
 * Return: 0, or in this order -EOPNOTSUPP, -EACCES (of the access hook),
 * -EFAULT, -EINVAL (@unreg), -ENODEV, -ENOENT.
 */
int hmx_unregister_ring(struct hmx_domain *domain,
			const struct hmx_unregister *unreg)
{
	struct hmx_engine *engine = domain->engine;
	HLIST_HEAD(gone);
	int rc;

	read_lock_bh(&engine->l1);
	rc = hmx_begin(domain, HMX_OP_UNREGISTER);
	if (rc)
		goto out;
	rc = -EFAULT;
	if (IS_ERR_OR_NULL(unreg))
		goto out;
	rc = -EINVAL;
	if (unreg->pad)
		goto out;
	rc = unregister_locked(domain, unreg, &gone);
out:
	read_unlock_bh(&engine->l1);
	hmx_rings_free(&gone);
	return rc;
}
