/* SPDX-License-Identifier: GPL-2.0-only */
/* What the files of core share. */
#ifndef _ARGO_CORE_INTERNAL_H
#define _ARGO_CORE_INTERNAL_H

#include <linux/atomic.h>
#include <linux/hashtable.h>
#include <linux/hrtimer.h>
#include <linux/mutex.h>
#include <linux/spinlock.h>
#include <linux/wait.h>
#include <linux/workqueue.h>

#include <argo/argo.h>

/* 32 pages: a few messages of 16 KiB, and cheap enough to have by default. */
#define ARGO_DEFAULT_RING_LEN	(32 * 4096 - 64)

struct argo_hv_counters {
	u64 hypercalls[ARGO_HC_COUNT];
};

/**
 * struct argo_hv - an attachment to a hypervisor
 * @params: as registered
 * @node: in the list of attachments
 * @domid: own domain id
 * @epoch: counts restores; a ring of another epoch is not registered
 * @wq: for all work of this attachment
 * @counters: per CPU
 * @ring_lock: protects @rings, @nr_rings, @next_port
 * @rings: RCU for the interrupt handler
 * @nr_rings: rings in it
 * @next_port: where to look for an ephemeral port
 * @reset_work: brings rings back after a restore
 * @freed: space was freed that the hypervisor has not been told of
 * @freeing: more was, since @notify_timer last looked
 * @notify_armed: bits: @notify_timer is going to look at @freed
 * @notify_by: when it tells it at the latest
 * @notify_timer: tells it
 * @pollers: how many keep the interrupt away
 * @poll_armed: bit: @poll_timer runs
 * @poll_timer: looks at the rings while it is kept away
 * @space_lock: protects @dests and all in them
 * @dests: destinations that somebody waits for or watches
 * @waiters: how many waiters and watchers there are
 * @interrupts: counts them
 * @armed: how many of them want to be told of space
 * @check_all: the next round looks at destinations with watchers only, too
 * @query_lock: protects @queries, and makes rounds of questions follow each
 *	other
 * @queries: buffer of a round
 * @space_work: asks the hypervisor about space
 * @slow_work: makes it ask for what the hypervisor never announces
 */
struct argo_hv {
	struct argo_hv_params params;
	struct list_head node;
	u16 domid;
	u32 epoch;
	struct workqueue_struct *wq;
	struct argo_hv_counters __percpu *counters;

	/* rings and ports */
	struct mutex ring_lock;
	struct list_head rings;
	unsigned int nr_rings;
	u32 next_port;
	struct work_struct reset_work;

	bool freed;
	bool freeing;
	unsigned long notify_armed;
	ktime_t notify_by;
	struct hrtimer notify_timer;

	atomic_t pollers;
	unsigned long poll_armed;
	struct hrtimer poll_timer;

	/* who waits where */
	spinlock_t space_lock;
	DECLARE_HASHTABLE(dests, 6);
	unsigned int waiters;
	u64 interrupts;
	atomic_t armed;
	bool check_all;
	/* one round of questions at a time */
	struct mutex query_lock;
	struct argo_hv_queries *queries;
	struct work_struct space_work;
	struct delayed_work slow_work;
};

