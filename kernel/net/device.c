// SPDX-License-Identifier: GPL-2.0-only
/* The operations of a network device: up, down, statistics, features. */
#include <linux/module.h>
#include <linux/ethtool.h>

#include "compat.h"
#include "net.h"

#define FEATURES	(NETIF_F_SG | NETIF_F_HW_CSUM | NETIF_F_TSO | \
			 NETIF_F_TSO6 | NETIF_F_TSO_ECN | NETIF_F_HIGHDMA)

static const char *why_no_ring(int rc)
{
	switch (rc) {
	case -EEXIST:
	case -EADDRINUSE:
		return " (another device or program has it)";
	case -EPERM:
		return " (the hypervisor lets no ring be open to all domains: give it a peer)";
	case -EHOSTUNREACH:
		return " (peer is no domain that exists: set the device up when that domain runs)";
	default:
		return "";
	}
}

static int argo_net_open(struct net_device *dev)
{
	struct argo_net *net = netdev_priv(dev);
	int rc;

	rc = argo_net_rx_open(net);
	if (rc) {
		netdev_err(dev, "no ring at port %u: %d%s\n", net->port, rc,
			   why_no_ring(rc));
		return rc;
	}
	rc = argo_net_queue_open(net, 0);
	if (rc)
		goto err_rx;
	rc = argo_net_peers_open(net);
	if (rc)
		goto err_queue;
	netif_tx_start_all_queues(dev);
	return 0;

err_queue:
	argo_net_queue_close(net, 0);
err_rx:
	argo_net_rx_stop(net);
	argo_net_rx_close(net);
	return rc;
}

static int argo_net_stop(struct net_device *dev)
{
	struct argo_net *net = netdev_priv(dev);

	/*
	 * Wait for wake-ups that saw the device running: from here on no
	 * wake-up starts a queue again.
	 */
	synchronize_net();
	netif_tx_disable(dev);
	argo_net_rx_stop(net);
	/* The work of peers uses the ring. */
	argo_net_peers_close(net);
	argo_net_rx_close(net);
	argo_net_queue_close(net, 0);
	netif_carrier_off(dev);
	return 0;
}

static void argo_net_uninit(struct net_device *dev)
{
	argo_net_peers_exit(netdev_priv(dev));
}

static void argo_net_get_stats64(struct net_device *dev,
				 struct rtnl_link_stats64 *stats)
{
	struct argo_net *net = netdev_priv(dev);
	unsigned int i, c;

	stats->rx_packets = READ_ONCE(net->rx_packets);
	stats->rx_bytes = READ_ONCE(net->rx_bytes);
	for (c = 0; c <= ARGO_NET_RX_BAD_OFFLOAD; c++)
		stats->rx_errors += READ_ONCE(net->rx_counts[c]);
	stats->rx_dropped = READ_ONCE(net->rx_counts[ARGO_NET_RX_NO_MEMORY]);
	for (i = 0; i < dev->real_num_tx_queues; i++) {
		const struct argo_net_tx *tx = &net->tx[i];

		stats->tx_packets += READ_ONCE(tx->packets);
		stats->tx_bytes += READ_ONCE(tx->bytes);
		stats->tx_carrier_errors +=
			READ_ONCE(tx->counts[ARGO_NET_TX_PEER_GONE]);
		stats->tx_dropped +=
			READ_ONCE(tx->counts[ARGO_NET_TX_NO_PEER]) +
			READ_ONCE(tx->counts[ARGO_NET_TX_NO_QUEUE]) +
			READ_ONCE(tx->counts[ARGO_NET_TX_FLOOD_FULL]);
		stats->tx_errors +=
			READ_ONCE(tx->counts[ARGO_NET_TX_PEER_GONE]) +
			READ_ONCE(tx->counts[ARGO_NET_TX_TOO_LARGE]) +
			READ_ONCE(tx->counts[ARGO_NET_TX_ERRORS]);
	}
}

/*
 * All frames that peers send are taken, so there is no filter to set. Without
 * this operation the stack would refuse multicast addresses.
 */
static void argo_net_set_rx_mode(struct net_device *dev)
{
}

static const struct net_device_ops argo_net_ops = {
	.ndo_uninit = argo_net_uninit,
	.ndo_open = argo_net_open,
	.ndo_stop = argo_net_stop,
	.ndo_start_xmit = argo_net_xmit,
	.ndo_select_queue = argo_net_select_queue,
	.ndo_features_check = argo_net_features_check,
	.ndo_set_rx_mode = argo_net_set_rx_mode,
	.ndo_get_stats64 = argo_net_get_stats64,
	.ndo_set_mac_address = eth_mac_addr,
	.ndo_validate_addr = eth_validate_addr,
};

/**
 * argo_net_setup() - rtnl_link_ops.setup
 * @dev: the device, not registered yet
 */
void argo_net_setup(struct net_device *dev)
{
	struct argo_net *net = netdev_priv(dev);

	ether_setup(dev);
	net->dev = dev;
	dev->netdev_ops = &argo_net_ops;
	dev->ethtool_ops = &argo_net_ethtool_ops;
	dev->needs_free_netdev = true;
	dev->priv_flags |= IFF_LIVE_ADDR_CHANGE;
	/* Frames may be put into argo_net_peer.flood. */
	dev->priv_flags &= ~IFF_TX_SKB_SHARING;
	dev->min_mtu = ETH_MIN_MTU;
	dev->max_mtu = ETH_MAX_MTU;
	dev->features |= FEATURES;
	dev->hw_features |= FEATURES;
	dev->vlan_features |= FEATURES;
	dev->hw_enc_features |= FEATURES;
}
