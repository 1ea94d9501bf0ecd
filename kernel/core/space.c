// SPDX-License-Identifier: GPL-2.0-only
/*
 * Waiting for space at destinations.
 *
 * The hypervisor keeps one record for each (ring, domain): the largest size
 * that this domain was refused or asked for. Any question that it answers with
 * "fits" deletes the record, and its interrupt does not say whose space came.
 * So all waiting goes through here: one record for each destination, and one
 * worker that asks for all of them in one call.
 *
 * For one destination the smallest need of those who wait is asked for, since
 * the hypervisor announces space only when the largest size it was asked for
 * fits. Senders take turns in the order they came: the first one's need counts,
 * and one that has sent hands its turn on. Watchers only want to know.
 *
 * A slow timer asks for what is never announced: a ring that went or came, a
 * full list of waiters, a receiver that does not tell the hypervisor.
 */
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/wait.h>

#include <argo/wait.h>

#include "internal.h"
#include "trace.h"

/* Somebody waits for space that may never be announced. */
#define ARGO_SLOW_ARMED_MS	200
/* Somebody wants to know whether a peer's ring is still there. */
#define ARGO_SLOW_WATCH_MS	1000

/* What the hypervisor was asked for is not known. */
#define ASKED_UNKNOWN		U32_MAX

/**
 * struct argo_dest - a destination that somebody waits for or watches
 * @node: in argo_hv.dests
 * @addr: which
 * @senders: argo_waiter.node, in order
 * @watchers: argo_waiter.node
 * @asked: largest need that the hypervisor holds for it, 0 for none
 * @max_message: largest payload that its ring takes, 0 while not known
 * @round: asked in the round that is going on
 */
struct argo_dest {
	struct hlist_node node;
	struct argo_addr addr;
	struct list_head senders;
	struct list_head watchers;
	u32 asked;
	u32 max_message;
	bool round;
};

static u32 dest_hash(const struct argo_addr *addr)
{
	return addr->port ^ ((u32)addr->domid << 16);
}

static struct argo_dest *dest_find(struct argo_hv *hv,
				   const struct argo_addr *addr)
{
	struct argo_dest *dest;

	lockdep_assert_held(&hv->space_lock);

	hash_for_each_possible(hv->dests, dest, node, dest_hash(addr))
		if (dest->addr.port == addr->port &&
		    dest->addr.domid == addr->domid)
			return dest;
	return NULL;
}

static void dest_put(struct argo_hv *hv, struct argo_dest *dest)
{
	lockdep_assert_held(&hv->space_lock);

	if (!list_empty(&dest->senders) || !list_empty(&dest->watchers))
		return;
	hash_del(&dest->node);
	kfree(dest);
}

static void ask_soon(struct argo_hv *hv)
{
	queue_work(hv->wq, &hv->space_work);
}

static void set_armed(struct argo_hv *hv, struct argo_waiter *w, bool armed)
{
	lockdep_assert_held(&hv->space_lock);

	if (w->armed == armed)
		return;
	w->armed = armed;
	if (armed) {
		atomic_inc(&hv->armed);
		/* Pairs with the one in argo_space_interrupt(). */
		smp_mb__after_atomic();
	} else {
		atomic_dec(&hv->armed);
	}
}

static void wake(struct argo_waiter *w)
{
	w->wake(w);
}

static void fail(struct argo_hv *hv, struct argo_waiter *w, int err)
{
	set_armed(hv, w, false);
	WRITE_ONCE(w->err, err);
	wake(w);
}

static void grant(struct argo_hv *hv, struct argo_waiter *w)
{
	set_armed(hv, w, false);
	WRITE_ONCE(w->granted, true);
	wake(w);
}

/* Does @w keep others from their turn, or ask for something, now? */
static bool wants_space(const struct argo_waiter *w)
{
	return w->armed && !w->err;
}

static u32 need_of(const struct argo_dest *dest, const struct argo_waiter *w)
{
	/* 0 always fits: it finds out how large the ring is. */
	return w->drain ? dest->max_message : w->need;
}

