/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the parts of the engine know of each other. The locks are described in
 * locks.h.
 */
#ifndef _HMX_INTERNAL_H
#define _HMX_INTERNAL_H

#include "platform.h"

#include "hmx.h"

#define HMX_BUCKETS		32

/**
 * struct hmx_countdown - something that happens on the nth time from now
 * @left: times left; 0 for never
 * @period: what @left starts from again; 0 for once
 */
struct hmx_countdown {
	u32 left;
	u32 period;
};

/**
 * struct hmx_faults - the faults of a domain
 * @lock: protects all of it; nothing is taken under it
 * @op: when an operation fails
 * @err: how
 * @irq: what becomes of interrupts
 * @irq_left: of how many
 */
struct hmx_faults {
	spinlock_t lock;		/* see above */
	struct hmx_countdown op[HMX_OP_COUNT];
	int err[HMX_OP_COUNT];
	enum hmx_irq_mode irq;
	u32 irq_left;
};

/**
 * struct hmx_engine - a hypervisor
 * @params: as created
 * @l1: L1
 * @domains: those that live, by id; under L1
 * @alloc_lock: protects @alloc; nothing is taken under it
 * @alloc: when an allocation fails
 */
struct hmx_engine {
	struct hmx_params params;
	rwlock_t l1;
	struct hlist_head domains[HMX_BUCKETS];
	spinlock_t alloc_lock;		/* see above */
	struct hmx_countdown alloc;
};

/**
 * struct hmx_domain - a domain, alive or dead
 * @engine: its hypervisor
 * @ops: how to tell it of something
 * @ctx: their argument
 * @may_argo: it has Argo while it lives, if the access hook agrees
 * @node: in hmx_engine.domains, hashed while it lives; under L1
 * @id: its id, or what it was; under L1
 * @argo: it has Argo now; under L1
 * @faults: what goes wrong for it
 * @rings_l2: rings_L2
 * @rings: its rings, by port and partner; under rings_L2
 * @nr_rings: what counts for hmx_params.max_rings; under rings_L2
 * @send_l2: send_L2
 * @senders: the rings that it alone may send to; under send_L2
 * @wildcard_l2: wildcard_L2
 * @wildcard_pending: where it waits for space in rings for all senders; under
 *	wildcard_L2
 */
struct hmx_domain {
	struct hmx_engine *engine;
	const struct hmx_domain_ops *ops;
	void *ctx;
	bool may_argo;

	struct hlist_node node;
	u16 id;
	bool argo;

	struct hmx_faults faults;

	rwlock_t rings_l2;
	struct hlist_head rings[HMX_BUCKETS];
	u32 nr_rings;

	spinlock_t send_l2;		/* see locks.h */
	struct hlist_head senders[HMX_BUCKETS];

	spinlock_t wildcard_l2;		/* see locks.h */
	struct list_head wildcard_pending;
};

/**
 * struct hmx_ring - a registered ring
 * @node: in hmx_domain.rings, later among those to be freed; under rings_L2
 * @owner: whose it is
 * @port: its port
 * @partner: who may send to it, or HMX_DOMID_ANY
 * @l3: L3
 * @len: bytes of data; under L3
 * @tx: the send index that counts; under L3
 * @pages: where it lies; under L3
 * @pending: who waits for space; under L3
 * @nr_pending: how many; under L3
 */
struct hmx_ring {
	struct hlist_node node;
	struct hmx_domain *owner;
	u32 port;
	u16 partner;
	spinlock_t l3;			/* see locks.h */
	u32 len;
	u32 tx;
	void **pages;
	struct list_head pending;
	u32 nr_pending;
};

/**
 * struct hmx_sender - that a domain alone may send to some ring
 * @node: in hmx_domain.senders of the one that sends; under its send_L2
 * @owner: whose ring it is
 * @port: its port
 *
 * There is one for each ring with a partner, as long as the ring lives.
 */
struct hmx_sender {
	struct hlist_node node;
	struct hmx_domain *owner;
	u32 port;
};

/**
 * struct hmx_pending - somebody waits for space in a ring
 * @node: in hmx_ring.pending, later among those to be told; under L3
 * @wildcard: in hmx_domain.wildcard_pending of @domain, if the ring is for all
 *	senders; under its wildcard_L2
 * @ring: the ring
 * @domain: who waits. A domain that goes takes all of its own with it.
 * @len: payload bytes, the most that was asked for; under L3
 */
struct hmx_pending {
	struct list_head node;
	struct list_head wildcard;
	struct hmx_ring *ring;
	struct hmx_domain *domain;
	u32 len;
};

/**
 * hmx_bucket() - where something is in a hash table of HMX_BUCKETS
 * @port: its port
 * @domid: the domain that it is for
 */
static inline u32 hmx_bucket(u32 port, u16 domid)
{
	/* The golden ratio spreads neighbours; its upper bits are the best. */
	return ((port ^ (u32)domid << 16) * 0x9e3779b9u >> 16) % HMX_BUCKETS;
}

/* engine.c */
void *hmx_alloc(struct hmx_engine *engine, size_t size, gfp_t gfp);
bool hmx_allowed(struct hmx_engine *engine, const struct hmx_access *question);
int hmx_begin(struct hmx_domain *domain, enum hmx_op op);

/* domain.c */
struct hmx_domain *hmx_domain_find(struct hmx_engine *engine, u16 id);
void hmx_interrupt(struct hmx_domain *domain);

/* ring.c */
struct hmx_ring *hmx_ring_find(struct hmx_domain *owner, u32 port, u16 partner);
struct hmx_ring *hmx_ring_match(struct hmx_domain *owner, u32 port, u16 sender);
void hmx_ring_add(struct hmx_ring *ring);
void hmx_ring_remove(struct hmx_ring *ring, struct hlist_head *gone);
void hmx_ring_free(struct hmx_ring *ring);
void hmx_rings_free(struct hlist_head *gone);

/* sender.c */
void hmx_sender_add(struct hmx_domain *domain, struct hmx_sender *sender,
		    const struct hmx_ring *ring);
void hmx_sender_remove(const struct hmx_ring *ring);
void hmx_sender_rings_remove(struct hmx_domain *domain,
			     struct hlist_head *gone);

/* copy.c */
u32 hmx_ring_rx(const struct hmx_ring *ring);
u32 hmx_ring_space(const struct hmx_ring *ring);
u32 hmx_ring_max_message(const struct hmx_ring *ring);
void *hmx_ring_at(const struct hmx_ring *ring, u32 offset, u32 *room);
void hmx_ring_set_tx(struct hmx_ring *ring, u32 tx);
int hmx_ring_insert(struct hmx_ring *ring, const struct hmx_message *msg,
		    u16 src_domid, u32 len);

/* pending.c */
int hmx_pending_add(struct hmx_ring *ring, struct hmx_domain *domain, u32 len);
void hmx_pending_cancel(struct hmx_ring *ring, const struct hmx_domain *domain);
void hmx_pending_take(struct hmx_ring *ring, u32 space, struct list_head *told);
void hmx_pending_tell(struct hmx_engine *engine, struct list_head *told);
void hmx_pending_drop_ring(struct hmx_ring *ring);
void hmx_pending_drop_wildcard(struct hmx_domain *domain);

/* faults.c */
void hmx_faults_init(struct hmx_faults *faults);
int hmx_faults_op(struct hmx_faults *faults, enum hmx_op op);
enum hmx_irq_mode hmx_faults_irq(struct hmx_faults *faults);
bool hmx_faults_alloc(struct hmx_engine *engine);

#endif /* _HMX_INTERNAL_H */
