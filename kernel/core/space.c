// SPDX-License-Identifier: GPL-2.0-only
/*
 * Asking the hypervisor about space at destinations.
 *
 * The hypervisor keeps one record for each ring and domain: the largest size
 * that the domain was refused or asked for. An answer "fits" deletes the
 * record, and the interrupt does not say where there is space. So all questions
 * go through this file, which has a struct argo_dest for each destination and a
 * work that asks for all destinations in rounds.
 *
 * A destination is asked for the smallest need of its waiters, since the
 * hypervisor announces space only when the largest size that it was asked for
 * fits. Senders take turns in the order they came: only the need of the first
 * sender counts. The needs of all watchers count.
 *
 * A slow timer finds changes that are never announced: a ring that went or
 * came, or space where the hypervisor's list of waiters was full or the
 * receiver does not tell the hypervisor of it.
 */
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/random.h>
#include <linux/slab.h>

#include "firewall.h"
#include "space.h"
#include "trace.h"

/* Between rounds while a waiter is armed: space may never be announced. */
#define ARGO_SLOW_ARMED_MS	200
/* Between rounds while watchers only want to know whether a ring has gone. */
#define ARGO_SLOW_WATCH_MS	1000

/* The key keeps users from choosing destinations that share a bucket. */
static u32 dest_hash(const struct argo_hv *hv, const struct argo_addr *addr)
{
	return siphash_2u32(addr->port, addr->domid, &hv->space.dest_key);
}

/* Return: the destination, or NULL if it has no waiter. */
struct argo_dest *argo_dest_find(struct argo_hv *hv,
				 const struct argo_addr *addr)
{
	struct argo_dest *dest;

	lockdep_assert_held(&hv->space.space_lock);

	hash_for_each_possible(hv->space.dests, dest, node, dest_hash(hv, addr))
		if (dest->addr.port == addr->port &&
		    dest->addr.domid == addr->domid)
			return dest;
	return NULL;
}

/* Add a destination that is about to get a waiter. */
void argo_dest_add(struct argo_hv *hv, struct argo_dest *dest)
{
	lockdep_assert_held(&hv->space.space_lock);

	hash_add(hv->space.dests, &dest->node, dest_hash(hv, &dest->addr));
	dest->idle = true;
	list_add_tail(&dest->list, &hv->space.idle_dests);
}

/* Forget a destination that has no waiter left. */
void argo_dest_put(struct argo_hv *hv, struct argo_dest *dest)
{
	lockdep_assert_held(&hv->space.space_lock);

	if (!list_empty(&dest->senders) || !list_empty(&dest->watchers))
		return;
	hash_del(&dest->node);
	list_del(&dest->list);
	kfree(dest);
}

/* Note whether @w wants to be told of space. */
void argo_waiter_arm(struct argo_hv *hv, struct argo_waiter *w, bool armed)
{
	lockdep_assert_held(&hv->space.space_lock);

	if (w->armed == armed)
		return;
	w->armed = armed;
	if (armed) {
		if (w->dest->idle) {
			w->dest->idle = false;
			list_move_tail(&w->dest->list, &hv->space.armed_dests);
		}
		atomic_inc(&hv->space.armed);
		/* Pairs with the barrier in argo_space_interrupt(). */
		smp_mb__after_atomic();
	} else {
		atomic_dec(&hv->space.armed);
	}
}

static void fail(struct argo_hv *hv, struct argo_waiter *w, int err)
{
	argo_waiter_arm(hv, w, false);
	WRITE_ONCE(w->err, err);
	w->wake(w);
}

/* Tell @w that it may go on. */
void argo_waiter_grant(struct argo_hv *hv, struct argo_waiter *w)
{
	argo_waiter_arm(hv, w, false);
	WRITE_ONCE(w->granted, true);
	w->wake(w);
}

/*
 * Find the smallest need of the first sender and all watchers at @dest.
 * Return: false if none of them is armed.
 */
