// SPDX-License-Identifier: GPL-2.0-only
/* Endpoints: opening, binding, connecting, and waking readers and pollers. */
#include <linux/cred.h>
#include <linux/module.h>
#include <linux/sched.h>
#include <linux/slab.h>

#include "endpoint.h"

/* Wake one reader, which wakes the next one if there are more messages. */
static void wake_reader(struct argo_endpoint *ep)
{
	if (wq_has_sleeper(&ep->readers))
		wake_up_interruptible(&ep->readers);
}

static void endpoint_data_ready(struct argo_ring *ring)
{
	struct argo_endpoint *ep = argo_ring_priv(ring);

	wake_reader(ep);
	argo_pollers_wake(&ep->pollers, EPOLLIN | EPOLLRDNORM);
}

static void endpoint_reset_prepare(struct argo_ring *ring)
{
	struct argo_endpoint *ep = argo_ring_priv(ring);

	mutex_lock(&ep->rx_lock);
}

static void endpoint_reset_done(struct argo_ring *ring)
{
	struct argo_endpoint *ep = argo_ring_priv(ring);

	WRITE_ONCE(ep->error, -ECONNRESET);
	mutex_unlock(&ep->rx_lock);
	wake_reader(ep);
	argo_pollers_wake(&ep->pollers, EPOLLIN | EPOLLOUT | EPOLLERR);
}

static void endpoint_free(struct argo_endpoint *ep)
{
	argo_pollers_exit(&ep->pollers);
	argo_account_put(ep->account);
	kfree(ep);
}

static void endpoint_release(struct argo_ring *ring)
{
	endpoint_free(argo_ring_priv(ring));
}

static const struct argo_ring_ops endpoint_ring_ops = {
	.owner = THIS_MODULE,
	.data_ready = endpoint_data_ready,
	.reset_prepare = endpoint_reset_prepare,
	.reset_done = endpoint_reset_done,
	.release = endpoint_release,
};

static void peer_wake(struct argo_waiter *w)
{
	struct argo_endpoint *ep = container_of(w, struct argo_endpoint,
						peer_watch);

	/* A receive ends when the ring of the default destination has gone. */
	if (w->gone) {
		wake_reader(ep);
		argo_pollers_wake(&ep->pollers, EPOLLIN | EPOLLOUT | EPOLLHUP);
	} else {
		argo_pollers_wake(&ep->pollers, EPOLLOUT | EPOLLWRNORM);
	}
}

/**
 * argo_endpoint_open() - create an endpoint
 * @hv: attachment
 *
 * Return: the endpoint, or an ERR_PTR: -ENODEV (the attachment is going away),
 * -ENOMEM.
 */
struct argo_endpoint *argo_endpoint_open(struct argo_hv *hv)
{
	struct module *owner = argo_hv_params(hv)->ops->owner;
	struct argo_endpoint *ep;

	if (!try_module_get(owner))
		return ERR_PTR(-ENODEV);
	ep = kzalloc(sizeof(*ep), GFP_KERNEL_ACCOUNT);
	if (!ep) {
		module_put(owner);
		return ERR_PTR(-ENOMEM);
	}
	ep->hv = hv;
	ep->account = argo_account_open(hv);
	if (!ep->account) {
		kfree(ep);
		module_put(owner);
		return ERR_PTR(-ENOMEM);
	}
	mutex_init(&ep->config_lock);
	mutex_init(&ep->rx_lock);
	init_waitqueue_head(&ep->readers);
	argo_pollers_init(&ep->pollers);
	atomic64_set(&ep->remote, ARGO_NO_REMOTE);
	ep->send_lowat = 1;
	return ep;
}

/**
 * argo_endpoint_stop_watch() - undo argo_endpoint_watch()
 * @ep: the endpoint
 *
 * Context: any but the hard interrupt; config_lock held, or the last user of
 * the file.
 */
void argo_endpoint_stop_watch(struct argo_endpoint *ep)
{
	if (!ep->watching)
		return;
	argo_watch_remove(ep->hv, &ep->watch);
	ep->watching = false;
}

static void disconnect(struct argo_endpoint *ep)
{
	argo_endpoint_stop_watch(ep);
	if (!ep->peer_watch.dest)
		return;
	atomic64_set(&ep->remote, ARGO_NO_REMOTE);
	argo_watch_remove(ep->hv, &ep->peer_watch);
}

/**
 * argo_endpoint_close() - free an endpoint that has no user left
 * @ep: the endpoint
 */
void argo_endpoint_close(struct argo_endpoint *ep)
{
	struct module *owner = argo_hv_params(ep->hv)->ops->owner;

	disconnect(ep);
	if (ep->ring)
		argo_ring_destroy(ep->ring);
	else
		endpoint_free(ep);
	module_put(owner);
}

