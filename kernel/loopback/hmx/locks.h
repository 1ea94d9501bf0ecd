/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The locks of an engine. R(x) is the lock x held for reading, W(x) held for
 * writing. Outermost first:
 *
 *	L1			engine: its domains, their ids, who has Argo
 *	  rings_L2		domain: its rings
 *	    L3			ring: what is in it, who waits for it
 *	      wildcard_L2	domain: where it waits for space in rings for all
 *	    send_L2		domain: the rings that it alone may send to
 *
 * To take any of the others one must hold R(L1), for L3 also R(rings_L2) of the
 * ring's owner. L3 and send_L2 are never held together, nor two locks of one
 * kind: who is done with its own rings looks at those of others.
 *
 * W(L1) stands for all of them, W(rings_L2) for L3 of all rings of the domain.
 * So a domain that goes away needs nothing but W(L1), and what R(L1) finds
 * stays until it is released.
 *
 * L1 is taken with softirqs off, the others under it. Never in the hard
 * interrupt.
 *
 * Each function says by HMX_ASSERT() with what it is entered. That is checked
 * where there is lockdep, and in the tests in user space always.
 */
#ifndef _HMX_LOCKS_H
#define _HMX_LOCKS_H

#include "internal.h"

#ifdef CONFIG_LOCKDEP

#define HMX_ASSERT(cond)	WARN_ON_ONCE(debug_locks && !(cond))

/**
 * hmx_w_l1() - W(L1)?
 * @engine: whose
 */
static inline bool hmx_w_l1(const struct hmx_engine *engine)
{
	return lockdep_is_held_type(&engine->l1, 0);
}

/**
 * hmx_r_l1() - R(L1) at least?
 * @engine: whose
 */
static inline bool hmx_r_l1(const struct hmx_engine *engine)
{
	return lockdep_is_held(&engine->l1);
}

/**
 * hmx_w_rings_l2() - R(L1) and W(rings_L2), or what stands for them?
 * @domain: whose
 */
static inline bool hmx_w_rings_l2(const struct hmx_domain *domain)
{
	return (hmx_r_l1(domain->engine) &&
		lockdep_is_held_type(&domain->rings_l2, 0)) ||
	       hmx_w_l1(domain->engine);
}

/**
 * hmx_r_rings_l2() - R(L1) and R(rings_L2) at least?
 * @domain: whose
 */
static inline bool hmx_r_rings_l2(const struct hmx_domain *domain)
{
	return (hmx_r_l1(domain->engine) &&
		lockdep_is_held(&domain->rings_l2)) ||
	       hmx_w_l1(domain->engine);
}

/**
 * hmx_l3() - R(L1), R(rings_L2) and L3, or what stands for them?
 * @ring: whose
 */
static inline bool hmx_l3(const struct hmx_ring *ring)
{
	return (hmx_r_rings_l2(ring->owner) && lockdep_is_held(&ring->l3)) ||
	       hmx_w_rings_l2(ring->owner);
}

/**
 * hmx_send_l2() - R(L1) and send_L2, or what stands for them?
 * @domain: whose
 */
static inline bool hmx_send_l2(const struct hmx_domain *domain)
{
	return (hmx_r_l1(domain->engine) &&
		lockdep_is_held(&domain->send_l2)) ||
	       hmx_w_l1(domain->engine);
}

#else

#define HMX_ASSERT(cond)	do { } while (0)

#endif /* CONFIG_LOCKDEP */

#endif /* _HMX_LOCKS_H */
