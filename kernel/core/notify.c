// SPDX-License-Identifier: GPL-2.0-only
/*
 * Telling the hypervisor that space was freed, so that it wakes senders.
 *
 * The call walks every ring of the domain, so it is not made for every message:
 * at once when a sender is likely to wait, else by a timer. Nobody is left
 * asleep.
 */
#include <linux/ktime.h>

#include <argo/compat.h>

#include "internal.h"

/*
 * A ring that was over half full since the last call is read no more: until
 * then its readers are busy, and a sender that waits misses nothing.
 */
#define ARGO_NOTIFY_SOON	NSEC_PER_MSEC
/* Else: only a message of more than half a ring can be waiting. */
#define ARGO_NOTIFY_LATER	(8 * NSEC_PER_MSEC)

/* Bits of argo_hv.notify_armed. */
#define ARMED			0
#define ARMED_SOON		1

static void start_timer(struct argo_hv *hv, u64 ns)
{
	hrtimer_start(&hv->notify_timer, ns_to_ktime(ns), HRTIMER_MODE_REL_SOFT);
}

static enum hrtimer_restart notify_timer_fn(struct hrtimer *timer)
{
	struct argo_hv *hv = container_of(timer, struct argo_hv, notify_timer);

	if (READ_ONCE(hv->freeing) &&
	    ktime_before(ktime_get(), READ_ONCE(hv->notify_by))) {
		WRITE_ONCE(hv->freeing, false);
		/* Others may start it, too, so it cannot be forwarded. */
		start_timer(hv, ARGO_NOTIFY_SOON);
		return HRTIMER_NORESTART;
	}
	/* Whoever frees space after this finds the bits clear, starts anew. */
	clear_bit(ARMED, &hv->notify_armed);
	clear_bit(ARMED_SOON, &hv->notify_armed);
	/* Pairs with the one in argo_notify_later(). */
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

/*
 * Tell it by and by; @soon, once it is read no more. Any context but the hard
 * interrupt.
 */
void argo_notify_later(struct argo_hv *hv, bool soon)
{
	WRITE_ONCE(hv->freed, true);
	WRITE_ONCE(hv->freeing, true);
	/* Pairs with the one in notify_timer_fn(). */
	smp_mb__before_atomic();
	if (soon) {
		if (test_and_set_bit(ARMED_SOON, &hv->notify_armed))
			return;
		set_bit(ARMED, &hv->notify_armed);
	} else if (test_and_set_bit(ARMED, &hv->notify_armed)) {
		return;
	}
	WRITE_ONCE(hv->notify_by, ktime_add_ns(ktime_get(), ARGO_NOTIFY_LATER));
	start_timer(hv, soon ? ARGO_NOTIFY_SOON : ARGO_NOTIFY_LATER);
}
