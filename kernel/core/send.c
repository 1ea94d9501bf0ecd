// SPDX-License-Identifier: GPL-2.0-only
/*
 * Sending. The hypervisor reads the sender's memory, the user's own included,
 * so nothing is copied here.
 */
#include <linux/module.h>
#include <linux/sched/signal.h>
#include <linux/uaccess.h>
#include <linux/wait.h>

#include <argo/compat.h>

#include "internal.h"
#include "trace.h"

/* Memory that is reclaimed as fast as it is faulted in is not worth a hang. */
#define ARGO_FAULT_TRIES	64

/**
 * argo_iter_pieces() - the user memory that an iterator stands for
 * @from: the iterator; it stays where it is
 * @most: bytes wanted
 * @iov: filled in, with no empty ones
 * @room: how many pieces there may be
 * @len: bytes in them; less than @most also if @room was not enough
 *
 * Context: any.
 * Return: how many pieces there are; none if it is not over user memory.
 */
unsigned int argo_iter_pieces(const struct iov_iter *from, size_t most,
			      struct argo_hv_iov *iov, unsigned int room,
			      size_t *len)
{
	size_t skip = from->iov_offset, left = min(most, iov_iter_count(from));
	const struct iovec *vec;
	struct iovec whole;
	unsigned int n = 0;

	*len = 0;
	if (argo_iter_is_ubuf(from)) {
		whole.iov_base = argo_iter_ubuf(from);
		whole.iov_len = left;
		vec = &whole;
		skip = 0;
	} else if (iter_is_iovec(from)) {
		vec = argo_iter_iov(from);
	} else {
		return 0;
	}
	for (; left && n < room; vec++, skip = 0) {
		size_t part = min(left, vec->iov_len - skip);

		if (!part)
			continue;
		iov[n++] = (struct argo_hv_iov) {
			.base = (unsigned long)vec->iov_base + skip,
			.len = part,
		};
		*len += part;
		left -= part;
	}
	return n;
}
EXPORT_SYMBOL_GPL(argo_iter_pieces);

/**
 * argo_fault_in() - have user memory there
 * @iov: memory of the current process
 * @n: how many pieces
 *
 * Context: may sleep.
 * Return: whether it may be read; it may be gone again.
 */
bool argo_fault_in(const struct argo_hv_iov *iov, unsigned int n)
{
	unsigned int i;

	for (i = 0; i < n; i++)
		if (argo_fault_in_readable(u64_to_user_ptr(iov[i].base),
					   iov[i].len))
			return false;
	return true;
}
EXPORT_SYMBOL_GPL(argo_fault_in);

static bool fault_in(const struct argo_outgoing *out)
{
	return argo_fault_in(out->iov + out->nkernel, out->niov - out->nkernel);
}

static bool is_full(int rc)
{
	return rc == -EAGAIN || rc == -EBUSY;
}

static void count_send(const struct argo_outgoing *out, int rc)
{
	struct argo_ring *ring = out->ring;

	trace_argo_send(ring->port, out->dst.domid, out->dst.port, out->len,
			out->type, rc);
	if (rc >= 0) {
		atomic64_inc(&ring->tx_messages);
		atomic64_add(out->len, &ring->tx_bytes);
	} else if (is_full(rc)) {
		atomic64_inc(&ring->tx_full);
	}
}

/* One try. -EBUSY is kept apart from -EAGAIN. */
static int send_once(const struct argo_outgoing *out)
{
	struct argo_hv *hv = out->ring->hv;
	const struct argo_hv_message msg = {
		.iov = out->iov,
		.niov = out->niov,
		.src_port = out->ring->port,
		.dst_port = out->dst.port,
		.dst_domid = out->dst.domid,
		.user = out->user,
		.nkernel = out->nkernel,
		.type = out->type,
	};
	unsigned int tries = ARGO_FAULT_TRIES;
	int rc;

	if (out->len > argo_ring_max_message(hv->params.max_ring_len))
		return -EMSGSIZE;
	do {
		argo_hv_count(hv, ARGO_HC_SENDV);
		rc = hv->params.ops->sendv(hv, &msg);
	} while (rc == -EFAULT && out->user && !out->nofault &&
		 fault_in(out) && --tries);
	count_send(out, rc);
	return rc;
}

/**
 * argo_send() - send one message, or say why not
 * @out: the message
 * @watcher: to be woken, if it watches the destination, once a message that
 *	found no room fits; or NULL
 *
 * Context: any but the hard interrupt; may sleep if @out->user and not
 * @out->nofault.
 * Return: payload bytes, or -EAGAIN (no room now), -ECONNREFUSED,
 * -EHOSTUNREACH, -EMSGSIZE, -EACCES, -EFAULT, -ENOMEM, -ENODEV.
 */
int argo_send(const struct argo_outgoing *out, struct argo_waiter *watcher)
{
	struct argo_hv *hv = out->ring->hv;
	u64 interrupts = READ_ONCE(hv->interrupts);
	int rc = send_once(out);

	if (!is_full(rc))
		return rc;
	if (watcher)
		argo_space_arm(hv, watcher, &out->dst, out->len, interrupts);
	else
		argo_space_was_full(hv, &out->dst, out->len);
	return -EAGAIN;
}
EXPORT_SYMBOL_GPL(argo_send);

struct turn {
	struct argo_waiter waiter;
	wait_queue_head_t wq;
};

static void turn_wake(struct argo_waiter *w)
{
	wake_up(&container_of(w, struct turn, waiter)->wq);
}

/**
 * argo_send_wait() - send one message, waiting for room where it must
 * @out: the message
 * @deadline: when to give up, KTIME_MAX for never
 *
 * Those who wait for room at one destination get it in the order they came.
 *
 * Context: may sleep.
 * Return: as argo_send(), but -ETIMEDOUT, -ERESTARTSYS or -ECONNRESET (this
 * domain was restored meanwhile) where that has -EAGAIN.
 */
int argo_send_wait(const struct argo_outgoing *out, ktime_t deadline)
{
	struct argo_hv *hv = out->ring->hv;
	struct turn turn = { .waiter.wake = turn_wake };
	u64 interrupts = READ_ONCE(hv->interrupts);
	int rc;

	if (argo_turn_is_free(hv, &out->dst)) {
		rc = send_once(out);
		if (!is_full(rc))
			return rc;
	} else {
		/* Nothing was tried: the turn may be had at once. */
		interrupts--;
	}

	init_waitqueue_head(&turn.wq);
	rc = argo_turn_begin(hv, &turn.waiter, &out->dst, out->len,
			     interrupts);
	if (rc)
		return rc;
	for (;;) {
		rc = argo_wait_until(&turn.waiter, &turn.wq, deadline);
		if (rc)
			break;
		argo_turn_take(hv, &turn.waiter);
		rc = send_once(out);
		if (!is_full(rc))
			break;
		argo_space_was_full(hv, &out->dst, out->len);
	}
	argo_turn_end(hv, &turn.waiter, rc >= 0);
	return rc;
}
EXPORT_SYMBOL_GPL(argo_send_wait);
