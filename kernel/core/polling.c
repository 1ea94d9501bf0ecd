// SPDX-License-Identifier: GPL-2.0-only
/*
 * Keeping the interrupt away from who looks for messages all the time anyway.
 *
 * One interrupt serves all rings of an attachment. So who keeps it away looks
 * at all of them now and then, and a timer does it while he is elsewhere.
 */
#include <linux/ktime.h>
#include <linux/module.h>

#include <argo/compat.h>

#include "internal.h"

/* The longest that other rings' owners wait for what came. */
#define ARGO_POLL_LOOK		(2 * NSEC_PER_MSEC)

/* Bit of argo_hv.poll_armed. */
#define ARMED			0

static enum hrtimer_restart poll_timer_fn(struct hrtimer *timer)
{
	struct argo_hv *hv = container_of(timer, struct argo_hv, poll_timer);

	if (!atomic_read(&hv->pollers)) {
		clear_bit(ARMED, &hv->poll_armed);
		/* Pairs with the one in argo_poll_begin(). */
		smp_mb__after_atomic();
		if (!atomic_read(&hv->pollers) ||
		    test_and_set_bit(ARMED, &hv->poll_armed))
			return HRTIMER_NORESTART;
	}
	argo_hv_interrupt(hv);
	hrtimer_forward_now(timer, ns_to_ktime(ARGO_POLL_LOOK));
	return HRTIMER_RESTART;
}

/* Prepare; part of registering an attachment. */
void argo_polling_init(struct argo_hv *hv)
{
	argo_hrtimer_setup(&hv->poll_timer, poll_timer_fn, CLOCK_MONOTONIC,
			   HRTIMER_MODE_REL_SOFT);
}

/* No ring is left whose owner could begin. */
void argo_polling_exit(struct argo_hv *hv)
{
	hrtimer_cancel(&hv->poll_timer);
}

/**
 * argo_poll_begin() - keep the interrupt away while reading
 * @hv: the attachment
 *
 * Until argo_poll_end(), call argo_poll_look() every few messages, and
 * argo_poll_stay() before anything else is done.
 *
 * Context: any but the hard interrupt.
 * Return: what argo_poll_end() wants to know.
 */
bool argo_poll_begin(struct argo_hv *hv)
{
	const struct argo_hv_ops *ops = hv->params.ops;

	if (!ops->irq_mask || !ops->irq_mask(hv))
		return false;
	atomic_inc(&hv->pollers);
	return true;
}
EXPORT_SYMBOL_GPL(argo_poll_begin);

/**
 * argo_poll_stay() - keep the interrupt away while nobody reads
 * @hv: the attachment; argo_poll_begin() returned true
 *
 * A timer looks at all rings until argo_poll_end(). Who neither sleeps nor
 * returns between the two does without it, and its cost.
 *
 * Context: any but the hard interrupt.
 */
void argo_poll_stay(struct argo_hv *hv)
{
	/* argo_poll_begin()'s increment; pairs with the one in poll_timer_fn(). */
	smp_mb__after_atomic();
	if (!test_and_set_bit(ARMED, &hv->poll_armed))
		hrtimer_start(&hv->poll_timer, ns_to_ktime(ARGO_POLL_LOOK),
			      HRTIMER_MODE_REL_SOFT);
}
EXPORT_SYMBOL_GPL(argo_poll_stay);

/**
 * argo_poll_look() - do what the interrupt would have done
 * @hv: the attachment
 *
 * Context: any.
 */
void argo_poll_look(struct argo_hv *hv)
{
	argo_hv_interrupt(hv);
}
EXPORT_SYMBOL_GPL(argo_poll_look);

/**
 * argo_poll_end() - let the interrupt in again
 * @hv: the attachment
 * @masked: what argo_poll_begin() returned
 *
 * What came meanwhile is reported.
 *
 * Context: any but the hard interrupt.
 */
void argo_poll_end(struct argo_hv *hv, bool masked)
{
	if (!masked)
		return;
	atomic_dec(&hv->pollers);
	hv->params.ops->irq_unmask(hv);
}
EXPORT_SYMBOL_GPL(argo_poll_end);
