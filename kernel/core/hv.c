// SPDX-License-Identifier: GPL-2.0-only
/*
 * Attachments to hypervisors, and the front-ends that use them.
 *
 * The two lists here are core's only state that belongs to no attachment.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/module.h>
#include <linux/rcupdate.h>
#include <linux/slab.h>

#include "internal.h"
#include "trace.h"

static DEFINE_MUTEX(frontends_lock);
static LIST_HEAD(frontends);
static LIST_HEAD(attachments);

static void attach_one(struct argo_frontend *fe, struct argo_hv *hv)
{
	int rc;

	lockdep_assert_held(&frontends_lock);

	rc = fe->attach(fe, hv);
	if (rc)
		pr_err("%s: a front-end could not be attached: %d\n",
		       hv->params.device, rc);
}

/**
 * argo_frontend_register() - attach a front-end to all attachments, also later
 * @fe: the front-end
 *
 * Context: may sleep; calls @fe->attach().
 */
void argo_frontend_register(struct argo_frontend *fe)
{
	struct argo_hv *hv;

	mutex_lock(&frontends_lock);
	list_add_tail(&fe->node, &frontends);
	list_for_each_entry(hv, &attachments, node)
		attach_one(fe, hv);
	mutex_unlock(&frontends_lock);
}
EXPORT_SYMBOL_GPL(argo_frontend_register);

/**
 * argo_frontend_unregister() - undo argo_frontend_register()
 * @fe: the front-end; none of its rings is left
 *
 * On return all of its rings are released, so its code may go away.
 *
 * Context: may sleep; calls @fe->detach().
 */
void argo_frontend_unregister(struct argo_frontend *fe)
{
	struct argo_hv *hv;

	mutex_lock(&frontends_lock);
	list_for_each_entry(hv, &attachments, node) {
		fe->detach(fe, hv);
		rcu_barrier();
		flush_workqueue(hv->wq);
	}
	list_del(&fe->node);
	mutex_unlock(&frontends_lock);
}
EXPORT_SYMBOL_GPL(argo_frontend_unregister);

/* Tell front-ends of new rules. May sleep. */
void argo_frontends_firewall_changed(struct argo_hv *hv)
{
	struct argo_frontend *fe;

	mutex_lock(&frontends_lock);
	list_for_each_entry(fe, &frontends, node)
		if (fe->firewall_changed)
			fe->firewall_changed(fe, hv);
	mutex_unlock(&frontends_lock);
}

static void reset_work_fn(struct work_struct *work)
{
	struct argo_hv *hv = container_of(work, struct argo_hv,
					  rings.reset_work);
	int domid = hv->params.ops->domid(hv);
	u16 old = hv->domid;

	if (domid < 0)
		pr_err("%s: own domain id unknown after a restore: %d\n",
		       hv->params.device, domid);
	else
		WRITE_ONCE(hv->domid, domid);
	pr_info("%s: restored as domain %u, was %u; rings are registered again\n",
		hv->params.device, hv->domid, old);
	trace_argo_restored(old, hv->domid);

	/*
	 * Owners are told first: a sender whose wait ends with -ECONNRESET
	 * takes its owner's error, so that users get one error, not two.
	 */
	argo_rings_reset(hv, old);
	argo_space_restored(hv);
}

/**
 * argo_hv_register() - add an attachment to a hypervisor
 * @params: the attachment; copied, but for the strings and operations
 *
 * The driver enables its interrupt after this returns. Rings of front-ends may
 * have got messages by then, so the driver calls argo_hv_interrupt() once after
 * it has enabled the interrupt.
 *
 * Context: may sleep; front-ends are attached.
 * Return: the attachment, or an ERR_PTR: -ENOMEM, or an errno of ops->domid().
 */
struct argo_hv *argo_hv_register(const struct argo_hv_params *params)
{
	struct argo_frontend *fe;
	struct argo_hv *hv;
	int rc;

	hv = kzalloc(sizeof(*hv), GFP_KERNEL);
	if (!hv)
		return ERR_PTR(-ENOMEM);
	hv->params = *params;
	if (!hv->params.layout)
		hv->params.layout = &argo_ring_layout_argo;
	mutex_init(&hv->rings.ring_lock);
	INIT_LIST_HEAD(&hv->rings.list);
	INIT_WORK(&hv->rings.reset_work, reset_work_fn);
	hv->rings.next_port = ARGO_PORT_EPHEMERAL;
	argo_quota_init(hv);

	rc = argo_firewall_init(hv);
	if (rc)
		goto err_free;
	rc = -ENOMEM;
	hv->counters = alloc_percpu(struct argo_hv_counters);
	if (!hv->counters)
		goto err_firewall;
	hv->wq = alloc_workqueue("argo-%s", WQ_UNBOUND | WQ_HIGHPRI, 0,
				 params->device);
	if (!hv->wq)
		goto err_counters;
	rc = argo_space_init(hv);
	if (rc)
		goto err_wq;
	argo_notify_init(hv);
	argo_interrupt_init(hv);
	rc = params->ops->domid(hv);
	if (rc < 0)
		goto err_space;
	hv->domid = rc;

