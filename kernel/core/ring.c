// SPDX-License-Identifier: GPL-2.0-only
/* The life of receive rings: their memory, ports, registration and resets. */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/cred.h>
#include <linux/delay.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/pid.h>
#include <linux/pid_namespace.h>
#include <linux/rculist.h>
#include <linux/slab.h>
#include <linux/user_namespace.h>
#include <linux/vmalloc.h>

#include "firewall.h"
#include "trace.h"

/* Xen refuses pages while they are under migration or log-dirty tracking. */
#define ARGO_REGISTER_TRIES	20
#define ARGO_REGISTER_RETRY_MS	10

static void free_pages_of_core(struct page **pages, unsigned int n)
{
	while (n)
		__free_page(pages[--n]);
}

static int alloc_pages_of_core(struct page **pages, unsigned int npages)
{
	unsigned int n;

	for (n = 0; n < npages; n++) {
		pages[n] = alloc_page(GFP_KERNEL_ACCOUNT | __GFP_ZERO);
		if (!pages[n]) {
			free_pages_of_core(pages, n);
			return -ENOMEM;
		}
		cond_resched();
	}
	return 0;
}

static void ring_free_pages(struct argo_ring *ring)
{
	const struct argo_hv_ops *ops = ring->hv->params.ops;

	if (ring->map)
		vunmap(ring->map);
	if (ring->npages && ops->pages_free)
		ops->pages_free(ring->hv, ring->pages, ring->npages);
	else
		free_pages_of_core(ring->pages, ring->npages);
	kvfree(ring->pages);
}

static int ring_alloc_pages(struct argo_ring *ring, u32 size)
{
	const struct argo_hv_ops *ops = ring->hv->params.ops;
	unsigned int n = DIV_ROUND_UP(ring->layout->header + size, PAGE_SIZE);
	int rc;

	ring->pages = kvmalloc_array(n, sizeof(*ring->pages),
				     GFP_KERNEL_ACCOUNT);
	if (!ring->pages)
		return -ENOMEM;
	rc = ops->pages_alloc ? ops->pages_alloc(ring->hv, ring->pages, n) :
				alloc_pages_of_core(ring->pages, n);
	if (rc)
		return rc;
	ring->npages = n;
	ring->map = vmap(ring->pages, n, VM_MAP, PAGE_KERNEL);
	if (!ring->map)
		return -ENOMEM;

	/* The ring takes all of the pages that the size was rounded up to. */
	ring->len = argo_ring_len(ring->hv, n);
	return 0;
}

static int ring_register(struct argo_ring *ring)
{
	struct argo_hv *hv = ring->hv;
	unsigned int tries = ARGO_REGISTER_TRIES;
	int rc;

	lockdep_assert_held(&hv->rings.ring_lock);

	ring->epoch = READ_ONCE(hv->epoch);
	for (;;) {
		argo_hv_count(hv, ARGO_HC_REGISTER);
		rc = hv->params.ops->ring_register(hv, ring->port,
						   ring->partner, ring->pages,
						   ring->npages, ring->len);
		if (rc != -EAGAIN || !--tries)
			break;
		msleep(ARGO_REGISTER_RETRY_MS);
	}
	trace_argo_ring_register(ring->port, ring->partner, ring->len, rc);
	/* EAGAIN tells a user to wait and try again; waiting did not help. */
	return rc == -EAGAIN ? -EBUSY : rc;
}

static int ring_unregister(struct argo_ring *ring)
{
	struct argo_hv *hv = ring->hv;
	int rc;

	lockdep_assert_held(&hv->rings.ring_lock);

	argo_hv_count(hv, ARGO_HC_UNREGISTER);
	rc = hv->params.ops->ring_unregister(hv, ring->port, ring->partner);
	trace_argo_ring_unregister(ring->port, ring->partner, ring->len, rc);
	return rc;
}

static bool port_in_use(struct argo_hv *hv, u32 port)
{
	struct argo_ring *ring;

	lockdep_assert_held(&hv->rings.ring_lock);

	list_for_each_entry(ring, &hv->rings.list, node)
		if (ring->port == port)
			return true;
	return false;
}

