// SPDX-License-Identifier: GPL-2.0-only
/*
 * Receiving. NAPI reads the ring until it is empty, with the interrupt kept
 * away. Frames are checked before the stack sees them.
 */
#include <linux/if_vlan.h>
#include <linux/module.h>
#include <linux/rtnetlink.h>
#include <linux/sched/clock.h>
#include <linux/sizes.h>
#include <linux/tcp.h>

#include <argo/kcov.h>

#include "compat.h"
#include "net.h"

/*
 * The longest time that one poll reads, in ns. A frame may cost as much as all
 * its segments, where the stack hands it to a device that does not segment.
 */
#define POLL_MOST	(2 * NSEC_PER_MSEC)
/*
 * Bytes of a frame that are copied to the skb's head; a frame of up to
 * HEAD_MOST bytes is copied there whole.
 */
#define HEAD		256u
#define HEAD_MOST	1600u
/* The order of the pages of large frames, and how many are kept for reuse. */
#define PAGE_ORDER	3
#define POOL_SLOTS	64

static void count(struct argo_net *net, enum argo_net_count which)
{
	WRITE_ONCE(net->rx_counts[which], net->rx_counts[which] + 1);
}

/* @left: bytes that are still to be stored. */
static struct page *alloc_part(struct argo_net *net, u32 left)
{
	struct page *page;

	if (left > PAGE_SIZE) {
		page = argo_pool_get(&net->pool, GFP_ATOMIC);
		if (page)
			return page;
		page = alloc_pages(GFP_ATOMIC | __GFP_COMP | __GFP_NOWARN |
				   __GFP_NORETRY, PAGE_ORDER);
		if (page)
			return page;
	}
	return alloc_page(GFP_ATOMIC | __GFP_NOWARN);
}

/*
 * Stores the message's bytes from @from on in pages of @skb. Return: whether
 * there was memory.
 */
static bool add_parts(struct argo_net *net, const struct argo_ring_msg *msg,
		      u32 from, struct sk_buff *skb)
{
	struct page *page;
	u32 n;

	for (; from < msg->len; from += n) {
		if (skb_shinfo(skb)->nr_frags == MAX_SKB_FRAGS)
			return false;
		page = alloc_part(net, msg->len - from);
		if (!page)
			return false;
		n = min_t(u32, msg->len - from, page_size(page));
		argo_ring_read(net->rx.ring, msg, from, page_address(page), n);
		skb_add_rx_frag(skb, skb_shinfo(skb)->nr_frags, page, 0, n,
				page_size(page));
	}
	return true;
}

static struct sk_buff *build(struct argo_net *net,
			     const struct argo_ring_msg *msg, u32 from)
{
	u32 len = msg->len - from, head = len <= HEAD_MOST ? len : HEAD;
	struct sk_buff *skb = napi_alloc_skb(&net->napi, head);

	if (!skb)
		return NULL;
	argo_ring_read(net->rx.ring, msg, from, skb_put(skb, head), head);
	if (head < len && !add_parts(net, msg, from + head, skb)) {
		kfree_skb(skb);
		return NULL;
	}
	return skb;
}

static bool is_from(const struct argo_net *net, const struct ethhdr *eth,
		    u16 domid)
{
	return READ_ONCE(net->trusted) || argo_net_domid(eth->h_source) == domid;
}

/*
 * Return: whether the header asks for nothing that argo_net_features_check()
 * refuses to send.
 */
static bool is_offload_ok(const struct virtio_net_hdr *hdr)
{
	if (hdr->flags & ~(VIRTIO_NET_HDR_F_NEEDS_CSUM |
			   VIRTIO_NET_HDR_F_DATA_VALID))
		return false;
	if (hdr->gso_type == VIRTIO_NET_HDR_GSO_NONE)
		return true;
	switch (hdr->gso_type & ~VIRTIO_NET_HDR_GSO_ECN) {
	case VIRTIO_NET_HDR_GSO_TCPV4:
	case VIRTIO_NET_HDR_GSO_TCPV6:
		return hdr->flags & VIRTIO_NET_HDR_F_NEEDS_CSUM &&
		       __virtio16_to_cpu(true, hdr->csum_offset) ==
			       offsetof(struct tcphdr, check) &&
		       __virtio16_to_cpu(true, hdr->gso_size) >=
			       ARGO_NET_MIN_SEGMENT;
	default:
		return false;
	}
}

/* A frame to be segmented has to be of the protocol that its header names. */
static bool is_protocol_ok(struct sk_buff *skb)
{
	const struct ethhdr *eth = (const struct ethhdr *)skb->data;
	__be16 protocol;

	if (!skb_is_gso(skb))
		return true;
	protocol = __vlan_get_protocol(skb, eth->h_proto, NULL);
	return protocol == (skb_shinfo(skb)->gso_type & SKB_GSO_TCPV4 ?
				    htons(ETH_P_IP) : htons(ETH_P_IPV6));
}

