// SPDX-License-Identifier: GPL-2.0-only
/* Faults on demand. */
#include "locks.h"

static void countdown_set(struct hmx_countdown *countdown, u32 nth, bool every)
{
	countdown->left = nth;
	countdown->period = every ? nth : 0;
}

static bool countdown_step(struct hmx_countdown *countdown)
{
	if (!countdown->left || --countdown->left)
		return false;
	countdown->left = countdown->period;
	return true;
}

/**
 * hmx_faults_init() - prepare the faults of a domain: there is none yet
 * @faults: the faults
 */
void hmx_faults_init(struct hmx_faults *faults)
{
	spin_lock_init(&faults->lock);
}

/**
 * hmx_faults_op() - is an operation to fail?
 * @faults: faults of the domain
 * @op: the operation
 *
 * Context: any but the hard interrupt.
 * Return: the errno that it is to fail with, or 0.
 */
int hmx_faults_op(struct hmx_faults *faults, enum hmx_op op)
{
	int err = 0;

	spin_lock_bh(&faults->lock);
	if (countdown_step(&faults->op[op]))
		err = faults->err[op];
	spin_unlock_bh(&faults->lock);
	return err;
}

/**
 * hmx_faults_irq() - decide the fate of an interrupt
 * @faults: faults of the domain
 *
 * Context: any but the hard interrupt.
 */
enum hmx_irq_mode hmx_faults_irq(struct hmx_faults *faults)
{
	enum hmx_irq_mode mode = HMX_IRQ_DELIVER;

	spin_lock_bh(&faults->lock);
	if (faults->irq_left) {
		mode = faults->irq;
		if (faults->irq_left != HMX_ALWAYS)
			faults->irq_left--;
	}
	spin_unlock_bh(&faults->lock);
	return mode;
}

/**
 * hmx_faults_alloc() - is an allocation to fail?
 * @engine: the engine
 *
 * Context: any but the hard interrupt.
 */
bool hmx_faults_alloc(struct hmx_engine *engine)
{
	bool fails;

	spin_lock_bh(&engine->alloc_lock);
	fails = countdown_step(&engine->alloc);
	spin_unlock_bh(&engine->alloc_lock);
	return fails;
}

/**
 * hmx_fault_op() - let an operation of a domain fail, with nothing else done
 * @domain: the domain
 * @op: the operation
 * @nth: the operation that fails, counted from now, 1 for the next; 0 for none,
 *	whatever was set before
 * @every: from then on every @nth operation fails, too
 * @err: the negative errno that the operation fails with
 *
 * Context: any but the hard interrupt.
 */
void hmx_fault_op(struct hmx_domain *domain, enum hmx_op op, u32 nth,
		  bool every, int err)
{
	struct hmx_faults *faults = &domain->faults;

	spin_lock_bh(&faults->lock);
	countdown_set(&faults->op[op], nth, every);
	faults->err[op] = err;
	spin_unlock_bh(&faults->lock);
}

/**
 * hmx_fault_irq() - set the fate of the next interrupts of a domain
 * @domain: the domain
 * @mode: the fate; HMX_IRQ_DELAY needs hmx_domain_ops.delay
 * @n: number of interrupts, or HMX_ALWAYS; later interrupts are delivered
 *
 * Context: any but the hard interrupt.
 */
void hmx_fault_irq(struct hmx_domain *domain, enum hmx_irq_mode mode, u32 n)
{
	struct hmx_faults *faults = &domain->faults;

	spin_lock_bh(&faults->lock);
	faults->irq = mode;
	faults->irq_left = n;
	spin_unlock_bh(&faults->lock);
}

/**
 * hmx_fault_spurious() - interrupt a domain for no reason, if it has Argo
 * @domain: the domain
 *
 * Context: any but the hard interrupt.
 */
void hmx_fault_spurious(struct hmx_domain *domain)
{
	read_lock_bh(&domain->engine->l1);
	if (domain->argo)
		domain->ops->interrupt(domain->ctx);
	read_unlock_bh(&domain->engine->l1);
}

/**
 * hmx_fault_alloc() - let an allocation fail
 * @engine: the engine
 * @nth: the allocation that fails, counted from now, 1 for the next; 0 for
 *	none, whatever was set before
 * @every: from then on every @nth allocation fails, too
 *
 * A registration makes up to three allocations: the partner's record, the ring,
 * its pages. A domain that begins to wait for space makes one, a new domain
 * one.
 *
 * Context: any but the hard interrupt.
 */
void hmx_fault_alloc(struct hmx_engine *engine, u32 nth, bool every)
{
	spin_lock_bh(&engine->alloc_lock);
	countdown_set(&engine->alloc, nth, every);
	spin_unlock_bh(&engine->alloc_lock);
}