static bool port_may_be_shared(struct argo_hv *hv, const struct argo_ring *new)
{
	struct argo_ring *ring;

	lockdep_assert_held(&hv->rings.ring_lock);

	list_for_each_entry(ring, &hv->rings.list, node) {
		if (ring->port != new->port)
			continue;
		if (ring->exclusive || new->exclusive ||
		    ring->partner == new->partner || ring->ops != new->ops ||
		    !uid_eq(ring->user.uid, new->user.uid))
			return false;
	}
	return true;
}

static u32 next_ephemeral_port(struct argo_hv *hv)
{
	lockdep_assert_held(&hv->rings.ring_lock);

	/* This ends: there are far more ephemeral ports than rings. */
	for (;;) {
		u32 port = hv->rings.next_port++;

		if (hv->rings.next_port < ARGO_PORT_EPHEMERAL)
			hv->rings.next_port = ARGO_PORT_EPHEMERAL;
		if (!port_in_use(hv, port))
			return port;
	}
}

static int ring_add(struct argo_ring *ring)
{
	struct argo_hv *hv = ring->hv;
	/*
	 * A port may be taken by a ring of this domain that core did not make.
	 */
	unsigned int tries = ring->port == ARGO_PORT_ANY ?
			     hv->params.max_rings : 1;
	int rc;

	lockdep_assert_held(&hv->rings.ring_lock);

	if (ring->port != ARGO_PORT_ANY && !port_may_be_shared(hv, ring))
		return -EADDRINUSE;
	if (ring->user.account && argo_rings_are_reserved(hv))
		return -ENOSPC;
	do {
		if (tries > 1 || ring->port == ARGO_PORT_ANY)
			ring->port = next_ephemeral_port(hv);
		/* Front-ends' rings outlive rules, which judge each message. */
		if (ring->user.account &&
		    !argo_firewall_may_bind(hv, ring->port, ring->partner))
			return -EACCES;
		rc = ring_register(ring);
	} while (rc == -EEXIST && --tries);
	if (rc)
		return rc == -EEXIST ? -EADDRINUSE : rc;

	list_add_tail_rcu(&ring->node, &hv->rings.list);
	WRITE_ONCE(hv->rings.nr, hv->rings.nr + 1);
	hv->rings.nr_user += !!ring->user.account;
	return 0;
}

/*
 * Unregister a ring whose content makes no sense, so that its senders are
 * refused instead of waiting for space for ever.
 */
static void ring_break_work_fn(struct work_struct *work)
{
	struct argo_ring *ring = container_of(work, struct argo_ring,
					      break_work);

	mutex_lock(&ring->hv->rings.ring_lock);
	/*
	 * A stopped ring is unregistered, and its port may be another ring's.
	 */
	if (!ring->stopped)
		ring_unregister(ring);
	mutex_unlock(&ring->hv->rings.ring_lock);
}

/* Return: the front-end's module, or NULL if the ring does not hold it. */
static struct module *pinned_by(const struct argo_ring *ring)
{
	return ring->ops->resident ? NULL : ring->ops->owner;
}

/**
 * argo_ring_create() - create and register a receive ring
 * @hv: attachment; the caller holds a reference to the hypervisor's module
 * @params: the ring that the caller wants
 *
 * The ring holds references to the hypervisor's module and, unless it is
 * resident, the front-end's until it is destroyed.
 *
 * Context: may sleep, takes ring_lock.
 * Return: the ring, or an ERR_PTR: -EINVAL (size), -EADDRINUSE, -EACCES,
 * -EPERM, -EHOSTUNREACH, -EDQUOT (the user has max_user_rings rings), -ENOSPC,
 * -ENOMEM, -ENODEV, -EBUSY.
 */
