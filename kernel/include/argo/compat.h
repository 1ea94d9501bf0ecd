/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Functions that hide what differs between kernel series. Each ARGO_HAVE_* is
 * found by a compile probe in compat/, never by comparing version numbers.
 */
#ifndef _ARGO_COMPAT_H
#define _ARGO_COMPAT_H

#include <linux/hrtimer.h>
#include <linux/irq_work.h>
#include <linux/mm.h>
#include <linux/pagemap.h>
#include <linux/sched.h>
#include <linux/uio.h>

static inline void argo_hrtimer_setup(struct hrtimer *timer,
				      enum hrtimer_restart (*fn)(struct hrtimer *),
				      clockid_t clock, enum hrtimer_mode mode)
{
#ifdef ARGO_HAVE_HRTIMER_SETUP
	hrtimer_setup(timer, fn, clock, mode);
#else
	hrtimer_init(timer, clock, mode);
	timer->function = fn;
#endif
}

/* Prepare work that runs in hard interrupt context under PREEMPT_RT, too. */
static inline void argo_init_irq_work_hard(struct irq_work *work,
					   void (*fn)(struct irq_work *))
{
#ifdef ARGO_HAVE_IRQ_WORK_HARD
	*work = IRQ_WORK_INIT_HARD(fn);
#else
	init_irq_work(work, fn);
	atomic_or(IRQ_WORK_HARD_IRQ, &work->flags);
#endif
}

/* Return: bytes that could not be made readable. */
static inline size_t argo_fault_in_readable(const char __user *p, size_t n)
{
#ifdef ARGO_HAVE_FAULT_IN_READABLE
	return fault_in_readable(p, n);
#else
	return fault_in_pages_readable(p, n) ? n : 0;
#endif
}

/*
 * Bring user memory in for writing and leave its contents alone. The call may
 * sleep; a fatal signal ends it. Return: bytes that cannot be written to.
 */
static inline size_t argo_fault_in_safe_writeable(const char __user *p,
						  size_t n)
{
#ifdef ARGO_HAVE_FAULT_IN_SAFE_WRITEABLE
	return fault_in_safe_writeable(p, n);
#else
	unsigned long at = (unsigned long)p & PAGE_MASK;
	unsigned long end = (unsigned long)p + n;
	struct page *page;

	for (; at < end; at += PAGE_SIZE) {
		if (get_user_pages_fast(at, 1, FOLL_WRITE, &page) != 1)
			return n;
		put_page(page);
		cond_resched();
	}
	return 0;
#endif
}

/* The vectors of an iterator for which iter_is_iovec() holds. */
static inline const struct iovec *argo_iter_iov(const struct iov_iter *iter)
{
#ifdef ARGO_HAVE_ITER_IOV
	return iter_iov(iter);
#else
	return iter->iov;
#endif
}

/* Is the iterator over one user buffer? Older series have only vectors. */
static inline bool argo_iter_is_ubuf(const struct iov_iter *iter)
{
#ifdef ARGO_HAVE_ITER_UBUF
	return iter_is_ubuf(iter);
#else
	return false;
#endif
}

/* The memory of an iterator for which argo_iter_is_ubuf() holds. */
static inline void __user *argo_iter_ubuf(const struct iov_iter *iter)
{
#ifdef ARGO_HAVE_ITER_UBUF
	return iter->ubuf + iter->iov_offset;
#else
	return NULL;
#endif
}

#endif /* _ARGO_COMPAT_H */
