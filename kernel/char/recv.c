// SPDX-License-Identifier: GPL-2.0-only
/* Receiving: messages are copied from the ring straight into user memory. */
#include <linux/mm.h>
#include <linux/sched/clock.h>
#include <linux/sched/signal.h>
#include <linux/uaccess.h>
#include <linux/uio.h>

#include <argo/wait.h>

#include "endpoint.h"

/* Messages from other addresses that are dropped before rx_lock is released. */
#define DROPS_AT_ONCE	128
/* Bytes that the smallest message takes in a ring. */
#define SMALLEST_SLOT	16

/**
 * struct reception - one call that receives
 * @to: memory for as much of the payload as fits
 * @peek: leave the message in the ring
 * @dontwait: -EAGAIN instead of waiting
 * @deadline: when to give up
 * @msg: the message, once it was received
 * @truncated: the message was longer than @to
 * @drops: how often the call may still get -EBUSY from peek_locked()
 * @faults: how often the call may still bring user memory in
 */
struct reception {
	struct iov_iter *to;
	bool peek;
	bool dontwait;
	ktime_t deadline;
	struct argo_ring_msg msg;
	bool truncated;
	unsigned int drops;
	unsigned int faults;
};

static bool is_from_peer(const struct argo_endpoint *ep,
			 const struct argo_ring_msg *msg)
{
	const struct argo_addr from = { .port = msg->port,
					.domid = msg->domid };
	u64 remote = atomic64_read(&ep->remote);

	/* There is no peer, or it is whoever is at the end of a cable. */
	if (remote >> 32 == ARGO_DOMID_ANY)
		return true;
	return remote == argo_addr_pack(&from);
}

/*
 * Look at the next message for the endpoint. Messages from other addresses than
 * the default destination are dropped and counted, but only DROPS_AT_ONCE:
 * others may send as fast as this function drops.
 *
 * Return: as argo_ring_peek(), or -EBUSY: the caller is to release the lock and
 * call this again.
 */
static int peek_locked(struct argo_endpoint *ep, struct argo_ring_msg *msg)
{
	unsigned int i;
	int rc;

	lockdep_assert_held(&ep->rx_lock);

	for (i = 0; i < DROPS_AT_ONCE; i++) {
		rc = argo_ring_peek(ep->ring, msg);
		if (rc <= 0 || is_from_peer(ep, msg))
			return rc;
		argo_ring_drop(ep->ring, msg);
	}
	return -EBUSY;
}

/* Return: calls of peek_locked() that drop all messages of a full ring. */
static unsigned int drops_of_a_ring(const struct argo_endpoint *ep)
{
	return argo_ring_size(ep->ring) / (DROPS_AT_ONCE * SMALLEST_SLOT) + 1;
}

/**
 * argo_endpoint_peek() - look at the next message for the endpoint
 * @ep: the endpoint, bound
 * @msg: filled in when there is one
 *
 * Messages from other addresses than the default destination are dropped and
 * counted.
 *
 * Context: may sleep, takes rx_lock.
 * Return: as argo_ring_peek(), or -EBUSY: such messages arrive faster than they
 * are dropped, or a signal came meanwhile.
 */
int argo_endpoint_peek(struct argo_endpoint *ep, struct argo_ring_msg *msg)
{
	unsigned int drops = drops_of_a_ring(ep);
	int rc;

	do {
		mutex_lock(&ep->rx_lock);
		rc = peek_locked(ep, msg);
		mutex_unlock(&ep->rx_lock);
		cond_resched();
	} while (rc == -EBUSY && --drops && !signal_pending(current));
	return rc;
}

/*
 * Return: 0, -EAGAIN, -EBADMSG, -EBUSY as peek_locked(), or -EFAULT: the user's
 * memory is not present, and the message is still in the ring.
 */
static int recv_locked(struct argo_endpoint *ep, struct reception *rx)
{
	int rc;

	lockdep_assert_held(&ep->rx_lock);

	rc = peek_locked(ep, &rx->msg);
	if (rc <= 0)
		return rc ?: -EAGAIN;
	rx->truncated = rx->msg.len > iov_iter_count(rx->to);
	rc = argo_ring_copy(ep->ring, &rx->msg, rx->to);
	if (rc)
		return rc;
	if (!rx->peek)
		argo_ring_consume(ep->ring, &rx->msg, rx->truncated);
	return 0;
}

static bool may_receive(struct argo_endpoint *ep)
{
	return argo_ring_has_data(ep->ring) || READ_ONCE(ep->error) ||
	       argo_endpoint_hung_up(ep);
}

/*
 * Sleep until there may be a message, or an error to report. Each wake-up is
 * for one reader, so a reader that has slept calls pass_on() before its call
 * ends, with or without a message. Return: 0, -ETIMEDOUT or -ERESTARTSYS.
 */
static int sleep_until(struct argo_endpoint *ep, ktime_t deadline)
{
	ktime_t *expires = deadline == KTIME_MAX ? NULL : &deadline;
	DEFINE_WAIT(wait);
	int rc = 0;

	for (;;) {
		prepare_to_wait_exclusive(&ep->readers, &wait,
					  TASK_INTERRUPTIBLE);
		if (may_receive(ep))
			break;
		if (signal_pending(current))
			rc = -ERESTARTSYS;
		else if (!schedule_hrtimeout_range(expires,
						   current->timer_slack_ns,
						   HRTIMER_MODE_ABS))
			rc = -ETIMEDOUT;
		if (rc)
			break;
	}
	finish_wait(&ep->readers, &wait);
	return rc;
}

