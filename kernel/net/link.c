// SPDX-License-Identifier: GPL-2.0-only
/* rtnetlink: making, changing and showing devices. */
#include <linux/module.h>
#include <linux/rtnetlink.h>
#include <net/rtnetlink.h>

#include "compat.h"
#include "net.h"

static const struct nla_policy policy[IFLA_ARGO_MAX + 1] = {
	[IFLA_ARGO_PEER] = NLA_POLICY_MAX(NLA_U16, ARGO_DOMID_FIRST_RESERVED - 1),
	[IFLA_ARGO_PEERS] = { .type = NLA_BINARY,
			      .len = ARGO_NET_MAX_PEERS * sizeof(u16) },
	[IFLA_ARGO_PORT] = { .type = NLA_U32 },
	[IFLA_ARGO_RING_SIZE] = { .type = NLA_U32 },
	[IFLA_ARGO_TRUSTED] = NLA_POLICY_MAX(NLA_U8, 1),
	[IFLA_ARGO_ATTACHMENT] = { .type = NLA_NUL_STRING, .len = 15 },
};

static int check_peers(const struct nlattr *peers,
		       struct netlink_ext_ack *extack)
{
	const u16 *domid = nla_data(peers);
	int i, n = nla_len(peers) / sizeof(*domid);

	if (nla_len(peers) % sizeof(*domid)) {
		NL_SET_ERR_MSG_ATTR(extack, peers, "peers: not a list of domain ids");
		return -EINVAL;
	}
	for (i = 0; i < n; i++) {
		if (domid[i] < ARGO_DOMID_FIRST_RESERVED)
			continue;
		NL_SET_ERR_MSG_ATTR(extack, peers, "peers: not a domain's id");
		return -ERANGE;
	}
	return 0;
}

static int check_address(struct nlattr **tb, struct netlink_ext_ack *extack)
{
	const struct nlattr *address = tb[IFLA_ADDRESS];

	if (!address)
		return 0;
	if (nla_len(address) == ETH_ALEN &&
	    is_valid_ether_addr(nla_data(address)))
		return 0;
	NL_SET_ERR_MSG_ATTR(extack, address, "not an Ethernet address");
	return -EADDRNOTAVAIL;
}

static int check_ring(const struct nlattr *size, struct netlink_ext_ack *extack)
{
	if (nla_get_u32(size) >= PAGE_SIZE)
		return 0;
	NL_SET_ERR_MSG_ATTR(extack, size, "ring_size: less than a page");
	return -ERANGE;
}

static int argo_net_validate(struct nlattr *tb[], struct nlattr *data[],
			     struct netlink_ext_ack *extack)
{
	int rc = check_address(tb, extack);

	if (rc || !data)
		return rc;
	if (data[IFLA_ARGO_PEER] && data[IFLA_ARGO_PEERS]) {
		NL_SET_ERR_MSG_ATTR(extack, data[IFLA_ARGO_PEERS],
				    "peer makes it point-to-point: it has no peers beside");
		return -EINVAL;
	}
	if (data[IFLA_ARGO_PORT] &&
	    nla_get_u32(data[IFLA_ARGO_PORT]) >= ARGO_PORT_EPHEMERAL) {
		NL_SET_ERR_MSG_ATTR(extack, data[IFLA_ARGO_PORT],
				    "port: those from 0xc0000000 are given away at random");
		return -ERANGE;
	}
	if (data[IFLA_ARGO_RING_SIZE])
		rc = check_ring(data[IFLA_ARGO_RING_SIZE], extack);
	if (!rc && data[IFLA_ARGO_PEERS])
		rc = check_peers(data[IFLA_ARGO_PEERS], extack);
	return rc;
}

static int set_attachment(struct argo_net *net, struct nlattr *data[],
			  struct netlink_ext_ack *extack)
{
	const struct nlattr *name = data ? data[IFLA_ARGO_ATTACHMENT] : NULL;

	net->hv = argo_net_attachment(name ? nla_data(name) : NULL);
	if (net->hv)
		return 0;
	if (name)
		NL_SET_ERR_MSG_ATTR(extack, name,
				    "attachment: there is none of that name");
	else
		NL_SET_ERR_MSG(extack,
			       "no Argo of Xen's here: name an attachment");
	return -ENODEV;
}

