// SPDX-License-Identifier: GPL-2.0-only
/*
 * Waiters: watchers, which are told of space, and senders, which take turns in
 * the order they came. A sender that has sent hands its turn to the next.
 */
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/wait.h>

#include <argo/wait.h>

#include "firewall.h"
#include "space.h"

static int waiter_add(struct argo_hv *hv, struct argo_waiter *w,
		      const struct argo_addr *addr)
{
	struct argo_dest *dest, *new;
	int rc;
	unsigned long flags;

	rc = argo_charge(w->account, ARGO_QUOTA_WAITERS);
	if (rc)
		return rc;
	new = kzalloc(sizeof(*new), GFP_KERNEL_ACCOUNT);
	if (!new) {
		argo_uncharge(w->account, ARGO_QUOTA_WAITERS);
		return -ENOMEM;
	}
	INIT_LIST_HEAD(&new->senders);
	INIT_LIST_HEAD(&new->watchers);
	new->addr.port = addr->port;
	new->addr.domid = addr->domid;
	/* The hypervisor may hold the size of a send that had no waiter. */
	new->asked = ASKED_UNKNOWN;

	spin_lock_irqsave(&hv->space.space_lock, flags);
	dest = argo_dest_find(hv, addr);
	if (!dest) {
		new->denied = !argo_firewall_may_ask(hv, addr);
		argo_dest_add(hv, new);
		swap(dest, new);
	}
	w->dest = dest;
	list_add_tail(&w->node, w->sender ? &dest->senders : &dest->watchers);
	WRITE_ONCE(hv->space.waiters, hv->space.waiters + 1);
	spin_unlock_irqrestore(&hv->space.space_lock, flags);
	kfree(new);

	argo_space_start_slow_work(hv);
	return 0;
}

static void waiter_remove(struct argo_hv *hv, struct argo_waiter *w)
{
	struct argo_dest *dest = w->dest;

	lockdep_assert_held(&hv->space.space_lock);

	argo_waiter_arm(hv, w, false);
	argo_uncharge(w->account, ARGO_QUOTA_WAITERS);
	list_del(&w->node);
	w->dest = NULL;
	WRITE_ONCE(hv->space.waiters, hv->space.waiters - 1);
	argo_dest_put(hv, dest);
}

/**
 * argo_watch_add() - watch a destination
 * @hv: attachment
 * @w: the watcher, zeroed but for @w->wake and @w->account
 * @addr: destination
 *
 * From now on @w->gone says whether a ring that was there has gone. A change is
 * noticed within a second or so; @w->wake() is called then.
 *
 * Context: may sleep.
 * Return: 0, -EDQUOT (the user has max_user_waiters waiters) or -ENOMEM.
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
	unsigned long flags;

	spin_lock_irqsave(&hv->space.space_lock, flags);
	waiter_remove(hv, w);
	spin_unlock_irqrestore(&hv->space.space_lock, flags);
}
EXPORT_SYMBOL_GPL(argo_watch_remove);

/**
 * argo_watch_note() - tell a watcher whether a destination has a ring
 * @hv: attachment
 * @w: the watcher; nothing happens if it does not watch @addr any more
 * @addr: the destination, to which the caller has just sent
 * @exists: whether the destination has a ring
 *
 * Context: any but the hard interrupt.
 * Return: whether a ring that was there has gone.
 */
bool argo_watch_note(struct argo_hv *hv, struct argo_waiter *w,
		     const struct argo_addr *addr, bool exists)
{
	bool gone = false;
	unsigned long flags;

	if (exists && READ_ONCE(w->seen) && !READ_ONCE(w->gone))
		return false;
	spin_lock_irqsave(&hv->space.space_lock, flags);
	if (argo_waiter_is_at(w, addr)) {
		gone = w->seen && !exists;
		WRITE_ONCE(w->seen, w->seen || exists);
		if (w->gone != gone) {
			WRITE_ONCE(w->gone, gone);
			w->wake(w);
		}
	}
	spin_unlock_irqrestore(&hv->space.space_lock, flags);
	return gone;
}
EXPORT_SYMBOL_GPL(argo_watch_note);