static int bind_locked(struct argo_endpoint *ep, u32 port, u16 partner,
		       u32 size, bool exclusive)
{
	struct argo_ring_params params = {
		.ops = &endpoint_ring_ops,
		.priv = ep,
		.port = port,
		.partner = partner,
		.size = size,
		.exclusive = exclusive,
		.account = ep->account,
		.uid = current_euid(),
		.pid = task_tgid(current),
		.comm = current->comm,
	};
	struct argo_ring *ring;

	lockdep_assert_held(&ep->config_lock);

	if (ep->ring)
		return -EISCONN;
	ring = argo_ring_create(ep->hv, &params);
	if (IS_ERR(ring))
		return PTR_ERR(ring);
	/* Pairs with argo_endpoint_ring(), which needs no lock. */
	smp_store_release(&ep->ring, ring);
	return 0;
}

/**
 * argo_endpoint_bind() - give an endpoint its ring
 * @ep: the endpoint
 * @bind: arguments, of which flags and reserved fields are checked; filled in
 *
 * Return: 0, -EISCONN, -EACCES, or an errno of argo_ring_create().
 */
int argo_endpoint_bind(struct argo_endpoint *ep, struct argo_bind *bind)
{
	u16 partner = bind->partner;
	int rc;

	if (bind->port != ARGO_PORT_ANY && bind->port < ARGO_PORT_PRIVILEGED &&
	    !capable(CAP_NET_BIND_SERVICE))
		return -EACCES;
	if (partner == ARGO_DOMID_SELF)
		partner = argo_hv_domid(ep->hv);

	mutex_lock(&ep->config_lock);
	rc = bind_locked(ep, bind->port, partner, bind->ring_size,
			 bind->flags & ARGO_BIND_EXCLUSIVE);
	mutex_unlock(&ep->config_lock);
	if (rc)
		return rc;

	bind->port = argo_ring_port(ep->ring);
	bind->partner = argo_ring_partner(ep->ring);
	bind->domid = argo_hv_domid(ep->hv);
	bind->ring_size = argo_ring_size(ep->ring);
	bind->max_message = argo_ring_max_message(bind->ring_size);
	return 0;
}

static int autobind_locked(struct argo_endpoint *ep, u16 domid)
{
	int rc;

	lockdep_assert_held(&ep->config_lock);

	if (ep->ring)
		return 0;
	rc = bind_locked(ep, ARGO_PORT_ANY, ARGO_DOMID_ANY, 0, false);
	if (rc == -EPERM)
		rc = bind_locked(ep, ARGO_PORT_ANY, domid, 0, false);
	return rc;
}

/**
 * argo_endpoint_autobind() - bind an endpoint before its first send
 * @ep: the endpoint
 * @domid: domain that it sends to
 *
 * Return: 0, or an errno of argo_ring_create().
 */
int argo_endpoint_autobind(struct argo_endpoint *ep, u16 domid)
{
	int rc;

	if (argo_endpoint_ring(ep))
		return 0;
	mutex_lock(&ep->config_lock);
	rc = autobind_locked(ep, domid);
	mutex_unlock(&ep->config_lock);
	return rc;
}

static int connect_locked(struct argo_endpoint *ep,
			  const struct argo_addr *addr)
{
	struct argo_space_state state;
	u16 partner;
	int rc;

	lockdep_assert_held(&ep->config_lock);

	if (!ep->ring) {
		rc = bind_locked(ep, ARGO_PORT_ANY, addr->domid, 0, false);
		if (rc)
			return rc;
	}
	partner = argo_ring_partner(ep->ring);
	if (partner != ARGO_DOMID_ANY && partner != addr->domid &&
	    !argo_addr_is_cable(addr))
		return -EINVAL;

	rc = argo_space_query(ep->hv, addr, 0, &state);
	if (rc)
		return rc;
	disconnect(ep);
	memset(&ep->peer_watch, 0, sizeof(ep->peer_watch));
	ep->peer_watch.wake = peer_wake;
	ep->peer_watch.account = ep->account;
	rc = argo_watch_add(ep->hv, &ep->peer_watch, addr);
	if (rc)
		return rc;
	argo_watch_note(ep->hv, &ep->peer_watch, addr,
			state.flags & ARGO_STATE_EXISTS);
	atomic64_set(&ep->remote, argo_addr_pack(addr));
	return 0;
}

