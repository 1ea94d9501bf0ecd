// SPDX-License-Identifier: GPL-2.0-only
/*
 * Waking pollers.
 *
 * Core announces messages and space in the hard interrupt or under space_lock.
 * A user chooses how long waking the pollers of an endpoint takes: an epoll
 * with 100,000 duplicates of the file takes tens of milliseconds, and so does
 * one poller that is an epoll in which many others are nested. So pollers are
 * woken at once only if they are few and were woken fast before. Otherwise a
 * worker wakes them.
 */
#include <linux/sched/clock.h>

#include "pollers.h"

/* Most pollers that are woken at once. */
#define FEW		8
/*
 * The worker wakes pollers after a wake-up of them took longer than this. One
 * poller takes a few microseconds, and tens where the processor is emulated.
 */
#define SLOW_NS		(200 * NSEC_PER_USEC)
/* Fast wake-ups by the worker after which pollers are woken at once again. */
#define FAST_WAKES	16

static struct workqueue_struct *workers;

/**
 * argo_pollers_create_workers() - part of loading the module
 *
 * Return: 0 or -ENOMEM.
 */
int argo_pollers_create_workers(void)
{
	workers = alloc_workqueue("argo-pollers", WQ_UNBOUND, 0);
	return workers ? 0 : -ENOMEM;
}

/**
 * argo_pollers_destroy_workers() - part of unloading the module
 */
void argo_pollers_destroy_workers(void)
{
	destroy_workqueue(workers);
}

static bool are_few(const struct argo_pollers *p)
{
	const struct list_head *node;
	unsigned int n = 0;

	lockdep_assert_held(&p->wq.lock);

	list_for_each(node, &p->wq.head)
		if (++n > FEW)
			return false;
	return true;
}

/* Return: whether waking the pollers was fast. */
static bool wake_locked(struct argo_pollers *p, __poll_t events)
{
	u64 began = local_clock();

	lockdep_assert_held(&p->wq.lock);

	wake_up_locked_poll(&p->wq, events);
	return local_clock() - began < SLOW_NS;
}

static void wake_work_fn(struct work_struct *work)
{
	struct argo_pollers *p = container_of(work, struct argo_pollers, work);
	__poll_t events = (__force __poll_t)atomic_xchg(&p->events, 0);
	bool few;

	spin_lock_irq(&p->wq.lock);
	few = are_few(p);
	if (!wake_locked(p, events) || !few)
		p->slow = FAST_WAKES;
	else if (p->slow)
		p->slow--;
	spin_unlock_irq(&p->wq.lock);
}

static void leave_to_worker(struct argo_pollers *p, __poll_t events)
{
	atomic_or((__force int)events, &p->events);
	queue_work(workers, &p->work);
}

/**
 * argo_pollers_wake() - tell pollers of events
 * @p: the pollers
 * @events: the events
 *
 * This takes a bounded time, whatever users do.
 *
 * Context: any, also the hard interrupt.
 */
void argo_pollers_wake(struct argo_pollers *p, __poll_t events)
{
	unsigned long flags;

	if (!wq_has_sleeper(&p->wq))
		return;
	/* The worker holds the lock for as long as a wake-up takes. */
	local_irq_save(flags);
	if (!spin_trylock(&p->wq.lock)) {
		leave_to_worker(p, events);
	} else {
		if (p->slow || !are_few(p))
			leave_to_worker(p, events);
		else if (!wake_locked(p, events))
			p->slow = FAST_WAKES;
		spin_unlock(&p->wq.lock);
	}
	local_irq_restore(flags);
}

/**
 * argo_pollers_init() - prepare a struct argo_pollers
 * @p: the pollers, zeroed
 */
void argo_pollers_init(struct argo_pollers *p)
{
	init_waitqueue_head(&p->wq);
	INIT_WORK(&p->work, wake_work_fn);
}

/**
 * argo_pollers_exit() - undo argo_pollers_init()
 * @p: the pollers; argo_pollers_wake() is not called for them any more
 *
 * Context: may sleep.
 */
void argo_pollers_exit(struct argo_pollers *p)
{
	cancel_work_sync(&p->work);
}