/**
 * argo_watch_poll() - ask whether a message fits, and arm the watcher if not
 * @hv: attachment
 * @w: the watcher
 * @need: payload bytes; not used if @w->drain
 * @state: filled in
 *
 * Unless @state has ARGO_STATE_SUFFICIENT or ARGO_STATE_TOO_LARGE, or with
 * @w->drain ARGO_STATE_EMPTY, @w->wake() is called once @state would have one
 * of these flags.
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
	unsigned long flags;

	/* Arm before the question, so that a change after it is not missed. */
	spin_lock_irqsave(&hv->space.space_lock, flags);
	WRITE_ONCE(w->granted, false);
	WRITE_ONCE(w->err, 0);
	w->need = need;
	argo_waiter_arm(hv, w, true);
	addr = w->dest->addr;
	need = argo_waiter_need(w->dest, w);
	spin_unlock_irqrestore(&hv->space.space_lock, flags);

	rc = argo_space_query_one(hv, &addr, need, &q);
	if (rc) {
		spin_lock_irqsave(&hv->space.space_lock, flags);
		argo_waiter_arm(hv, w, false);
		spin_unlock_irqrestore(&hv->space.space_lock, flags);
		return rc;
	}
	argo_space_describe(&q, state);

	spin_lock_irqsave(&hv->space.space_lock, flags);
	if (state->flags & ARGO_STATE_EXISTS) {
		WRITE_ONCE(w->seen, true);
		WRITE_ONCE(w->gone, false);
		w->dest->max_message = state->max_message;
	} else if (w->seen) {
		WRITE_ONCE(w->gone, true);
	}
	if (w->drain ? state->flags & ARGO_STATE_EMPTY :
	    state->flags & (ARGO_STATE_SUFFICIENT | ARGO_STATE_TOO_LARGE))
		argo_waiter_arm(hv, w, false);
	else if (w->drain)
		/* The round asks for max_message bytes, known only now. */
		argo_space_ask_soon(hv);
	spin_unlock_irqrestore(&hv->space.space_lock, flags);
	return 0;
}
EXPORT_SYMBOL_GPL(argo_watch_poll);

static bool may_go_on(const struct argo_waiter *w)
{
	return READ_ONCE(w->granted) || READ_ONCE(w->err) ||
	       READ_ONCE(w->gone);
}

static void sleeper_wake(struct argo_waiter *w)
{
	wake_up(&container_of(w, struct argo_sleeper, waiter)->wq);
}

/* Prepare a waiter for a process that is going to sleep. */
void argo_sleeper_init(struct argo_sleeper *s, struct argo_account *account)
{
	memset(s, 0, sizeof(*s));
	s->waiter.wake = sleeper_wake;
	s->waiter.account = account;
	init_waitqueue_head(&s->wq);
}

/*
 * Sleep until @s is granted, fails, its ring has gone, or @deadline has passed.
 * Return: 0, argo_waiter.err, -EPIPE (the ring has gone), -ETIMEDOUT, or after
 * a signal -ERESTARTSYS, with a deadline -ERESTARTNOHAND.
 */
int argo_sleeper_wait(struct argo_sleeper *s, ktime_t deadline)
{
	const struct argo_waiter *w = &s->waiter;
	int rc;

	rc = wait_event_interruptible_hrtimeout(s->wq, may_go_on(w),
						argo_time_left(deadline));
	if (READ_ONCE(w->granted))
		return 0;
	if (READ_ONCE(w->err))
		return w->err;
	if (READ_ONCE(w->gone))
		return -EPIPE;
	return rc == -ERESTARTSYS && deadline != KTIME_MAX ?
	       -ERESTARTNOHAND : argo_wait_result(rc);
}

static int space_poll(struct argo_hv *hv, struct argo_sleeper *s,
		      const struct argo_addr *addr, u32 need,
		      struct argo_space_state *state)
{
	int rc = argo_watch_poll(hv, &s->waiter, need, state);

	if (rc)
		return rc;
	if (!(state->flags & ARGO_STATE_EXISTS))
		return s->waiter.gone ? -EPIPE :
		       argo_no_ring_error(hv, addr) ?: -ECONNREFUSED;
	if (s->waiter.drain)
		return state->flags & ARGO_STATE_EMPTY ? 0 : -EAGAIN;
	if (state->flags & ARGO_STATE_TOO_LARGE)
		return -EMSGSIZE;
	return state->flags & ARGO_STATE_SUFFICIENT ? 0 : -EAGAIN;
}

/**
 * argo_space_wait() - wait until a message fits, or until a ring is empty
 * @hv: attachment
 * @addr: destination
 * @need: payload bytes
 * @drain: wait until the destination's ring is empty, whatever @need is
 * @dontwait: -EAGAIN instead of waiting
 * @deadline: when to give up, KTIME_MAX for never
 * @account: the user that the waiter is charged to, NULL for the kernel
 * @state: filled in with the last answer of the hypervisor
 *
 * Context: may sleep.
 * Return: 0, -ECONNREFUSED (no such ring; for a cable also -ENOTCONN, -ENXIO,
 * -EOPNOTSUPP), -EPIPE (the ring went meanwhile),
 * -EMSGSIZE, -EAGAIN, -ETIMEDOUT, -ERESTARTSYS, -EACCES, -EDQUOT, -ENOMEM,
 * -ENODEV.
 */
