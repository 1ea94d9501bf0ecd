// SPDX-License-Identifier: GPL-2.0-only
/*
 * Sending. The hypervisor copies a frame from the sender's memory to the peer's
 * ring, in the sender's context. While there is no room in the ring, the peer's
 * queue is stopped; a wake-up starts it again.
 */
#include <linux/if_vlan.h>
#include <linux/module.h>
#include <linux/skbuff.h>

#include <argo/skb.h>

#include "net.h"

/* The most frames that wait for one peer outside its queue. */
#define FLOOD_MAX	64

/* The most pieces of a message: header, head and fragments. */
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

/* Copies a frame to @to. Return: pieces: 1, or 0 if @to is NULL. */
static unsigned int put_together(const struct sk_buff *skb,
				 const struct virtio_net_hdr *hdr, u8 *to,
				 struct argo_hv_iov *iov)
{
	if (!to)
		return 0;
	memcpy(to, hdr, sizeof(*hdr));
	skb_copy_bits(skb, 0, to + sizeof(*hdr), skb->len);
	return argo_piece_add(iov, 0, to, sizeof(*hdr) + skb->len);
}

/* Return: 0, or an errno of argo_send(). */
static int send_to(struct argo_net *net, u16 domid, struct argo_waiter *space,
		   struct sk_buff *skb, struct argo_net_tx *tx)
{
	struct argo_hv_iov iov[PIECES];
	struct virtio_net_hdr hdr;
	struct argo_outgoing out = {
		.msg = {
			.iov = iov,
			.dst = { .port = net->port, .domid = domid },
			.type = ARGO_NET_FRAME,
		},
		.ring = net->rx.ring,
		.len = sizeof(hdr) + skb->len,
	};
	int rc;

