// SPDX-License-Identifier: GPL-2.0-only
/* What an endpoint is bound and connected to, and how it is polled. */
#include <linux/cred.h>
#include <linux/module.h>
#include <linux/sched.h>
#include <linux/slab.h>

#include "endpoint.h"

static void endpoint_data_ready(struct argo_ring *ring)
{
	struct argo_endpoint *ep = argo_ring_priv(ring);

	if (wq_has_sleeper(&ep->rx_wait))
		wake_up_interruptible_poll(&ep->rx_wait,
					   EPOLLIN | EPOLLRDNORM);
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
	wake_up_interruptible_poll(&ep->rx_wait, EPOLLIN | EPOLLERR);
	wake_up_interruptible_poll(&ep->tx_wait, EPOLLOUT | EPOLLERR);
}

static void endpoint_release(struct argo_ring *ring)
{
	kfree(argo_ring_priv(ring));
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
	struct argo_endpoint *ep = container_of(w, struct argo_endpoint, peer);

	/* A receive ends when the peer has gone. */
	if (w->gone)
		wake_up_interruptible_poll(&ep->rx_wait,
					   EPOLLIN | EPOLLHUP);
	wake_up_interruptible_poll(&ep->tx_wait, EPOLLOUT | EPOLLHUP);
}

static void watch_wake(struct argo_waiter *w)
{
	struct argo_endpoint *ep = container_of(w, struct argo_endpoint, watch);

	wake_up_interruptible_poll(&ep->tx_wait, EPOLLOUT | EPOLLWRNORM);
}

/**
 * argo_endpoint_open() - a new endpoint
 * @hv: attachment
 *
 * Return: the endpoint, or an ERR_PTR: -ENODEV (the hypervisor is going),
 * -ENOMEM.
 */
struct argo_endpoint *argo_endpoint_open(struct argo_hv *hv)
{
	struct argo_endpoint *ep;

	if (!try_module_get(argo_hv_owner(hv)))
		return ERR_PTR(-ENODEV);
	ep = kzalloc(sizeof(*ep), GFP_KERNEL_ACCOUNT);
	if (!ep) {
		module_put(argo_hv_owner(hv));
		return ERR_PTR(-ENOMEM);
	}
	ep->hv = hv;
	mutex_init(&ep->config_lock);
	mutex_init(&ep->rx_lock);
	init_waitqueue_head(&ep->rx_wait);
	init_waitqueue_head(&ep->tx_wait);
	atomic64_set(&ep->remote, ARGO_NO_REMOTE);
	ep->send_lowat = 1;
	return ep;
}

static void stop_watch(struct argo_endpoint *ep)
{
	if (!ep->watching)
		return;
	argo_watch_remove(ep->hv, &ep->watch);
	ep->watching = false;
}

static void disconnect(struct argo_endpoint *ep)
{
	stop_watch(ep);
	if (!ep->peer.dest)
		return;
	atomic64_set(&ep->remote, ARGO_NO_REMOTE);
	argo_watch_remove(ep->hv, &ep->peer);
}

/**
 * argo_endpoint_close() - the last user of the file is gone
 * @ep: the endpoint
 */
void argo_endpoint_close(struct argo_endpoint *ep)
{
	struct module *owner = argo_hv_owner(ep->hv);

	disconnect(ep);
	if (ep->ring)
		argo_ring_destroy(ep->ring);
	else
		kfree(ep);
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
	/* Others use it without the lock: argo_endpoint_ring(). */
	smp_store_release(&ep->ring, ring);
	return 0;
}