int argo_space_wait(struct argo_hv *hv, const struct argo_addr *addr, u32 need,
		    bool drain, bool dontwait, ktime_t deadline,
		    struct argo_account *account,
		    struct argo_space_state *state)
{
	struct argo_sleeper sleeper;
	int rc;

	argo_sleeper_init(&sleeper, account);
	sleeper.waiter.drain = drain;
	rc = argo_watch_add(hv, &sleeper.waiter, addr);
	if (rc)
		return rc;
	for (;;) {
		rc = space_poll(hv, &sleeper, addr, need, state);
		if (rc != -EAGAIN || dontwait)
			break;
		rc = argo_sleeper_wait(&sleeper, deadline);
		if (rc)
			break;
	}
	argo_watch_remove(hv, &sleeper.waiter);
	return rc;
}
EXPORT_SYMBOL_GPL(argo_space_wait);

/*
 * Return: whether no sender waits for its turn at @addr. This may have changed
 * by the time that the caller looks at it.
 */
bool argo_turn_is_free(struct argo_hv *hv, const struct argo_addr *addr)
{
	struct argo_dest *dest;
	bool is_free;
	unsigned long flags;

	if (!READ_ONCE(hv->space.waiters))
		return true;
	spin_lock_irqsave(&hv->space.space_lock, flags);
	dest = argo_dest_find(hv, addr);
	is_free = !dest || list_empty(&dest->senders);
	spin_unlock_irqrestore(&hv->space.space_lock, flags);
	return is_free;
}

static void pass_turn(struct argo_hv *hv, struct argo_dest *dest)
{
	struct argo_waiter *first;

	lockdep_assert_held(&hv->space.space_lock);

	first = list_first_entry_or_null(&dest->senders, struct argo_waiter,
					 node);
	if (first && argo_waiter_wants_space(first))
		argo_waiter_grant(hv, first);
}

/*
 * Add @w to the senders at @addr, to send @len bytes. @interrupts is
 * hv->space.interrupts from before the send that found no space: if
 * hv->space.interrupts has changed since, and @w is the first sender, @w gets
 * the turn at once. A caller that has not tried to send gives a value that
 * hv->space.interrupts has not.
 */
int argo_turn_begin(struct argo_hv *hv, struct argo_waiter *w,
		    const struct argo_addr *addr, u32 len, u64 interrupts)
{
	int rc;
	unsigned long flags;

	w->sender = true;
	w->need = len;
	rc = waiter_add(hv, w, addr);
	if (rc)
		return rc;

	spin_lock_irqsave(&hv->space.space_lock, flags);
	argo_waiter_arm(hv, w, true);
	w->dest->asked = max(w->dest->asked, len);
	if (list_is_first(&w->node, &w->dest->senders) &&
	    READ_ONCE(hv->space.interrupts) != interrupts)
		pass_turn(hv, w->dest);
	spin_unlock_irqrestore(&hv->space.space_lock, flags);
	return 0;
}

/* Use up the turn that was granted. The caller sends after this. */
void argo_turn_take(struct argo_hv *hv, struct argo_waiter *w)
{
	unsigned long flags;

	spin_lock_irqsave(&hv->space.space_lock, flags);
	WRITE_ONCE(w->granted, false);
	if (!w->err)
		argo_waiter_arm(hv, w, true);
	spin_unlock_irqrestore(&hv->space.space_lock, flags);
}

/*
 * Remove a sender. If it was the first and hands its turn on (@passed), or has
 * not used it, the next sender gets the turn at once; else a round asks first.
 */
void argo_turn_end(struct argo_hv *hv, struct argo_waiter *w, bool passed)
{
	struct argo_dest *dest = w->dest;
	struct argo_waiter *next;
	bool first;
	unsigned long flags;

	spin_lock_irqsave(&hv->space.space_lock, flags);
	first = list_is_first(&w->node, &dest->senders);
	next = list_is_last(&w->node, &dest->senders) ?
	       NULL : list_next_entry(w, node);
	waiter_remove(hv, w);
	if (first && next) {
		if (passed || w->granted)
			pass_turn(hv, dest);
		else
			argo_space_ask_soon(hv);
	}
	spin_unlock_irqrestore(&hv->space.space_lock, flags);
}
