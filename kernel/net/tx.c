// SPDX-License-Identifier: GPL-2.0-only
/*
 * Sending. A frame goes to the peer's ring from where it lies, in the context
 * of who transmits it. Where there is no room the queue stops, and the space
 * notice starts it again.
 */
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/skbuff.h>

#include "net.h"

/* Copies of broadcasts that wait for one peer. */
#define FLOOD_MAX	64

#define BOUNCE		(sizeof(struct virtio_net_hdr) + ARGO_NET_FRAME_MOST)

/* A header, a head and fragments. */
#define PIECES		(2 + MAX_SKB_FRAGS)

static void count(struct argo_net_tx *tx, enum argo_net_count which)
{
	WRITE_ONCE(tx->counts[which], tx->counts[which] + 1);
}

static void note_sent(struct argo_net_tx *tx, struct sk_buff *skb)
{
	WRITE_ONCE(tx->packets, tx->packets + 1);
	WRITE_ONCE(tx->bytes, tx->bytes + skb->len);
	consume_skb(skb);
}

static unsigned int append(struct argo_hv_iov *iov, unsigned int n,
			   const void *data, u32 len)
{
	u64 base = (unsigned long)data;

	if (!len)
		return n;
	if (n && iov[n - 1].base + iov[n - 1].len == base) {
		iov[n - 1].len += len;
		return n;
	}
	iov[n] = (struct argo_hv_iov) { .base = base, .len = len };
	return n + 1;
}

static unsigned int pieces_of(const struct sk_buff *skb,
			      const struct virtio_net_hdr *hdr,
			      struct argo_hv_iov *iov)
{
	unsigned int i, n;

	n = append(iov, 0, hdr, sizeof(*hdr));
	n = append(iov, n, skb->data, skb_headlen(skb));
	for (i = 0; i < skb_shinfo(skb)->nr_frags; i++) {
		const skb_frag_t *frag = &skb_shinfo(skb)->frags[i];

		n = append(iov, n, skb_frag_address(frag), skb_frag_size(frag));
	}
	return n;
}

/* In one piece. */
static unsigned int put_together(const struct sk_buff *skb,
				 const struct virtio_net_hdr *hdr, u8 *to,
				 struct argo_hv_iov *iov)
{
	memcpy(to, hdr, sizeof(*hdr));
	skb_copy_bits(skb, 0, to + sizeof(*hdr), skb->len);
	return append(iov, 0, to, sizeof(*hdr) + skb->len);
}

/* Return: 0, or what argo_send() said. */
static int send_to(struct argo_net *net, u16 domid, struct argo_waiter *space,
		   struct sk_buff *skb, struct argo_net_tx *tx)
{
	struct argo_hv_iov iov[PIECES];
	struct virtio_net_hdr hdr;
	struct argo_outgoing out = {
		.ring = net->rx.ring,
		.dst = { .port = net->port, .domid = domid },
		.type = ARGO_NET_FRAME,
		.iov = iov,
		.len = sizeof(hdr) + skb->len,
	};
	int rc;

	if (skb->len > ARGO_NET_FRAME_MOST)
		return -EMSGSIZE;
	if (virtio_net_hdr_from_skb(skb, &hdr, true, false, 0))
		return -EINVAL;
	out.niov = pieces_of(skb, &hdr, iov);
	if (out.niov > argo_hv_max_iov(net->hv)) {
		count(tx, ARGO_NET_TX_COPIED);
		out.niov = put_together(skb, &hdr, tx->bounce, iov);
	}
	rc = argo_send(&out, space);
	return min(rc, 0);
}

static enum argo_net_count reason_of(int rc)
{
	switch (rc) {
	case -ECONNREFUSED:
	case -EHOSTUNREACH:
		return ARGO_NET_TX_PEER_GONE;
	case -EMSGSIZE:
		return ARGO_NET_TX_TOO_LARGE;
	default:
		return ARGO_NET_TX_ERRORS;
	}
}

/* Return: whether it is dealt with. Else there is no room, and space is armed. */
static bool try_peer(struct argo_net_peer *peer, struct sk_buff *skb,
		     struct argo_net_tx *tx)
{
	int rc = send_to(peer->net, peer->domid, &peer->space, skb, tx);

