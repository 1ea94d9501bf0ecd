// SPDX-License-Identifier: GPL-2.0-only
/*
 * Cables: a message that a domain sends from a port, naming no destination,
 * goes to the other end of that port's cable.
 *
 * A cable is for the life of the domain that it was plugged for, not for the
 * id: it is unplugged when that domain goes, and its owner forgets it later.
 */
#include "locks.h"

/* The domain that a cable leads to; NULL when it is gone, or for the parent. */
static struct hmx_domain *other_end(struct hmx_engine *engine,
				    const struct hmx_cable *cable)
{
	struct hmx_domain *dst;

	HMX_ASSERT(hmx_r_l1(engine));

	if (cable->dst_domid == ARGO_DOMID_PARENT)
		return NULL;
	dst = hmx_domain_find(engine, cable->dst_domid);
	return dst && dst->argo && dst->life == cable->dst_life ? dst : NULL;
}

static bool is_plugged(struct hmx_engine *engine, const struct hmx_cable *cable)
{
	return cable->dst_domid == ARGO_DOMID_PARENT ||
	       other_end(engine, cable);
}

static struct hmx_cable *cable_find(struct hmx_domain *domain, u32 port)
{
	u32 i;

	HMX_ASSERT(hmx_r_cables_l2(domain));

	for (i = 0; i < domain->nr_cables; i++)
		if (domain->cables[i].port == port)
			return &domain->cables[i];
	return NULL;
}

static void forget_unplugged(struct hmx_domain *domain)
{
	u32 i, kept = 0;

	HMX_ASSERT(hmx_w_cables_l2(domain));

	for (i = 0; i < domain->nr_cables; i++)
		if (is_plugged(domain->engine, &domain->cables[i]))
			domain->cables[kept++] = domain->cables[i];
	domain->nr_cables = kept;
}

/**
 * hmx_cable_end() - find the other end of a cable
 * @domain: domain that the cable is plugged into
 * @port: port that the cable is plugged into
 * @dst: the domain at the other end, which lives while L1 is held
 * @dst_port: the port there
 *
 * Context: R(L1); takes cables_L2 of @domain.
 * Return: 0, -ENODEV, -ENOTCONN (no cable, or nobody at its end), -ENXIO (it
 * leads to the parent).
 */
int hmx_cable_end(struct hmx_domain *domain, u32 port, struct hmx_domain **dst,
		  u32 *dst_port)
{
	const struct hmx_cable *cable;
	int rc = -ENOTCONN;

	HMX_ASSERT(hmx_r_l1(domain->engine));

	if (!domain->argo)
		return -ENODEV;
	read_lock(&domain->cables_l2);
	cable = cable_find(domain, port);
	if (cable && cable->dst_domid == ARGO_DOMID_PARENT) {
		rc = -ENXIO;
	} else if (cable) {
		*dst = other_end(domain->engine, cable);
		*dst_port = cable->dst_port;
		rc = *dst ? 0 : -ENOTCONN;
	}
	read_unlock(&domain->cables_l2);
	return rc;
}

static int plug(struct hmx_domain *src, const struct hmx_cable *new)
{
	struct hmx_cable *cable = cable_find(src, new->port);

	HMX_ASSERT(hmx_w_cables_l2(src));

	if (cable && is_plugged(src->engine, cable))
		return -EEXIST;
	if (!cable) {
		if (src->nr_cables == HMX_MAX_CABLES)
			forget_unplugged(src);
		if (src->nr_cables == HMX_MAX_CABLES)
			return -ENOSPC;
		cable = &src->cables[src->nr_cables++];
	}
	*cable = *new;
	return 0;
}

/* As for Xen's toolstack: domain 0 alone may change the cables of domains. */
static bool is_privileged(const struct hmx_domain *domain)
{
	return !domain->id;
}

/*
 * Find the domain whose cable the caller wants to change. Return: 0, -ESRCH,
 * -EPERM.
 */
static int find_source(struct hmx_domain *caller, const struct argo_addr *addr,
		       struct hmx_domain **src)
{
	HMX_ASSERT(hmx_r_l1(caller->engine));

	*src = hmx_domain_find(caller->engine, addr->domid);
	if (!*src)
		return -ESRCH;
	return is_privileged(caller) ? 0 : -EPERM;
}

static int add_locked(struct hmx_domain *caller, const struct argo_cable *cable)
{
	struct hmx_domain *src, *dst = NULL;
	struct hmx_cable new = {};
	int rc;

	HMX_ASSERT(hmx_r_l1(caller->engine));

	if (IS_ERR_OR_NULL(cable))
		return -EFAULT;
	if (cable->src.reserved || cable->dst.reserved)
		return -EINVAL;
	rc = find_source(caller, &cable->src, &src);
	if (rc)
		return rc;
	if (cable->dst.domid != ARGO_DOMID_PARENT) {
		dst = hmx_domain_find(caller->engine, cable->dst.domid);
		if (!dst)
			return -ESRCH;
		new.dst_life = dst->life;
	}
	new.port = cable->src.port;
	new.dst_domid = cable->dst.domid;
	new.dst_port = cable->dst.port;
	if (!src->argo)
		return -ENODEV;
	if (dst && !dst->argo)
		return -ECONNREFUSED;

	write_lock(&src->cables_l2);
	rc = plug(src, &new);
	write_unlock(&src->cables_l2);
	return rc;
}

