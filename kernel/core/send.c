// SPDX-License-Identifier: GPL-2.0-only
/*
 * Sending. The hypervisor reads the message from the sender's memory, also from
 * user memory, so nothing is copied here.
 */
#include <linux/module.h>
#include <linux/sched/signal.h>

#include "firewall.h"
#include "trace.h"

static bool fault_in(const struct argo_outgoing *out)
{
	const struct argo_hv_message *msg = &out->msg;

	return argo_fault_in(msg->iov + msg->nkernel, msg->niov - msg->nkernel);
}

static bool is_full(int rc)
{
	return rc == -EAGAIN || rc == -EBUSY;
}

static void count_send(const struct argo_outgoing *out, int rc)
{
	struct argo_ring *ring = out->ring;

	trace_argo_send(ring->port, out->msg.dst.domid, out->msg.dst.port,
			out->len, out->msg.type, rc);
	if (rc >= 0) {
		atomic64_inc(&ring->sent.messages);
		atomic64_add(out->len, &ring->sent.bytes);
	} else if (is_full(rc)) {
		atomic64_inc(&ring->sent.full);
	}
}

static bool may_queue_up(const struct argo_outgoing *out)
{
	const struct argo_flow flow =
		argo_firewall_flow_to(&out->msg.dst, out->ring->port);

	return argo_firewall_would_allow(out->ring->hv, &flow);
}

/* Send without bringing user memory in. Return: as argo_hv_ops.sendv. */
static int send_once(const struct argo_outgoing *out)
{
	struct argo_hv *hv = out->ring->hv;
	int rc;

	if (argo_firewall_is_on(hv) && !out->unfiltered &&
	    !argo_firewall_judge_departure(out->ring, &out->msg.dst)) {
		count_send(out, -EACCES);
		return -EACCES;
	}
	if (out->len > argo_ring_max_message(hv->params.max_ring_len))
		return -EMSGSIZE;
	argo_hv_count(hv, ARGO_HC_SENDV);
	rc = hv->params.ops->sendv(hv, &out->msg);
	count_send(out, rc);
	return rc;
}

static bool may_fault_in(const struct argo_outgoing *out, int rc)
{
	return rc == -EFAULT && out->msg.user && !out->nofault;
}

/* As send_once(), but bring user memory in unless @out->nofault. */
static int send_from_user(const struct argo_outgoing *out)
{
	unsigned int tries = ARGO_FAULT_TRIES;
	int rc;

	do {
		rc = send_once(out);
	} while (may_fault_in(out, rc) && --tries && fault_in(out));
	return rc;
}

/**
 * argo_send() - send one message without waiting for space
 * @out: the message
 * @watcher: armed if the message finds no space and it watches the destination:
 *	it is woken once the message fits; or NULL
 *
 * Context: any but the hard interrupt; may sleep if @out->msg.user and not
 * @out->nofault. With argo_hv_params.irqs_off also the hard interrupt, and with
 * interrupts off.
 * Return: payload bytes, or -EAGAIN (no space now), -ECONNREFUSED,
 * -EHOSTUNREACH, -EMSGSIZE, -EACCES, -EFAULT, -ENOMEM, -ENODEV.
 */
int argo_send(struct argo_outgoing *out, struct argo_waiter *watcher)
{
	struct argo_hv *hv = out->ring->hv;
	u64 interrupts = READ_ONCE(hv->space.interrupts);
	int rc;

	out->msg.src_port = out->ring->port;
	rc = send_from_user(out);
	if (!is_full(rc))
		return rc;
	if (watcher)
		argo_space_arm(hv, watcher, &out->msg.dst, out->len, interrupts);
	else
		argo_space_was_full(hv, &out->msg.dst, out->len);
	return -EAGAIN;
}
EXPORT_SYMBOL_GPL(argo_send);

/*
 * Queue up, and send when it is this sender's turn. @interrupts is as for
 * argo_turn_begin(). A sender whose user memory is not present hands its turn
 * on at once, so that no other sender waits for its page faults.
 */
static int send_in_turn(const struct argo_outgoing *out, ktime_t deadline,
			u64 interrupts)
{
	struct argo_hv *hv = out->ring->hv;
	struct argo_sleeper turn;
	int rc;

	argo_sleeper_init(&turn, out->ring->user.account);
	turn.waiter.port = out->ring->port;
	rc = argo_turn_begin(hv, &turn.waiter, &out->msg.dst, out->len,
			     interrupts);
	if (rc)
		return rc;
	for (;;) {
		rc = argo_sleeper_wait(&turn, deadline);
		if (rc)
			break;
		argo_turn_take(hv, &turn.waiter);
		rc = send_once(out);
		if (!is_full(rc))
			break;
		argo_space_was_full(hv, &out->msg.dst, out->len);
	}
	argo_turn_end(hv, &turn.waiter, rc >= 0 || rc == -EFAULT);
	return rc;
}

/**
 * argo_send_wait() - send one message, and wait for space if necessary
 * @out: the message
 * @deadline: when to give up, KTIME_MAX for never
 *
 * Senders that wait at one destination get their turn in the order they came. A
 * sender whose memory is not present when its turn comes queues up again.
 *
 * Context: may sleep.
 * Return: as argo_send(), but instead of -EAGAIN: -ETIMEDOUT, -ERESTARTSYS,
 * -ERESTARTNOHAND, -ECONNRESET (this domain was restored), -EDQUOT.
 */
int argo_send_wait(struct argo_outgoing *out, ktime_t deadline)
{
	struct argo_hv *hv = out->ring->hv;
	u64 interrupts = READ_ONCE(hv->space.interrupts);
	unsigned int tries = ARGO_FAULT_TRIES;
	int rc;

	out->msg.src_port = out->ring->port;
	if (argo_turn_is_free(hv, &out->msg.dst)) {
		rc = send_from_user(out);
		if (!is_full(rc))
			return rc;
	} else {
		/* No send was tried, so the turn may be had at once. */
		interrupts--;
		if (!may_queue_up(out))
			return -EACCES;
	}
	do {
		if (out->msg.user && !out->nofault && !fault_in(out))
			return -EFAULT;
		rc = send_in_turn(out, deadline, interrupts);
		/* There may be space once the memory is brought in. */
		interrupts = READ_ONCE(hv->space.interrupts) - 1;
	} while (may_fault_in(out, rc) && --tries);
	return rc;
}
EXPORT_SYMBOL_GPL(argo_send_wait);
