// SPDX-License-Identifier: GPL-2.0-only
/*
 * Receive rings: their memory, ports, registration, and reading them.
 *
 * A ring's reader is serialised by its owner. The reader copies straight out
 * of the ring; what it has not read stays there, and that is the back-pressure.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/cred.h>
#include <linux/delay.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/pid.h>
#include <linux/pid_namespace.h>
#include <linux/rculist.h>
#include <linux/slab.h>
#include <linux/uio.h>
#include <linux/user_namespace.h>
#include <linux/vmalloc.h>

#include "internal.h"
#include "trace.h"

/* Pages under migration or log-dirty tracking are refused for a moment. */
#define ARGO_REGISTER_TRIES	20
#define ARGO_REGISTER_RETRY_MS	10

static void ring_free_pages(struct argo_ring *ring)
{
	unsigned int i;

	if (ring->map)
		vunmap(ring->map);
	for (i = 0; i < ring->npages; i++)
		__free_page(ring->pages[i]);
	kvfree(ring->pages);
}

static int ring_alloc_pages(struct argo_ring *ring, u32 size)
{
	unsigned int n = DIV_ROUND_UP(sizeof(struct argo_ring_header) + size,
				      PAGE_SIZE);

	ring->pages = kvmalloc_array(n, sizeof(*ring->pages),
				     GFP_KERNEL_ACCOUNT);
	if (!ring->pages)
		return -ENOMEM;
	for (; ring->npages < n; ring->npages++) {
		struct page *page = alloc_page(GFP_KERNEL_ACCOUNT | __GFP_ZERO);

		if (!page)
			return -ENOMEM;
		ring->pages[ring->npages] = page;
		cond_resched();
	}
	ring->map = vmap(ring->pages, n, VM_MAP, PAGE_KERNEL);
	if (!ring->map)
		return -ENOMEM;

	/* Whole pages: what is allocated is used. */
	ring->len = n * PAGE_SIZE - sizeof(struct argo_ring_header);
	if (ring->len > ring->hv->params.max_ring_len)
		ring->len = ring->hv->params.max_ring_len;
	return 0;
}

static int ring_register(struct argo_ring *ring)
{
	struct argo_hv *hv = ring->hv;
	unsigned int tries = ARGO_REGISTER_TRIES;
	int rc;

	lockdep_assert_held(&hv->ring_lock);

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
	/* EAGAIN is a promise that a wait helps; this one did not. */
	return rc == -EAGAIN ? -EBUSY : rc;
}

static int ring_unregister(struct argo_ring *ring)
{
	struct argo_hv *hv = ring->hv;
	int rc;

	lockdep_assert_held(&hv->ring_lock);

	argo_hv_count(hv, ARGO_HC_UNREGISTER);
	rc = hv->params.ops->ring_unregister(hv, ring->port, ring->partner);
	trace_argo_ring_unregister(ring->port, ring->partner, ring->len, rc);
	return rc;
}

static bool port_in_use(struct argo_hv *hv, u32 port)
{
	struct argo_ring *ring;

	lockdep_assert_held(&hv->ring_lock);

	list_for_each_entry(ring, &hv->rings, node)
		if (ring->port == port)
			return true;
	return false;
}

static bool port_may_be_shared(struct argo_hv *hv, const struct argo_ring *new)
{
	struct argo_ring *ring;

	lockdep_assert_held(&hv->ring_lock);

	list_for_each_entry(ring, &hv->rings, node) {
		if (ring->port != new->port)
			continue;
		if (ring->exclusive || new->exclusive ||
		    ring->partner == new->partner || ring->ops != new->ops ||
		    !uid_eq(ring->uid, new->uid))
			return false;
	}
	return true;
}

static u32 next_ephemeral_port(struct argo_hv *hv)
{
	lockdep_assert_held(&hv->ring_lock);

	/* There are far more of them than a domain can have rings. */
	for (;;) {
		u32 port = hv->next_port++;

		if (hv->next_port < ARGO_PORT_EPHEMERAL)
			hv->next_port = ARGO_PORT_EPHEMERAL;
		if (!port_in_use(hv, port))
			return port;
	}
}

