/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The locks of an engine. R(x) is the lock x held for reading, W(x) held for
 * writing. Outermost first:
 *
 *	L1			of an engine: domains, their ids and use of Argo
 *	  rings_L2		of a domain: the rings that it owns
 *	    L3			of a ring: content and waiters
 *	      wildcard_L2	of a domain: its waits at wildcard rings
 *	    send_L2		of a domain: partner rings that it may send to
 *	  cables_L2		of a domain: the cables of its ports
 *
 * A function takes another lock than L1 only with R(L1) held, and L3 only with
 * R(rings_L2) of the ring's owner, too. No function holds L3 and send_L2
 * together, nor two locks of one kind: an operation releases the locks of one
 * domain's rings before it looks at another domain's rings.
 *
 * W(L1) stands for all other locks, and W(rings_L2) for L3 of all rings of the
 * domain. So a domain that goes away needs W(L1) only, and a domain or ring
 * that was found under R(L1) stays until R(L1) is released.
 *
 * L1 is taken with softirqs off, and the other locks under L1. None is taken in
 * the hard interrupt.
 *
 * Each function asserts with HMX_ASSERT() the locks that it is called with.
 * Kernels with lockdep and the tests in user space check the assertions.
 */
#ifndef _HMX_LOCKS_H
#define _HMX_LOCKS_H

#include "internal.h"

#ifdef CONFIG_LOCKDEP

#define HMX_ASSERT(cond)	WARN_ON_ONCE(debug_locks && !(cond))

/**
 * hmx_w_l1() - is W(L1) held?
 * @engine: engine of the lock
 */
static inline bool hmx_w_l1(const struct hmx_engine *engine)
{
	return lockdep_is_held_type(&engine->l1, 0);
}

/**
 * hmx_r_l1() - is at least R(L1) held?
 * @engine: engine of the lock
 */
static inline bool hmx_r_l1(const struct hmx_engine *engine)
{
	return lockdep_is_held(&engine->l1);
}

/**
 * hmx_w_rings_l2() - are R(L1) and W(rings_L2), or W(L1), held?
 * @domain: domain of rings_L2
 */
static inline bool hmx_w_rings_l2(const struct hmx_domain *domain)
{
	return (hmx_r_l1(domain->engine) &&
		lockdep_is_held_type(&domain->rings_l2, 0)) ||
	       hmx_w_l1(domain->engine);
}

/**
 * hmx_r_rings_l2() - are at least R(L1) and R(rings_L2), or W(L1), held?
 * @domain: domain of rings_L2
 */
static inline bool hmx_r_rings_l2(const struct hmx_domain *domain)
{
	return (hmx_r_l1(domain->engine) &&
		lockdep_is_held(&domain->rings_l2)) ||
	       hmx_w_l1(domain->engine);
}

/**
 * hmx_l3() - are R(L1), R(rings_L2) and L3, or locks that stand for them, held?
 * @ring: ring of L3
 */
static inline bool hmx_l3(const struct hmx_ring *ring)
{
	return (hmx_r_rings_l2(ring->owner) && lockdep_is_held(&ring->l3)) ||
	       hmx_w_rings_l2(ring->owner);
}

/**
 * hmx_send_l2() - are R(L1) and send_L2, or W(L1), held?
 * @domain: domain of send_L2
 */
static inline bool hmx_send_l2(const struct hmx_domain *domain)
{
	return (hmx_r_l1(domain->engine) &&
		lockdep_is_held(&domain->send_l2)) ||
	       hmx_w_l1(domain->engine);
}

/**
 * hmx_w_cables_l2() - are R(L1) and W(cables_L2), or W(L1), held?
 * @domain: domain of cables_L2
 */
static inline bool hmx_w_cables_l2(const struct hmx_domain *domain)
{
	return (hmx_r_l1(domain->engine) &&
		lockdep_is_held_type(&domain->cables_l2, 0)) ||
	       hmx_w_l1(domain->engine);
}

/**
 * hmx_r_cables_l2() - are at least R(L1) and R(cables_L2), or W(L1), held?
 * @domain: domain of cables_L2
 */
static inline bool hmx_r_cables_l2(const struct hmx_domain *domain)
{
	return (hmx_r_l1(domain->engine) &&
		lockdep_is_held(&domain->cables_l2)) ||
	       hmx_w_l1(domain->engine);
}

#else

#define HMX_ASSERT(cond)	do { } while (0)

#endif /* CONFIG_LOCKDEP */

#endif /* _HMX_LOCKS_H */
