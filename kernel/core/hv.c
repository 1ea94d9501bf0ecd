// SPDX-License-Identifier: GPL-2.0-only
/*
 * Attachments to hypervisors, and the front-ends that use them.
 *
 * The two lists here are the only state that is not some attachment's.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/module.h>
#include <linux/rculist.h>
#include <linux/sched/clock.h>
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
 * argo_frontend_register() - take part in all attachments, now and to come
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

static void reset_work_fn(struct work_struct *work)
{
	struct argo_hv *hv = container_of(work, struct argo_hv, reset_work);
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

	/* Owners first: those whose wait ends must find it reported once. */
	argo_rings_reset(hv, old);
	argo_space_restored(hv);
}

/**
 * argo_hv_register() - add an attachment to a hypervisor
 * @params: what it is; copied, but for the strings and operations
 *
 * Interrupts may be reported from before this returns to nobody: the caller
 * enables them afterwards.
 *
 * Context: may sleep; front-ends are attached.
 * Return: the attachment, or an ERR_PTR: what ops->domid() said, -ENOMEM.
 */
struct argo_hv *argo_hv_register(const struct argo_hv_params *params)
{
	struct argo_frontend *fe;
	struct argo_hv *hv;
	int rc = -ENOMEM;

	hv = kzalloc(sizeof(*hv), GFP_KERNEL);
	if (!hv)
		return ERR_PTR(-ENOMEM);
	hv->params = *params;
	mutex_init(&hv->ring_lock);
	INIT_LIST_HEAD(&hv->rings);
	INIT_WORK(&hv->reset_work, reset_work_fn);
	hv->next_port = ARGO_PORT_EPHEMERAL;

	hv->counters = alloc_percpu(struct argo_hv_counters);
	if (!hv->counters)
		goto err_free;
	hv->wq = alloc_workqueue("argo-%s", WQ_UNBOUND | WQ_HIGHPRI, 0,
				 params->device);
	if (!hv->wq)
		goto err_counters;
	rc = argo_space_init(hv);
	if (rc)
		goto err_wq;
	argo_notify_init(hv);
	argo_polling_init(hv);
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
	argo_polling_exit(hv);
	argo_notify_exit(hv);
	argo_space_exit(hv);
err_wq:
	destroy_workqueue(hv->wq);
err_counters:
	free_percpu(hv->counters);
err_free:
	kfree(hv);
	return ERR_PTR(rc);
}
EXPORT_SYMBOL_GPL(argo_hv_register);

/**
 * argo_hv_unregister() - take an attachment away
 * @hv: the attachment; its interrupt is off, no ring is left (each holds a
 *	reference to argo_hv_ops.owner)
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
	argo_space_exit(hv);
	destroy_workqueue(hv->wq);
	argo_polling_exit(hv);
	argo_notify_exit(hv);
	free_percpu(hv->counters);
	kfree(hv);
}
EXPORT_SYMBOL_GPL(argo_hv_unregister);

/**
 * argo_hv_priv() - what the hypervisor's driver registered
 * @hv: the attachment
 */
void *argo_hv_priv(const struct argo_hv *hv)
{
	return hv->params.priv;
}
EXPORT_SYMBOL_GPL(argo_hv_priv);

/**
 * argo_hv_interrupt() - a message came, or space is there
 * @hv: the attachment
 *
 * Looks at indexes only. Context: any; meant for the hard interrupt.
 */
void argo_hv_interrupt(struct argo_hv *hv)
{
	struct argo_ring *ring;
	unsigned int moved = 0;
	u32 tx;

	rcu_read_lock();
	list_for_each_entry_rcu(ring, &hv->rings, node) {
		tx = argo_ring_tx(ring->map);
		if (tx == READ_ONCE(ring->irq_tx))
			continue;
		WRITE_ONCE(ring->irq_tx, tx);
		WRITE_ONCE(ring->ready_at, local_clock());
		ring->ops->data_ready(ring);
		moved++;
	}
	rcu_read_unlock();
	trace_argo_interrupt(hv->domid, moved);

	argo_space_interrupt(hv);
}
EXPORT_SYMBOL_GPL(argo_hv_interrupt);