static bool dest_need(struct argo_dest *dest, u32 *need)
{
	struct argo_waiter *w;
	bool any = false;

	*need = U32_MAX;
	w = list_first_entry_or_null(&dest->senders, struct argo_waiter, node);
	if (w && argo_waiter_wants_space(w)) {
		*need = w->need;
		any = true;
	}
	list_for_each_entry(w, &dest->watchers, node) {
		if (!argo_waiter_wants_space(w))
			continue;
		*need = min(*need, argo_waiter_need(dest, w));
		any = true;
	}
	if (!any)
		*need = 0;
	return any;
}

/* A front-end may ask where users may not, for it tells them nothing. */
static bool is_for_kernel(const struct argo_dest *dest)
{
	struct argo_waiter *w;

	list_for_each_entry(w, &dest->watchers, node)
		if (!w->account)
			return true;
	return false;
}

static void add_query(struct argo_hv_queries *queries,
		      const struct argo_addr *addr, u32 need)
{
	queries->q[queries->n++] = (struct argo_hv_query) {
		.port = addr->port,
		.domid = addr->domid,
		.flags = ARGO_HV_UNANSWERED,
		.need = need,
	};
}

/*
 * Add the questions about the next destination of the round, which may be none.
 * Return: false if there is no next destination.
 */
static bool collect_one(struct argo_hv *hv, bool all)
{
	struct argo_hv_queries *queries = hv->round.queries;
	struct argo_dest *dest;
	bool any;
	u32 need;

	lockdep_assert_held(&hv->space.space_lock);

	dest = list_first_entry_or_null(&hv->space.round_dests, struct argo_dest,
					list);
	if (!dest)
		return false;
	any = dest_need(dest, &need);
	dest->idle = !any;
	list_move_tail(&dest->list, any ? &hv->space.armed_dests :
					  &hv->space.idle_dests);
	if ((!any && !all) || (dest->denied && !is_for_kernel(dest)))
		return true;
	/*
	 * Need 0 cancels a larger need at the hypervisor, which would hide
	 * this.
	 */
	if (dest->asked && dest->asked != need && need)
		add_query(queries, &dest->addr, 0);
	add_query(queries, &dest->addr, need);
	return true;
}

/*
 * Fill hv->round.queries with questions about the next destinations of the
 * round. Interrupts are let in after each destination.
 */
static void collect_queries(struct argo_hv *hv, bool all)
{
	struct argo_hv_queries *queries = hv->round.queries;
	unsigned long flags;
	bool more = true;

	lockdep_assert_held(&hv->round.query_lock);

	queries->n = 0;
	while (more && queries->n + 2 <= hv->params.max_queries) {
		spin_lock_irqsave(&hv->space.space_lock, flags);
		more = collect_one(hv, all);
		spin_unlock_irqrestore(&hv->space.space_lock, flags);
		cond_resched();
	}
}

static void note_gone(struct argo_waiter *w)
{
	if (!w->seen || w->gone)
		return;
	WRITE_ONCE(w->gone, true);
	w->wake(w);
}

/* @err: what senders get, or 0: they go on waiting. */
static void answer_gone(struct argo_hv *hv, struct argo_dest *dest, int err)
{
	struct argo_waiter *w;

	lockdep_assert_held(&hv->space.space_lock);

	dest->asked = 0;
	dest->max_message = 0;
	if (!err)
		return;
	list_for_each_entry(w, &dest->senders, node)
		fail(hv, w, err);
	list_for_each_entry(w, &dest->watchers, node)
		note_gone(w);
}

/*
 * A watcher whose need is larger than the ring is granted it: the send that
 * follows gets -EMSGSIZE. answer_senders() gives senders that errno at once.
 */
