/* SPDX-License-Identifier: GPL-2.0-only */
/* Destinations and their waiters, which space.c and wait.c share. */
#ifndef _ARGO_CORE_SPACE_H
#define _ARGO_CORE_SPACE_H

#include "internal.h"

/* argo_dest.asked where core does not know what the hypervisor holds. */
#define ASKED_UNKNOWN		U32_MAX

/**
 * struct argo_dest - a destination with waiters
 * @node: in argo_hv.space.dests
 * @list: in argo_hv.space.armed_dests, idle_dests or round_dests
 * @addr: address of the destination
 * @senders: argo_waiter.node of senders, in the order they came
 * @watchers: argo_waiter.node of watchers
 * @asked: largest need that the hypervisor holds for this destination, 0 for
 *	none
 * @max_message: largest payload that the destination's ring takes, 0 while it
 *	is not known
 * @denied: the firewall denies questions of users about the destination
 * @idle: the destination is in argo_hv.space.idle_dests, or was before this
 *	round
 */
struct argo_dest {
	struct hlist_node node;
	struct list_head list;
	struct argo_addr addr;
	struct list_head senders;
	struct list_head watchers;
	u32 asked;
	u32 max_message;
	bool denied;
	bool idle;
};

/* Is @w armed, and has it not failed? */
static inline bool argo_waiter_wants_space(const struct argo_waiter *w)
{
	return w->armed && !w->err;
}

static inline u32 argo_waiter_need(const struct argo_dest *dest,
				   const struct argo_waiter *w)
{
	/* While max_message is 0, the answer tells how large the ring is. */
	return w->drain ? dest->max_message : w->need;
}

/* Does @w watch @addr? */
static inline bool argo_waiter_is_at(const struct argo_waiter *w,
				     const struct argo_addr *addr)
{
	return w->dest && w->dest->addr.port == addr->port &&
	       w->dest->addr.domid == addr->domid;
}

/* Queue the work that runs a round. Any context. */
static inline void argo_space_ask_soon(struct argo_hv *hv)
{
	queue_work(hv->wq, &hv->round.space_work);
}

/* space.c */
void argo_dest_add(struct argo_hv *hv, struct argo_dest *dest);
struct argo_dest *argo_dest_find(struct argo_hv *hv,
				 const struct argo_addr *addr);
void argo_dest_put(struct argo_hv *hv, struct argo_dest *dest);
void argo_waiter_arm(struct argo_hv *hv, struct argo_waiter *w, bool armed);
void argo_waiter_grant(struct argo_hv *hv, struct argo_waiter *w);
int argo_space_query_one(struct argo_hv *hv, const struct argo_addr *addr,
			 u32 need, struct argo_hv_query *answer);
void argo_space_describe(const struct argo_hv_query *q,
			 struct argo_space_state *state);
void argo_space_start_slow_work(struct argo_hv *hv);

#endif /* _ARGO_CORE_SPACE_H */
