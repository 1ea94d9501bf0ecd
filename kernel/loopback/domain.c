// SPDX-License-Identifier: GPL-2.0-only
/* A virtual domain: core's hypervisor interface (argo/hv.h) on top of HMX. */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/mm.h>
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include <argo/compat.h>

#include "loopback.h"

static struct hmx_domain *hmx_of(struct argo_hv *hv)
{
	struct loopback_domain *domain = argo_hv_params(hv)->priv;

	return domain->hmx;
}

static int loopback_domid(struct argo_hv *hv)
{
	return hmx_domain_id(hmx_of(hv));
}

static int loopback_ring_register(struct argo_hv *hv, u32 port, u16 partner,
				  struct page **pages, unsigned int npages,
				  u32 len)
{
	const struct hmx_register reg = {
		.port = port,
		.partner = partner,
		.len = len,
	};
	void **mapped;
	unsigned int i;
	int rc;

	mapped = kvmalloc_array(npages, sizeof(*mapped), GFP_KERNEL);
	if (!mapped)
		return -ENOMEM;
	for (i = 0; i < npages; i++)
		mapped[i] = page_address(pages[i]);
	rc = hmx_register_ring(hmx_of(hv), &reg, mapped, npages,
			       HMX_REGISTER_FAIL_EXIST);
	kvfree(mapped);

	/* HMX returns -ECONNREFUSED when the partner has no Argo. */
	return rc == -ECONNREFUSED ? -EHOSTUNREACH : argo_hv_normalise(rc);
}

static int loopback_ring_unregister(struct argo_hv *hv, u32 port, u16 partner)
{
	const struct hmx_unregister unreg = {
		.port = port,
		.partner = partner,
	};
	int rc = hmx_unregister_ring(hmx_of(hv), &unreg);

	/* HMX removes a ring when its partner or its owner dies. */
	return rc == -ENOENT || rc == -ENODEV ? 0 : argo_hv_normalise(rc);
}

static int copy_from_kernel(void *ctx, void *to, u64 base, u32 len)
{
	memcpy(to, (const void *)(unsigned long)base, len);
	return 0;
}

static bool is_kernel_memory(const struct argo_hv_message *msg, u64 base)
{
	unsigned int i;

	for (i = 0; i < msg->nkernel; i++)
		if (base - msg->iov[i].base < msg->iov[i].len)
			return true;
	return false;
}

static int copy_from_caller(void *ctx, void *to, u64 base, u32 len)
{
	unsigned long left;

	if (is_kernel_memory(ctx, base))
		return copy_from_kernel(ctx, to, base, len);

	/* Like Xen, the engine brings no memory in. */
	pagefault_disable();
	left = __copy_from_user_inatomic(to, u64_to_user_ptr(base), len);
	pagefault_enable();
	return left ? -EFAULT : 0;
}

static int loopback_sendv(struct argo_hv *hv, const struct argo_hv_message *msg)
{
	const struct argo_addr dst = argo_hv_wire_dst(&msg->dst);
	const struct hmx_message message = {
		.src = { .port = msg->src_port, .domid = ARGO_DOMID_ANY },
		.dst = { .port = dst.port, .domid = dst.domid },
		.iov = msg->iov,
		.niov = msg->niov,
		.type = msg->type,
		.copy_from = msg->user ? copy_from_caller : copy_from_kernel,
		.copy_ctx = (void *)msg,
	};

	return argo_hv_normalise(hmx_sendv(hmx_of(hv), &message));
}

static int loopback_notify(struct argo_hv *hv, struct argo_hv_queries *queries)
{
	return argo_hv_normalise(hmx_notify(hmx_of(hv), queries));
}

static int loopback_cable_add(struct argo_hv *hv,
			      const struct argo_cable *cable)
{
	return argo_hv_normalise_cable(hmx_cable_add(hmx_of(hv), cable));
}

