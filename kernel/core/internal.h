/* SPDX-License-Identifier: GPL-2.0-only */
/* The types and functions that the files of core share. */
#ifndef _ARGO_CORE_INTERNAL_H
#define _ARGO_CORE_INTERNAL_H

#include <linux/atomic.h>
#include <linux/hashtable.h>
#include <linux/hrtimer.h>
#include <linux/kernel.h>
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/mutex.h>
#include <linux/siphash.h>
#include <linux/spinlock.h>
#include <linux/wait.h>
#include <linux/workqueue.h>

#include <argo/argo.h>

/* 32 pages hold a few messages of 16 KiB. */
#define ARGO_DEFAULT_RING_LEN	(32 * 4096 - 64)

struct argo_box;
struct argo_filter;

/* The hash of destinations has as many buckets as one user may watch. */
#define ARGO_DEST_BITS		10

struct argo_hv_counters {
	u64 hypercalls[ARGO_HC_COUNT];
};

/**
 * struct argo_hv_rings - the rings of an attachment and their ports
 * @list: struct argo_ring.node; RCU for the interrupt handler
 * @nr: number of rings in @list
 * @nr_user: number of rings in @list that are charged to a user
 * @next_port: the ephemeral port to try next
 * @reset_work: brings rings back after a restore
 */
struct argo_hv_rings {
	/** @ring_lock: protects all of this but @reset_work */
	struct mutex ring_lock;
	struct list_head list;
	unsigned int nr;
	unsigned int nr_user;
	u32 next_port;
	struct work_struct reset_work;
};

/**
 * struct argo_hv_freed - freed space that senders are to be told of (notify.c)
 * @untold: space was freed that the hypervisor has not been told of
 * @more: more space was freed since @timer last looked
 * @armed: bits that say that @timer is going to look at @untold
 * @tell_by: when @timer tells the hypervisor at the latest
 * @timer: tells the hypervisor of freed space
 *
 * No lock protects it: readers and the timer order their accesses.
 */
struct argo_hv_freed {
	bool untold;
	bool more;
	unsigned long armed;
	ktime_t tell_by;
	struct hrtimer timer;
};

/**
 * struct argo_hv_away - keeping the interrupt away (interrupt.c)
 * @readers: number of readers that keep the interrupt away
 * @armed: a bit that says that @timer runs
 * @timer: looks at the rings while the interrupt is kept away
 *
 * No lock protects it: readers and the timer order their accesses.
 */
struct argo_hv_away {
	atomic_t readers;
	unsigned long armed;
	struct hrtimer timer;
};

/**
 * struct argo_hv_quota - what each user has of an attachment (quota.c)
 * @accounts: struct argo_account of each user
 */
struct argo_hv_quota {
	/** @account_lock: protects @accounts and their counts; innermost */
	spinlock_t account_lock;
	struct list_head accounts;
};

/**
 * struct argo_hv_firewall - which messages may pass (firewall.c)
 * @filter: the rules; NULL where all messages may pass. RCU
 * @filters: number of filters so far
 */
struct argo_hv_firewall {
	/** @lock: serialises those that replace @filter */
	struct mutex lock;
	struct argo_filter __rcu *filter;
	u64 filters;
};

/**
 * struct argo_hv_space - waiters and the destinations where they wait
 * @dests: destinations with waiters
 * @dest_key: key of the hash of @dests
 * @armed_dests: destinations with an armed waiter, or that had one since the
 *	last round
 * @idle_dests: the other destinations; a round asks for them only if @check_all
 *	is set
 * @round_dests: destinations that this round has still to ask for
 * @waiters: number of waiters
 * @interrupts: number of interrupts so far
 * @armed: number of armed waiters, which want to be told of space
 * @check_all: the next round asks for @idle_dests, too
 */
struct argo_hv_space {
	/**
	 * @space_lock: protects @dests, the destinations in it, their waiters,
	 * the three lists of destinations and @waiters
	 */
	spinlock_t space_lock;
	DECLARE_HASHTABLE(dests, ARGO_DEST_BITS);
	siphash_key_t dest_key;
	struct list_head armed_dests;
	struct list_head idle_dests;
	struct list_head round_dests;
	unsigned int waiters;
	u64 interrupts;
	atomic_t armed;
	bool check_all;
};

/**
 * struct argo_hv_round - a round of questions about space (space.c)
 * @queries: buffer of a round
 * @space_work: asks the hypervisor about space, a round each time
 * @slow_work: queues @space_work now and then, for changes that the hypervisor
 *	never announces
 */
struct argo_hv_round {
	/**
	 * @query_lock: protects @queries; a round holds it, so one follows the
	 * other
	 */
	struct mutex query_lock;
	struct argo_hv_queries *queries;
	struct work_struct space_work;
	struct delayed_work slow_work;
};

