// SPDX-License-Identifier: GPL-2.0-only
/* The state of an endpoint, for poll() and ARGO_IOC_STATUS. */
#include <linux/string.h>

#include "endpoint.h"

static void watch_wake(struct argo_waiter *w)
{
	struct argo_endpoint *ep = container_of(w, struct argo_endpoint, watch);

	argo_pollers_wake(&ep->pollers, EPOLLOUT | EPOLLWRNORM);
}

/*
 * Ask whether there is space at the watched destination, and arm its watcher if
 * not. Return: as argo_watch_poll(), or -EAGAIN if no destination is watched.
 */
static int poll_space(struct argo_endpoint *ep, struct argo_space_state *state)
{
	struct argo_waiter *w = ep->watching ? &ep->watch : &ep->peer_watch;

	lockdep_assert_held(&ep->config_lock);

	if (!w->dest)
		return -EAGAIN;
	return argo_watch_poll(ep->hv, w, ep->watching ? ep->watch_need :
						      ep->send_lowat,
			       state);
}

/**
 * argo_endpoint_watch() - choose the destination and size that poll() asks for
 * @ep: the endpoint
 * @addr: destination, a cable in core's form, or { 0, ARGO_DOMID_ANY } for the
 *	default destination
 * @need: payload bytes; not used with the default destination, for which
 *	argo_endpoint.send_lowat is the size
 * @state: filled in
 *
 * Return: 0, -EDQUOT, -ENOMEM, -EACCES, -ENODEV.
 */
int argo_endpoint_watch(struct argo_endpoint *ep, const struct argo_addr *addr,
			u32 need, struct argo_space_state *state)
{
	int rc;

	memset(state, 0, sizeof(*state));
	mutex_lock(&ep->config_lock);
	argo_endpoint_stop_watch(ep);
	rc = 0;
	if (argo_addr_pack(addr) != ARGO_NO_REMOTE) {
		memset(&ep->watch, 0, sizeof(ep->watch));
		ep->watch.wake = watch_wake;
		ep->watch.account = ep->account;
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
 * argo_endpoint_status() - fill in struct argo_status but for its size
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
		if (argo_addr_is_cable(&status->remote))
			status->remote = (struct argo_addr) {
				.domid = ARGO_DOMID_CABLE };
		if (READ_ONCE(ep->peer_watch.gone))
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
	if (argo_endpoint_peek(ep, &msg) > 0)
		status->next_len = msg.len;
}

static __poll_t poll_in(struct argo_endpoint *ep)
{
	struct argo_ring_msg msg;
	__poll_t mask = 0;
	int rc;

	if (!argo_endpoint_ring(ep))
		return 0;
	rc = argo_endpoint_peek(ep, &msg);
	/* After -EBUSY no event announces messages: a receive has to look. */
	if (rc)
		mask |= EPOLLIN | EPOLLRDNORM;
	if (rc < 0 && rc != -EBUSY)
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
	/*
	 * Without a watched destination, or after an error, a send fails at
	 * once.
	 */
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

	poll_wait(file, &ep->pollers.wq, wait);

	mask = poll_in(ep);
	/*
	 * Asking about space is a hypercall: only for callers that want
	 * EPOLLOUT.
	 */
	if (poll_requested_events(wait) & (EPOLLOUT | EPOLLWRNORM))
		mask |= poll_out(ep);
	if (READ_ONCE(ep->error))
		mask |= EPOLLERR | EPOLLIN | EPOLLOUT;
	if (argo_endpoint_hung_up(ep))
		mask |= EPOLLHUP | EPOLLIN | EPOLLOUT;
	return mask;
}