static void answer_watchers(struct argo_hv *hv, struct argo_dest *dest,
			    const struct argo_hv_query *q)
{
	struct argo_waiter *w;

	list_for_each_entry(w, &dest->watchers, node) {
		bool empty = q->flags & ARGO_HV_EMPTY;
		bool fits = q->flags & ARGO_HV_SUFFICIENT && w->need <= q->need;

		WRITE_ONCE(w->seen, true);
		if (w->gone) {
			WRITE_ONCE(w->gone, false);
			w->wake(w);
		}
		if (argo_waiter_wants_space(w) &&
		    (w->drain ? empty : fits || w->need > dest->max_message))
			argo_waiter_grant(hv, w);
	}
}

static void answer_senders(struct argo_hv *hv, struct argo_dest *dest,
			   const struct argo_hv_query *q)
{
	struct argo_waiter *w, *first;

	list_for_each_entry(w, &dest->senders, node)
		if (w->need > dest->max_message)
			fail(hv, w, -EMSGSIZE);
	first = list_first_entry_or_null(&dest->senders, struct argo_waiter,
					 node);
	if (first && argo_waiter_wants_space(first) &&
	    q->flags & ARGO_HV_SUFFICIENT && first->need <= q->need)
		argo_waiter_grant(hv, first);
}

/*
 * Hand out an answer to the waiters at @dest; @no_ring is what senders get if
 * there is no ring. Return: whether to ask again, for waiters that the answer
 * says nothing of.
 */
static bool answer(struct argo_hv *hv, struct argo_dest *dest,
		   const struct argo_hv_query *q, int no_ring)
{
	u32 need;

	lockdep_assert_held(&hv->space.space_lock);
	trace_argo_space(dest->addr.domid, dest->addr.port, q->need, q->flags);

	if (!(q->flags & ARGO_HV_EXISTS)) {
		answer_gone(hv, dest, no_ring);
		return false;
	}
	dest->max_message = q->max_message;
	if (q->flags & ARGO_HV_SUFFICIENT)
		dest->asked = 0;
	else if (!(q->flags & (ARGO_HV_TOO_LARGE | ARGO_HV_BUSY)))
		dest->asked = q->need;
	answer_watchers(hv, dest, q);
	answer_senders(hv, dest, q);

	return q->flags & (ARGO_HV_SUFFICIENT | ARGO_HV_TOO_LARGE) &&
	       dest_need(dest, &need);
}

static void fail_dest(struct argo_hv *hv, struct argo_dest *dest, int err)
{
	struct argo_waiter *w;

	lockdep_assert_held(&hv->space.space_lock);

	dest->asked = ASKED_UNKNOWN;
	list_for_each_entry(w, &dest->senders, node)
		fail(hv, w, err);
	list_for_each_entry(w, &dest->watchers, node) {
		if (argo_waiter_wants_space(w))
			fail(hv, w, err);
		/* A policy that came later has made an end of it. */
		if (err == -EACCES)
			note_gone(w);
	}
}

/* Is the next answer about the same destination? Then only that one counts. */
static bool is_superseded(const struct argo_hv_queries *queries, unsigned int i)
{
	const struct argo_hv_query *q = &queries->q[i];

	return !(q->flags & ARGO_HV_UNANSWERED) && i + 1 < queries->n &&
	       q[1].port == q->port && q[1].domid == q->domid;
}

/*
 * Hand out the answer to @q, or @no_ring if it says that there is none. If there
 * is no answer, @rc is the error of the call if the call failed at @q, or 0 if
 * it did not get so far. Return: whether to ask for @dest again.
 */
static bool distribute_one(struct argo_hv *hv, struct argo_dest *dest,
			   const struct argo_hv_query *q, int rc, int no_ring)
{
	lockdep_assert_held(&hv->space.space_lock);

	if (!(q->flags & ARGO_HV_UNANSWERED))
		return answer(hv, dest, q, no_ring);
	dest->asked = ASKED_UNKNOWN;
	/* After a lack of memory the slow timer tries again. */
	if (rc && rc != -ENOMEM)
		fail_dest(hv, dest, rc);
	return !rc;
}

