// SPDX-License-Identifier: GPL-2.0-only
/*
 * Telling the hypervisor that space was freed, so that it wakes senders.
 *
 * The call walks every ring of the domain, so it is not made for every message:
 * at once when a sender is likely to wait, else by a timer. Nobody is left
 * asleep.
 */
#include <argo/compat.h>

#include "internal.h"

/* After a message from a ring that was over half full since the last call. */
#define ARGO_NOTIFY_SOON	NSEC_PER_MSEC
/* Else: only a message of more than half a ring can be waiting. */
#define ARGO_NOTIFY_LATER	(4 * NSEC_PER_MSEC)

/* Bits of argo_hv.notify_armed. */
#define ARMED			0
#define ARMED_SOON		1

static enum hrtimer_restart notify_timer_fn(struct hrtimer *timer)
{
	struct argo_hv *hv = container_of(timer, struct argo_hv, notify_timer);

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
 * Tell it by and by, @soon within a millisecond. Any context but the hard
 * interrupt.
 */
void argo_notify_later(struct argo_hv *hv, bool soon)
{
	WRITE_ONCE(hv->freed, true);
	/* Pairs with the one in notify_timer_fn(). */
	smp_mb__before_atomic();
	if (soon) {
		if (test_and_set_bit(ARMED_SOON, &hv->notify_armed))
			return;
		set_bit(ARMED, &hv->notify_armed);
	} else if (test_and_set_bit(ARMED, &hv->notify_armed)) {
		return;
	}
	hrtimer_start(&hv->notify_timer,
		      ns_to_ktime(soon ? ARGO_NOTIFY_SOON : ARGO_NOTIFY_LATER),
		      HRTIMER_MODE_REL_SOFT);
}