static int loopback_cable_remove(struct argo_hv *hv,
				 const struct argo_addr *src)
{
	return argo_hv_normalise_cable(hmx_cable_remove(hmx_of(hv), src));
}

static int loopback_cable_list(struct argo_hv *hv, struct argo_cable *list,
			       unsigned int room, u16 first)
{
	return argo_hv_normalise_cable(hmx_cable_list(hmx_of(hv), list, room,
						      first));
}

static_assert(HMX_MAX_CABLES == ARGO_HV_MAX_CABLES);

static const struct argo_hv_ops loopback_ops = {
	.owner = THIS_MODULE,
	.name = "loopback",
	.domid = loopback_domid,
	.ring_register = loopback_ring_register,
	.ring_unregister = loopback_ring_unregister,
	.sendv = loopback_sendv,
	.notify = loopback_notify,
	.cable_add = loopback_cable_add,
	.cable_remove = loopback_cable_remove,
	.cable_list = loopback_cable_list,
};

static void irq_fn(struct irq_work *work)
{
	struct loopback_domain *domain = container_of(work,
						      struct loopback_domain,
						      irq);
	/* loopback_domain_init() makes up for an interrupt that finds NULL. */
	struct argo_hv *hv = READ_ONCE(domain->hv);

	if (hv)
		argo_hv_interrupt(hv);
}

static void raise_irq(void *ctx)
{
	struct loopback_domain *domain = ctx;

	irq_work_queue(&domain->irq);
}

/* The command "irq now" of control.c raises the interrupt later. */
static void delay_irq(void *ctx)
{
}

static void denied(void *ctx, const struct hmx_access *question)
{
	loopback_denied(ctx, question);
}

static const struct hmx_domain_ops domain_ops = {
	.interrupt = raise_irq,
	.delay = delay_irq,
	.denied = denied,
};

/**
 * loopback_domain_init() - create a virtual domain
 * @loopback: hypervisor of the domain
 * @index: index and id of the domain
 *
 * Context: may sleep; front-ends are attached.
 * Return: 0 or an errno.
 */
int loopback_domain_init(struct loopback *loopback, unsigned int index)
{
	struct loopback_domain *domain = &loopback->domains[index];
	struct argo_hv_params params = {
		.ops = &loopback_ops,
		.priv = domain,
		.device = domain->device,
		.max_ring_len = min(loopback->params.max_ring_len,
				    ARGO_RING_MAX_LEN),
		.max_rings = loopback->params.max_rings,
		.max_iov = loopback->params.max_iov,
		.max_queries = loopback->params.max_queries,
	};
	struct argo_hv *hv;

	domain->loopback = loopback;
	mutex_init(&domain->restore_lock);
	loopback_denied_init(domain);
	argo_init_irq_work_hard(&domain->irq, irq_fn);
	snprintf(domain->device, sizeof(domain->device), "argo%u", index);

	domain->hmx = hmx_domain_create(loopback->engine, index, true,
					&domain_ops, domain);
	if (IS_ERR(domain->hmx))
		return PTR_ERR(domain->hmx);
	hv = argo_hv_register(&params);
	if (IS_ERR(hv)) {
		hmx_domain_free(domain->hmx);
		return PTR_ERR(hv);
	}
	WRITE_ONCE(domain->hv, hv);
	raise_irq(domain);
	loopback_control_init(domain);
	return 0;
}

/**
 * loopback_domain_exit() - free a virtual domain
 * @domain: the domain, whose debugfs files are gone
 *
 * Context: may sleep; front-ends are detached.
 */
void loopback_domain_exit(struct loopback_domain *domain)
{
	struct argo_hv *hv = domain->hv;

	/* HMX does not interrupt a dead domain. */
	hmx_domain_destroy(domain->hmx);
	irq_work_sync(&domain->irq);
	argo_hv_unregister(hv);
	hmx_domain_free(domain->hmx);
}