/* Return: the frame; or NULL, with the reason counted. */
static struct sk_buff *check_and_build(struct argo_net *net,
				       const struct argo_ring_msg *msg)
{
	struct virtio_net_hdr hdr;
	struct sk_buff *skb;
	struct ethhdr eth;

	if (msg->type != ARGO_NET_FRAME || msg->port != net->port ||
	    msg->len > sizeof(hdr) + ARGO_NET_FRAME_MOST) {
		count(net, ARGO_NET_RX_MALFORMED);
		return NULL;
	}
	if (msg->len < sizeof(hdr) + sizeof(eth)) {
		count(net, ARGO_NET_RX_SHORT);
		return NULL;
	}
	argo_ring_read(net->rx.ring, msg, 0, &hdr, sizeof(hdr));
	argo_ring_read(net->rx.ring, msg, sizeof(hdr), &eth, sizeof(eth));
	if (!is_from(net, &eth, msg->domid)) {
		count(net, ARGO_NET_RX_WRONG_SOURCE);
		return NULL;
	}
	if (!is_offload_ok(&hdr)) {
		count(net, ARGO_NET_RX_BAD_OFFLOAD);
		return NULL;
	}
	skb = build(net, msg, sizeof(hdr));
	if (!skb) {
		count(net, ARGO_NET_RX_NO_MEMORY);
		return NULL;
	}
	if (virtio_net_hdr_to_skb(skb, &hdr, true) || !is_protocol_ok(skb)) {
		count(net, ARGO_NET_RX_BAD_OFFLOAD);
		kfree_skb(skb);
		return NULL;
	}
	return skb;
}

static void note_sender(struct argo_net *net, const struct sk_buff *skb,
			u16 domid)
{
	const struct ethhdr *eth = (const struct ethhdr *)skb->data;
	struct argo_net_peer *peer;

	rcu_read_lock();
	peer = argo_net_peer_find(net, domid);
	if (!peer)
		argo_net_peer_candidate(net, domid);
	else if (READ_ONCE(net->trusted))
		argo_net_fdb_learn(peer, eth->h_source);
	rcu_read_unlock();
}

static void deliver(struct argo_net *net, struct sk_buff *skb, u16 domid)
{
	WRITE_ONCE(net->rx_packets, net->rx_packets + 1);
	WRITE_ONCE(net->rx_bytes, net->rx_bytes + skb->len);
	if (!argo_net_is_pair(net))
		note_sender(net, skb, domid);
	skb->protocol = eth_type_trans(skb, net->dev);
	napi_gro_receive(&net->napi, skb);
}

/*
 * Return: 1 with a message, also one that the firewall dropped; 0 without,
 * -EBADMSG (the ring is out of use).
 */
static int read_one(struct argo_net *net)
{
	struct argo_ring_msg msg;
	struct sk_buff *skb;
	int rc;

	rc = argo_ring_peek(net->rx.ring, &msg);
	if (rc == -EBUSY)
		return 1;
	if (rc <= 0)
		return rc;
	skb = check_and_build(net, &msg);
	if (!skb) {
		argo_ring_drop(net->rx.ring, &msg);
		return 1;
	}
	argo_ring_consume(net->rx.ring, &msg, false);
	deliver(net, skb, msg.domid);
	return 1;
}

static bool may_read(const struct argo_net_rx *rx)
{
	return READ_ONCE(rx->ring) && !READ_ONCE(rx->paused);
}

static void irq_away_begin(struct argo_net_rx *rx)
{
	if (!test_and_set_bit(ARGO_NET_IRQ_AWAY, &rx->flags) &&
	    !argo_irq_away_begin(rx->net->hv))
		clear_bit(ARGO_NET_IRQ_AWAY, &rx->flags);
}

static void irq_away_end(struct argo_net_rx *rx)
{
	if (test_and_clear_bit(ARGO_NET_IRQ_AWAY, &rx->flags))
		argo_irq_away_end(rx->net->hv, true);
}

/*
 * Return: whether the poll is complete. An interrupt starts the next poll then.
 */
static bool end_poll(struct argo_net *net, int n)
{
	struct argo_net_rx *rx = &net->rx;
	/* Another processor may poll as soon as this poll is complete. */
	bool away = test_and_clear_bit(ARGO_NET_IRQ_AWAY, &rx->flags);
	bool done = napi_complete_done(&net->napi, n);

	if (away && (done || test_and_set_bit(ARGO_NET_IRQ_AWAY, &rx->flags)))
		argo_irq_away_end(net->hv, true);
	return done;
}

/* Return: frames read; @budget also if the poll's time is over. */
static int read_some(struct argo_net *net, int budget)
{
	struct argo_net_rx *rx = &net->rx;
	u64 end = local_clock() + POLL_MOST;
	int n = 0;

	while (n < budget && may_read(rx) && read_one(net) > 0) {
		if (++n % ARGO_IRQ_AWAY_LOOK == 0 &&
		    test_bit(ARGO_NET_IRQ_AWAY, &rx->flags))
			argo_hv_interrupt(net->hv);
		if (local_clock() > end)
			return budget;
	}
	return n;
}