static int ring_add(struct argo_ring *ring)
{
	struct argo_hv *hv = ring->hv;
	/* Ports that somebody beside us holds in this domain. */
	unsigned int tries = ring->port == ARGO_PORT_ANY ?
			     hv->params.max_rings : 1;
	int rc;

	lockdep_assert_held(&hv->ring_lock);

	if (ring->port != ARGO_PORT_ANY && !port_may_be_shared(hv, ring))
		return -EADDRINUSE;
	do {
		if (tries > 1 || ring->port == ARGO_PORT_ANY)
			ring->port = next_ephemeral_port(hv);
		rc = ring_register(ring);
	} while (rc == -EEXIST && --tries);
	if (rc)
		return rc == -EEXIST ? -EADDRINUSE : rc;

	list_add_tail_rcu(&ring->node, &hv->rings);
	WRITE_ONCE(hv->nr_rings, hv->nr_rings + 1);
	return 0;
}

/* Senders are then refused, where they would wait for space for ever. */
static void ring_break_work_fn(struct work_struct *work)
{
	struct argo_ring *ring = container_of(work, struct argo_ring,
					      break_work);

	mutex_lock(&ring->hv->ring_lock);
	ring_unregister(ring);
	mutex_unlock(&ring->hv->ring_lock);
}

/* The module that a ring keeps from going, if any. */
static struct module *pinned_by(const struct argo_ring *ring)
{
	return ring->ops->resident ? NULL : ring->ops->owner;
}

/**
 * argo_ring_create() - get a receive ring
 * @hv: attachment; the caller holds a reference to argo_hv_owner()
 * @params: what is wanted
 *
 * The ring holds references to the hypervisor's module and, unless it is
 * resident, the front-end's until it is destroyed.
 *
 * Context: may sleep, takes ring_lock.
 * Return: the ring, or an ERR_PTR: -EINVAL (size), -EADDRINUSE, -EACCES,
 * -EPERM, -EHOSTUNREACH, -ENOSPC, -ENOMEM, -ENODEV, -EBUSY.
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
	ring->ops = params->ops;
	ring->priv = params->priv;
	ring->port = params->port;
	ring->partner = params->partner;
	ring->exclusive = params->exclusive;
	ring->uid = params->uid;
	INIT_WORK(&ring->break_work, ring_break_work_fn);
	argo_busy_poll_init(ring);
	if (params->comm)
		strscpy(ring->comm, params->comm, sizeof(ring->comm));

	rc = ring_alloc_pages(ring, size);
	if (rc)
		goto err_free;
	rc = -ENODEV;
	if (!try_module_get(hv->params.ops->owner))
		goto err_free;
	if (!try_module_get(pinned_by(ring)))
		goto err_put_hv;
	ring->pid = get_pid(params->pid);

	mutex_lock(&hv->ring_lock);
	rc = ring_add(ring);
	mutex_unlock(&hv->ring_lock);
	if (rc)
		goto err_put;
	return ring;

err_put:
	put_pid(ring->pid);
	module_put(pinned_by(ring));
err_put_hv:
	module_put(hv->params.ops->owner);
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
	put_pid(ring->pid);
	kfree(ring);
}

static void ring_count_unread(struct argo_ring *ring)
{
	struct argo_ring_msg msg;

	while (argo_ring_next(ring->map, ring->len, ring->rx, &msg) > 0)
		argo_ring_drop(ring, &msg);
}

/**
 * argo_ring_stop() - take nothing more
 * @ring: the ring
 *
 * The port is free. What is in the ring is still to be read.
 *
 * Context: may sleep, takes ring_lock; not concurrent with itself.
 */
void argo_ring_stop(struct argo_ring *ring)
{
	struct argo_hv *hv = ring->hv;
	int rc;

	if (ring->stopped)
		return;
	cancel_work_sync(&ring->break_work);
	mutex_lock(&hv->ring_lock);
	rc = ring_unregister(ring);
	list_del_rcu(&ring->node);
	WRITE_ONCE(hv->nr_rings, hv->nr_rings - 1);
	mutex_unlock(&hv->ring_lock);
	ring->stopped = true;
	if (!rc)
		return;

	/* The hypervisor may still write there. */
	pr_err("%s: ring %u (partner %u) could not be unregistered: %d; its %u pages are lost\n",
	       hv->params.device, ring->port, ring->partner, rc, ring->npages);
	ring->npages = 0;
}
EXPORT_SYMBOL_GPL(argo_ring_stop);