/**
 * hmx_cable_add() - the hypercall cable_add
 * @domain: domain that calls
 * @cable: the cable
 *
 * Context: any but the hard interrupt.
 * Return: 0, or in this order -EOPNOTSUPP, -EACCES (of the access hook),
 * -EFAULT, -EINVAL, -ESRCH (no such source), -EPERM (@domain is not domain 0),
 * -ESRCH (no such destination), -ENODEV, -ECONNREFUSED (one of them has no
 * Argo), -EEXIST, -ENOSPC (HMX_MAX_CABLES).
 */
int hmx_cable_add(struct hmx_domain *domain, const struct argo_cable *cable)
{
	struct hmx_engine *engine = domain->engine;
	int rc;

	read_lock_bh(&engine->l1);
	rc = hmx_begin(domain, HMX_OP_CABLE);
	if (!rc)
		rc = add_locked(domain, cable);
	read_unlock_bh(&engine->l1);
	return rc;
}

static int remove_locked(struct hmx_domain *caller,
			 const struct argo_addr *addr)
{
	struct hmx_domain *src;
	struct hmx_cable *cable;
	int rc;

	HMX_ASSERT(hmx_r_l1(caller->engine));

	if (IS_ERR_OR_NULL(addr))
		return -EFAULT;
	if (addr->reserved)
		return -EINVAL;
	rc = find_source(caller, addr, &src);
	if (rc)
		return rc;
	if (!src->argo)
		return -ENODEV;

	write_lock(&src->cables_l2);
	cable = cable_find(src, addr->port);
	if (cable)
		*cable = src->cables[--src->nr_cables];
	write_unlock(&src->cables_l2);
	return cable ? 0 : -ENOENT;
}

/**
 * hmx_cable_remove() - the hypercall cable_remove
 * @domain: domain that calls
 * @src: the port that the cable is plugged into
 *
 * Context: any but the hard interrupt.
 * Return: 0, or in this order -EOPNOTSUPP, -EACCES (of the access hook),
 * -EFAULT, -EINVAL, -ESRCH, -EPERM, -ENODEV, -ENOENT.
 */
int hmx_cable_remove(struct hmx_domain *domain, const struct argo_addr *src)
{
	struct hmx_engine *engine = domain->engine;
	int rc;

	read_lock_bh(&engine->l1);
	rc = hmx_begin(domain, HMX_OP_CABLE);
	if (!rc)
		rc = remove_locked(domain, src);
	read_unlock_bh(&engine->l1);
	return rc;
}

/* The domain with Argo whose id is @first, or the next larger one. */
static struct hmx_domain *next_domain(struct hmx_engine *engine, u32 first)
{
	struct hmx_domain *domain, *next = NULL;
	unsigned int i;

	HMX_ASSERT(hmx_r_l1(engine));

	for (i = 0; i < HMX_BUCKETS; i++)
		hlist_for_each_entry(domain, &engine->domains[i], node)
			if (domain->argo && domain->id >= first &&
			    (!next || domain->id < next->id))
				next = domain;
	return next;
}

/* Return: number of the cables, or -ENOSPC: there is no room for all. */
static int list_cables_of(struct hmx_domain *domain, struct argo_cable *list,
			  u32 room)
{
	u32 i;
	int n = -ENOSPC;

	HMX_ASSERT(hmx_r_l1(domain->engine));

	write_lock(&domain->cables_l2);
	forget_unplugged(domain);
	if (domain->nr_cables <= room)
		n = domain->nr_cables;
	for (i = 0; n > 0 && i < domain->nr_cables; i++) {
		const struct hmx_cable *cable = &domain->cables[i];

		list[i] = (struct argo_cable) {
			.src = { .port = cable->port, .domid = domain->id },
			.dst = { .port = cable->dst_port,
				 .domid = cable->dst_domid },
		};
	}
	write_unlock(&domain->cables_l2);
	return n;
}

static int list_locked(struct hmx_domain *caller, struct argo_cable *list,
		       u32 room, u16 first)
{
	struct hmx_domain *domain;
	u32 id = first;
	int n, found = 0;

	HMX_ASSERT(hmx_r_l1(caller->engine));

	if (room < HMX_MAX_CABLES)
		return -EINVAL;
	while ((domain = next_domain(caller->engine, id))) {
		if (!is_privileged(caller))
			return -EPERM;
		n = list_cables_of(domain, list + found, room - found);
		if (n < 0)
			break;
		found += n;
		id = domain->id + 1u;
	}
	return found;
}

/**
 * hmx_cable_list() - the hypercall cable_list
 * @domain: domain that calls
 * @list: filled in
 * @room: length of @list
 * @first: id of the first domain
 *
 * Lists all cables of one or more domains that follow each other, in the order
 * of their ids, as many as there is room for.
 *
 * Context: any but the hard interrupt.
 * Return: number of cables, 0 if no domain from @first on has one; or in this
 * order -EOPNOTSUPP, -EACCES (of the access hook), -EINVAL (@room is less than
 * HMX_MAX_CABLES), -EPERM.
 */
int hmx_cable_list(struct hmx_domain *domain, struct argo_cable *list, u32 room,
		   u16 first)
{
	struct hmx_engine *engine = domain->engine;
	int rc;

	read_lock_bh(&engine->l1);
	rc = hmx_begin(domain, HMX_OP_CABLE);
	if (!rc)
		rc = list_locked(domain, list, room, first);
	read_unlock_bh(&engine->l1);
	return rc;
}
