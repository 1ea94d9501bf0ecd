/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Waiting for a condition until a deadline:
 * argo_wait_result(wait_event_interruptible_hrtimeout(wq, condition,
 *						       argo_time_left(deadline)))
 * is 0, -ERESTARTSYS, or -ETIMEDOUT.
 */
#ifndef _ARGO_WAIT_H
#define _ARGO_WAIT_H

#include <linux/errno.h>
#include <linux/ktime.h>
#include <linux/wait.h>

/**
 * argo_time_left() - the timeout that ends at a deadline
 * @deadline: monotonic time, KTIME_MAX for never
 */
static inline ktime_t argo_time_left(ktime_t deadline)
{
	ktime_t left;

	if (deadline == KTIME_MAX)
		return KTIME_MAX;
	left = ktime_sub(deadline, ktime_get());
	return left > 0 ? left : 0;
}

/**
 * argo_wait_result() - turn the result of a wait into an errno for users
 * @rc: result of wait_event_interruptible_hrtimeout()
 */
static inline int argo_wait_result(int rc)
{
	return rc == -ETIME ? -ETIMEDOUT : rc;
}

#endif /* _ARGO_WAIT_H */