struct argo_ring *argo_ring_create(struct argo_hv *hv,
				   const struct argo_ring_params *params)
{
	u32 size = params->size ?: ARGO_DEFAULT_RING_LEN;
	struct argo_ring *ring;
	int rc;

	if (size > hv->params.max_ring_len)
		return ERR_PTR(-EINVAL);

	ring = kzalloc(sizeof(*ring), GFP_KERNEL_ACCOUNT);
	if (!ring)
		return ERR_PTR(-ENOMEM);
	ring->hv = hv;
	ring->layout = hv->params.layout;
	ring->ops = params->ops;
	ring->priv = params->priv;
	ring->port = params->port;
	ring->partner = params->partner;
	ring->exclusive = params->exclusive;
	ring->user.uid = params->uid;
	INIT_WORK(&ring->break_work, ring_break_work_fn);
	argo_busy_poll_init(ring);
	if (params->comm)
		strscpy(ring->user.comm, params->comm, sizeof(ring->user.comm));

	rc = argo_charge(params->account, ARGO_QUOTA_RINGS);
	if (rc)
		goto err_free;
	ring->user.account = argo_account_hold(params->account);
	rc = ring_alloc_pages(ring, size);
	if (rc)
		goto err_uncharge;
	rc = -ENODEV;
	if (!try_module_get(hv->params.ops->owner))
		goto err_uncharge;
	if (!try_module_get(pinned_by(ring)))
		goto err_put_hv;
	ring->user.pid = get_pid(params->pid);

	mutex_lock(&hv->rings.ring_lock);
	rc = ring_add(ring);
	mutex_unlock(&hv->rings.ring_lock);
	if (rc)
		goto err_put;
	return ring;

err_put:
	put_pid(ring->user.pid);
	module_put(pinned_by(ring));
err_put_hv:
	module_put(hv->params.ops->owner);
err_uncharge:
	argo_uncharge(ring->user.account, ARGO_QUOTA_RINGS);
	argo_account_put(ring->user.account);
err_free:
	ring_free_pages(ring);
	kfree(ring);
	return ERR_PTR(rc);
}
EXPORT_SYMBOL_GPL(argo_ring_create);

static void ring_free_work_fn(struct work_struct *work)
{
	struct argo_ring *ring = container_of(to_rcu_work(work),
					      struct argo_ring, free_work);

	ring->ops->release(ring);
	ring_free_pages(ring);
	argo_account_put(ring->user.account);
	put_pid(ring->user.pid);
	kfree(ring);
}

/**
 * argo_ring_stop() - unregister a ring, so that nothing more arrives in it
 * @ring: the ring
 *
 * On return the port is free. Messages in the ring can still be read.
 *
 * Context: may sleep, takes ring_lock; not concurrent with itself.
 */
void argo_ring_stop(struct argo_ring *ring)
{
	struct argo_hv *hv = ring->hv;
	int rc;

	if (ring->stopped)
		return;
	mutex_lock(&hv->rings.ring_lock);
	rc = ring_unregister(ring);
	list_del_rcu(&ring->node);
	WRITE_ONCE(hv->rings.nr, hv->rings.nr - 1);
	hv->rings.nr_user -= !!ring->user.account;
	argo_uncharge(ring->user.account, ARGO_QUOTA_RINGS);
	ring->stopped = true;
	mutex_unlock(&hv->rings.ring_lock);
	if (!rc)
		return;

	/* The pages are not freed: the hypervisor may still write to them. */
	pr_err("%s: ring %u (partner %u) could not be unregistered: %d; its %u pages are lost\n",
	       hv->params.device, ring->port, ring->partner, rc, ring->npages);
	ring->npages = 0;
}
EXPORT_SYMBOL_GPL(argo_ring_stop);

/**
 * argo_ring_destroy() - stop a ring and free it
 * @ring: the ring, which the owner does not read any more
 *
 * On return the port is free. The owner's release() follows after an RCU grace
 * period.
 *
 * Context: may sleep, takes ring_lock.
 */
void argo_ring_destroy(struct argo_ring *ring)
{
	struct argo_hv *hv = ring->hv;
	struct module *owner = pinned_by(ring);
	struct module *hv_owner = hv->params.ops->owner;

	argo_ring_stop(ring);
	/* A reader that drained the stopped ring may have found it spoilt. */
	cancel_work_sync(&ring->break_work);
	if (!ring->error && ring->epoch == hv->epoch)
		argo_ring_drop_unread(ring);
	INIT_RCU_WORK(&ring->free_work, ring_free_work_fn);
	queue_rcu_work(hv->wq, &ring->free_work);
	/* Unregistering the front-end or the attachment waits for free_work. */
	module_put(owner);
	module_put(hv_owner);
}
EXPORT_SYMBOL_GPL(argo_ring_destroy);