/**
 * argo_hv_restored() - this domain was restored or migrated
 * @hv: the attachment
 *
 * The hypervisor knows none of its rings any more, and its id has changed.
 * The work is left to a worker: a reader may hold its lock while frozen.
 *
 * Context: process, not concurrent with itself.
 */
void argo_hv_restored(struct argo_hv *hv)
{
	WRITE_ONCE(hv->epoch, hv->epoch + 1);
	queue_work(hv->wq, &hv->reset_work);
}
EXPORT_SYMBOL_GPL(argo_hv_restored);

/*
 * One notify, counted. Errors matter to those with questions only: the serving
 * of own waiters comes first and cannot fail.
 */
int argo_hv_notify(struct argo_hv *hv, struct argo_hv_queries *queries)
{
	argo_hv_count(hv, ARGO_HC_NOTIFY);
	return hv->params.ops->notify(hv, queries);
}

/**
 * argo_hv_name() - the hypervisor's name
 * @hv: the attachment
 */
const char *argo_hv_name(const struct argo_hv *hv)
{
	return hv->params.ops->name;
}
EXPORT_SYMBOL_GPL(argo_hv_name);

/**
 * argo_hv_device() - name for the attachment's character device
 * @hv: the attachment
 */
const char *argo_hv_device(const struct argo_hv *hv)
{
	return hv->params.device;
}
EXPORT_SYMBOL_GPL(argo_hv_device);

/**
 * argo_hv_owner() - module that a user of the attachment must hold
 * @hv: the attachment
 */
struct module *argo_hv_owner(const struct argo_hv *hv)
{
	return hv->params.ops->owner;
}
EXPORT_SYMBOL_GPL(argo_hv_owner);

/**
 * argo_hv_domid() - own domain id; changes with a restore
 * @hv: the attachment
 */
u16 argo_hv_domid(const struct argo_hv *hv)
{
	return READ_ONCE(hv->domid);
}
EXPORT_SYMBOL_GPL(argo_hv_domid);

/**
 * argo_hv_epoch() - how often this domain was restored
 * @hv: the attachment
 *
 * What was meant for a domain in one epoch may reach another one in the next:
 * compare before each send.
 */
u32 argo_hv_epoch(const struct argo_hv *hv)
{
	return READ_ONCE(hv->epoch);
}
EXPORT_SYMBOL_GPL(argo_hv_epoch);

/**
 * argo_hv_max_iov() - pieces that a message may have for the hypervisor
 * @hv: the attachment
 */
unsigned int argo_hv_max_iov(const struct argo_hv *hv)
{
	return hv->params.max_iov;
}
EXPORT_SYMBOL_GPL(argo_hv_max_iov);

/**
 * argo_hv_max_ring() - bytes of the largest ring
 * @hv: the attachment
 */
u32 argo_hv_max_ring(const struct argo_hv *hv)
{
	return hv->params.max_ring_len;
}
EXPORT_SYMBOL_GPL(argo_hv_max_ring);

/**
 * argo_hv_info() - fill in all of struct argo_info but its size and flags
 * @hv: the attachment
 * @info: filled in
 */
void argo_hv_info(struct argo_hv *hv, struct argo_info *info)
{
	info->abi_version = ARGO_ABI_VERSION;
	info->domid = argo_hv_domid(hv);
	strscpy(info->hypervisor, argo_hv_name(hv), sizeof(info->hypervisor));
	info->max_message = argo_ring_max_message(hv->params.max_ring_len);
	info->min_ring_size = PAGE_SIZE - sizeof(struct argo_ring_header);
	info->max_ring_size = hv->params.max_ring_len;
	info->default_ring_size = ARGO_DEFAULT_RING_LEN;
	info->max_rings = hv->params.max_rings;
	info->rings = READ_ONCE(hv->nr_rings);
	info->max_iov = ARGO_MAX_SEGMENTS;
	info->max_batch = ARGO_MAX_BATCH;
}
EXPORT_SYMBOL_GPL(argo_hv_info);

/**
 * argo_hv_hypercalls() - how many were made
 * @hv: the attachment
 * @which: of what kind
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