/* Wake the next reader if there is a message, or an error to report. */
static void pass_on(struct argo_endpoint *ep)
{
	if (wq_has_sleeper(&ep->readers) && may_receive(ep))
		wake_up_interruptible(&ep->readers);
}

static int interrupted(const struct reception *rx)
{
	return rx->deadline == KTIME_MAX ? -ERESTARTSYS : -ERESTARTNOHAND;
}

static int wait_for_message(struct argo_endpoint *ep,
			    const struct reception *rx)
{
	u64 began;
	int rc;

	if (argo_ring_busy_poll(ep->ring, rx->deadline))
		return 0;
	began = local_clock();
	rc = sleep_until(ep, rx->deadline);
	argo_ring_slept(ep->ring, began);
	return rc == -ERESTARTSYS ? interrupted(rx) : rc;
}

/* The ring was empty. Return: 0 to look again, or the result of the call. */
static int found_none(struct argo_endpoint *ep, const struct reception *rx)
{
	if (READ_ONCE(ep->error))
		return 0;
	if (argo_endpoint_hung_up(ep))
		return -ECONNRESET;
	if (rx->dontwait)
		return -EAGAIN;
	return wait_for_message(ep, rx);
}

/*
 * All messages so far were from other addresses. Return: 0 to look again, or
 * the result of the call.
 */
static int found_others(struct argo_endpoint *ep, struct reception *rx)
{
	cond_resched();
	if (signal_pending(current))
		return interrupted(rx);
	if (!rx->dontwait)
		return argo_time_left(rx->deadline) ? 0 : -ETIMEDOUT;
	if (--rx->drops)
		return 0;
	/*
	 * data_ready() wakes pollers only after a reader has seen an empty
	 * ring, which this one has not.
	 */
	argo_pollers_wake(&ep->pollers, EPOLLIN | EPOLLRDNORM);
	return -EAGAIN;
}

/*
 * Bring the user's memory in, without rx_lock, for a page fault takes as long
 * as the user likes. Return: 0 to look again, or the result of the call.
 */
static int found_no_memory(struct reception *rx)
{
	size_t n = min_t(size_t, rx->msg.len, iov_iter_count(rx->to));

	return rx->faults-- && argo_fault_in_writeable(rx->to, n) ? 0 : -EFAULT;
}

static int recv_once(struct argo_endpoint *ep, struct reception *rx)
{
	int rc;

	rc = argo_endpoint_take_error(ep);
	if (rc)
		return rc;
	if (mutex_lock_interruptible(&ep->rx_lock))
		return interrupted(rx);
	rc = recv_locked(ep, rx);
	if (rc == -EAGAIN && !rx->dontwait)
		argo_ring_count_wait(ep->ring);
	mutex_unlock(&ep->rx_lock);
	return rc;
}

static int receive(struct argo_endpoint *ep, struct reception *rx)
{
	int rc;

	if (!argo_endpoint_ring(ep))
		return -ENOTCONN;
	rx->drops = drops_of_a_ring(ep);
	rx->faults = ARGO_FAULT_TRIES;
	do {
		rc = recv_once(ep, rx);
		if (!rc)
			break;
		if (rc == -EAGAIN)
			rc = found_none(ep, rx);
		else if (rc == -EBUSY)
			rc = found_others(ep, rx);
		else if (rc == -EFAULT)
			rc = found_no_memory(rx);
	} while (!rc);
	pass_on(ep);
	return rc;
}

/**
 * argo_endpoint_recv_msg() - receive one message
 * @ep: the endpoint
 * @msg: the caller's struct argo_msg, checked; filled in
 * @iov: @msg->iovcnt vectors of memory for the payload
 * @len: bytes of all vectors
 * @peek: leave the message in the ring
 * @dontwait: -EAGAIN instead of waiting
 * @deadline: when to give up
 *
 * Return: 0, -ENOTCONN, -EAGAIN, -ETIMEDOUT, -ERESTARTSYS, -ECONNRESET,
 * -EBADMSG, -EFAULT.
 */
int argo_endpoint_recv_msg(struct argo_endpoint *ep, struct argo_msg *msg,
			   const struct iovec *iov, size_t len, bool peek,
			   bool dontwait, ktime_t deadline)
{
	struct iov_iter to;
	struct reception rx = { .to = &to, .peek = peek, .dontwait = dontwait,
				.deadline = deadline };
	int rc;

	iov_iter_init(&to, READ, iov, msg->iovcnt, len);
	rc = receive(ep, &rx);
	if (rc)
		return rc;
	msg->flags = rx.truncated ? ARGO_MSG_TRUNC : 0;
	msg->addr.domid = rx.msg.domid;
	msg->addr.port = rx.msg.port;
	msg->addr.reserved = 0;
	msg->type = rx.msg.type;
	msg->len = rx.msg.len;
	return 0;
}

/**
 * argo_endpoint_read_iter() - file_operations.read_iter
 * @iocb: as given
 * @to: as given
 *
 * Return: bytes of the message that were copied, or an errno. The rest of a
 * longer message is gone, and the message is counted as truncated.
 */
ssize_t argo_endpoint_read_iter(struct kiocb *iocb, struct iov_iter *to)
{
	struct file *file = iocb->ki_filp;
	struct argo_endpoint *ep = file->private_data;
	struct reception rx = {
		.to = to,
		.dontwait = file->f_flags & O_NONBLOCK ||
			    iocb->ki_flags & IOCB_NOWAIT,
		.deadline = argo_deadline(0, READ_ONCE(ep->recv_timeout)),
	};
	size_t room = iov_iter_count(to);
	int rc;

	rc = receive(ep, &rx);
	return rc ?: min_t(size_t, room, rx.msg.len);
}
