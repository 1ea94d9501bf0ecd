// SPDX-License-Identifier: GPL-2.0-only
/*
 * Telling the hypervisor that space was freed, so that it wakes senders.
 *
 * The call walks every ring of the domain, so it is not made for every message:
 * at once when a sender is likely to wait, else within a millisecond of the
 * first message that was consumed. Nobody is left asleep.
 */
#include <argo/compat.h>

#include "internal.h"

#define ARGO_NOTIFY_DELAY	NSEC_PER_MSEC

static enum hrtimer_restart notify_timer_fn(struct hrtimer *timer)
{
	struct argo_hv *hv = container_of(timer, struct argo_hv, notify_timer);

	/* Whoever frees space after this finds the bit clear and starts anew. */
	clear_bit(0, &hv->notify_armed);
	/* Pairs with the one in argo_notify_soon(). */
	smp_mb__after_atomic();
	if (READ_ONCE(hv->freed))
		argo_notify_now(hv);
	return HRTIMER_NORESTART;
}

/* Prepare; part of registering an attachment. */
void argo_notify_init(struct argo_hv *hv)
{
	argo_hrtimer_setup(&hv->notify_timer, notify_timer_fn, CLOCK_MONOTONIC,
			   HRTIMER_MODE_REL_SOFT);
}

/* No ring is left that could start the timer. */
void argo_notify_exit(struct argo_hv *hv)
{
	hrtimer_cancel(&hv->notify_timer);
}

/* Tell it now. Any context but the hard interrupt. */
void argo_notify_now(struct argo_hv *hv)
{
	WRITE_ONCE(hv->freed, false);
	/* What is freed from here on sets it again. */
	smp_mb();
	argo_hv_notify(hv, NULL);
}

/* Tell it within a millisecond. Any context but the hard interrupt. */
void argo_notify_soon(struct argo_hv *hv)
{
	WRITE_ONCE(hv->freed, true);
	/* Pairs with the one in notify_timer_fn(). */
	smp_mb__before_atomic();
	if (!test_and_set_bit(0, &hv->notify_armed))
		hrtimer_start(&hv->notify_timer, ns_to_ktime(ARGO_NOTIFY_DELAY),
			      HRTIMER_MODE_REL_SOFT);
}