static int set_peers(struct argo_net *net, const struct nlattr *peers,
		     struct netlink_ext_ack *extack)
{
	int rc;

	if (argo_net_is_pair(net)) {
		NL_SET_ERR_MSG_ATTR(extack, peers,
				    "peers: it is point-to-point (peer)");
		return -EINVAL;
	}
	rc = argo_net_peers_list(net, nla_data(peers),
				 nla_len(peers) / sizeof(u16));
	if (rc == -ENOSPC)
		NL_SET_ERR_MSG_ATTR(extack, peers,
				    "peers: more than the device has queues for (numtxqueues)");
	else if (rc)
		NL_SET_ERR_MSG_ATTR(extack, peers, "peers: no memory");
	return rc;
}

static int set_changeable(struct argo_net *net, struct nlattr *data[],
			  struct netlink_ext_ack *extack)
{
	if (!data)
		return 0;
	if (data[IFLA_ARGO_TRUSTED])
		WRITE_ONCE(net->trusted, nla_get_u8(data[IFLA_ARGO_TRUSTED]));
	return data[IFLA_ARGO_PEERS] ?
	       set_peers(net, data[IFLA_ARGO_PEERS], extack) : 0;
}

static void set_fixed(struct argo_net *net, struct nlattr *data[])
{
	net->port = ARGO_PORT_NET;
	net->peer = ARGO_DOMID_ANY;
	net->ring_size = ARGO_NET_DEFAULT_RING;
	if (!data)
		return;
	if (data[IFLA_ARGO_PEER])
		net->peer = nla_get_u16(data[IFLA_ARGO_PEER]);
	if (data[IFLA_ARGO_PORT])
		net->port = nla_get_u32(data[IFLA_ARGO_PORT]);
	if (data[IFLA_ARGO_RING_SIZE])
		net->ring_size = nla_get_u32(data[IFLA_ARGO_RING_SIZE]);
}

/*
 * Each peer has a queue of its own, and queue 0 is for all other frames. Queues
 * beyond ARGO_NET_QUEUES stay unused.
 */
static int set_queues(struct net_device *dev, struct nlattr *tb[],
		      struct netlink_ext_ack *extack)
{
	struct argo_net *net = netdev_priv(dev);

	if (!net->peers.max) {
		NL_SET_ERR_MSG_ATTR(extack, tb[IFLA_NUM_TX_QUEUES],
				    "numtxqueues: without peer the device needs 1, and 1 for each peer");
		return -EINVAL;
	}
	return netif_set_real_num_tx_queues(dev, argo_net_is_pair(net) ? 1 :
						 net->peers.max + 1);
}

/*
 * The device sends in the name of this domain, so CAP_NET_ADMIN of a namespace
 * is not enough.
 */
static int check_capable(struct netlink_ext_ack *extack)
{
	if (capable(CAP_NET_ADMIN))
		return 0;
	NL_SET_ERR_MSG(extack, "CAP_NET_ADMIN of a namespace is not enough");
	return -EPERM;
}

static int newlink(struct net_device *dev, struct nlattr *tb[],
		   struct nlattr *data[], struct netlink_ext_ack *extack)
{
	struct argo_net *net = netdev_priv(dev);
	u8 mac[ETH_ALEN];
	int rc;

	rc = check_capable(extack);
	if (!rc)
		rc = set_attachment(net, data, extack);
	if (rc)
		return rc;
	set_fixed(net, data);
	if (argo_net_is_pair(net) && net->peer == argo_hv_domid(net->hv)) {
		NL_SET_ERR_MSG_ATTR(extack, data[IFLA_ARGO_PEER],
				    "peer: that is this domain");
		return -EINVAL;
	}
	argo_net_peers_init(net);
	argo_net_rx_init(net);
	argo_net_tx_init(net);
	if (!tb[IFLA_ADDRESS]) {
		argo_net_mac(mac, argo_hv_domid(net->hv));
		eth_hw_addr_set(dev, mac);
	}
	rc = set_queues(dev, tb, extack);
	if (!rc)
		rc = set_changeable(net, data, extack);
	if (rc)
		goto err_peers;
	rc = register_netdevice(dev);
	if (rc)
		goto err_peers;
	netif_carrier_off(dev);
	argo_net_link(net);
	return 0;

err_peers:
	argo_net_peers_exit(net);
	return rc;
}