/**
 * argo_ring_destroy() - give a ring back
 * @ring: the ring; nobody reads it any more
 *
 * On return the port is free. The owner's release() follows when nobody looks
 * at the ring any more.
 *
 * Context: may sleep, takes ring_lock.
 */
void argo_ring_destroy(struct argo_ring *ring)
{
	struct argo_hv *hv = ring->hv;
	struct module *owner = pinned_by(ring);
	struct module *hv_owner = hv->params.ops->owner;

	argo_ring_stop(ring);
	if (!ring->error && ring->epoch == hv->epoch)
		ring_count_unread(ring);
	INIT_RCU_WORK(&ring->free_work, ring_free_work_fn);
	queue_rcu_work(hv->wq, &ring->free_work);
	/* To unregister either of them waits for that work. */
	module_put(owner);
	module_put(hv_owner);
}
EXPORT_SYMBOL_GPL(argo_ring_destroy);

static int ring_register_empty(struct argo_ring *ring)
{
	memset(ring->map, 0, sizeof(*ring->map));
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
	/* It was being bound during the restore, and is in the new life. */
	rc = ring_unregister(ring);
	if (rc)
		return rc;
	return ring_register_empty(ring);
}

static void ring_reset(struct argo_ring *ring, u16 old_domid)
{
	struct argo_hv *hv = ring->hv;
	int rc;

	lockdep_assert_held(&hv->ring_lock);

	ring->ops->reset_prepare(ring);
	if (!ring->error) {
		ring_count_unread(ring);
		ring->resets++;
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

	mutex_lock(&hv->ring_lock);
	list_for_each_entry(ring, &hv->rings, node)
		if (ring->epoch != READ_ONCE(hv->epoch))
			ring_reset(ring, old_domid);
	mutex_unlock(&hv->ring_lock);
}

static bool ring_is_live(const struct argo_ring *ring)
{
	return ring->epoch == READ_ONCE(ring->hv->epoch);
}

/**
 * argo_ring_settle() - after a restore, wait until the owner was told
 * @ring: the ring
 *
 * Before that, the domain has another id than the owner knows.
 *
 * Context: may sleep; not under a lock that reset_prepare() takes.
 */
void argo_ring_settle(const struct argo_ring *ring)
{
	if (!ring_is_live(ring))
		flush_work(&ring->hv->reset_work);
}
EXPORT_SYMBOL_GPL(argo_ring_settle);

static void ring_break(struct argo_ring *ring)
{
	WRITE_ONCE(ring->error, -EBADMSG);
	queue_work(ring->hv->wq, &ring->break_work);
	pr_err("%s: ring %u (partner %u) makes no sense at %u of %u (send index %u): out of use; close it and report this\n",
	       ring->hv->params.device, ring->port, ring->partner, ring->rx,
	       ring->len, argo_ring_tx(ring->map));
}

/**
 * argo_ring_has_data() - is there something to read, or to report?
 * @ring: the ring
 *
 * Context: any. No lock needed.
 */
bool argo_ring_has_data(const struct argo_ring *ring)
{
	if (READ_ONCE(ring->error))
		return true;
	return ring_is_live(ring) &&
	       argo_ring_tx(ring->map) != READ_ONCE(ring->rx);
}
EXPORT_SYMBOL_GPL(argo_ring_has_data);

/**
 * argo_ring_peek() - look at the next message
 * @ring: the ring
 * @msg: filled in when there is one
 *
 * After a 0, data_ready() is called for the next message, whatever happened
 * before.
 *
 * Context: any; the ring's reader.
 * Return: 1 with a message, 0 without, -EBADMSG if the ring is out of use.
 */
int argo_ring_peek(struct argo_ring *ring, struct argo_ring_msg *msg)
{
	int rc;

	if (ring->error)
		return ring->error;
	if (!ring_is_live(ring))
		return 0;
	rc = argo_ring_next(ring->map, ring->len, ring->rx, msg);
	if (!rc) {
		/*
		 * The interrupt handler reports a send index that differs from
		 * this one. Set it before the last look, so that a message is
		 * seen either here or there.
		 */
		WRITE_ONCE(ring->irq_tx, ring->rx);
		/* Pairs with the hypervisor's, between index and interrupt. */
		smp_mb();
		rc = argo_ring_next(ring->map, ring->len, ring->rx, msg);
	}
	if (rc < 0)
		ring_break(ring);
	return rc;
}
EXPORT_SYMBOL_GPL(argo_ring_peek);

/**
 * argo_ring_copy() - copy a message out of the ring
 * @ring: the ring
 * @msg: from argo_ring_peek()
 * @to: where to; as much as fits
 *
 * Context: as @to requires; the ring's reader.
 * Return: 0, or -EFAULT, and then the message is still there.
 */
int argo_ring_copy(struct argo_ring *ring, const struct argo_ring_msg *msg,
		   struct iov_iter *to)
{
	struct argo_ring_segment seg[2];
	u32 want = min_t(size_t, msg->len, iov_iter_count(to));
	const u8 *data = (const u8 *)(ring->map + 1);
	unsigned int i, n;

	n = argo_ring_segments(ring->len, msg, 0, want, seg);
	for (i = 0; i < n; i++)
		if (copy_to_iter(data + seg[i].offset, seg[i].len, to) !=
		    seg[i].len)
			return -EFAULT;
	return 0;
}
EXPORT_SYMBOL_GPL(argo_ring_copy);

/**
 * argo_ring_view() - where a part of a message lies
 * @ring: the ring
 * @msg: from argo_ring_peek()
 * @from: first byte wanted, at most @msg->len
 * @n: bytes wanted; cut to what the message has
 * @view: room for two; the memory is the caller's until it consumes the message
 *
 * Context: any; the ring's reader.
 * Return: how many pieces there are, 0 to 2.
 */
unsigned int argo_ring_view(const struct argo_ring *ring,
			    const struct argo_ring_msg *msg, u32 from, u32 n,
			    struct kvec *view)
{
	struct argo_ring_segment seg[2];
	u8 *data = (u8 *)(ring->map + 1);
	unsigned int i, pieces;

	pieces = argo_ring_segments(ring->len, msg, from, n, seg);
	for (i = 0; i < pieces; i++) {
		view[i].iov_base = data + seg[i].offset;
		view[i].iov_len = seg[i].len;
	}
	return pieces;
}
EXPORT_SYMBOL_GPL(argo_ring_view);

/**
 * argo_ring_read() - copy a part of a message's payload to kernel memory
 * @ring: the ring
 * @msg: from argo_ring_peek()
 * @from: first byte wanted
 * @to: where to
 * @n: bytes, which the message has
 *
 * Context: as argo_ring_view().
 */
void argo_ring_read(const struct argo_ring *ring,
		    const struct argo_ring_msg *msg, u32 from, void *to, u32 n)
{
	struct kvec view[2];
	unsigned int i, pieces;

	pieces = argo_ring_view(ring, msg, from, n, view);
	for (i = 0; i < pieces; i++) {
		memcpy(to, view[i].iov_base, view[i].iov_len);
		to += view[i].iov_len;
	}
}
EXPORT_SYMBOL_GPL(argo_ring_read);

static void ring_advance(struct argo_ring *ring,
			 const struct argo_ring_msg *msg)
{
	u32 tx = argo_ring_tx(ring->map);
	u32 before = argo_ring_used(ring->rx, tx, ring->len);
	u32 after = argo_ring_used(msg->next, tx, ring->len);

	WRITE_ONCE(ring->rx, msg->next);
	argo_ring_release(ring->map, msg->next);

	/*
	 * A sender that found no room waits for it. Let a good part of the
	 * ring become free before it is told, so that it can send many
	 * messages each time it is woken.
	 */
	if (before > ring->len / 2)
		ring->high = true;
	if (ring->high && after <= ring->len / 4) {
		ring->high = false;
		argo_notify_now(ring->hv);
	} else {
		argo_notify_later(ring->hv, ring->high);
	}
}

/**
 * argo_ring_consume() - a message was delivered: free its space
 * @ring: the ring
 * @msg: from argo_ring_peek()
 * @truncated: in part
 *
 * Context: any but the hard interrupt; the ring's reader.
 */
void argo_ring_consume(struct argo_ring *ring, const struct argo_ring_msg *msg,
		       bool truncated)
{
	trace_argo_receive(ring->port, msg->domid, msg->port, msg->len,
			   msg->type);
	ring->rx_messages++;
	ring->rx_bytes += msg->len;
	ring->truncated += truncated;
	ring_advance(ring, msg);
}
EXPORT_SYMBOL_GPL(argo_ring_consume);

/**
 * argo_ring_drop() - a message will not be delivered: count it, free its space
 * @ring: the ring
 * @msg: from argo_ring_peek()
 *
 * Context: any but the hard interrupt; the ring's reader.
 */
void argo_ring_drop(struct argo_ring *ring, const struct argo_ring_msg *msg)
{
	trace_argo_drop(ring->port, msg->domid, msg->port, msg->len,
			msg->type);
	ring->drops++;
	ring_advance(ring, msg);
}
EXPORT_SYMBOL_GPL(argo_ring_drop);

/**
 * argo_ring_count_wait() - the reader has to wait
 * @ring: the ring
 *
 * Context: any; the ring's reader.
 */
void argo_ring_count_wait(struct argo_ring *ring)
{
	ring->rx_waits++;
}
EXPORT_SYMBOL_GPL(argo_ring_count_wait);

/**
 * argo_ring_priv() - what the owner created it with
 * @ring: the ring
 */
void *argo_ring_priv(const struct argo_ring *ring)
{
	return ring->priv;
}
EXPORT_SYMBOL_GPL(argo_ring_priv);

/**
 * argo_ring_port() - its port
 * @ring: the ring
 */
u32 argo_ring_port(const struct argo_ring *ring)
{
	return ring->port;
}
EXPORT_SYMBOL_GPL(argo_ring_port);

/**
 * argo_ring_partner() - the domain that may send to it, or ARGO_DOMID_ANY
 * @ring: the ring
 */
u16 argo_ring_partner(const struct argo_ring *ring)
{
	return READ_ONCE(ring->partner);
}
EXPORT_SYMBOL_GPL(argo_ring_partner);

/**
 * argo_ring_size() - its length in bytes
 * @ring: the ring
 */
u32 argo_ring_size(const struct argo_ring *ring)
{
	return ring->len;
}
EXPORT_SYMBOL_GPL(argo_ring_size);

/**
 * argo_ring_fill() - bytes in use
 * @ring: the ring
 *
 * Context: any; a guess while others read or send.
 */
u32 argo_ring_fill(const struct argo_ring *ring)
{
	u32 tx = argo_ring_tx(ring->map);

	if (!ring_is_live(ring) || !argo_ring_index_ok(tx, ring->len))
		return 0;
	return argo_ring_used(READ_ONCE(ring->rx), tx, ring->len);
}
EXPORT_SYMBOL_GPL(argo_ring_fill);

/**
 * argo_ring_error() - is it out of use?
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
	strscpy(e->comm, ring->comm, sizeof(e->comm));
	e->pid = pid_vnr(ring->pid);
	e->uid = from_kuid_munged(current_user_ns(), ring->uid);
	e->rx_messages = ring->rx_messages;
	e->rx_bytes = ring->rx_bytes;
	e->tx_messages = atomic64_read(&ring->tx_messages);
	e->tx_bytes = atomic64_read(&ring->tx_bytes);
	e->drops = ring->drops;
	e->truncated = ring->truncated;
	e->tx_full = atomic64_read(&ring->tx_full);
	e->rx_waits = ring->rx_waits;
	e->resets = ring->resets;
}

/**
 * argo_rings_list() - describe the rings of this domain
 * @hv: attachment
 * @list: filled in
 * @room: entries that fit
 * @uid: rings of this user only
 * @all: or of everybody
 *
 * Context: may sleep, takes ring_lock.
 * Return: how many rings there are, which may be more than @room.
 */
unsigned int argo_rings_list(struct argo_hv *hv, struct argo_ring_entry *list,
			     unsigned int room, kuid_t uid, bool all)
{
	struct argo_ring *ring;
	unsigned int n = 0;

	mutex_lock(&hv->ring_lock);
	list_for_each_entry(ring, &hv->rings, node) {
		if (!all && !uid_eq(ring->uid, uid))
			continue;
		if (n < room)
			ring_describe(ring, &list[n]);
		n++;
	}
	mutex_unlock(&hv->ring_lock);
	return n;
}
EXPORT_SYMBOL_GPL(argo_rings_list);