/*
 * Hand out the answers in hv->round.queries, and let interrupts in after each
 * answer. A call that failed with @rc failed at the first entry without an
 * answer; the hypervisor did not get to the entries behind it.
 */
static void distribute_answers(struct argo_hv *hv, int rc)
{
	struct argo_hv_queries *queries = hv->round.queries;
	struct argo_dest *dest;
	unsigned long flags;
	unsigned int i;
	int no_ring;

	lockdep_assert_held(&hv->round.query_lock);

	for (i = 0; i < queries->n; i++) {
		const struct argo_hv_query *q = &queries->q[i];
		const struct argo_addr addr = { .port = q->port,
						.domid = q->domid };

		if (is_superseded(queries, i))
			continue;
		no_ring = q->flags ? 0 : argo_no_ring_error(hv, &addr);
		spin_lock_irqsave(&hv->space.space_lock, flags);
		dest = argo_dest_find(hv, &addr);
		if (dest && distribute_one(hv, dest, q, rc, no_ring))
			list_move_tail(&dest->list, &hv->space.round_dests);
		spin_unlock_irqrestore(&hv->space.space_lock, flags);
		if (q->flags & ARGO_HV_UNANSWERED)
			rc = 0;
		cond_resched();
	}
}

/* A destination that is still in round_dests becomes part of the new round. */
static void begin_round(struct argo_hv *hv, bool all)
{
	unsigned long flags;

	spin_lock_irqsave(&hv->space.space_lock, flags);
	list_splice_tail_init(&hv->space.armed_dests, &hv->space.round_dests);
	if (all)
		list_splice_tail_init(&hv->space.idle_dests,
				      &hv->space.round_dests);
	spin_unlock_irqrestore(&hv->space.space_lock, flags);
}

static void space_work_fn(struct work_struct *work)
{
	struct argo_hv *hv = container_of(work, struct argo_hv,
					  round.space_work);
	bool all = xchg(&hv->space.check_all, false);

	mutex_lock(&hv->round.query_lock);
	begin_round(hv, all);
	for (;;) {
		collect_queries(hv, all);
		if (!hv->round.queries->n)
			break;
		distribute_answers(hv, argo_hv_notify(hv, hv->round.queries));
	}
	mutex_unlock(&hv->round.query_lock);
}

/* Begin a round after a while, for changes that are never announced. */
void argo_space_start_slow_work(struct argo_hv *hv)
{
	unsigned int ms = atomic_read(&hv->space.armed) ? ARGO_SLOW_ARMED_MS :
							  ARGO_SLOW_WATCH_MS;

	queue_delayed_work(hv->wq, &hv->round.slow_work, msecs_to_jiffies(ms));
}

static void slow_work_fn(struct work_struct *work)
{
	struct argo_hv *hv = container_of(to_delayed_work(work), struct argo_hv,
					  round.slow_work);

	if (!READ_ONCE(hv->space.waiters))
		return;
	WRITE_ONCE(hv->space.check_all, true);
	argo_space_ask_soon(hv);
	argo_space_start_slow_work(hv);
}

/* Part of argo_hv_register(). Return: 0 or -ENOMEM. */
int argo_space_init(struct argo_hv *hv)
{
	spin_lock_init(&hv->space.space_lock);
	hash_init(hv->space.dests);
	get_random_bytes(&hv->space.dest_key, sizeof(hv->space.dest_key));
	INIT_LIST_HEAD(&hv->space.armed_dests);
	INIT_LIST_HEAD(&hv->space.idle_dests);
	INIT_LIST_HEAD(&hv->space.round_dests);
	mutex_init(&hv->round.query_lock);
	INIT_WORK(&hv->round.space_work, space_work_fn);
	INIT_DELAYED_WORK(&hv->round.slow_work, slow_work_fn);
	hv->round.queries = kvzalloc(struct_size(hv->round.queries, q,
						 hv->params.max_queries),
				     GFP_KERNEL);
	return hv->round.queries ? 0 : -ENOMEM;
}

