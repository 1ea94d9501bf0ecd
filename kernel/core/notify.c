// SPDX-License-Identifier: GPL-2.0-only
/*
 * Telling the hypervisor that space was freed, so that it wakes senders.
 *
 * The hypercall walks every ring of the domain, so core does not make it for
 * every message. Core makes it at once when a sender is likely to wait, and
 * else from a timer, so that no sender sleeps for ever.
 */
#include <linux/ktime.h>

#include <argo/compat.h>

#include "internal.h"

/*
 * A ring that was over half full since the last call probably has a waiting
 * sender. The hypervisor is told once no reader has freed space for so long; as
 * long as readers are busy, the sender loses nothing by waiting.
 */
#define ARGO_NOTIFY_SOON	NSEC_PER_MSEC
/*
 * The hypervisor is told after this time at the latest. At an emptier ring only
 * a message of more than half the ring's size can be waiting.
 */
#define ARGO_NOTIFY_LATER	(8 * NSEC_PER_MSEC)

/* Bits of argo_hv.freed.armed. */
#define ARMED			0
#define ARMED_SOON		1

static void start_timer(struct argo_hv *hv, u64 ns)
{
	hrtimer_start(&hv->freed.timer, ns_to_ktime(ns), HRTIMER_MODE_REL_SOFT);
}

static enum hrtimer_restart notify_timer_fn(struct hrtimer *timer)
{
	struct argo_hv *hv = container_of(timer, struct argo_hv, freed.timer);

	if (READ_ONCE(hv->freed.more) &&
	    ktime_before(ktime_get(), READ_ONCE(hv->freed.tell_by))) {
		WRITE_ONCE(hv->freed.more, false);
		/*
		 * Not forwarded, for a reader may be starting the timer, too.
		 */
		start_timer(hv, ARGO_NOTIFY_SOON);
		return HRTIMER_NORESTART;
	}
	/* A reader that frees space after this starts the timer anew. */
	clear_bit(ARMED, &hv->freed.armed);
	clear_bit(ARMED_SOON, &hv->freed.armed);
	/* Pairs with the barrier in argo_notify_later(). */
	smp_mb__after_atomic();
	if (READ_ONCE(hv->freed.untold))
		argo_notify_now(hv);
	return HRTIMER_NORESTART;
}

/* Part of argo_hv_register(). */
void argo_notify_init(struct argo_hv *hv)
{
	argo_hrtimer_setup(&hv->freed.timer, notify_timer_fn, CLOCK_MONOTONIC,
			   HRTIMER_MODE_REL_SOFT);
}

/*
 * Undo argo_notify_init(). No ring is left whose reader could start the timer.
 */
void argo_notify_exit(struct argo_hv *hv)
{
	hrtimer_cancel(&hv->freed.timer);
}

/* Tell the hypervisor now. Any context but the hard interrupt. */
void argo_notify_now(struct argo_hv *hv)
{
	WRITE_ONCE(hv->freed.untold, false);
	/* A reader that frees space from here on sets hv->freed.untold again. */
	smp_mb();
	argo_hv_notify(hv, NULL);
}

/*
 * Tell the hypervisor after ARGO_NOTIFY_LATER, or if @soon, once no reader has
 * freed space for ARGO_NOTIFY_SOON. Any context but the hard interrupt.
 */
void argo_notify_later(struct argo_hv *hv, bool soon)
{
	WRITE_ONCE(hv->freed.untold, true);
	WRITE_ONCE(hv->freed.more, true);
	/* Pairs with the barrier in notify_timer_fn(). */
	smp_mb__before_atomic();
	if (soon) {
		if (test_and_set_bit(ARMED_SOON, &hv->freed.armed))
			return;
		set_bit(ARMED, &hv->freed.armed);
	} else if (test_and_set_bit(ARMED, &hv->freed.armed)) {
		return;
	}
	WRITE_ONCE(hv->freed.tell_by,
		   ktime_add_ns(ktime_get(), ARGO_NOTIFY_LATER));
	start_timer(hv, soon ? ARGO_NOTIFY_SOON : ARGO_NOTIFY_LATER);
}