	if (skb->len > ARGO_NET_FRAME_MOST)
		return -EMSGSIZE;
	if (virtio_net_hdr_from_skb(skb, &hdr, true, false, 0))
		return -EINVAL;
	out.msg.niov = argo_piece_add(iov, 0, &hdr, sizeof(hdr));
	out.msg.niov = argo_skb_pieces(iov, out.msg.niov, skb);
	if (out.msg.niov > argo_hv_params(net->hv)->max_iov) {
		count(tx, ARGO_NET_TX_COPIED);
		out.msg.niov = put_together(skb, &hdr, tx->bounce, iov);
		if (!out.msg.niov)
			return -ENOMEM;
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

/*
 * Return: whether @skb was sent or dropped. Else there is no room: @skb is
 * still the caller's, and a wake-up follows.
 */
static bool try_peer(struct argo_net_peer *peer, struct sk_buff *skb,
		     struct argo_net_tx *tx)
{
	int rc = send_to(argo_net_of(peer), peer->base.domid,
			 &peer->base.space, skb, tx);

	if (rc == -EAGAIN)
		return false;
	if (rc) {
		enum argo_net_count reason = reason_of(rc);

		count(tx, reason);
		if (reason == ARGO_NET_TX_PEER_GONE)
			argo_net_peer_state(peer, false);
		/* The peer has a smaller ring than at the last look. */
		else if (reason == ARGO_NET_TX_TOO_LARGE &&
			 skb->len <= READ_ONCE(peer->max_frame))
			argo_net_peers_look(argo_net_of(peer));
		kfree_skb(skb);
		return true;
	}
	argo_net_peer_state(peer, true);
	note_sent(tx, skb);
	return true;
}

static void send_later(struct argo_net_peer *peer, struct sk_buff *skb,
		       struct argo_net_tx *tx)
{
	if (skb_queue_len_lockless(&peer->flood) >= FLOOD_MAX) {
		count(tx, ARGO_NET_TX_FLOOD_FULL);
		kfree_skb(skb);
		return;
	}
	skb_queue_tail(&peer->flood, skb);
	queue_work(argo_net_wq, &argo_net_of(peer)->flood_work);
}

static netdev_tx_t to_peer(struct argo_net_peer *peer, struct sk_buff *skb,
			   struct argo_net_tx *tx, struct netdev_queue *txq)
{
	if (try_peer(peer, skb, tx))
		return NETDEV_TX_OK;
	/* The queue of other peers does not wait for this peer. */
	if (peer->queue != skb_get_queue_mapping(skb)) {
		send_later(peer, skb, tx);
		return NETDEV_TX_OK;
	}
	netif_tx_stop_queue(txq);
	/* The wake-up may have come before the queue was stopped. */
	if (try_peer(peer, skb, tx)) {
		netif_tx_start_queue(txq);
		return NETDEV_TX_OK;
	}
	count(tx, ARGO_NET_TX_STOPPED);
	return NETDEV_TX_BUSY;
}

/*
 * Sends to a domain that is no peer. The address of the frame may be forged:
 * only a domain with a ring becomes a peer.
 */
static netdev_tx_t to_stranger(struct argo_net *net, u16 domid,
			       struct sk_buff *skb, struct argo_net_tx *tx)
{
	int rc = send_to(net, domid, NULL, skb, tx);

	if (!rc || rc == -EAGAIN)
		argo_net_peer_candidate(net, domid);
	if (rc) {
		count(tx, rc == -EAGAIN ? ARGO_NET_TX_NO_QUEUE : reason_of(rc));
		kfree_skb(skb);
		return NETDEV_TX_OK;
	}
	note_sent(tx, skb);
	return NETDEV_TX_OK;
}

static netdev_tx_t to_domain(struct argo_net *net, u16 domid,
			     struct sk_buff *skb, struct argo_net_tx *tx,
			     struct netdev_queue *txq)
{
	struct argo_net_peer *peer = argo_net_peer_find(net, domid);

	return peer ? to_peer(peer, skb, tx, txq) :
		      to_stranger(net, domid, skb, tx);
}

static netdev_tx_t to_all(struct argo_net *net, struct sk_buff *skb,
			  struct argo_net_tx *tx)
{
	struct argo_net_peer *peer;
	struct sk_buff *copy;
	unsigned int bucket, n = 0;

	argo_peers_each_rcu(&net->peers, bucket, peer, base) {
		if (!READ_ONCE(peer->up))
			continue;
		n++;
		copy = skb_clone(skb, GFP_ATOMIC);
		if (!copy)
			count(tx, ARGO_NET_TX_ERRORS);
		else if (!skb_queue_empty_lockless(&peer->flood) ||
			 !try_peer(peer, copy, tx))
			send_later(peer, copy, tx);
	}
	if (n) {
		consume_skb(skb);
	} else {
		count(tx, ARGO_NET_TX_NO_PEER);
		kfree_skb(skb);
	}
	return NETDEV_TX_OK;
}

/* Sends the frames that waited outside their peer's queue. */
static void flood_work_fn(struct work_struct *work)
{
	struct argo_net *net = container_of(work, struct argo_net, flood_work);
	struct netdev_queue *txq = netdev_get_tx_queue(net->dev, 0);
	struct argo_net_peer *peer;
	struct sk_buff *skb;
	unsigned int bucket;

	/* The lock of queue 0, as argo_net_xmit() has it for broadcasts. */
	__netif_tx_lock_bh(txq);
	rcu_read_lock();
	argo_peers_each_rcu(&net->peers, bucket, peer, base) {
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

/* Return: id of the domain that a unicast address is of or behind, or -1. */
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
 * Return: the queue of the frame's peer, or 0.
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

/* Return: bytes of the largest frame that every receiver of @skb takes. */
static u32 max_frame_of(struct argo_net *net, const struct sk_buff *skb)
{
	const struct ethhdr *eth = (const struct ethhdr *)skb->data;
	int domid = argo_net_is_pair(net) ? net->peer :
					    domain_of(net, eth->h_dest);
	struct argo_net_peer *peer;
	u32 most = ARGO_NET_FRAME_MOST;
	unsigned int bucket;

	rcu_read_lock();
	if (domid >= 0) {
		peer = argo_net_peer_find(net, domid);
		if (peer)
			most = READ_ONCE(peer->max_frame);
	} else {
		argo_peers_each_rcu(&net->peers, bucket, peer, base)
			if (READ_ONCE(peer->up))
				most = min(most, READ_ONCE(peer->max_frame));
	}
	rcu_read_unlock();
	return most;
}

/**
 * argo_net_features_check() - net_device_ops.ndo_features_check
 * @skb: frame
 * @dev: device
 * @features: features that the stack would use for the frame
 *
 * Context: softirqs off.
 * Return: @features, without segmentation where a peer would not take the
 * frame.
 */
netdev_features_t argo_net_features_check(struct sk_buff *skb,
					  struct net_device *dev,
					  netdev_features_t features)
{
	if (skb_is_gso(skb) &&
	    (skb_shinfo(skb)->gso_size < ARGO_NET_MIN_SEGMENT ||
	     skb->len > max_frame_of(netdev_priv(dev), skb)))
		features &= ~NETIF_F_GSO_MASK;
	return vlan_features_check(skb, features);
}

/**
 * argo_net_xmit() - net_device_ops.ndo_start_xmit
 * @skb: frame
 * @dev: device
 *
 * Context: under the lock of the frame's queue and RCU, softirqs off.
 * Return: NETDEV_TX_OK; or NETDEV_TX_BUSY, with the queue stopped.
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
	/* The address may be behind the bridge of any peer. */
	if (READ_ONCE(net->trusted))
		return to_all(net, skb, tx);
	count(tx, ARGO_NET_TX_NO_PEER);
	kfree_skb(skb);
	return NETDEV_TX_OK;
}

/**
 * argo_net_tx_init() - prepare to send
 * @net: device, not registered yet
 */
void argo_net_tx_init(struct argo_net *net)
{
	INIT_WORK(&net->flood_work, flood_work_fn);
}