static int argo_net_poll(struct napi_struct *napi, int budget)
{
	struct argo_net *net = container_of(napi, struct argo_net, napi);
	struct argo_net_rx *rx = &net->rx;
	int n;

	/*
	 * Netpoll calls without a budget, does not own the poll, and only
	 * sends.
	 */
	if (!budget)
		return 0;
	irq_away_begin(rx);
	argo_kcov_start();
	n = read_some(net, budget);
	argo_kcov_stop();
	if (n < budget && end_poll(net, n))
		return n;
	if (test_bit(ARGO_NET_IRQ_AWAY, &rx->flags))
		argo_irq_away_stay(net->hv);
	return n;
}

static void data_ready(struct argo_ring *ring)
{
	struct argo_net_rx *rx = argo_ring_priv(ring);

	napi_schedule(&rx->net->napi);
}

static void reset_prepare(struct argo_ring *ring)
{
	struct argo_net_rx *rx = argo_ring_priv(ring);

	WRITE_ONCE(rx->paused, true);
	/* Wait for polls that did not see @paused. */
	synchronize_net();
}

static void reset_done(struct argo_ring *ring)
{
	struct argo_net_rx *rx = argo_ring_priv(ring);

	WRITE_ONCE(rx->paused, false);
	queue_delayed_work(argo_net_wq, &rx->net->restore_work, 0);
}

/* The interrupt handler no longer uses the ring: the device may go. */
static void release(struct argo_ring *ring)
{
	struct argo_net_rx *rx = argo_ring_priv(ring);

	dev_put(rx->net->dev);
}

static const struct argo_ring_ops ring_ops = {
	.owner = THIS_MODULE,
	.resident = true,
	.data_ready = data_ready,
	.reset_prepare = reset_prepare,
	.reset_done = reset_done,
	.release = release,
};

/* A restored domain has another id, and its device another address. */
static void restore_work_fn(struct work_struct *work)
{
	struct argo_net *net = container_of(to_delayed_work(work),
					    struct argo_net, restore_work);
	struct sockaddr address = { .sa_family = net->dev->type };

	/* The owner of rtnl may be waiting for this work to end. */
	if (!rtnl_trylock()) {
		queue_delayed_work(argo_net_wq, &net->restore_work, HZ / 50);
		return;
	}
	if (argo_net_domid(net->dev->dev_addr) >= 0) {
		argo_net_mac(address.sa_data, argo_hv_domid(net->hv));
		dev_set_mac_address(net->dev, (void *)&address, NULL);
	}
	rtnl_unlock();
	napi_schedule(&net->napi);
}

/**
 * argo_net_rx_init() - prepare to receive
 * @net: device, not registered yet
 */
void argo_net_rx_init(struct argo_net *net)
{
	net->rx.net = net;
	net->pool.slots = POOL_SLOTS;
	net->pool.order = PAGE_ORDER;
	INIT_DELAYED_WORK(&net->restore_work, restore_work_fn);
	argo_netif_napi_add(net->dev, &net->napi, argo_net_poll);
}

/**
 * argo_net_rx_open() - create the ring of a device
 * @net: device
 *
 * Context: may sleep, under rtnl.
 * Return: 0, or an errno of argo_ring_create().
 */
int argo_net_rx_open(struct argo_net *net)
{
	const struct argo_ring_params params = {
		.ops = &ring_ops,
		.priv = &net->rx,
		.port = net->port,
		.partner = net->peer,
		.size = net->ring_size,
		.uid = GLOBAL_ROOT_UID,
	};
	struct argo_ring *ring;

	napi_enable(&net->napi);
	dev_hold(net->dev);
	ring = argo_ring_create(net->hv, &params);
	if (IS_ERR(ring)) {
		dev_put(net->dev);
		napi_disable(&net->napi);
		return PTR_ERR(ring);
	}
	WRITE_ONCE(net->rx.ring, ring);
	/* Messages may have come before rx.ring was set. */
	napi_schedule(&net->napi);
	return 0;
}

/**
 * argo_net_rx_stop() - stop receiving
 * @net: device
 *
 * Context: may sleep, under rtnl.
 */
void argo_net_rx_stop(struct argo_net *net)
{
	/*
	 * A poll that finds the ring spoilt queues work, which
	 * argo_ring_destroy() cancels. So polls end before the ring does.
	 */
	napi_disable(&net->napi);
	irq_away_end(&net->rx);
	argo_ring_stop(net->rx.ring);
	/*
	 * The stopped ring is not restored, so nothing queues the work again.
	 */
	cancel_delayed_work_sync(&net->restore_work);
}

/**
 * argo_net_rx_close() - give the ring of a device back
 * @net: device; argo_net_rx_stop() was called, and nothing is sent
 *
 * Context: may sleep, under rtnl.
 */
void argo_net_rx_close(struct argo_net *net)
{
	struct argo_ring *ring = net->rx.ring;

	WRITE_ONCE(net->rx.ring, NULL);
	argo_ring_destroy(ring);
	argo_pool_drain(&net->pool);
}
