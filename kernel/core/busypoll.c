// SPDX-License-Identifier: GPL-2.0-only
/*
 * Looking for the next message for a moment before going to sleep.
 *
 * To sleep and be woken costs an interrupt, a switch of tasks, often one of
 * domains: more than the answer of a peer that is at work takes to come. So a
 * reader looks first, for a few times as long as it takes to be woken on this
 * machine, and as long as that pays: a ring keeps a score that rises when a
 * message came and falls when none did. At zero its readers sleep at once,
 * until their sleeps have been short often enough to try again.
 */
#include <linux/ktime.h>
#include <linux/minmax.h>
#include <linux/module.h>
#include <linux/sched/clock.h>
#include <linux/sched/signal.h>

#include "internal.h"

/* Of the time from interrupt to reader. The peer's way is as long, and more. */
#define WINDOW_WAKES	8
/* Before anything was measured. */
#define FIRST_WAKE_NS	(5 * NSEC_PER_USEC)
/* A third of the looks has to succeed, or the processor is better used. */
#define SCORE_HIT	2
#define SCORE_MISS	1
#define SCORE_MAX	16
/* Sleeps that a look would have saved, before it is tried again. */
#define SHORT_SLEEPS	16

static unsigned int busy_poll_us = 1000;
module_param(busy_poll_us, uint, 0644);
MODULE_PARM_DESC(busy_poll_us, "most microseconds that a reader looks for a message before it sleeps, while that pays; 0: never (default 1000, but no more than eight times what it takes to be woken)");

/* Part of creating a ring. */
void argo_busy_poll_init(struct argo_ring *ring)
{
	ring->wake_ns = FIRST_WAKE_NS;
}

/* The longest look, in nanoseconds. */
static u64 window_of(const struct argo_ring *ring)
{
	return min_t(u64, READ_ONCE(busy_poll_us) * (u64)NSEC_PER_USEC,
		     READ_ONCE(ring->wake_ns) * (u64)WINDOW_WAKES);
}

static bool look(const struct argo_ring *ring, u64 until)
{
	while (!argo_ring_has_data(ring)) {
		if (need_resched() || signal_pending(current) ||
		    local_clock() >= until)
			return false;
		cpu_relax();
	}
	return true;
}

/**
 * argo_ring_busy_poll() - look for a message before going to sleep
 * @ring: the ring, empty a moment ago
 * @deadline: monotonic time, KTIME_MAX for never
 *
 * Context: process.
 * Return: whether there is something to read, or to report.
 */
bool argo_ring_busy_poll(struct argo_ring *ring, ktime_t deadline)
{
	unsigned int score = READ_ONCE(ring->poll_score);
	u64 window = window_of(ring);

	if (!score || !window)
		return false;
	if (deadline != KTIME_MAX)
		window = clamp_t(s64, ktime_sub(deadline, ktime_get()), 0,
				 window);
	if (look(ring, local_clock() + window)) {
		WRITE_ONCE(ring->poll_score,
			   min_t(unsigned int, score + SCORE_HIT, SCORE_MAX));
		return true;
	}
	WRITE_ONCE(ring->poll_score, score - SCORE_MISS);
	WRITE_ONCE(ring->short_sleeps, 0);
	return false;
}
EXPORT_SYMBOL_GPL(argo_ring_busy_poll);

/*
 * The shortest wake of late counts: the others were held up by something else.
 */
static void learn_wake(struct argo_ring *ring, u64 began, u64 now)
{
	u64 ready = READ_ONCE(ring->ready_at);
	u32 known = READ_ONCE(ring->wake_ns);

	if (ready < began || ready >= now)
		return;
	WRITE_ONCE(ring->wake_ns, min_t(u64, now - ready,
					known + known / 16));
}

/**
 * argo_ring_slept() - a reader had to sleep for a message
 * @ring: the ring
 * @began: local_clock() when it went to sleep
 *
 * Context: any.
 */
void argo_ring_slept(struct argo_ring *ring, u64 began)
{
	u64 now = local_clock();
	unsigned int n;

	learn_wake(ring, began, now);
	if (READ_ONCE(ring->poll_score) || now - began >= window_of(ring))
		return;
	n = READ_ONCE(ring->short_sleeps) + 1;
	WRITE_ONCE(ring->short_sleeps, n);
	if (n >= SHORT_SLEEPS)
		WRITE_ONCE(ring->poll_score, SCORE_HIT);
}
EXPORT_SYMBOL_GPL(argo_ring_slept);