	mutex_lock(&frontends_lock);
	list_add_tail(&hv->node, &attachments);
	list_for_each_entry(fe, &frontends, node)
		attach_one(fe, hv);
	mutex_unlock(&frontends_lock);
	return hv;

err_space:
	argo_interrupt_exit(hv);
	argo_notify_exit(hv);
	argo_space_exit(hv);
err_wq:
	destroy_workqueue(hv->wq);
err_counters:
	free_percpu(hv->counters);
err_firewall:
	argo_firewall_exit(hv);
err_free:
	kfree(hv);
	return ERR_PTR(rc);
}
EXPORT_SYMBOL_GPL(argo_hv_register);

/**
 * argo_hv_unregister() - take an attachment away
 * @hv: the attachment; its interrupt is off, and no ring is left once its
 *	front-ends are detached
 *
 * Context: may sleep; front-ends are detached.
 */
void argo_hv_unregister(struct argo_hv *hv)
{
	struct argo_frontend *fe;

	mutex_lock(&frontends_lock);
	list_for_each_entry_reverse(fe, &frontends, node)
		fe->detach(fe, hv);
	list_del(&hv->node);
	mutex_unlock(&frontends_lock);

	rcu_barrier();
	/* reset_work queues space_work, which argo_space_exit() cancels. */
	cancel_work_sync(&hv->rings.reset_work);
	argo_interrupt_exit(hv);
	argo_notify_exit(hv);
	argo_space_exit(hv);
	destroy_workqueue(hv->wq);
	free_percpu(hv->counters);
	argo_firewall_exit(hv);
	kfree(hv);
}
EXPORT_SYMBOL_GPL(argo_hv_unregister);

/**
 * argo_hv_params() - the parameters of an attachment
 * @hv: the attachment
 *
 * Context: any.
 * Return: the parameters that argo_hv_register() was given, or its default for
 * the layout. They do not change while the attachment exists.
 */
const struct argo_hv_params *argo_hv_params(const struct argo_hv *hv)
{
	return &hv->params;
}
EXPORT_SYMBOL_GPL(argo_hv_params);

/**
 * argo_hv_restored() - register all rings again after a restore or a migration
 * @hv: the attachment
 *
 * The hypervisor has forgotten the rings of this domain, and the domain id may
 * have changed. A worker registers the rings again, since a task that is still
 * frozen may hold the lock of a ring's reader.
 *
 * Context: process, not concurrent with itself.
 */
void argo_hv_restored(struct argo_hv *hv)
{
	WRITE_ONCE(hv->epoch, hv->epoch + 1);
	queue_work(hv->wq, &hv->rings.reset_work);
}
EXPORT_SYMBOL_GPL(argo_hv_restored);

/**
 * argo_hv_domid() - domain id of this domain, which a restore may change
 * @hv: the attachment
 */
u16 argo_hv_domid(const struct argo_hv *hv)
{
	return READ_ONCE(hv->domid);
}
EXPORT_SYMBOL_GPL(argo_hv_domid);

/**
 * argo_hv_epoch() - number of restores of this domain
 * @hv: the attachment
 *
 * A domain id may belong to another domain in another epoch. So a front-end
 * compares the epoch before it sends to a domain that it learnt of earlier.
 */
u32 argo_hv_epoch(const struct argo_hv *hv)
{
	return READ_ONCE(hv->epoch);
}
EXPORT_SYMBOL_GPL(argo_hv_epoch);

/**
 * argo_hv_info() - fill in struct argo_info but for its size and flags
 * @hv: the attachment
 * @info: filled in
 */
void argo_hv_info(struct argo_hv *hv, struct argo_info *info)
{
	info->abi_version = ARGO_ABI_VERSION;
	info->domid = argo_hv_domid(hv);
	strscpy(info->hypervisor, hv->params.ops->name,
		sizeof(info->hypervisor));
	info->max_message = argo_ring_max_message(hv->params.max_ring_len);
	info->min_ring_size = argo_ring_len(hv, 1);
	info->max_ring_size = hv->params.max_ring_len;
	info->default_ring_size = ARGO_DEFAULT_RING_LEN;
	info->max_rings = hv->params.max_rings;
	info->rings = READ_ONCE(hv->rings.nr);
	info->max_iov = ARGO_MAX_SEGMENTS;
	info->max_batch = ARGO_MAX_BATCH;
}
EXPORT_SYMBOL_GPL(argo_hv_info);

/**
 * argo_hv_hypercalls() - number of hypercalls made so far
 * @hv: the attachment
 * @which: kind of hypercall
 */
u64 argo_hv_hypercalls(const struct argo_hv *hv, enum argo_hypercall which)
{
	u64 sum = 0;
	int cpu;

	for_each_possible_cpu(cpu)
		sum += per_cpu_ptr(hv->counters, cpu)->hypercalls[which];
	return sum;
}
EXPORT_SYMBOL_GPL(argo_hv_hypercalls);