/**
 * argo_endpoint_bind() - give the endpoint its ring
 * @ep: the endpoint
 * @bind: what is wanted, checked but for its values; filled in
 *
 * Return: 0, or what argo_ring_create() says, -EISCONN, -EACCES.
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
 * argo_endpoint_autobind() - bind it before its first send
 * @ep: the endpoint
 * @domid: where it sends to
 *
 * Return: 0, or what argo_ring_create() says.
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
	if (partner != ARGO_DOMID_ANY && partner != addr->domid)
		return -EINVAL;

	rc = argo_space_query(ep->hv, addr, 0, &state);
	if (rc)
		return rc;
	disconnect(ep);
	memset(&ep->peer, 0, sizeof(ep->peer));
	ep->peer.wake = peer_wake;
	rc = argo_watch_add(ep->hv, &ep->peer, addr);
	if (rc)
		return rc;
	argo_watch_note(ep->hv, &ep->peer, addr,
			state.flags & ARGO_STATE_EXISTS);
	atomic64_set(&ep->remote, argo_addr_pack(addr));
	return 0;
}

/**
 * argo_endpoint_connect() - set or clear the default destination
 * @ep: the endpoint
 * @addr: the destination, or { 0, ARGO_DOMID_ANY }
 *
 * Return: 0, -EINVAL (the ring's partner is another), -EACCES, -ENOMEM, or
 * what argo_ring_create() says.
 */
int argo_endpoint_connect(struct argo_endpoint *ep,
			  const struct argo_addr *addr)
{
	struct argo_addr to = *addr;
	int rc = 0;

	if (to.domid == ARGO_DOMID_ANY && to.port)
		return -EINVAL;
	if (to.domid == ARGO_DOMID_SELF)
		to.domid = argo_hv_domid(ep->hv);

	mutex_lock(&ep->config_lock);
	if (to.domid == ARGO_DOMID_ANY)
		disconnect(ep);
	else
		rc = connect_locked(ep, &to);
	mutex_unlock(&ep->config_lock);
	return rc;
}

/* Return: -EAGAIN if there is nothing to watch. */
static int poll_space(struct argo_endpoint *ep, struct argo_space_state *state)
{
	struct argo_waiter *w = ep->watching ? &ep->watch : &ep->peer;

	lockdep_assert_held(&ep->config_lock);

	if (!w->dest)
		return -EAGAIN;
	return argo_watch_poll(ep->hv, w, ep->watching ? ep->watch_need :
						      ep->send_lowat,
			       state);
}

/**
 * argo_endpoint_watch() - what poll() means by writable
 * @ep: the endpoint
 * @addr: destination, or { 0, ARGO_DOMID_ANY } for the default one
 * @need: payload bytes; the low-water mark with the default one
 * @state: filled in
 *
 * Return: 0, -ENOMEM, -EACCES, -ENODEV.
 */
int argo_endpoint_watch(struct argo_endpoint *ep, const struct argo_addr *addr,
			u32 need, struct argo_space_state *state)
{
	int rc;

	memset(state, 0, sizeof(*state));
	mutex_lock(&ep->config_lock);
	stop_watch(ep);
	rc = 0;
	if (addr->domid != ARGO_DOMID_ANY) {
		memset(&ep->watch, 0, sizeof(ep->watch));
		ep->watch.wake = watch_wake;
		rc = argo_watch_add(ep->hv, &ep->watch, addr);
		ep->watching = !rc;
		ep->watch_need = need;
	}
	if (!rc)
		rc = poll_space(ep, state);
	mutex_unlock(&ep->config_lock);
	return rc == -EAGAIN ? 0 : rc;
}

/**
 * argo_endpoint_remote() - the default destination
 * @ep: the endpoint
 * @addr: filled in
 *
 * Return: whether there is one.
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
 * argo_endpoint_resolve() - the address that a caller means
 * @ep: the endpoint
 * @given: as it stands in the call
 * @addr: filled in
 *
 * Return: 0, -ENOTCONN (the default one, and there is none), -EINVAL.
 */
int argo_endpoint_resolve(const struct argo_endpoint *ep,
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
	return 0;
}

/**
 * argo_endpoint_watcher() - who is told when a message fits that did not
 * @ep: the endpoint
 * @addr: where it was to go
 *
 * Edge-triggered pollers do not ask again: a send that found no room arms
 * what they wait for.
 *
 * Return: a watcher, which may be of another destination by now, or NULL.
 */
struct argo_waiter *argo_endpoint_watcher(struct argo_endpoint *ep,
					  const struct argo_addr *addr)
{
	if (!wq_has_sleeper(&ep->tx_wait))
		return NULL;
	if (READ_ONCE(ep->watching))
		return &ep->watch;
	return argo_addr_pack(addr) == (u64)atomic64_read(&ep->remote) ?
	       &ep->peer : NULL;
}