	if (rc == -EAGAIN)
		return false;
	if (rc) {
		enum argo_net_count reason = reason_of(rc);

		count(tx, reason);
		if (reason == ARGO_NET_TX_PEER_GONE)
			argo_net_peer_state(peer, false);
		kfree_skb(skb);
		return true;
	}
	argo_net_peer_state(peer, true);
	note_sent(tx, skb);
	return true;
}

static netdev_tx_t to_peer(struct argo_net_peer *peer, struct sk_buff *skb,
			   struct argo_net_tx *tx, struct netdev_queue *txq)
{
	if (try_peer(peer, skb, tx))
		return NETDEV_TX_OK;
	netif_tx_stop_queue(txq);
	/* The notice may have come before that. */
	if (try_peer(peer, skb, tx)) {
		netif_tx_start_queue(txq);
		return NETDEV_TX_OK;
	}
	count(tx, ARGO_NET_TX_STOPPED);
	return NETDEV_TX_BUSY;
}

/* To a domain of which no frame came yet: nobody tells of room in its ring. */
static netdev_tx_t to_stranger(struct argo_net *net, u16 domid,
			       struct sk_buff *skb, struct argo_net_tx *tx,
			       struct netdev_queue *txq)
{
	int rc;

	rc = send_to(net, domid, NULL, skb, tx);
	if (rc == -EAGAIN && READ_ONCE(net->nr_peers) < ARGO_NET_MAX_PEERS) {
		/* Until it is known: peer_work_fn(). */
		netif_tx_stop_queue(txq);
		argo_net_peer_wanted(net, domid);
		count(tx, ARGO_NET_TX_STOPPED);
		return NETDEV_TX_BUSY;
	}
	if (rc) {
		count(tx, reason_of(rc));
		kfree_skb(skb);
		return NETDEV_TX_OK;
	}
	argo_net_peer_wanted(net, domid);
	note_sent(tx, skb);
	return NETDEV_TX_OK;
}

static netdev_tx_t to_domain(struct argo_net *net, u16 domid,
			     struct sk_buff *skb, struct argo_net_tx *tx,
			     struct netdev_queue *txq)
{
	struct argo_net_peer *peer = argo_net_peer_find(net, domid);

	return peer ? to_peer(peer, skb, tx, txq) :
		      to_stranger(net, domid, skb, tx, txq);
}

static void flood_later(struct argo_net_peer *peer, struct sk_buff *skb,
			struct argo_net_tx *tx)
{
	if (skb_queue_len_lockless(&peer->flood) >= FLOOD_MAX) {
		count(tx, ARGO_NET_TX_FLOOD_FULL);
		kfree_skb(skb);
		return;
	}
	skb_queue_tail(&peer->flood, skb);
	queue_work(argo_net_wq, &peer->net->flood_work);
}

static netdev_tx_t to_all(struct argo_net *net, struct sk_buff *skb,
			  struct argo_net_tx *tx)
{
	struct argo_net_peer *peer;
	struct sk_buff *copy;
	unsigned int bucket, n = 0;

	hash_for_each_rcu(net->peers, bucket, peer, node) {
		if (!READ_ONCE(peer->up))
			continue;
		n++;
		copy = skb_clone(skb, GFP_ATOMIC);
		if (!copy)
			count(tx, ARGO_NET_TX_ERRORS);
		else if (!skb_queue_empty_lockless(&peer->flood) ||
			 !try_peer(peer, copy, tx))
			flood_later(peer, copy, tx);
	}
	if (n) {
		consume_skb(skb);
	} else {
		count(tx, ARGO_NET_TX_NO_PEER);
		kfree_skb(skb);
	}
	return NETDEV_TX_OK;
}

/**
 * argo_net_flood_work() - send copies of broadcasts that waited for room
 * @work: argo_net.flood_work
 */
