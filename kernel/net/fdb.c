// SPDX-License-Identifier: GPL-2.0-only
/*
 * Which domain addresses are behind that are no domain's: those of hosts behind
 * a bridge. Learnt from what comes, where any source address is taken.
 */
#include <linux/jhash.h>
#include <linux/slab.h>

#include "net.h"

/* A flood of addresses takes no more memory than that. */
#define FDB_MAX		1024
/* As bridges have it. */
#define FDB_AGE		(300 * HZ)

struct argo_net_fdb_entry {
	struct hlist_node node;
	struct rcu_head rcu;
	u8 mac[ETH_ALEN];
	u16 domid;
	unsigned long used;
};

static u32 fdb_hash(const u8 *mac)
{
	return jhash(mac, ETH_ALEN, 0);
}

static struct argo_net_fdb_entry *find(struct argo_net *net, const u8 *mac)
{
	struct argo_net_fdb_entry *entry;

	hash_for_each_possible_rcu(net->fdb, entry, node, fdb_hash(mac),
				   lockdep_is_held(&net->fdb_lock))
		if (ether_addr_equal(entry->mac, mac))
			return entry;
	return NULL;
}

static void add(struct argo_net *net, const u8 *mac, u16 domid)
{
	struct argo_net_fdb_entry *entry;

	if (READ_ONCE(net->nr_fdb) >= FDB_MAX)
		return;
	entry = kmalloc(sizeof(*entry), GFP_ATOMIC | __GFP_NOWARN);
	if (!entry)
		return;
	ether_addr_copy(entry->mac, mac);
	entry->domid = domid;
	entry->used = jiffies;
	spin_lock_bh(&net->fdb_lock);
	hash_add_rcu(net->fdb, &entry->node, fdb_hash(mac));
	WRITE_ONCE(net->nr_fdb, net->nr_fdb + 1);
	spin_unlock_bh(&net->fdb_lock);
}

/**
 * argo_net_fdb_learn() - a frame came
 * @net: device that takes any source address, and has several peers
 * @mac: the frame's
 * @domid: who sent it
 *
 * Context: the poll.
 */
void argo_net_fdb_learn(struct argo_net *net, const u8 *mac, u16 domid)
{
	struct argo_net_fdb_entry *entry;

	if (argo_net_domid(mac) >= 0 || !is_valid_ether_addr(mac))
		return;
	rcu_read_lock();
	entry = find(net, mac);
	if (entry) {
		WRITE_ONCE(entry->domid, domid);
		WRITE_ONCE(entry->used, jiffies);
	}
	rcu_read_unlock();
	if (!entry)
		add(net, mac, domid);
}

/**
 * argo_net_fdb_find() - where an address is
 * @net: device
 * @mac: the address
 *
 * Context: any.
 * Return: a domid, or -1 if it is not known.
 */
int argo_net_fdb_find(struct argo_net *net, const u8 *mac)
{
	struct argo_net_fdb_entry *entry;
	int domid;

	rcu_read_lock();
	entry = find(net, mac);
	domid = entry ? READ_ONCE(entry->domid) : -1;
	rcu_read_unlock();
	return domid;
}

static bool is_over(struct argo_net *net, const struct argo_net_fdb_entry *entry)
{
	return time_after(jiffies, READ_ONCE(entry->used) + FDB_AGE) ||
	       !argo_net_peer_find(net, READ_ONCE(entry->domid));
}

/**
 * argo_net_fdb_age() - forget what is old, or is of no peer any more
 * @net: device
 * @all: forget all
 *
 * Context: under argo_net.peer_lock.
 */
void argo_net_fdb_age(struct argo_net *net, bool all)
{
	struct argo_net_fdb_entry *entry;
	struct hlist_node *next;
	unsigned int bucket;

	lockdep_assert_held(&net->peer_lock);

	spin_lock_bh(&net->fdb_lock);
	hash_for_each_safe(net->fdb, bucket, next, entry, node) {
		if (!all && !is_over(net, entry))
			continue;
		hash_del_rcu(&entry->node);
		WRITE_ONCE(net->nr_fdb, net->nr_fdb - 1);
		kfree_rcu(entry, rcu);
	}
	spin_unlock_bh(&net->fdb_lock);
}

/**
 * argo_net_fdb_init() - nothing is known
 * @net: device, to be registered
 */
void argo_net_fdb_init(struct argo_net *net)
{
	spin_lock_init(&net->fdb_lock);
	hash_init(net->fdb);
}
