/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Types and functions that the files of the engine share. locks.h describes the
 * locks.
 */
#ifndef _HMX_INTERNAL_H
#define _HMX_INTERNAL_H

#include "platform.h"

#include "hmx.h"

#define HMX_BUCKETS		32

/**
 * struct hmx_countdown - a fault that happens on the nth time from now
 * @left: times left until the fault; 0 for never
 * @period: value that @left starts from again; 0 for a single fault
 */
struct hmx_countdown {
	u32 left;
	u32 period;
};

/**
 * struct hmx_faults - the faults of a domain
 * @lock: protects the other fields; no lock is taken under it
 * @op: when an operation fails
 * @err: errno that the operation fails with
 * @irq: fate of the next interrupts
 * @irq_left: number of interrupts that @irq is for
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
 * @params: limits and rules
 * @l1: L1
 * @domains: domains that live, by id; under L1
 * @rules: what is allowed, NULL for all; under L1
 * @last_life: number of the life that began last; under L1
 * @alloc_lock: protects @alloc; no lock is taken under it
 * @alloc: when an allocation fails
 */
struct hmx_engine {
	struct hmx_params params;
	rwlock_t l1;
	struct hlist_head domains[HMX_BUCKETS];
	struct hmx_rules *rules;
	u64 last_life;
	spinlock_t alloc_lock;		/* see above */
	struct hmx_countdown alloc;
};

/**
 * struct hmx_cable - a cable, which is plugged into a port of a domain
 * @port: that port
 * @dst_port: port at the other end
 * @dst_domid: domain at the other end, or ARGO_DOMID_PARENT
 * @dst_life: hmx_domain.life of that domain
 */
struct hmx_cable {
	u32 port;
	u32 dst_port;
	u16 dst_domid;
	u64 dst_life;
};

/**
 * struct hmx_domain - a domain, alive or dead
 * @engine: hypervisor of the domain
 * @ops: callbacks about the domain
 * @ctx: argument of @ops
 * @may_argo: the domain has Argo while it lives, if the access hook agrees
 * @node: in hmx_engine.domains, hashed while the domain lives; under L1
 * @id: id of the domain, of a dead domain its last id; under L1
 * @argo: the domain has Argo now; under L1
 * @life: number of the domain's life, which no other life has had; under L1
 * @faults: faults of the domain
 * @rings_l2: rings_L2
 * @rings: rings that the domain owns, by port and partner; under rings_L2
 * @nr_rings: number that hmx_params.max_rings limits, which may be larger than
 *	that of @rings (register.c); under rings_L2
 * @send_l2: send_L2
 * @partner_rings: records of the partner rings that the domain may send to;
 *	under send_L2
 * @wildcard_l2: wildcard_L2
 * @wildcard_pending: waits of the domain for space in wildcard rings; under
 *	wildcard_L2
 * @cables_l2: cables_L2
 * @cables: cables of the domain's ports, in no order; under cables_L2
 * @nr_cables: number of @cables; under cables_L2
 */
struct hmx_domain {
	struct hmx_engine *engine;
	const struct hmx_domain_ops *ops;
	void *ctx;
	bool may_argo;

	struct hlist_node node;
	u16 id;
	bool argo;
	u64 life;

	struct hmx_faults faults;

	rwlock_t rings_l2;
	struct hlist_head rings[HMX_BUCKETS];
	u32 nr_rings;

	spinlock_t send_l2;		/* see locks.h */
	struct hlist_head partner_rings[HMX_BUCKETS];

	spinlock_t wildcard_l2;		/* see locks.h */
	struct list_head wildcard_pending;

	rwlock_t cables_l2;
	struct hmx_cable cables[HMX_MAX_CABLES];
	u32 nr_cables;
};

/**
 * struct hmx_ring - a registered ring
 * @node: in hmx_domain.rings, later in a list of rings to free; under rings_L2
 * @owner: domain that receives
 * @port: port of the ring
 * @partner: domain that may send to the ring, or ARGO_DOMID_ANY
 * @l3: L3
 * @len: bytes of data that the ring has room for; under L3
 * @tx: send index; the index in the ring's memory is a copy; under L3
 * @pages: memory of the ring; under L3
 * @pending: struct hmx_pending of domains that wait for space; under L3
 * @nr_pending: number of entries in @pending; under L3
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
 * struct hmx_partner_ring - a partner's record of a partner ring
 * @node: in hmx_domain.partner_rings of the partner; under its send_L2
 * @owner: owner of the ring
 * @port: port of the ring
 *
 * Each partner ring has one record, as long as the ring lives.
 */
struct hmx_partner_ring {
	struct hlist_node node;
	struct hmx_domain *owner;
	u32 port;
};

/**
 * struct hmx_pending - a domain waits for space in a ring
 * @node: in hmx_ring.pending, later in a list for hmx_pending_tell(); under L3
 * @wildcard: in hmx_domain.wildcard_pending of @domain, if @ring is a wildcard
 *	ring; under wildcard_L2 of @domain
 * @ring: the ring
 * @domain: domain that waits; when it goes, its waits go with it
 * @len: payload bytes, the largest size that the domain waits for; under L3
 */
struct hmx_pending {
	struct list_head node;
	struct list_head wildcard;
	struct hmx_ring *ring;
	struct hmx_domain *domain;
	u32 len;
};

/**
 * hmx_bucket() - bucket of a port and a domain in a hash table of HMX_BUCKETS
 * @port: the port
 * @domid: the domain
 */
static inline u32 hmx_bucket(u32 port, u16 domid)
{
	/* The golden ratio spreads neighbours; its upper bits are the best. */
	return ((port ^ (u32)domid << 16) * 0x9e3779b9u >> 16) % HMX_BUCKETS;
}

/* engine.c */
void *hmx_alloc(struct hmx_engine *engine, size_t size, gfp_t gfp);
bool hmx_allowed(struct hmx_domain *domain, const struct hmx_access *question);
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

/* partner.c */
void hmx_partner_add(struct hmx_domain *domain, struct hmx_partner_ring *record,
		     const struct hmx_ring *ring);
void hmx_partner_remove(const struct hmx_ring *ring);
void hmx_partner_rings_remove(struct hmx_domain *domain,
			      struct hlist_head *gone);

/* cable.c */
int hmx_cable_end(struct hmx_domain *domain, u32 port, struct hmx_domain **dst,
		  u32 *dst_port);

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
