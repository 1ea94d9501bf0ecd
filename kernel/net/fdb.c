// SPDX-License-Identifier: GPL-2.0-only
/*
 * The addresses of hosts behind peers' bridges, and the domain that each
 * address is behind. Devices that take any source address learn them from the
 * frames that they receive.
 */
#include <linux/jhash.h>
#include <linux/random.h>
#include <linux/slab.h>

#include "net.h"

/*
 * The most addresses behind one peer, so that a peer that invents addresses
 * takes no room from other peers.
 */
#define FDB_MAX		256
/* Linux bridges have the same default. */
#define FDB_AGE		(300 * HZ)

struct argo_net_fdb_entry {
	struct hlist_node node;
	struct rcu_head rcu;
	u8 mac[ETH_ALEN];
	u16 domid;
	unsigned long used;
};

static u32 fdb_hash(const struct argo_net *net, const u8 *mac)
{
	return jhash(mac, ETH_ALEN, net->fdb_seed);
}

static struct argo_net_fdb_entry *find(struct argo_net *net, const u8 *mac)
{
	struct argo_net_fdb_entry *entry;

	hash_for_each_possible_rcu(net->fdb, entry, node, fdb_hash(net, mac),
				   lockdep_is_held(&net->fdb_lock))
		if (ether_addr_equal(entry->mac, mac))
			return entry;
	return NULL;
}

static void move(struct argo_net_fdb_entry *entry, struct argo_net_peer *peer)
{
	struct argo_net_peer *old = argo_net_peer_find(argo_net_of(peer),
						       entry->domid);

	if (old == peer)
		return;
	if (old)
		old->nr_fdb--;
	peer->nr_fdb++;
	WRITE_ONCE(entry->domid, peer->base.domid);
	WRITE_ONCE(entry->used, jiffies);
}

static void add(struct argo_net_peer *peer, const u8 *mac)
{
	struct argo_net *net = argo_net_of(peer);
	struct argo_net_fdb_entry *entry;

	entry = kmalloc(sizeof(*entry), GFP_ATOMIC | __GFP_NOWARN);
	if (!entry)
		return;
	ether_addr_copy(entry->mac, mac);
	entry->domid = peer->base.domid;
	entry->used = jiffies;
	peer->nr_fdb++;
	hash_add_rcu(net->fdb, &entry->node, fdb_hash(net, mac));
}

/**
 * argo_net_fdb_learn() - learn an address from a frame
 * @peer: the frame's sender, on a device that takes any source address
 * @mac: the frame's source address
 *
 * Context: the poll, under RCU.
 */
void argo_net_fdb_learn(struct argo_net_peer *peer, const u8 *mac)
{
	struct argo_net *net = argo_net_of(peer);
	struct argo_net_fdb_entry *entry;

	if (argo_net_domid(mac) >= 0 || !is_valid_ether_addr(mac))
		return;
	entry = find(net, mac);
	if (entry && READ_ONCE(entry->domid) == peer->base.domid) {
		WRITE_ONCE(entry->used, jiffies);
		return;
	}
	if (READ_ONCE(peer->nr_fdb) >= FDB_MAX)
		return;
	spin_lock_bh(&net->fdb_lock);
	entry = find(net, mac);
	if (entry)
		move(entry, peer);
	else
		add(peer, mac);
	spin_unlock_bh(&net->fdb_lock);
}

/**
 * argo_net_fdb_find() - look up the domain that an address is behind
 * @net: device
 * @mac: the address
 *
 * Context: any.
 * Return: the domain's id, or -1 if the address is not known.
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

static void remove(struct argo_net *net, struct argo_net_fdb_entry *entry)
{
	struct argo_net_peer *peer = argo_net_peer_find(net, entry->domid);

	lockdep_assert_held(&net->fdb_lock);

	if (peer)
		peer->nr_fdb--;
	hash_del_rcu(&entry->node);
	kfree_rcu(entry, rcu);
}

/**
 * argo_net_fdb_age() - forget addresses that sent no frame for long
 * @net: device
 *
 * Context: under argo_net.peers.lock.
 */
void argo_net_fdb_age(struct argo_net *net)
{
	struct argo_net_fdb_entry *entry;
	struct hlist_node *next;
	unsigned int bucket;

	lockdep_assert_held(&net->peers.lock);

	spin_lock_bh(&net->fdb_lock);
	hash_for_each_safe(net->fdb, bucket, next, entry, node)
		if (time_after(jiffies, READ_ONCE(entry->used) + FDB_AGE))
			remove(net, entry);
	spin_unlock_bh(&net->fdb_lock);
}

/**
 * argo_net_fdb_forget() - forget the addresses behind a peer
 * @peer: the peer, which is in argo_net.peers no more
 *
 * Context: under argo_net.peers.lock.
 */
void argo_net_fdb_forget(struct argo_net_peer *peer)
{
	struct argo_net *net = argo_net_of(peer);
	struct argo_net_fdb_entry *entry;
	struct hlist_node *next;
	unsigned int bucket;

	lockdep_assert_held(&net->peers.lock);

	spin_lock_bh(&net->fdb_lock);
	hash_for_each_safe(net->fdb, bucket, next, entry, node)
		if (entry->domid == peer->base.domid)
			remove(net, entry);
	spin_unlock_bh(&net->fdb_lock);
}

/**
 * argo_net_fdb_init() - begin with no addresses
 * @net: device, not registered yet
 */
void argo_net_fdb_init(struct argo_net *net)
{
	spin_lock_init(&net->fdb_lock);
	hash_init(net->fdb);
	net->fdb_seed = get_random_u32();
}