/**
 * struct argo_hv - an attachment to a hypervisor
 * @params: as registered
 * @node: in the list of attachments
 * @domid: domain id of this domain
 * @epoch: counts restores; a ring of another epoch is not registered
 * @wq: for all work of this attachment
 * @counters: per CPU
 * @rings: rings and ports; ring_lock
 * @freed: freed space; no lock
 * @away: keeping the interrupt away; no lock
 * @quota: quotas of users; account_lock
 * @firewall: which messages may pass; RCU
 * @space: waiters and where they wait; space_lock
 * @round: one round of questions at a time; query_lock
 */
struct argo_hv {
	struct argo_hv_params params;
	struct list_head node;
	u16 domid;
	u32 epoch;
	struct workqueue_struct *wq;
	struct argo_hv_counters __percpu *counters;
	struct argo_hv_rings rings;
	struct argo_hv_freed freed;
	struct argo_hv_away away;
	struct argo_hv_quota quota;
	struct argo_hv_firewall firewall;
	struct argo_hv_space space;
	struct argo_hv_round round;
};

/**
 * struct argo_ring_user - the user and the process that a ring was created for
 * @account: the user that the ring is charged to, NULL for the kernel
 * @uid: the user
 * @pid: the process, or NULL
 * @comm: command of @pid
 *
 * It does not change while the ring exists.
 */
struct argo_ring_user {
	struct argo_account *account;
	kuid_t uid;
	struct pid *pid;
	char comm[16];
};

/**
 * struct argo_ring_received - counts of what came out of a ring
 * @messages: messages received
 * @bytes: payload bytes received
 * @drops: messages dropped
 * @truncated: messages received in part
 * @waits: receives that had to wait
 * @resets: restores that emptied the ring
 *
 * No lock of core's protects it: the reader writes it, or core while the reader
 * is stopped.
 */
struct argo_ring_received {
	u64 messages;
	u64 bytes;
	u64 drops;
	u64 truncated;
	u64 waits;
	u64 resets;
};

/**
 * struct argo_ring_poll - whether and how long readers look before they sleep
 * @ready_at: local_clock() when argo_hv_interrupt() last found a new send index
 * @wake_ns: nanoseconds from @ready_at until a sleeping reader runs
 * @score: readers look for messages before they sleep while this is not 0
 * @short_sleeps: sleeps, since the last look that failed, that a look would
 *	have saved
 *
 * No lock protects it: a lost update costs a guess (busypoll.c).
 */
struct argo_ring_poll {
	u64 ready_at;
	u32 wake_ns;
	unsigned int score;
	unsigned int short_sleeps;
};

/**
 * struct argo_ring_sent - counts of what was sent from a ring's port
 * @messages: messages sent
 * @bytes: payload bytes sent
 * @full: sends that met a full ring
 *
 * No lock protects it: several senders may share a port.
 */
struct argo_ring_sent {
	atomic64_t messages;
	atomic64_t bytes;
	atomic64_t full;
};

/**
 * struct argo_ring_judged - the latest source that the firewall was asked about
 * @filter: number of the filter that was asked
 * @box: the rule that the filter found; valid while the filter is in force
 * @domid: domain of the source
 * @port: port of the source
 * @noted: the first message of the ring is counted as one that may pass
 *
 * No lock protects it: the ring's reader writes it.
 */
struct argo_ring_judged {
	u64 filter;
	const struct argo_box *box;
	u16 domid;
	u32 port;
	bool noted;
};

/**
 * struct argo_ring - a receive ring
 * @node: in argo_hv.rings.list
 * @hv: attachment
 * @ops: the owner's callbacks
 * @priv: the owner's data, see argo_ring_priv()
 * @port: port of the ring
 * @partner: the domain that may send, or ARGO_DOMID_ANY
 * @exclusive: the ring shares its port with no other ring
 * @len: bytes of data that the ring has room for
 * @npages: number of @pages
 * @pages: memory of the ring
 * @layout: where the fields of the ring lie
 * @map: the ring, in one piece
 * @rx: receive index, never read back from the ring
 * @irq_tx: send index that the owner has been told of
 * @epoch: argo_hv.epoch in which the ring was registered
 * @error: 0, or the errno that readers get of a ring that is out of use
 * @stopped: the ring is unregistered; written under ring_lock
 * @high: the ring was more than half full since space was last announced
 * @user: the user and the process that the ring was created for
 * @judged: what the firewall said of the latest message that came in
 * @judged_out: what it said of the latest that went out, packed (firewall.c); 0
 *	if that is not known. No lock: several senders may share a port
 * @received: counts of what came out of the ring
 * @taken: bytes that were taken out of the ring, headers and padding included
 * @poll: whether and how long readers look before they sleep
 * @sent: counts of what was sent from the ring's port
 * @break_work: unregisters the ring once its content makes no sense
 * @free_work: frees the ring after an RCU grace period
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
	const struct argo_ring_layout *layout;
	void *map;

	u32 rx;
	u32 irq_tx;
	u32 epoch;
	int error;
	bool stopped;
	bool high;

	struct argo_ring_user user;
	struct argo_ring_judged judged;
	atomic64_t judged_out;
	struct argo_ring_received received;
	u64 taken;
	struct argo_ring_poll poll;
	struct argo_ring_sent sent;

	struct work_struct break_work;
	struct rcu_work free_work;
};

/* Return: bytes of data that a ring of @npages pages has room for. */
static inline u32 argo_ring_len(const struct argo_hv *hv, unsigned int npages)
{
	u32 len = npages * PAGE_SIZE - hv->params.layout->header;

	return min(round_down(len, ARGO_RING_SLOT), hv->params.max_ring_len);
}