#ifdef ARGO_HAVE_RTNL_NEWLINK_PARAMS
static int argo_net_newlink(struct net_device *dev,
			    struct rtnl_newlink_params *params,
			    struct netlink_ext_ack *extack)
{
	return newlink(dev, params->tb, params->data, extack);
}
#else
static int argo_net_newlink(struct net *src_net, struct net_device *dev,
			    struct nlattr *tb[], struct nlattr *data[],
			    struct netlink_ext_ack *extack)
{
	return newlink(dev, tb, data, extack);
}
#endif

static int argo_net_changelink(struct net_device *dev, struct nlattr *tb[],
			       struct nlattr *data[],
			       struct netlink_ext_ack *extack)
{
	static const int fixed[] = { IFLA_ARGO_PEER, IFLA_ARGO_PORT,
				     IFLA_ARGO_RING_SIZE,
				     IFLA_ARGO_ATTACHMENT };
	unsigned int i;

	if (!data)
		return 0;
	for (i = 0; i < ARRAY_SIZE(fixed); i++) {
		if (!data[fixed[i]])
			continue;
		NL_SET_ERR_MSG_ATTR(extack, data[fixed[i]],
				    "set at creation only: delete the device and add another");
		return -EOPNOTSUPP;
	}
	return check_capable(extack) ?:
	       set_changeable(netdev_priv(dev), data, extack);
}

static void argo_net_dellink(struct net_device *dev, struct list_head *head)
{
	argo_net_unlink(netdev_priv(dev));
	unregister_netdevice_queue(dev, head);
}

static size_t argo_net_get_size(const struct net_device *dev)
{
	return nla_total_size(sizeof(u16)) +
	       nla_total_size(ARGO_NET_MAX_PEERS * sizeof(u16)) +
	       2 * nla_total_size(sizeof(u32)) + nla_total_size(sizeof(u8)) +
	       nla_total_size(16);
}

static int fill_peers(struct sk_buff *skb, struct argo_net *net)
{
	u16 domids[ARGO_NET_MAX_PEERS];
	struct argo_net_peer *peer;
	unsigned int bucket, n = 0;

	rcu_read_lock();
	argo_peers_each_rcu(&net->peers, bucket, peer, base)
		if (READ_ONCE(peer->listed) && n < ARRAY_SIZE(domids))
			domids[n++] = peer->base.domid;
	rcu_read_unlock();
	return n ? nla_put(skb, IFLA_ARGO_PEERS, n * sizeof(u16), domids) : 0;
}

static int argo_net_fill_info(struct sk_buff *skb, const struct net_device *dev)
{
	struct argo_net *net = netdev_priv(dev);

	if (argo_net_is_pair(net) ?
	    nla_put_u16(skb, IFLA_ARGO_PEER, net->peer) : fill_peers(skb, net))
		return -EMSGSIZE;
	if (nla_put_u32(skb, IFLA_ARGO_PORT, net->port) ||
	    nla_put_u32(skb, IFLA_ARGO_RING_SIZE, net->ring_size) ||
	    nla_put_u8(skb, IFLA_ARGO_TRUSTED, net->trusted) ||
	    nla_put_string(skb, IFLA_ARGO_ATTACHMENT,
			   argo_hv_params(net->hv)->device))
		return -EMSGSIZE;
	return 0;
}

static unsigned int argo_net_tx_queues(void)
{
	return ARGO_NET_QUEUES;
}

static unsigned int argo_net_rx_queues(void)
{
	return 1;
}

struct rtnl_link_ops argo_net_link_ops __read_mostly = {
	.kind = ARGO_NET_KIND,
	.priv_size = sizeof(struct argo_net),
	.setup = argo_net_setup,
	.maxtype = IFLA_ARGO_MAX,
	.policy = policy,
	.validate = argo_net_validate,
	.newlink = argo_net_newlink,
	.changelink = argo_net_changelink,
	.dellink = argo_net_dellink,
	.get_size = argo_net_get_size,
	.fill_info = argo_net_fill_info,
	.get_num_tx_queues = argo_net_tx_queues,
	.get_num_rx_queues = argo_net_rx_queues,
};
