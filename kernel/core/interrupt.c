// SPDX-License-Identifier: GPL-2.0-only
/*
 * The interrupt, and keeping it away while a reader looks for messages anyway.
 *
 * One interrupt serves all rings of an attachment. So a reader that keeps it
 * away looks at all rings now and then, and a timer looks at them while the
 * reader does something else.
 */
#include <linux/ktime.h>
#include <linux/module.h>
#include <linux/rculist.h>
#include <linux/sched/clock.h>

#include <argo/compat.h>

#include "internal.h"
#include "trace.h"

/* The longest that a message in another ring waits to be noticed. */
#define ARGO_LOOK_INTERVAL	(2 * NSEC_PER_MSEC)

/* Bit of argo_hv.away.armed. */
#define ARMED			0

/**
 * argo_hv_interrupt() - look for rings that have moved, and for space
 * @hv: the attachment
 *
 * The hypervisor's driver calls this in its interrupt handler; a reader that
 * keeps the interrupt away calls it, too. This reads the send index of each
 * ring and nothing else of a ring.
 *
 * Context: any; meant for the hard interrupt.
 */
void argo_hv_interrupt(struct argo_hv *hv)
{
	struct argo_ring *ring;
	unsigned int moved = 0;
	u32 tx;

	rcu_read_lock();
	list_for_each_entry_rcu(ring, &hv->rings.list, node) {
		tx = argo_ring_tx_in(ring->layout, ring->map);
		if (tx == READ_ONCE(ring->irq_tx))
			continue;
		WRITE_ONCE(ring->irq_tx, tx);
		WRITE_ONCE(ring->poll.ready_at, local_clock());
		ring->ops->data_ready(ring);
		moved++;
	}
	rcu_read_unlock();
	trace_argo_interrupt(hv->domid, moved);

	argo_space_interrupt(hv);
}
EXPORT_SYMBOL_GPL(argo_hv_interrupt);

static enum hrtimer_restart look_timer_fn(struct hrtimer *timer)
{
	struct argo_hv *hv = container_of(timer, struct argo_hv, away.timer);

	if (!atomic_read(&hv->away.readers)) {
		clear_bit(ARMED, &hv->away.armed);
		/* Pairs with the barrier in argo_irq_away_stay(). */
		smp_mb__after_atomic();
		if (!atomic_read(&hv->away.readers) ||
		    test_and_set_bit(ARMED, &hv->away.armed))
			return HRTIMER_NORESTART;
	}
	argo_hv_interrupt(hv);
	hrtimer_forward_now(timer, ns_to_ktime(ARGO_LOOK_INTERVAL));
	return HRTIMER_RESTART;
}

/* Part of argo_hv_register(). */
void argo_interrupt_init(struct argo_hv *hv)
{
	argo_hrtimer_setup(&hv->away.timer, look_timer_fn, CLOCK_MONOTONIC,
			   HRTIMER_MODE_REL_SOFT);
}

/*
 * Undo argo_interrupt_init(). No ring is left whose reader could start a timer.
 */
void argo_interrupt_exit(struct argo_hv *hv)
{
	hrtimer_cancel(&hv->away.timer);
}

/**
 * argo_irq_away_begin() - keep the interrupt away while reading
 * @hv: the attachment
 *
 * Until argo_irq_away_end(), the reader calls argo_hv_interrupt() every
 * ARGO_IRQ_AWAY_LOOK messages, and argo_irq_away_stay() before it does anything
 * but read.
 *
 * Context: any but the hard interrupt.
 * Return: whether the interrupt is kept away, to be given to
 * argo_irq_away_end().
 */
bool argo_irq_away_begin(struct argo_hv *hv)
{
	const struct argo_hv_ops *ops = hv->params.ops;

	if (!ops->irq_mask || !ops->irq_mask(hv))
		return false;
	atomic_inc(&hv->away.readers);
	return true;
}
EXPORT_SYMBOL_GPL(argo_irq_away_begin);

/**
 * argo_irq_away_stay() - keep the interrupt away while the reader does not read
 * @hv: the attachment; argo_irq_away_begin() returned true
 *
 * A timer looks at all rings until argo_irq_away_end(). A reader that reads all
 * the time until then need not call this.
 *
 * Context: any but the hard interrupt.
 */
void argo_irq_away_stay(struct argo_hv *hv)
{
	/*
	 * Orders the increment in argo_irq_away_begin() before the bit; pairs
	 * with the barrier in look_timer_fn().
	 */
	smp_mb__after_atomic();
	if (!test_and_set_bit(ARMED, &hv->away.armed))
		hrtimer_start(&hv->away.timer, ns_to_ktime(ARGO_LOOK_INTERVAL),
			      HRTIMER_MODE_REL_SOFT);
}
EXPORT_SYMBOL_GPL(argo_irq_away_stay);

/**
 * argo_irq_away_end() - let the interrupt in again
 * @hv: the attachment
 * @away: result of argo_irq_away_begin()
 *
 * If messages came meanwhile, the interrupt comes now.
 *
 * Context: any but the hard interrupt.
 */
void argo_irq_away_end(struct argo_hv *hv, bool away)
{
	if (!away)
		return;
	atomic_dec(&hv->away.readers);
	hv->params.ops->irq_unmask(hv);
}
EXPORT_SYMBOL_GPL(argo_irq_away_end);