/**
 * struct argo_ring - a receive ring
 * @node: in argo_hv.rings
 * @hv: attachment
 * @ops: owner's
 * @priv: owner's
 * @port: its port
 * @partner: the domain that may send, or ARGO_DOMID_ANY
 * @exclusive: shares its port with no other ring
 * @len: bytes of data
 * @npages: pages
 * @pages: the pages
 * @map: the ring, in one piece
 * @rx: receive index, never read back from the ring
 * @irq_tx: send index that the owner has been told of
 * @epoch: argo_hv.epoch in which it was registered
 * @error: 0, or why it is out of use
 * @stopped: the hypervisor does not know it any more
 * @high: was more than half full since space was last announced
 * @uid: on whose behalf
 * @pid: process, or NULL
 * @comm: its command
 * @rx_messages: written by the reader, as the next six
 * @rx_bytes: payload
 * @drops: messages
 * @truncated: messages
 * @rx_waits: waits
 * @resets: resets
 * @ready_at: local_clock() of the last interrupt that moved the send index
 * @wake_ns: from there to the reader, when it was asleep (busypoll.c)
 * @poll_score: readers look before they sleep while it is not 0
 * @short_sleeps: sleeps since then that a look would have saved
 * @tx_messages: messages sent from this port
 * @tx_bytes: payload
 * @tx_full: full rings met
 * @break_work: takes it from the hypervisor when it makes no sense
 * @free_work: frees it when the interrupt handler has left it
 */
struct argo_ring {
	struct list_head node;
	struct argo_hv *hv;
	const struct argo_ring_ops *ops;
	void *priv;
	u32 port;
	u16 partner;
	bool exclusive;
	u32 len;
	unsigned int npages;
	struct page **pages;
	struct argo_ring_header *map;

	u32 rx;
	u32 irq_tx;
	u32 epoch;
	int error;
	bool stopped;
	bool high;

	kuid_t uid;
	struct pid *pid;
	char comm[16];

	u64 rx_messages;
	u64 rx_bytes;
	u64 drops;
	u64 truncated;
	u64 rx_waits;
	u64 resets;
	u64 ready_at;
	u32 wake_ns;
	unsigned int poll_score;
	unsigned int short_sleeps;
	atomic64_t tx_messages;
	atomic64_t tx_bytes;
	atomic64_t tx_full;

	struct work_struct break_work;
	struct rcu_work free_work;
};

static inline void argo_hv_count(struct argo_hv *hv, enum argo_hypercall which)
{
	this_cpu_inc(hv->counters->hypercalls[which]);
}

/* hv.c */
int argo_hv_notify(struct argo_hv *hv, struct argo_hv_queries *queries);

/* ring.c */
void argo_rings_reset(struct argo_hv *hv, u16 old_domid);

/* busypoll.c */
void argo_busy_poll_init(struct argo_ring *ring);

/* notify.c */
void argo_notify_init(struct argo_hv *hv);
void argo_notify_exit(struct argo_hv *hv);
void argo_notify_now(struct argo_hv *hv);
void argo_notify_later(struct argo_hv *hv, bool soon);

/* polling.c */
void argo_polling_init(struct argo_hv *hv);
void argo_polling_exit(struct argo_hv *hv);

/* space.c */
int argo_space_init(struct argo_hv *hv);
void argo_space_exit(struct argo_hv *hv);
void argo_space_interrupt(struct argo_hv *hv);
void argo_space_restored(struct argo_hv *hv);
void argo_space_was_full(struct argo_hv *hv, const struct argo_addr *addr,
			 u32 len);
void argo_space_arm(struct argo_hv *hv, struct argo_waiter *w,
		    const struct argo_addr *addr, u32 len, u64 interrupts);
bool argo_turn_is_free(struct argo_hv *hv, const struct argo_addr *addr);
int argo_turn_begin(struct argo_hv *hv, struct argo_waiter *w,
		    const struct argo_addr *addr, u32 len, u64 interrupts);
void argo_turn_take(struct argo_hv *hv, struct argo_waiter *w);
void argo_turn_end(struct argo_hv *hv, struct argo_waiter *w, bool sent);
int argo_wait_until(struct argo_waiter *w, struct wait_queue_head *wq,
		    ktime_t deadline);

/* xen.c */
#if IS_ENABLED(CONFIG_XEN)
int argo_xen_init(void);
void argo_xen_exit(void);
#else
static inline int argo_xen_init(void)
{
	return -ENODEV;
}

static inline void argo_xen_exit(void)
{
}
#endif

#endif /* _ARGO_CORE_INTERNAL_H */