/* Undo argo_space_init(). No waiter is left. */
void argo_space_exit(struct argo_hv *hv)
{
	cancel_delayed_work_sync(&hv->round.slow_work);
	cancel_work_sync(&hv->round.space_work);
	kvfree(hv->round.queries);
}

/* Ask whether there is space for armed waiters. Hard interrupt. */
void argo_space_interrupt(struct argo_hv *hv)
{
	WRITE_ONCE(hv->space.interrupts, hv->space.interrupts + 1);
	/* Pairs with the barrier in argo_waiter_arm(). */
	smp_mb();
	if (atomic_read(&hv->space.armed))
		argo_space_ask_soon(hv);
}

/* Do something for each destination, and then ask for all of them. */
static void change_all(struct argo_hv *hv,
		       void (*change)(struct argo_hv *hv,
				      struct argo_dest *dest))
{
	struct argo_dest *dest;
	unsigned long flags;
	unsigned int i;

	/* Interrupts are let in after each bucket. */
	for (i = 0; i < HASH_SIZE(hv->space.dests); i++) {
		spin_lock_irqsave(&hv->space.space_lock, flags);
		hlist_for_each_entry(dest, &hv->space.dests[i], node)
			change(hv, dest);
		spin_unlock_irqrestore(&hv->space.space_lock, flags);
	}
	WRITE_ONCE(hv->space.check_all, true);
	argo_space_ask_soon(hv);
}

static void restore_dest(struct argo_hv *hv, struct argo_dest *dest)
{
	struct argo_waiter *w;

	dest->asked = 0;
	list_for_each_entry(w, &dest->senders, node)
		fail(hv, w, -ECONNRESET);
}

/* After a restore the hypervisor knows no waiter any more. */
void argo_space_restored(struct argo_hv *hv)
{
	change_all(hv, restore_dest);
}

/*
 * Do for @dest what new rules of the firewall mean for its waiters. A watcher
 * stays, and is asked for again once rules allow it.
 */
static void judge_dest(struct argo_hv *hv, struct argo_dest *dest)
{
	struct argo_flow flow;
	struct argo_waiter *w;

	lockdep_assert_held(&hv->space.space_lock);

	dest->denied = !argo_firewall_may_ask(hv, &dest->addr);
	list_for_each_entry(w, &dest->senders, node) {
		flow = argo_firewall_flow_to(&dest->addr, w->port);
		if (!argo_firewall_would_allow(hv, &flow))
			fail(hv, w, -EACCES);
	}
	if (!dest->denied)
		return;
	list_for_each_entry(w, &dest->watchers, node) {
		if (!w->account)
			continue;
		if (argo_waiter_wants_space(w))
			fail(hv, w, -EACCES);
		note_gone(w);
	}
}

/* Other rules of the firewall are in force. May sleep. */
void argo_space_firewall_changed(struct argo_hv *hv)
{
	change_all(hv, judge_dest);
}

/* @dest refused @len bytes: the hypervisor now holds at least that size. */
static void note_full(struct argo_hv *hv, struct argo_dest *dest, u32 len)
{
	u32 need;

	lockdep_assert_held(&hv->space.space_lock);

	dest->asked = max(dest->asked, len);
	if (dest_need(dest, &need) && need < dest->asked)
		argo_space_ask_soon(hv);
}

/* Note that @addr refused a send of @len bytes. */
void argo_space_was_full(struct argo_hv *hv, const struct argo_addr *addr,
			 u32 len)
{
	struct argo_dest *dest;
	unsigned long flags;

	if (!READ_ONCE(hv->space.waiters))
		return;
	spin_lock_irqsave(&hv->space.space_lock, flags);
	dest = argo_dest_find(hv, addr);
	if (dest)
		note_full(hv, dest, len);
	spin_unlock_irqrestore(&hv->space.space_lock, flags);
}

