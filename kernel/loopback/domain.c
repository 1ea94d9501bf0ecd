// SPDX-License-Identifier: GPL-2.0-only
/* A virtual domain: the hypervisor interface on top of the engine. */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/mm.h>
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include <argo/compat.h>

#include "loopback.h"

static struct hmx_domain *hmx_of(struct argo_hv *hv)
{
	struct loopback_domain *domain = argo_hv_priv(hv);

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

	/* Here it is the partner who has no Argo. */
	return rc == -ECONNREFUSED ? -EHOSTUNREACH : argo_hv_normalise(rc);
}

static int loopback_ring_unregister(struct argo_hv *hv, u32 port, u16 partner)
{
	const struct hmx_unregister unreg = {
		.port = port,
		.partner = partner,
	};
	int rc = hmx_unregister_ring(hmx_of(hv), &unreg);

	/* The partner's death, and one's own, takes the ring away. */
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

	/* As the hypervisor: what is not there now is not fetched. */
	pagefault_disable();
	left = __copy_from_user_inatomic(to, u64_to_user_ptr(base), len);
	pagefault_enable();
	return left ? -EFAULT : 0;
}

static int loopback_sendv(struct argo_hv *hv, const struct argo_hv_message *msg)
{
	const struct hmx_message message = {
		.src = { .port = msg->src_port, .domid = HMX_DOMID_ANY },
		.dst = { .port = msg->dst_port, .domid = msg->dst_domid },
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

static const struct argo_hv_ops loopback_ops = {
	.owner = THIS_MODULE,
	.name = "loopback",
	.domid = loopback_domid,
	.ring_register = loopback_ring_register,
	.ring_unregister = loopback_ring_unregister,
	.sendv = loopback_sendv,
	.notify = loopback_notify,
};

static void irq_fn(struct irq_work *work)
{
	struct loopback_domain *domain = container_of(work,
						      struct loopback_domain,
						      irq);
	/* Before it is registered, it has no rings. */
	struct argo_hv *hv = READ_ONCE(domain->hv);

	if (hv)
		argo_hv_interrupt(hv);
}

static void raise_irq(void *ctx)
{
	struct loopback_domain *domain = ctx;

	irq_work_queue(&domain->irq);
}

/* Told later: control.c raises it when asked to. */
static void delay_irq(void *ctx)
{
}

static const struct hmx_domain_ops domain_ops = {
	.interrupt = raise_irq,
	.delay = delay_irq,
};

/**
 * loopback_domain_init() - start a domain
 * @loopback: its hypervisor
 * @index: which one; also its id
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
	loopback_control_init(domain);
	return 0;
}

/**
 * loopback_domain_exit() - end a domain
 * @domain: the domain, no ring of which is left; its debugfs files are gone
 *
 * Context: may sleep; front-ends are detached.
 */
void loopback_domain_exit(struct loopback_domain *domain)
{
	struct argo_hv *hv = domain->hv;

	/* Dead, it gets no more interrupts. */
	hmx_domain_destroy(domain->hmx);
	irq_work_sync(&domain->irq);
	argo_hv_unregister(hv);
	hmx_domain_free(domain->hmx);
}
