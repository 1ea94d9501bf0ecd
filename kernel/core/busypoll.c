// SPDX-License-Identifier: GPL-2.0-only
/*
 * Looking for the next message for a moment before going to sleep.
 *
 * A sleep costs an interrupt, a switch of tasks, often a switch of domains.
 * That takes longer than the answer of a peer that is at work. So a reader
 * looks for the message first, for a few times as long as a wake-up takes on
 * this machine, and only while that pays: a ring keeps a score that rises with
 * each look that found a message and falls with each look that did not. At
 * score 0 the ring's readers sleep at once, until enough of their sleeps have
 * been short.
 */
#include <linux/ktime.h>
#include <linux/minmax.h>
#include <linux/module.h>
#include <linux/sched/clock.h>
#include <linux/sched/signal.h>

#include "internal.h"

/* A look takes so many wake-ups: the peer needs one itself, and has to work. */
#define WINDOW_WAKES	8
/* The time of a wake-up until one was measured. */
#define FIRST_WAKE_NS	(5 * NSEC_PER_USEC)
/* The score falls if fewer than a third of the looks find a message. */
#define SCORE_HIT	2
#define SCORE_MISS	1
#define SCORE_MAX	16
/* Sleeps that a look would have saved, after which looks begin again. */
#define SHORT_SLEEPS	16

static unsigned int busy_poll_us = 1000;
module_param(busy_poll_us, uint, 0644);
MODULE_PARM_DESC(busy_poll_us, "most microseconds that a reader looks for a message before it sleeps, while that pays; 0: never (default 1000, but no more than eight times what it takes to be woken)");

/* Part of argo_ring_create(). */
void argo_busy_poll_init(struct argo_ring *ring)
{
	ring->poll.wake_ns = FIRST_WAKE_NS;
}

/* The longest look, in nanoseconds. */
static u64 window_of(const struct argo_ring *ring)
{
	return min_t(u64, READ_ONCE(busy_poll_us) * (u64)NSEC_PER_USEC,
		     READ_ONCE(ring->poll.wake_ns) * (u64)WINDOW_WAKES);
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
 * Return: whether the ring has a message, or an error to report.
 */
bool argo_ring_busy_poll(struct argo_ring *ring, ktime_t deadline)
{
	unsigned int score = READ_ONCE(ring->poll.score);
	u64 window = window_of(ring);

	if (!score || !window)
		return false;
	if (deadline != KTIME_MAX)
		window = clamp_t(s64, ktime_sub(deadline, ktime_get()), 0,
				 window);
	if (look(ring, local_clock() + window)) {
		WRITE_ONCE(ring->poll.score,
			   min_t(unsigned int, score + SCORE_HIT, SCORE_MAX));
		return true;
	}
	WRITE_ONCE(ring->poll.score, score - SCORE_MISS);
	WRITE_ONCE(ring->poll.short_sleeps, 0);
	return false;
}
EXPORT_SYMBOL_GPL(argo_ring_busy_poll);

/*
 * Learn how long a wake-up takes. The shortest of the last few counts, since
 * something else held the others up.
 */
static void learn_wake(struct argo_ring *ring, u64 began, u64 now)
{
	u64 ready = READ_ONCE(ring->poll.ready_at);
	u32 known = READ_ONCE(ring->poll.wake_ns);

	if (ready < began || ready >= now)
		return;
	WRITE_ONCE(ring->poll.wake_ns,
		   min_t(u64, now - ready, known + known / 16));
}

/**
 * argo_ring_slept() - learn from a reader's sleep
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
	if (READ_ONCE(ring->poll.score) || now - began >= window_of(ring))
		return;
	n = READ_ONCE(ring->poll.short_sleeps) + 1;
	WRITE_ONCE(ring->poll.short_sleeps, n);
	if (n >= SHORT_SLEEPS)
		WRITE_ONCE(ring->poll.score, SCORE_HIT);
}
EXPORT_SYMBOL_GPL(argo_ring_slept);