static inline void argo_hv_count(struct argo_hv *hv, enum argo_hypercall which)
{
	this_cpu_inc(hv->counters->hypercalls[which]);
}

/*
 * Call notify and count the call. An error is about @queries: the hypervisor
 * first tells the domains that wait for space in this domain's rings, and that
 * step cannot fail.
 */
static inline int argo_hv_notify(struct argo_hv *hv,
				 struct argo_hv_queries *queries)
{
	argo_hv_count(hv, ARGO_HC_NOTIFY);
	return hv->params.ops->notify(hv, queries);
}

/* Is @ring registered in this epoch? A ring of another epoch reads as empty. */
static inline bool argo_ring_is_live(const struct argo_ring *ring)
{
	return ring->epoch == READ_ONCE(ring->hv->epoch);
}

/* ring.c */
void argo_rings_reset(struct argo_hv *hv, u16 old_domid);

/* read.c */
void argo_ring_drop_unread(struct argo_ring *ring);

/* cable.c */
int argo_no_ring_error(struct argo_hv *hv, const struct argo_addr *addr);

/* quota.c */
enum argo_quota {
	ARGO_QUOTA_RINGS,
	ARGO_QUOTA_WAITERS,
	ARGO_QUOTAS,
};

void argo_quota_init(struct argo_hv *hv);
struct argo_account *argo_account_hold(struct argo_account *account);
int argo_charge(struct argo_account *account, enum argo_quota what);
void argo_uncharge(struct argo_account *account, enum argo_quota what);
bool argo_rings_are_reserved(const struct argo_hv *hv);

/* firewall.c */
int argo_firewall_init(struct argo_hv *hv);
void argo_firewall_exit(struct argo_hv *hv);
void argo_rings_forget_judgements(struct argo_hv *hv);
bool argo_firewall_param_ok(void);

/* hv.c */
void argo_frontends_firewall_changed(struct argo_hv *hv);

/* busypoll.c */
void argo_busy_poll_init(struct argo_ring *ring);

/* notify.c */
void argo_notify_init(struct argo_hv *hv);
void argo_notify_exit(struct argo_hv *hv);
void argo_notify_now(struct argo_hv *hv);
void argo_notify_later(struct argo_hv *hv, bool soon);

/* interrupt.c */
void argo_interrupt_init(struct argo_hv *hv);
void argo_interrupt_exit(struct argo_hv *hv);

/* space.c */
int argo_space_init(struct argo_hv *hv);
void argo_space_exit(struct argo_hv *hv);
void argo_space_interrupt(struct argo_hv *hv);
void argo_space_restored(struct argo_hv *hv);
void argo_space_firewall_changed(struct argo_hv *hv);
void argo_space_was_full(struct argo_hv *hv, const struct argo_addr *addr,
			 u32 len);
void argo_space_arm(struct argo_hv *hv, struct argo_waiter *w,
		    const struct argo_addr *addr, u32 len, u64 interrupts);

/**
 * struct argo_sleeper - a waiter on whose behalf a process sleeps
 * @waiter: in the list of its destination
 * @wq: where the process sleeps
 */
struct argo_sleeper {
	struct argo_waiter waiter;
	wait_queue_head_t wq;
};

/* wait.c */
void argo_sleeper_init(struct argo_sleeper *s, struct argo_account *account);
int argo_sleeper_wait(struct argo_sleeper *s, ktime_t deadline);
bool argo_turn_is_free(struct argo_hv *hv, const struct argo_addr *addr);
int argo_turn_begin(struct argo_hv *hv, struct argo_waiter *w,
		    const struct argo_addr *addr, u32 len, u64 interrupts);
void argo_turn_take(struct argo_hv *hv, struct argo_waiter *w);
void argo_turn_end(struct argo_hv *hv, struct argo_waiter *w, bool passed);

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
