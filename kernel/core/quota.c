// SPDX-License-Identifier: GPL-2.0-only
/*
 * Limits of rings and waiters that one user may have on an attachment.
 *
 * An account counts the rings and waiters of a user. The rings and waiters of a
 * user inside a user namespace also count in the account of the owner of the
 * outermost namespace below the initial one: a user with 65536 subordinate ids
 * must not have 65536 times the limit.
 */
#include <linux/capability.h>
#include <linux/cred.h>
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/user_namespace.h>

#include "internal.h"

static unsigned int max_user_rings = 64;
module_param(max_user_rings, uint, 0644);
MODULE_PARM_DESC(max_user_rings, "most rings that a user may have on an attachment; CAP_SYS_RESOURCE is exempt (default 64)");

static unsigned int max_user_waiters = 1024;
module_param(max_user_waiters, uint, 0644);
MODULE_PARM_DESC(max_user_waiters, "most waits for space and watched destinations that a user may have on an attachment; CAP_SYS_RESOURCE is exempt (default 1024)");

static unsigned int reserved_rings = 32;
module_param(reserved_rings, uint, 0644);
MODULE_PARM_DESC(reserved_rings, "rings of an attachment that users cannot take, at most half of them; CAP_SYS_RESOURCE is exempt (default 32)");

/**
 * struct argo_account - counts of a user's rings and waiters on an attachment
 * @node: in argo_hv.quota.accounts
 * @hv: attachment
 * @uid: the user
 * @owner: account of the owner of the user's outermost namespace, or NULL
 * @refs: number of references
 * @counts: rings and waiters that are charged to the user
 *
 * account_lock protects all but @hv, @uid and @owner. An account has one
 * @owner, so the same user inside and outside a namespace has two accounts.
 */
struct argo_account {
	struct list_head node;
	struct argo_hv *hv;
	kuid_t uid;
	struct argo_account *owner;
	unsigned int refs;
	unsigned int counts[ARGO_QUOTAS];
};

/* Part of argo_hv_register(). */
void argo_quota_init(struct argo_hv *hv)
{
	spin_lock_init(&hv->quota.account_lock);
	INIT_LIST_HEAD(&hv->quota.accounts);
}

/*
 * Return: the owner of the outermost namespace around @ns, or INVALID_UID if
 * @ns is the initial namespace or that owner is root.
 */
static kuid_t outermost_owner(const struct user_namespace *ns)
{
	while (ns->parent && ns->parent != &init_user_ns)
		ns = ns->parent;
	if (ns == &init_user_ns || uid_eq(ns->owner, GLOBAL_ROOT_UID))
		return INVALID_UID;
	return ns->owner;
}

static struct argo_account *account_find(struct argo_hv *hv, kuid_t uid,
					 const struct argo_account *owner)
{
	struct argo_account *account;

	lockdep_assert_held(&hv->quota.account_lock);

	list_for_each_entry(account, &hv->quota.accounts, node)
		if (uid_eq(account->uid, uid) && account->owner == owner)
			return account;
	return NULL;
}

/*
 * Find or create an account. The account takes over the caller's reference to
 * @owner. Return: a reference, or NULL if there is no memory.
 */
static struct argo_account *account_get(struct argo_hv *hv, kuid_t uid,
					struct argo_account *owner)
{
	struct argo_account *new = kzalloc(sizeof(*new), GFP_KERNEL_ACCOUNT);
	struct argo_account *account;
	unsigned long flags;

	if (!new) {
		argo_account_put(owner);
		return NULL;
	}
	new->hv = hv;
	new->uid = uid;
	new->owner = owner;

	spin_lock_irqsave(&hv->quota.account_lock, flags);
	account = account_find(hv, uid, owner);
	if (!account) {
		list_add(&new->node, &hv->quota.accounts);
		account = new;
		new = NULL;
	}
	account->refs++;
	spin_unlock_irqrestore(&hv->quota.account_lock, flags);
	if (new) {
		argo_account_put(owner);
		kfree(new);
	}
	return account;
}