/**
 * argo_endpoint_refused() - learn from how a send went
 * @ep: the endpoint
 * @addr: where to
 * @implied: the caller named no address
 * @rc: what it said
 *
 * Return: @rc, or -EPIPE if it is the default destination's ring that has gone
 * and that was not named.
 */
int argo_endpoint_refused(struct argo_endpoint *ep,
			  const struct argo_addr *addr, bool implied, int rc)
{
	bool refused = rc == -ECONNREFUSED || rc == -EHOSTUNREACH;
	bool gone;

	if (argo_addr_pack(addr) != (u64)atomic64_read(&ep->remote))
		return rc;
	if (rc < 0 && !refused)
		return rc;
	gone = argo_watch_note(ep->hv, &ep->peer, addr, !refused);
	return gone && implied ? -EPIPE : rc;
}

/**
 * argo_endpoint_take_error() - the error that is to be reported, once
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

/**
 * argo_endpoint_status() - fill in all but the size of struct argo_status
 * @ep: the endpoint
 * @status: filled in
 */
void argo_endpoint_status(struct argo_endpoint *ep, struct argo_status *status)
{
	struct argo_ring *ring = argo_endpoint_ring(ep);
	struct argo_ring_msg msg;

	status->flags = 0;
	status->local.domid = argo_hv_domid(ep->hv);
	status->partner = ARGO_DOMID_ANY;
	status->next_len = ~0u;
	if (argo_endpoint_remote(ep, &status->remote)) {
		status->flags |= ARGO_STATUS_CONNECTED;
		if (READ_ONCE(ep->peer.gone))
			status->flags |= ARGO_STATUS_HUP;
	}
	if (!ring)
		return;
	status->flags |= ARGO_STATUS_BOUND;
	if (argo_ring_error(ring))
		status->flags |= ARGO_STATUS_BROKEN;
	status->local.port = argo_ring_port(ring);
	status->partner = argo_ring_partner(ring);
	status->ring_size = argo_ring_size(ring);
	status->fill = argo_ring_fill(ring);
	mutex_lock(&ep->rx_lock);
	if (argo_endpoint_peek(ep, &msg) > 0)
		status->next_len = msg.len;
	mutex_unlock(&ep->rx_lock);
}

static __poll_t poll_in(struct argo_endpoint *ep)
{
	struct argo_ring_msg msg;
	__poll_t mask = 0;
	int rc;

	if (!argo_endpoint_ring(ep))
		return 0;
	mutex_lock(&ep->rx_lock);
	rc = argo_endpoint_peek(ep, &msg);
	mutex_unlock(&ep->rx_lock);
	if (rc)
		mask |= EPOLLIN | EPOLLRDNORM;
	if (rc < 0)
		mask |= EPOLLERR;
	return mask;
}

static __poll_t poll_out(struct argo_endpoint *ep)
{
	struct argo_space_state state = { };
	bool ready;
	int rc;

	mutex_lock(&ep->config_lock);
	rc = poll_space(ep, &state);
	/* With nothing to watch, or an error, a send will not wait either. */
	ready = rc || state.flags & (ARGO_STATE_SUFFICIENT |
				     ARGO_STATE_TOO_LARGE);
	if (ep->watching && ep->watch.gone)
		ready = true;
	mutex_unlock(&ep->config_lock);
	return ready ? EPOLLOUT | EPOLLWRNORM : 0;
}

/**
 * argo_endpoint_poll() - file_operations.poll
 * @file: of an endpoint
 * @wait: as given
 */
__poll_t argo_endpoint_poll(struct file *file, poll_table *wait)
{
	struct argo_endpoint *ep = file->private_data;
	__poll_t mask;

	poll_wait(file, &ep->rx_wait, wait);
	poll_wait(file, &ep->tx_wait, wait);

	mask = poll_in(ep);
	/* To know about space is a hypercall: only for those who ask. */
	if (poll_requested_events(wait) & (EPOLLOUT | EPOLLWRNORM))
		mask |= poll_out(ep);
	if (READ_ONCE(ep->error))
		mask |= EPOLLERR | EPOLLIN | EPOLLOUT;
	if (argo_endpoint_hung_up(ep))
		mask |= EPOLLHUP | EPOLLIN | EPOLLOUT;
	return mask;
}