/**
 * argo_endpoint_connect() - set or clear the default destination
 * @ep: the endpoint
 * @addr: the destination, or { 0, ARGO_DOMID_ANY }
 *
 * Return: 0, -EINVAL (the ring's partner is another domain), -ENOTCONN (a cable,
 * but no port that it is plugged into), -EACCES, -EDQUOT (the user has
 * max_user_waiters waiters), -ENOMEM, or an errno of argo_ring_create().
 */
int argo_endpoint_connect(struct argo_endpoint *ep,
			  const struct argo_addr *addr)
{
	struct argo_addr to = *addr;
	int rc;

	if (argo_addr_is_cable(&to))
		return -EINVAL;
	rc = argo_endpoint_cable(ep, &to);
	if (rc)
		return rc;
	if (to.domid == ARGO_DOMID_SELF)
		to.domid = argo_hv_domid(ep->hv);

	mutex_lock(&ep->config_lock);
	if (argo_addr_pack(&to) == ARGO_NO_REMOTE)
		disconnect(ep);
	else
		rc = connect_locked(ep, &to);
	mutex_unlock(&ep->config_lock);
	return rc;
}

/**
 * argo_endpoint_remote() - look up the default destination
 * @ep: the endpoint
 * @addr: filled in
 *
 * Return: whether the endpoint has a default destination.
 */
bool argo_endpoint_remote(const struct argo_endpoint *ep,
			  struct argo_addr *addr)
{
	u64 packed = atomic64_read(&ep->remote);

	addr->port = (u32)packed;
	addr->domid = packed >> 32;
	addr->reserved = 0;
	return packed != ARGO_NO_REMOTE;
}

/**
 * argo_endpoint_resolve() - find the address that a caller means
 * @ep: the endpoint
 * @given: address in the call, which may have ARGO_DOMID_ANY, _SELF or _CABLE
 * @addr: filled in
 *
 * Return: 0, -ENOTCONN (there is no default destination, or no port whose cable
 * it could be), -EINVAL.
 */
int argo_endpoint_resolve(struct argo_endpoint *ep,
			  const struct argo_addr *given,
			  struct argo_addr *addr)
{
	if (given->reserved)
		return -EINVAL;
	if (given->domid == ARGO_DOMID_ANY) {
		if (given->port)
			return -EINVAL;
		return argo_endpoint_remote(ep, addr) ? 0 : -ENOTCONN;
	}
	*addr = *given;
	if (addr->domid == ARGO_DOMID_SELF)
		addr->domid = argo_hv_domid(ep->hv);
	return argo_endpoint_cable(ep, addr);
}

/**
 * argo_endpoint_watcher() - find the watcher to arm when a message does not fit
 * @ep: the endpoint
 * @addr: destination of the message
 *
 * An edge-triggered poller does not ask again after a send without space: the
 * send arms the watcher that wakes the poller.
 *
 * Return: the watcher, which may watch another destination by now, or NULL.
 */
struct argo_waiter *argo_endpoint_watcher(struct argo_endpoint *ep,
					  const struct argo_addr *addr)
{
	if (!wq_has_sleeper(&ep->pollers.wq))
		return NULL;
	if (READ_ONCE(ep->watching))
		return &ep->watch;
	return argo_addr_pack(addr) == (u64)atomic64_read(&ep->remote) ?
	       &ep->peer_watch : NULL;
}

/**
 * argo_endpoint_learn() - learn from a send whether its destination has a ring
 * @ep: the endpoint
 * @addr: destination of the send
 * @implied: the caller gave no address, but meant the default destination
 * @rc: result of the send
 *
 * Return: @rc, or with @implied -EPIPE if the default destination's ring has
 * gone.
 */
int argo_endpoint_learn(struct argo_endpoint *ep,
			const struct argo_addr *addr, bool implied, int rc)
{
	bool refused = rc == -ECONNREFUSED || rc == -EHOSTUNREACH ||
		       rc == -ENOTCONN;
	bool gone;

	if (argo_addr_pack(addr) != (u64)atomic64_read(&ep->remote))
		return rc;
	if (rc < 0 && !refused)
		return rc;
	gone = argo_watch_note(ep->hv, &ep->peer_watch, addr, !refused);
	return gone && implied ? -EPIPE : rc;
}

/**
 * argo_endpoint_take_error() - take the error that is to be reported once
 * @ep: the endpoint
 *
 * Context: may sleep; rx_lock not held.
 * Return: 0, or -ECONNRESET after a restore.
 */
int argo_endpoint_take_error(struct argo_endpoint *ep)
{
	struct argo_ring *ring = argo_endpoint_ring(ep);

	if (ring)
		argo_ring_settle(ring);
	return READ_ONCE(ep->error) ? xchg(&ep->error, 0) : 0;
}