/**
 * argo_account_open() - the account of the current user
 * @hv: attachment
 *
 * Context: may sleep.
 * Return: the account, to be given to argo_account_put(), or NULL if there is
 * no memory.
 */
struct argo_account *argo_account_open(struct argo_hv *hv)
{
	kuid_t owner_uid = outermost_owner(current_user_ns());
	struct argo_account *owner = NULL;

	if (uid_valid(owner_uid)) {
		owner = account_get(hv, owner_uid, NULL);
		if (!owner)
			return NULL;
	}
	return account_get(hv, current_euid(), owner);
}
EXPORT_SYMBOL_GPL(argo_account_open);

/* Get one more reference. Return: @account, which may be NULL. */
struct argo_account *argo_account_hold(struct argo_account *account)
{
	unsigned long flags;

	if (!account)
		return NULL;
	spin_lock_irqsave(&account->hv->quota.account_lock, flags);
	account->refs++;
	spin_unlock_irqrestore(&account->hv->quota.account_lock, flags);
	return account;
}

/**
 * argo_account_put() - give an account back
 * @account: from argo_account_open(), or NULL
 *
 * Context: any but the hard interrupt.
 */
void argo_account_put(struct argo_account *account)
{
	struct argo_account *owner;
	unsigned long flags;
	bool last;

	for (; account; account = owner) {
		owner = account->owner;
		spin_lock_irqsave(&account->hv->quota.account_lock, flags);
		last = !--account->refs;
		if (last)
			list_del(&account->node);
		spin_unlock_irqrestore(&account->hv->quota.account_lock, flags);
		if (!last)
			return;
		kfree(account);
	}
}
EXPORT_SYMBOL_GPL(argo_account_put);

static unsigned int limit_of(enum argo_quota what)
{
	return what == ARGO_QUOTA_RINGS ? READ_ONCE(max_user_rings) :
					  READ_ONCE(max_user_waiters);
}

static void charge(struct argo_account *account, enum argo_quota what, int n)
{
	for (; account; account = account->owner)
		account->counts[what] += n;
}

/*
 * Charge one of @what to a user. @account is NULL for the kernel, which is not
 * charged. Context: process. Return: 0 or -EDQUOT.
 */
int argo_charge(struct argo_account *account, enum argo_quota what)
{
	const struct argo_account *each;
	unsigned long flags;
	int rc = 0;

	if (!account)
		return 0;
	spin_lock_irqsave(&account->hv->quota.account_lock, flags);
	for (each = account; each; each = each->owner)
		if (each->counts[what] >= limit_of(what))
			rc = -EDQUOT;
	if (!rc)
		charge(account, what, 1);
	spin_unlock_irqrestore(&account->hv->quota.account_lock, flags);
	if (!rc || !capable(CAP_SYS_RESOURCE))
		return rc;

	spin_lock_irqsave(&account->hv->quota.account_lock, flags);
	charge(account, what, 1);
	spin_unlock_irqrestore(&account->hv->quota.account_lock, flags);
	return 0;
}

/* Undo argo_charge(). Any context. */
void argo_uncharge(struct argo_account *account, enum argo_quota what)
{
	unsigned long flags;

	if (!account)
		return;
	spin_lock_irqsave(&account->hv->quota.account_lock, flags);
	charge(account, what, -1);
	spin_unlock_irqrestore(&account->hv->quota.account_lock, flags);
}

/*
 * Are the remaining rings of an attachment reserved for the kernel's front-ends
 * and for CAP_SYS_RESOURCE? Context: process, ring_lock held.
 */
bool argo_rings_are_reserved(const struct argo_hv *hv)
{
	unsigned int reserve = min(READ_ONCE(reserved_rings),
				   hv->params.max_rings / 2);

	lockdep_assert_held(&hv->rings.ring_lock);

	return hv->rings.nr_user >= hv->params.max_rings - reserve &&
	       !capable(CAP_SYS_RESOURCE);
}