static int ring_register_empty(struct argo_ring *ring)
{
	memset(ring->map, 0, ring->layout->header);
	WRITE_ONCE(ring->rx, 0);
	WRITE_ONCE(ring->irq_tx, 0);
	ring->high = false;
	return ring_register(ring);
}

static int ring_register_again(struct argo_ring *ring)
{
	int rc;

	rc = ring_register_empty(ring);
	if (rc != -EEXIST)
		return rc;
	/* argo_ring_create() read the old epoch, but came after the restore. */
	rc = ring_unregister(ring);
	if (rc)
		return rc;
	return ring_register_empty(ring);
}

static void ring_reset(struct argo_ring *ring, u16 old_domid)
{
	struct argo_hv *hv = ring->hv;
	int rc;

	lockdep_assert_held(&hv->rings.ring_lock);

	ring->ops->reset_prepare(ring);
	/* Rules may name this domain by the id that it had. */
	atomic64_set(&ring->judged_out, 0);
	if (!ring->error) {
		argo_ring_drop_unread(ring);
		ring->received.resets++;
		if (ring->partner == old_domid)
			ring->partner = hv->domid;
		rc = ring_register_again(ring);
		if (rc == -EHOSTUNREACH && ring->partner != ARGO_DOMID_ANY) {
			pr_info("%s: ring %u is out of use: there is no domain %u where this one was restored\n",
				hv->params.device, ring->port, ring->partner);
			WRITE_ONCE(ring->error, -EBADMSG);
		} else if (rc) {
			pr_err("%s: ring %u (partner %u) could not be registered after a restore: %d\n",
			       hv->params.device, ring->port, ring->partner,
			       rc);
			WRITE_ONCE(ring->error, -EBADMSG);
		}
		trace_argo_ring_reset(ring->port, ring->partner, ring->len, rc);
	}
	ring->ops->reset_done(ring);
}

/* Bring all rings back, empty, after a restore. May sleep. */
void argo_rings_reset(struct argo_hv *hv, u16 old_domid)
{
	struct argo_ring *ring;

	mutex_lock(&hv->rings.ring_lock);
	list_for_each_entry(ring, &hv->rings.list, node)
		if (ring->epoch != READ_ONCE(hv->epoch))
			ring_reset(ring, old_domid);
	mutex_unlock(&hv->rings.ring_lock);
}

/* Other rules are in force, which no sender has asked yet. May sleep. */
void argo_rings_forget_judgements(struct argo_hv *hv)
{
	struct argo_ring *ring;

	mutex_lock(&hv->rings.ring_lock);
	list_for_each_entry(ring, &hv->rings.list, node)
		atomic64_set(&ring->judged_out, 0);
	mutex_unlock(&hv->rings.ring_lock);
}

/**
 * argo_ring_settle() - after a restore, wait until the ring is registered again
 * @ring: the ring
 *
 * If the ring is not registered in this epoch yet, this waits until
 * reset_done() has told the owner and argo_hv_domid() is the new id.
 *
 * Context: may sleep; not under a lock that reset_prepare() takes.
 */
void argo_ring_settle(const struct argo_ring *ring)
{
	if (!argo_ring_is_live(ring))
		flush_work(&ring->hv->rings.reset_work);
}
EXPORT_SYMBOL_GPL(argo_ring_settle);

/**
 * argo_ring_count_wait() - count a receive that has to wait
 * @ring: the ring
 *
 * Context: any; the ring's reader.
 */
void argo_ring_count_wait(struct argo_ring *ring)
{
	ring->received.waits++;
}
EXPORT_SYMBOL_GPL(argo_ring_count_wait);

/**
 * argo_ring_priv() - the ring's argo_ring_params.priv
 * @ring: the ring
 */
void *argo_ring_priv(const struct argo_ring *ring)
{
	return ring->priv;
}
EXPORT_SYMBOL_GPL(argo_ring_priv);

