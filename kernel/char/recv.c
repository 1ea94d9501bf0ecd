// SPDX-License-Identifier: GPL-2.0-only
/* Receiving: from the ring straight into the caller's memory. */
#include <linux/mm.h>
#include <linux/sched/clock.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/uaccess.h>
#include <linux/uio.h>

#include <argo/wait.h>

#include "endpoint.h"

static bool is_from_peer(const struct argo_endpoint *ep,
			 const struct argo_ring_msg *msg)
{
	u64 remote = atomic64_read(&ep->remote);

	return remote == ARGO_NO_REMOTE ||
	       remote == ((u64)msg->domid << 32 | msg->port);
}

/**
 * argo_endpoint_peek() - look at the next message for the endpoint
 * @ep: the endpoint, bound
 * @msg: filled in when there is one
 *
 * Drops, and counts, what somebody else than the peer has sent.
 *
 * Context: rx_lock held.
 * Return: as argo_ring_peek().
 */
int argo_endpoint_peek(struct argo_endpoint *ep, struct argo_ring_msg *msg)
{
	int rc;

	lockdep_assert_held(&ep->rx_lock);

	for (;;) {
		rc = argo_ring_peek(ep->ring, msg);
		if (rc <= 0 || is_from_peer(ep, msg))
			return rc;
		argo_ring_drop(ep->ring, msg);
		cond_resched();
	}
}

/* Return: 0, -EAGAIN, -EBADMSG, or -EFAULT and the message is still there. */
static int recv_now(struct argo_endpoint *ep, struct iov_iter *to, bool peek,
		    struct argo_ring_msg *msg, bool *truncated)
{
	int rc;

	lockdep_assert_held(&ep->rx_lock);

	rc = argo_endpoint_peek(ep, msg);
	if (rc <= 0)
		return rc ?: -EAGAIN;
	*truncated = msg->len > iov_iter_count(to);
	rc = argo_ring_copy(ep->ring, msg, to);
	if (rc)
		return rc;
	if (!peek)
		argo_ring_consume(ep->ring, msg, *truncated);
	return 0;
}

static bool may_receive(struct argo_endpoint *ep)
{
	return argo_ring_has_data(ep->ring) || READ_ONCE(ep->error) ||
	       argo_endpoint_hung_up(ep);
}

static int wait_for_message(struct argo_endpoint *ep, ktime_t deadline)
{
	u64 began;
	int rc;

	if (argo_ring_busy_poll(ep->ring, deadline))
		return 0;
	began = local_clock();
	rc = wait_event_interruptible_hrtimeout(ep->rx_wait, may_receive(ep),
						argo_time_left(deadline));
	argo_ring_slept(ep->ring, began);
	if (rc == -ERESTARTSYS && deadline != KTIME_MAX)
		return -ERESTARTNOHAND;
	return argo_wait_result(rc);
}

static int recv_wait(struct argo_endpoint *ep, struct iov_iter *to, bool peek,
		     bool dontwait, ktime_t deadline,
		     struct argo_ring_msg *msg, bool *truncated)
{
	int rc;

	if (!argo_endpoint_ring(ep))
		return -ENOTCONN;
	for (;;) {
		rc = argo_endpoint_take_error(ep);
		if (rc)
			return rc;
		if (mutex_lock_interruptible(&ep->rx_lock))
			return -ERESTARTSYS;
		rc = recv_now(ep, to, peek, msg, truncated);
		if (rc == -EAGAIN && !dontwait)
			argo_ring_count_wait(ep->ring);
		mutex_unlock(&ep->rx_lock);
		if (rc != -EAGAIN)
			return rc;

		if (READ_ONCE(ep->error))
			continue;
		if (argo_endpoint_hung_up(ep))
			return -ECONNRESET;
		if (dontwait)
			return -EAGAIN;
		rc = wait_for_message(ep, deadline);
		if (rc)
			return rc;
	}
}

/**
 * argo_endpoint_recv_msg() - receive one message
 * @ep: the endpoint
 * @msg: where to; filled in
 * @peek: leave the message in the ring
 * @dontwait: -EAGAIN instead of waiting
 * @deadline: when to give up
 *
 * Return: 0, -ENOTCONN, -EAGAIN, -ETIMEDOUT, -ERESTARTSYS, -ECONNRESET,
 * -EBADMSG, -EFAULT, -ENOMEM.
 */
int argo_endpoint_recv_msg(struct argo_endpoint *ep, struct argo_msg *msg,
			   bool peek, bool dontwait, ktime_t deadline)
{
	struct iovec few[UIO_FASTIOV], *iov = few;
	struct argo_ring_msg got;
	struct iov_iter to;
	bool truncated;
	size_t total;
	int rc;

	if (msg->iovcnt > ARRAY_SIZE(few)) {
		iov = kvmalloc_array(msg->iovcnt, sizeof(*iov), GFP_KERNEL);
		if (!iov)
			return -ENOMEM;
	}
	rc = argo_msg_import(msg, iov, &total);
	if (rc)
		goto out;
	iov_iter_init(&to, READ, iov, msg->iovcnt, total);
	rc = recv_wait(ep, &to, peek, dontwait, deadline, &got, &truncated);
	if (rc)
		goto out;
	msg->flags = truncated ? ARGO_MSG_TRUNC : 0;
	msg->addr.domid = got.domid;
	msg->addr.port = got.port;
	msg->addr.reserved = 0;
	msg->type = got.type;
	msg->len = got.len;
out:
	if (iov != few)
		kvfree(iov);
	return rc;
}

/**
 * argo_endpoint_read_iter() - file_operations.read_iter
 * @iocb: as given
 * @to: as given
 *
 * Return: bytes of the message that were copied; the rest of a longer one is
 * gone, and counted as truncated. Or an errno.
 */
ssize_t argo_endpoint_read_iter(struct kiocb *iocb, struct iov_iter *to)
{
	struct argo_endpoint *ep = iocb->ki_filp->private_data;
	bool dontwait = iocb->ki_filp->f_flags & O_NONBLOCK ||
			iocb->ki_flags & IOCB_NOWAIT;
	size_t room = iov_iter_count(to);
	struct argo_ring_msg msg;
	bool truncated;
	int rc;

	rc = recv_wait(ep, to, false, dontwait,
		       argo_deadline(0, READ_ONCE(ep->recv_timeout)), &msg,
		       &truncated);
	return rc ?: min_t(size_t, room, msg.len);
}
