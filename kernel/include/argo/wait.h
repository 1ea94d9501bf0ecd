/* SPDX-License-Identifier: GPL-2.0-only */
/* Waiting until a point in time. */
#ifndef _ARGO_WAIT_H
#define _ARGO_WAIT_H

#include <linux/ktime.h>
#include <linux/wait.h>

/*
 * Wait, interruptibly, until @deadline at most (KTIME_MAX: for ever).
 * 0, -ERESTARTSYS, or -ETIMEDOUT.
 */
#define argo_wait_event(wq, condition, deadline)			\
({									\
	ktime_t __deadline = (deadline);				\
	int __rc;							\
									\
	if (__deadline == KTIME_MAX) {					\
		__rc = wait_event_interruptible(wq, condition);		\
	} else {							\
		ktime_t __left = ktime_sub(__deadline, ktime_get());	\
									\
		if (__left <= 0)					\
			__rc = (condition) ? 0 : -ETIMEDOUT;		\
		else							\
			__rc = wait_event_interruptible_hrtimeout(wq,	\
							condition, __left); \
		if (__rc == -ETIME)					\
			__rc = -ETIMEDOUT;				\
	}								\
	__rc;								\
})

#endif /* _ARGO_WAIT_H */