/*
 * The smallest need at @dest. The first sender's counts, not those of the
 * others. Return: false if nobody waits.
 */
static bool dest_need(struct argo_dest *dest, u32 *need)
{
	struct argo_waiter *w;
	bool any = false;

	*need = U32_MAX;
	w = list_first_entry_or_null(&dest->senders, struct argo_waiter, node);
	if (w && wants_space(w)) {
		*need = w->need;
		any = true;
	}
	list_for_each_entry(w, &dest->watchers, node) {
		if (!wants_space(w))
			continue;
		*need = min(*need, need_of(dest, w));
		any = true;
	}
	if (!any)
		*need = 0;
	return any;
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

/* Fill hv->queries with what is to be asked now. */
static void collect_queries(struct argo_hv *hv, bool all)
{
	struct argo_hv_queries *queries = hv->queries;
	struct argo_dest *dest;
	unsigned int bucket;
	u32 need;

	lockdep_assert_held(&hv->query_lock);

	queries->n = 0;
	spin_lock_bh(&hv->space_lock);
	hash_for_each(hv->dests, bucket, dest, node) {
		if (dest->round || (!dest_need(dest, &need) && !all))
			continue;
		if (queries->n + 2 > hv->params.max_queries)
			break;
		/* A larger need that it still holds would hide this one. */
		if (dest->asked && dest->asked != need && need)
			add_query(queries, &dest->addr, 0);
		add_query(queries, &dest->addr, need);
		dest->round = true;
	}
	spin_unlock_bh(&hv->space_lock);
}

static void answer_gone(struct argo_hv *hv, struct argo_dest *dest)
{
	struct argo_waiter *w;

	lockdep_assert_held(&hv->space_lock);

	dest->asked = 0;
	dest->max_message = 0;
	list_for_each_entry(w, &dest->senders, node)
		fail(hv, w, -ECONNREFUSED);
	list_for_each_entry(w, &dest->watchers, node) {
		if (!w->seen || w->gone)
			continue;
		WRITE_ONCE(w->gone, true);
		wake(w);
	}
}

/*
 * A need that can never be met is granted to a watcher: whoever then sends is
 * told so. A sender is told here.
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
			wake(w);
		}
		if (wants_space(w) &&
		    (w->drain ? empty : fits || w->need > dest->max_message))
			grant(hv, w);
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
	if (first && wants_space(first) && q->flags & ARGO_HV_SUFFICIENT &&
	    first->need <= q->need)
		grant(hv, first);
}

/* Return: whether somebody is left whom the answer says nothing of. */
static bool answer(struct argo_hv *hv, struct argo_dest *dest,
		   const struct argo_hv_query *q)
{
	u32 need;

	lockdep_assert_held(&hv->space_lock);
	trace_argo_space(dest->addr.domid, dest->addr.port, q->need, q->flags);

	if (!(q->flags & ARGO_HV_EXISTS)) {
		answer_gone(hv, dest);
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

	lockdep_assert_held(&hv->space_lock);

	dest->asked = ASKED_UNKNOWN;
	list_for_each_entry(w, &dest->senders, node)
		fail(hv, w, err);
	list_for_each_entry(w, &dest->watchers, node)
		if (wants_space(w))
			fail(hv, w, err);
}

/*
 * Hand out the answers in hv->queries. After an error @rc the first entry
 * without an answer is the one that failed; those behind it were not reached.
 * Return: whether another round is needed.
 */
static bool distribute_answers(struct argo_hv *hv, int rc)
{
	struct argo_hv_queries *queries = hv->queries;
	bool again = false;
	unsigned int i;

	lockdep_assert_held(&hv->query_lock);

	spin_lock_bh(&hv->space_lock);
	for (i = 0; i < queries->n; i++) {
		const struct argo_hv_query *q = &queries->q[i];
		struct argo_addr addr = { .port = q->port, .domid = q->domid };
		struct argo_dest *dest = dest_find(hv, &addr);

		if (!dest)
			continue;
		if (!(q->flags & ARGO_HV_UNANSWERED)) {
			/* More than one entry for it: the last one counts. */
			if (i + 1 < queries->n &&
			    queries->q[i + 1].port == q->port &&
			    queries->q[i + 1].domid == q->domid)
				continue;
			if (answer(hv, dest, q)) {
				dest->round = false;
				again = true;
			}
		} else if (rc && rc != -ENOMEM) {
			fail_dest(hv, dest, rc);
			rc = 0;
			again = true;
		} else {
			/* Of no memory, the slow timer tries again. */
			dest->asked = ASKED_UNKNOWN;
			dest->round = rc;
			again |= !rc;
			rc = 0;
		}
	}
	spin_unlock_bh(&hv->space_lock);
	return again;
}

static void begin_rounds(struct argo_hv *hv)
{
	struct argo_dest *dest;
	unsigned int bucket;

	spin_lock_bh(&hv->space_lock);
	hash_for_each(hv->dests, bucket, dest, node)
		dest->round = false;
	spin_unlock_bh(&hv->space_lock);
}

static void space_work_fn(struct work_struct *work)
{
	struct argo_hv *hv = container_of(work, struct argo_hv, space_work);
	bool all = xchg(&hv->check_all, false);
	int rc;

	mutex_lock(&hv->query_lock);
	begin_rounds(hv);
	for (;;) {
		collect_queries(hv, all);
		if (!hv->queries->n)
			break;
		rc = argo_hv_notify(hv, hv->queries);
		if (!distribute_answers(hv, rc) &&
		    hv->queries->n + 2 <= hv->params.max_queries)
			break;
	}
	mutex_unlock(&hv->query_lock);
}

static void start_slow_work(struct argo_hv *hv)
{
	unsigned int ms = atomic_read(&hv->armed) ? ARGO_SLOW_ARMED_MS :
						    ARGO_SLOW_WATCH_MS;

	queue_delayed_work(hv->wq, &hv->slow_work, msecs_to_jiffies(ms));
}

static void slow_work_fn(struct work_struct *work)
{
	struct argo_hv *hv = container_of(to_delayed_work(work), struct argo_hv,
					  slow_work);

	if (!READ_ONCE(hv->waiters))
		return;
	WRITE_ONCE(hv->check_all, true);
	ask_soon(hv);
	start_slow_work(hv);
}

/* Prepare; part of registering an attachment. Return: 0 or -ENOMEM. */
int argo_space_init(struct argo_hv *hv)
{
	spin_lock_init(&hv->space_lock);
	hash_init(hv->dests);
	mutex_init(&hv->query_lock);
	INIT_WORK(&hv->space_work, space_work_fn);
	INIT_DELAYED_WORK(&hv->slow_work, slow_work_fn);
	hv->queries = kvzalloc(struct_size(hv->queries, q,
					   hv->params.max_queries),
			       GFP_KERNEL);
	return hv->queries ? 0 : -ENOMEM;
}

/* Nobody waits any more. */
void argo_space_exit(struct argo_hv *hv)
{
	cancel_delayed_work_sync(&hv->slow_work);
	cancel_work_sync(&hv->space_work);
	kvfree(hv->queries);
}

/* Space may be there for those who wait. Hard interrupt. */
void argo_space_interrupt(struct argo_hv *hv)
{
	WRITE_ONCE(hv->interrupts, hv->interrupts + 1);
	/* Pairs with the one in set_armed(). */
	smp_mb();
	if (atomic_read(&hv->armed))
		ask_soon(hv);
}

/* The hypervisor has forgotten who waits for what. */
void argo_space_restored(struct argo_hv *hv)
{
	struct argo_dest *dest;
	struct argo_waiter *w;
	unsigned int bucket;

	spin_lock_bh(&hv->space_lock);
	hash_for_each(hv->dests, bucket, dest, node) {
		dest->asked = 0;
		list_for_each_entry(w, &dest->senders, node)
			fail(hv, w, -ECONNRESET);
	}
	spin_unlock_bh(&hv->space_lock);
	WRITE_ONCE(hv->check_all, true);
	ask_soon(hv);
}

/* Does @w watch @addr? */
static bool is_at(const struct argo_waiter *w, const struct argo_addr *addr)
{
	return w->dest && w->dest->addr.port == addr->port &&
	       w->dest->addr.domid == addr->domid;
}

/* @dest refused a send: the hypervisor now holds at least that size for it. */
static void note_full(struct argo_hv *hv, struct argo_dest *dest, u32 len)
{
	u32 need;

	lockdep_assert_held(&hv->space_lock);

	dest->asked = max(dest->asked, len);
	if (dest_need(dest, &need) && need < dest->asked)
		ask_soon(hv);
}

/* A send of @len bytes was refused. */
void argo_space_was_full(struct argo_hv *hv, const struct argo_addr *addr,
			 u32 len)
{
	struct argo_dest *dest;

	if (!READ_ONCE(hv->waiters))
		return;
	spin_lock_bh(&hv->space_lock);
	dest = dest_find(hv, addr);
	if (dest)
		note_full(hv, dest, len);
	spin_unlock_bh(&hv->space_lock);
}

/*
 * A send of @len bytes was refused, and the owner of @w, if it still watches
 * that destination, wants to know when they fit. @interrupts is hv->interrupts
 * from before the send: if it has changed, the news may be out already.
 */
void argo_space_arm(struct argo_hv *hv, struct argo_waiter *w,
		    const struct argo_addr *addr, u32 len, u64 interrupts)
{
	spin_lock_bh(&hv->space_lock);
	if (is_at(w, addr)) {
		w->need = len;
		WRITE_ONCE(w->granted, false);
		WRITE_ONCE(w->err, 0);
		set_armed(hv, w, true);
		note_full(hv, w->dest, len);
		if (READ_ONCE(hv->interrupts) != interrupts)
			ask_soon(hv);
	}
	spin_unlock_bh(&hv->space_lock);
}

/*
 * One question outside the rounds. The answer may have ended or changed what
 * the hypervisor holds for others at that destination: they are asked for anew.
 */
static int query_one(struct argo_hv *hv, const struct argo_addr *addr, u32 need,
		     struct argo_hv_query *answer)
{
	union {
		struct argo_hv_queries queries;
		u8 room[sizeof(struct argo_hv_queries) +
			sizeof(struct argo_hv_query)];
	} buf = { };
	struct argo_dest *dest;
	u32 others;
	int rc;

	add_query(&buf.queries, addr, need);
	rc = argo_hv_notify(hv, &buf.queries);
	*answer = buf.queries.q[0];
	if (rc)
		return rc;
	trace_argo_space(addr->domid, addr->port, need, answer->flags);

	if (!READ_ONCE(hv->waiters))
		return 0;
	spin_lock_bh(&hv->space_lock);
	dest = dest_find(hv, addr);
	if (dest) {
		if (answer->flags & ARGO_HV_SUFFICIENT)
			dest->asked = 0;
		else if (answer->flags & ARGO_HV_EXISTS)
			dest->asked = max(dest->asked, need);
		if (dest_need(dest, &others) && dest->asked != others)
			ask_soon(hv);
	}
	spin_unlock_bh(&hv->space_lock);
	return 0;
}

static void describe(const struct argo_hv_query *q,
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
 * argo_space_query() - how is it at a destination now?
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

	rc = query_one(hv, addr, need, &q);
	if (!rc)
		describe(&q, state);
	return rc;
}
EXPORT_SYMBOL_GPL(argo_space_query);

static int waiter_add(struct argo_hv *hv, struct argo_waiter *w,
		      const struct argo_addr *addr)
{
	struct argo_dest *dest, *new;

	new = kzalloc(sizeof(*new), GFP_KERNEL_ACCOUNT);
	if (!new)
		return -ENOMEM;
	INIT_LIST_HEAD(&new->senders);
	INIT_LIST_HEAD(&new->watchers);
	new->addr.port = addr->port;
	new->addr.domid = addr->domid;
	/* It may hold the size of a send that nobody waited for. */
	new->asked = ASKED_UNKNOWN;

	spin_lock_bh(&hv->space_lock);
	dest = dest_find(hv, addr);
	if (!dest) {
		hash_add(hv->dests, &new->node, dest_hash(addr));
		swap(dest, new);
	}
	w->dest = dest;
	list_add_tail(&w->node, w->sender ? &dest->senders : &dest->watchers);
	WRITE_ONCE(hv->waiters, hv->waiters + 1);
	spin_unlock_bh(&hv->space_lock);
	kfree(new);

	start_slow_work(hv);
	return 0;
}

static void waiter_remove(struct argo_hv *hv, struct argo_waiter *w)
{
	struct argo_dest *dest = w->dest;

	lockdep_assert_held(&hv->space_lock);

	set_armed(hv, w, false);
	list_del(&w->node);
	w->dest = NULL;
	WRITE_ONCE(hv->waiters, hv->waiters - 1);
	dest_put(hv, dest);
}

/**
 * argo_watch_add() - watch a destination
 * @hv: attachment
 * @w: the watcher, zeroed but for @w->wake
 * @addr: destination
 *
 * From now on @w->gone says whether a ring that was there has gone, and
 * @w->wake() is called when that changes. Within a second, unless it is
 * noticed earlier.
 *
 * Context: may sleep.
 * Return: 0 or -ENOMEM.
 */
int argo_watch_add(struct argo_hv *hv, struct argo_waiter *w,
		   const struct argo_addr *addr)
{
	w->sender = false;
	return waiter_add(hv, w, addr);
}
EXPORT_SYMBOL_GPL(argo_watch_add);

/**
 * argo_watch_remove() - stop watching
 * @hv: attachment
 * @w: the watcher; @w->wake() is not called any more
 *
 * Context: any but the hard interrupt.
 */
void argo_watch_remove(struct argo_hv *hv, struct argo_waiter *w)
{
	spin_lock_bh(&hv->space_lock);
	waiter_remove(hv, w);
	spin_unlock_bh(&hv->space_lock);
}
EXPORT_SYMBOL_GPL(argo_watch_remove);

/**
 * argo_watch_note() - the owner of a watcher learnt something by sending
 * @hv: attachment
 * @w: the watcher; nothing happens if it does not watch @addr any more
 * @addr: the destination that it is about
 * @exists: there is a ring, or there is none
 *
 * Context: any but the hard interrupt.
 * Return: whether a ring that was there has gone.
 */
bool argo_watch_note(struct argo_hv *hv, struct argo_waiter *w,
		     const struct argo_addr *addr, bool exists)
{
	bool gone = false;

	if (exists && READ_ONCE(w->seen) && !READ_ONCE(w->gone))
		return false;
	spin_lock_bh(&hv->space_lock);
	if (is_at(w, addr)) {
		gone = w->seen && !exists;
		WRITE_ONCE(w->seen, w->seen || exists);
		if (w->gone != gone) {
			WRITE_ONCE(w->gone, gone);
			wake(w);
		}
	}
	spin_unlock_bh(&hv->space_lock);
	return gone;
}
EXPORT_SYMBOL_GPL(argo_watch_note);

/**
 * argo_watch_poll() - does it fit now, and else tell me when it does
 * @hv: attachment
 * @w: the watcher
 * @need: payload bytes; nothing to a watcher that waits for an empty ring
 * @state: filled in
 *
 * When @state does not say ARGO_STATE_SUFFICIENT or ARGO_STATE_TOO_LARGE,
 * @w->wake() is called once it is.
 *
 * Context: any but the hard interrupt.
 * Return: 0, -EACCES, -ENOMEM, -ENODEV.
 */
int argo_watch_poll(struct argo_hv *hv, struct argo_waiter *w, u32 need,
		    struct argo_space_state *state)
{
	struct argo_hv_query q;
	struct argo_addr addr;
	int rc;

	/* Before the question, so that an answer that changes is not missed. */
	spin_lock_bh(&hv->space_lock);
	WRITE_ONCE(w->granted, false);
	WRITE_ONCE(w->err, 0);
	w->need = need;
	set_armed(hv, w, true);
	addr = w->dest->addr;
	need = need_of(w->dest, w);
	spin_unlock_bh(&hv->space_lock);

	rc = query_one(hv, &addr, need, &q);
	if (rc) {
		spin_lock_bh(&hv->space_lock);
		set_armed(hv, w, false);
		spin_unlock_bh(&hv->space_lock);
		return rc;
	}
	describe(&q, state);

	spin_lock_bh(&hv->space_lock);
	if (state->flags & ARGO_STATE_EXISTS) {
		WRITE_ONCE(w->seen, true);
		WRITE_ONCE(w->gone, false);
		w->dest->max_message = state->max_message;
	} else if (w->seen) {
		WRITE_ONCE(w->gone, true);
	}
	if (w->drain ? state->flags & ARGO_STATE_EMPTY :
	    state->flags & (ARGO_STATE_SUFFICIENT | ARGO_STATE_TOO_LARGE))
		set_armed(hv, w, false);
	else if (w->drain)
		/* Only now is it known how much space an empty ring has. */
		ask_soon(hv);
	spin_unlock_bh(&hv->space_lock);
	return 0;
}
EXPORT_SYMBOL_GPL(argo_watch_poll);

static bool may_go_on(const struct argo_waiter *w)
{
	return READ_ONCE(w->granted) || READ_ONCE(w->err) ||
	       READ_ONCE(w->gone);
}

/*
 * Sleep until @w is granted, cannot be, or @deadline.
 * Return: 0, w->err, -EPIPE (its ring has gone), -ETIMEDOUT, or -ERESTARTSYS,
 * -ERESTARTNOHAND where there is a deadline.
 */
int argo_wait_until(struct argo_waiter *w, struct wait_queue_head *wq,
		    ktime_t deadline)
{
	bool timed = deadline != KTIME_MAX;
	int rc;

	rc = wait_event_interruptible_hrtimeout(*wq, may_go_on(w),
						argo_time_left(deadline));
	if (READ_ONCE(w->granted))
		return 0;
	if (READ_ONCE(w->err))
		return w->err;
	if (READ_ONCE(w->gone))
		return -EPIPE;
	return rc == -ERESTARTSYS && timed ? -ERESTARTNOHAND :
					     argo_wait_result(rc);
}

struct space_wait {
	struct argo_waiter waiter;
	wait_queue_head_t wq;
};

static void space_wait_wake(struct argo_waiter *w)
{
	wake_up(&container_of(w, struct space_wait, waiter)->wq);
}

static int space_poll(struct argo_hv *hv, struct space_wait *wait, u32 need,
		      struct argo_space_state *state)
{
	int rc = argo_watch_poll(hv, &wait->waiter, need, state);

	if (rc)
		return rc;
	if (!(state->flags & ARGO_STATE_EXISTS))
		return wait->waiter.gone ? -EPIPE : -ECONNREFUSED;
	if (wait->waiter.drain)
		return state->flags & ARGO_STATE_EMPTY ? 0 : -EAGAIN;
	if (state->flags & ARGO_STATE_TOO_LARGE)
		return -EMSGSIZE;
	return state->flags & ARGO_STATE_SUFFICIENT ? 0 : -EAGAIN;
}

/**
 * argo_space_wait() - wait until a message fits, or until all was consumed
 * @hv: attachment
 * @addr: destination
 * @need: payload bytes
 * @drain: wait until its ring is empty, whatever @need is
 * @dontwait: -EAGAIN instead of waiting
 * @deadline: when to give up, KTIME_MAX for never
 * @state: filled in, with the last that was learnt
 *
 * Context: may sleep.
 * Return: 0, -ECONNREFUSED (no such ring), -EPIPE (it went away meanwhile),
 * -EMSGSIZE, -EAGAIN, -ETIMEDOUT, -ERESTARTSYS, -EACCES, -ENOMEM, -ENODEV.
 */
int argo_space_wait(struct argo_hv *hv, const struct argo_addr *addr, u32 need,
		    bool drain, bool dontwait, ktime_t deadline,
		    struct argo_space_state *state)
{
	struct space_wait wait = {
		.waiter = { .wake = space_wait_wake, .drain = drain },
	};
	int rc;

	init_waitqueue_head(&wait.wq);
	rc = argo_watch_add(hv, &wait.waiter, addr);
	if (rc)
		return rc;
	for (;;) {
		rc = space_poll(hv, &wait, need, state);
		if (rc != -EAGAIN || dontwait)
			break;
		rc = argo_wait_until(&wait.waiter, &wait.wq, deadline);
		if (rc)
			break;
	}
	argo_watch_remove(hv, &wait.waiter);
	return rc;
}
EXPORT_SYMBOL_GPL(argo_space_wait);

/* May somebody send there without waiting for others? Only a hint. */
bool argo_turn_is_free(struct argo_hv *hv, const struct argo_addr *addr)
{
	struct argo_dest *dest;
	bool is_free;

	if (!READ_ONCE(hv->waiters))
		return true;
	spin_lock_bh(&hv->space_lock);
	dest = dest_find(hv, addr);
	is_free = !dest || list_empty(&dest->senders);
	spin_unlock_bh(&hv->space_lock);
	return is_free;
}

static void pass_turn(struct argo_hv *hv, struct argo_dest *dest)
{
	struct argo_waiter *first;

	lockdep_assert_held(&hv->space_lock);

	first = list_first_entry_or_null(&dest->senders, struct argo_waiter,
					 node);
	if (first && wants_space(first))
		grant(hv, first);
}

/*
 * Queue up to send @len bytes. @interrupts is hv->interrupts from before the
 * send that found no room, or what it cannot be if there was none: then the
 * turn may be had at once.
 */
int argo_turn_begin(struct argo_hv *hv, struct argo_waiter *w,
		    const struct argo_addr *addr, u32 len, u64 interrupts)
{
	int rc;

	w->sender = true;
	w->need = len;
	rc = waiter_add(hv, w, addr);
	if (rc)
		return rc;

	spin_lock_bh(&hv->space_lock);
	set_armed(hv, w, true);
	w->dest->asked = max(w->dest->asked, len);
	if (list_is_first(&w->node, &w->dest->senders) &&
	    READ_ONCE(hv->interrupts) != interrupts)
		pass_turn(hv, w->dest);
	spin_unlock_bh(&hv->space_lock);
	return 0;
}

/* Use up the turn that was granted. Comes before the send. */
void argo_turn_take(struct argo_hv *hv, struct argo_waiter *w)
{
	spin_lock_bh(&hv->space_lock);
	WRITE_ONCE(w->granted, false);
	if (!w->err)
		set_armed(hv, w, true);
	spin_unlock_bh(&hv->space_lock);
}

/* Leave the queue; the next one may try. */
void argo_turn_end(struct argo_hv *hv, struct argo_waiter *w, bool sent)
{
	struct argo_dest *dest = w->dest;
	struct argo_waiter *next;
	bool first;

	spin_lock_bh(&hv->space_lock);
	first = list_is_first(&w->node, &dest->senders);
	next = list_is_last(&w->node, &dest->senders) ?
	       NULL : list_next_entry(w, node);
	waiter_remove(hv, w);
	if (first && next) {
		if (sent || w->granted)
			pass_turn(hv, dest);
		else
			ask_soon(hv);
	}
	spin_unlock_bh(&hv->space_lock);
}