/*
 * Note that @addr refused a send of @len bytes, and arm @w, if @w still watches
 * @addr, for that size. @interrupts is hv->space.interrupts from before the
 * send: if hv->space.interrupts has changed since, space may have been
 * announced already.
 */
void argo_space_arm(struct argo_hv *hv, struct argo_waiter *w,
		    const struct argo_addr *addr, u32 len, u64 interrupts)
{
	unsigned long flags;

	spin_lock_irqsave(&hv->space.space_lock, flags);
	if (argo_waiter_is_at(w, addr)) {
		w->need = len;
		WRITE_ONCE(w->granted, false);
		WRITE_ONCE(w->err, 0);
		argo_waiter_arm(hv, w, true);
		note_full(hv, w->dest, len);
		if (READ_ONCE(hv->space.interrupts) != interrupts)
			argo_space_ask_soon(hv);
	}
	spin_unlock_irqrestore(&hv->space.space_lock, flags);
}

/*
 * Ask about @addr outside the rounds. The hypervisor may have dropped or
 * changed its record for the waiters at @addr: if so, a round asks for them
 * anew.
 */
int argo_space_query_one(struct argo_hv *hv, const struct argo_addr *addr,
			 u32 need, struct argo_hv_query *answer)
{
	union {
		struct argo_hv_queries queries;
		u8 room[sizeof(struct argo_hv_queries) +
			sizeof(struct argo_hv_query)];
	} buf = { };
	struct argo_dest *dest;
	u32 others;
	int rc;
	unsigned long flags;

	if (!argo_firewall_may_ask(hv, addr))
		return -EACCES;
	add_query(&buf.queries, addr, need);
	rc = argo_hv_notify(hv, &buf.queries);
	*answer = buf.queries.q[0];
	if (rc)
		return rc;
	trace_argo_space(addr->domid, addr->port, need, answer->flags);

	if (!READ_ONCE(hv->space.waiters))
		return 0;
	spin_lock_irqsave(&hv->space.space_lock, flags);
	dest = argo_dest_find(hv, addr);
	if (dest) {
		if (answer->flags & ARGO_HV_SUFFICIENT)
			dest->asked = 0;
		else if (answer->flags & ARGO_HV_EXISTS)
			dest->asked = max(dest->asked, need);
		if (dest_need(dest, &others) && dest->asked != others)
			argo_space_ask_soon(hv);
	}
	spin_unlock_irqrestore(&hv->space.space_lock, flags);
	return 0;
}

/* Describe an answer in the terms of the ABI. */
void argo_space_describe(const struct argo_hv_query *q,
			 struct argo_space_state *state)
{
	state->flags = 0;
	state->max_message = 0;
	if (!(q->flags & ARGO_HV_EXISTS))
		return;
	state->flags = ARGO_STATE_EXISTS;
	state->max_message = q->max_message;
	if (q->flags & ARGO_HV_SHARED)
		state->flags |= ARGO_STATE_SHARED;
	if (q->flags & ARGO_HV_EMPTY)
		state->flags |= ARGO_STATE_EMPTY;
	if (q->flags & ARGO_HV_SUFFICIENT)
		state->flags |= ARGO_STATE_SUFFICIENT;
	if (q->flags & ARGO_HV_TOO_LARGE)
		state->flags |= ARGO_STATE_TOO_LARGE;
}

/**
 * argo_space_query() - ask for the state of a destination
 * @hv: attachment
 * @addr: destination
 * @need: payload bytes
 * @state: filled in
 *
 * Context: any but the hard interrupt.
 * Return: 0, -EACCES, -ENOMEM, -ENODEV.
 */
int argo_space_query(struct argo_hv *hv, const struct argo_addr *addr, u32 need,
		     struct argo_space_state *state)
{
	struct argo_hv_query q;
	int rc;

	rc = argo_space_query_one(hv, addr, need, &q);
	if (!rc)
		argo_space_describe(&q, state);
	return rc;
}
EXPORT_SYMBOL_GPL(argo_space_query);