void argo_net_flood_work(struct work_struct *work)
{
	struct argo_net *net = container_of(work, struct argo_net, flood_work);
	struct netdev_queue *txq = netdev_get_tx_queue(net->dev, 0);
	struct argo_net_peer *peer;
	struct sk_buff *skb;
	unsigned int bucket;

	/* What broadcasts are sent under. */
	__netif_tx_lock_bh(txq);
	rcu_read_lock();
	hash_for_each_rcu(net->peers, bucket, peer, node) {
		while ((skb = skb_dequeue(&peer->flood))) {
			if (try_peer(peer, skb, &net->tx[0]))
				continue;
			skb_queue_head(&peer->flood, skb);
			break;
		}
	}
	rcu_read_unlock();
	__netif_tx_unlock_bh(txq);
}

/* Return: the domain that an address of one host is at, or -1. */
static int domain_of(struct argo_net *net, const u8 *mac)
{
	int domid = argo_net_domid(mac);

	return domid < 0 && READ_ONCE(net->trusted) ?
	       argo_net_fdb_find(net, mac) : domid;
}

/**
 * argo_net_select_queue() - net_device_ops.ndo_select_queue
 * @dev: device
 * @skb: frame
 * @sb_dev: not used
 *
 * Return: the queue of the peer that it is for.
 */
u16 argo_net_select_queue(struct net_device *dev, struct sk_buff *skb,
			  struct net_device *sb_dev)
{
	struct argo_net *net = netdev_priv(dev);
	const struct ethhdr *eth = (const struct ethhdr *)skb->data;
	struct argo_net_peer *peer;
	int domid;
	u16 queue;

	if (argo_net_is_pair(net) || is_multicast_ether_addr(eth->h_dest))
		return 0;
	domid = domain_of(net, eth->h_dest);
	if (domid < 0)
		return 0;
	rcu_read_lock();
	peer = argo_net_peer_find(net, domid);
	queue = peer ? peer->queue : 0;
	rcu_read_unlock();
	return queue;
}

/**
 * argo_net_xmit() - net_device_ops.ndo_start_xmit
 * @skb: frame
 * @dev: device
 *
 * Context: under its queue's lock and RCU, softirqs off.
 * Return: NETDEV_TX_OK, or NETDEV_TX_BUSY and the queue is stopped.
 */
netdev_tx_t argo_net_xmit(struct sk_buff *skb, struct net_device *dev)
{
	struct argo_net *net = netdev_priv(dev);
	u16 queue = skb_get_queue_mapping(skb);
	struct netdev_queue *txq = netdev_get_tx_queue(dev, queue);
	const struct ethhdr *eth = (const struct ethhdr *)skb->data;
	struct argo_net_tx *tx = &net->tx[queue];
	int domid;

	skb_tx_timestamp(skb);
	if (argo_net_is_pair(net))
		return to_domain(net, net->peer, skb, tx, txq);
	if (is_multicast_ether_addr(eth->h_dest))
		return to_all(net, skb, tx);
	domid = domain_of(net, eth->h_dest);
	if (domid >= 0)
		return to_domain(net, domid, skb, tx, txq);
	/* A bridge behind one of the peers may have it. */
	if (READ_ONCE(net->trusted))
		return to_all(net, skb, tx);
	count(tx, ARGO_NET_TX_NO_PEER);
	kfree_skb(skb);
	return NETDEV_TX_OK;
}

/**
 * argo_net_tx_open() - prepare to send
 * @net: device
 *
 * Context: may sleep, under rtnl.
 * Return: 0 or -ENOMEM; argo_net_tx_close() follows in either case.
 */
int argo_net_tx_open(struct argo_net *net)
{
	unsigned int i;

	for (i = 0; i < net->dev->real_num_tx_queues; i++) {
		net->tx[i].bounce = kvmalloc(BOUNCE, GFP_KERNEL);
		if (!net->tx[i].bounce)
			return -ENOMEM;
	}
	return 0;
}

/**
 * argo_net_tx_close() - send no more
 * @net: device; nothing is sent any more
 *
 * Context: may sleep, under rtnl.
 */
void argo_net_tx_close(struct argo_net *net)
{
	unsigned int i;

	for (i = 0; i < ARGO_NET_QUEUES; i++) {
		kvfree(net->tx[i].bounce);
		net->tx[i].bounce = NULL;
	}
}