/**
 * argo_ring_port() - port of a ring
 * @ring: the ring
 */
u32 argo_ring_port(const struct argo_ring *ring)
{
	return ring->port;
}
EXPORT_SYMBOL_GPL(argo_ring_port);

/**
 * argo_ring_partner() - the domain that may send to a ring, or ARGO_DOMID_ANY
 * @ring: the ring
 */
u16 argo_ring_partner(const struct argo_ring *ring)
{
	return READ_ONCE(ring->partner);
}
EXPORT_SYMBOL_GPL(argo_ring_partner);

/**
 * argo_ring_size() - length of a ring in bytes
 * @ring: the ring
 */
u32 argo_ring_size(const struct argo_ring *ring)
{
	return ring->len;
}
EXPORT_SYMBOL_GPL(argo_ring_size);

/**
 * argo_ring_fill() - bytes of a ring that are in use
 * @ring: the ring
 *
 * Context: any; a guess while others read or send.
 */
u32 argo_ring_fill(const struct argo_ring *ring)
{
	u32 tx = argo_ring_tx_in(ring->layout, ring->map);

	if (!argo_ring_is_live(ring) || !argo_ring_index_ok(tx, ring->len))
		return 0;
	return argo_ring_used(READ_ONCE(ring->rx), tx, ring->len);
}
EXPORT_SYMBOL_GPL(argo_ring_fill);

/**
 * argo_ring_taken() - bytes that were taken out of a ring so far
 * @ring: the ring
 *
 * Messages count with header and padding, those that were dropped, too.
 *
 * Context: any; the ring's reader.
 */
u64 argo_ring_taken(const struct argo_ring *ring)
{
	return ring->taken;
}
EXPORT_SYMBOL_GPL(argo_ring_taken);

/**
 * argo_ring_error() - is a ring out of use?
 * @ring: the ring
 *
 * Return: 0, or -EBADMSG.
 */
int argo_ring_error(const struct argo_ring *ring)
{
	return READ_ONCE(ring->error);
}
EXPORT_SYMBOL_GPL(argo_ring_error);

static void ring_describe(const struct argo_ring *ring,
			  struct argo_ring_entry *e)
{
	memset(e, 0, sizeof(*e));
	e->port = ring->port;
	e->partner = ring->partner;
	e->flags = ring->error ? ARGO_STATUS_BROKEN : 0;
	e->ring_size = ring->len;
	e->fill = argo_ring_fill(ring);
	strscpy(e->owner, module_name(ring->ops->owner), sizeof(e->owner));
	strscpy(e->comm, ring->user.comm, sizeof(e->comm));
	e->pid = pid_vnr(ring->user.pid);
	e->uid = from_kuid_munged(current_user_ns(), ring->user.uid);
	e->rx_messages = ring->received.messages;
	e->rx_bytes = ring->received.bytes;
	e->tx_messages = atomic64_read(&ring->sent.messages);
	e->tx_bytes = atomic64_read(&ring->sent.bytes);
	e->drops = ring->received.drops;
	e->truncated = ring->received.truncated;
	e->tx_full = atomic64_read(&ring->sent.full);
	e->rx_waits = ring->received.waits;
	e->resets = ring->received.resets;
}

/**
 * argo_rings_list() - describe the rings of this domain
 * @hv: attachment
 * @list: filled in
 * @room: number of entries that @list has room for
 * @uid: list the rings of this user only
 * @all: list the rings of all users instead
 *
 * Context: may sleep, takes ring_lock.
 * Return: the number of such rings, which may be more than @room.
 */
unsigned int argo_rings_list(struct argo_hv *hv, struct argo_ring_entry *list,
			     unsigned int room, kuid_t uid, bool all)
{
	struct argo_ring *ring;
	unsigned int n = 0;

	mutex_lock(&hv->rings.ring_lock);
	list_for_each_entry(ring, &hv->rings.list, node) {
		if (!all && !uid_eq(ring->user.uid, uid))
			continue;
		if (n < room)
			ring_describe(ring, &list[n]);
		n++;
	}
	mutex_unlock(&hv->rings.ring_lock);
	return n;
}
EXPORT_SYMBOL_GPL(argo_rings_list);
