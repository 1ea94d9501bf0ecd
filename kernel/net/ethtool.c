// SPDX-License-Identifier: GPL-2.0-only
/* ethtool: the driver's name, counters, ring size, queues, timestamps. */
#include <linux/ethtool.h>
#include <linux/module.h>
#include <linux/rtnetlink.h>

#include "compat.h"
#include "net.h"

static const char names[ARGO_NET_COUNTS][ETH_GSTRING_LEN] = {
	[ARGO_NET_RX_SHORT] = "rx_short",
	[ARGO_NET_RX_MALFORMED] = "rx_malformed",
	[ARGO_NET_RX_WRONG_SOURCE] = "rx_wrong_source",
	[ARGO_NET_RX_BAD_OFFLOAD] = "rx_bad_offload",
	[ARGO_NET_RX_NO_MEMORY] = "rx_no_memory",
	[ARGO_NET_TX_NO_PEER] = "tx_no_peer",
	[ARGO_NET_TX_PEER_GONE] = "tx_peer_gone",
	[ARGO_NET_TX_TOO_LARGE] = "tx_too_large",
	[ARGO_NET_TX_NO_QUEUE] = "tx_no_queue",
	[ARGO_NET_TX_FLOOD_FULL] = "tx_flood_full",
	[ARGO_NET_TX_ERRORS] = "tx_errors",
	[ARGO_NET_TX_STOPPED] = "tx_stopped",
	[ARGO_NET_TX_COPIED] = "tx_copied",
};

static void get_drvinfo(struct net_device *dev, struct ethtool_drvinfo *info)
{
	struct argo_net *net = netdev_priv(dev);

	strscpy(info->driver, KBUILD_MODNAME, sizeof(info->driver));
	snprintf(info->bus_info, sizeof(info->bus_info), "%s:%u",
		 argo_hv_params(net->hv)->device, net->port);
}

static int get_sset_count(struct net_device *dev, int set)
{
	return set == ETH_SS_STATS ? ARGO_NET_COUNTS : -EOPNOTSUPP;
}

static void get_strings(struct net_device *dev, u32 set, u8 *data)
{
	if (set == ETH_SS_STATS)
		memcpy(data, names, sizeof(names));
}

static void get_ethtool_stats(struct net_device *dev,
			      struct ethtool_stats *stats, u64 *data)
{
	struct argo_net *net = netdev_priv(dev);
	unsigned int i, c;

	for (c = 0; c < ARGO_NET_COUNTS; c++) {
		data[c] = READ_ONCE(net->rx_counts[c]);
		for (i = 0; i < dev->real_num_tx_queues; i++)
			data[c] += READ_ONCE(net->tx[i].counts[c]);
	}
}

static void fill_ringparam(struct net_device *dev,
			   struct ethtool_ringparam *param)
{
	struct argo_net *net = netdev_priv(dev);

	/* The unit is bytes, since a ring has no slots for messages. */
	param->rx_max_pending = argo_hv_params(net->hv)->max_ring_len;
	param->rx_pending = net->ring_size;
}

static int change_ring(struct net_device *dev,
		       const struct ethtool_ringparam *param)
{
	struct argo_net *net = netdev_priv(dev);

	if (param->tx_pending || param->rx_mini_pending ||
	    param->rx_jumbo_pending || param->rx_pending < PAGE_SIZE)
		return -EINVAL;
	/* To replace the ring would make the peers lose their carrier. */
	if (netif_running(dev))
		return -EBUSY;
	net->ring_size = param->rx_pending;
	return 0;
}

#ifdef ARGO_HAVE_ETHTOOL_RINGPARAM_4
static void get_ringparam(struct net_device *dev,
			  struct ethtool_ringparam *param,
			  struct kernel_ethtool_ringparam *kernel_param,
			  struct netlink_ext_ack *extack)
{
	fill_ringparam(dev, param);
}

static int set_ringparam(struct net_device *dev,
			 struct ethtool_ringparam *param,
			 struct kernel_ethtool_ringparam *kernel_param,
			 struct netlink_ext_ack *extack)
{
	int rc = change_ring(dev, param);

	if (rc == -EBUSY)
		NL_SET_ERR_MSG(extack, "take the device down first");
	return rc;
}
#else
static void get_ringparam(struct net_device *dev,
			  struct ethtool_ringparam *param)
{
	fill_ringparam(dev, param);
}

static int set_ringparam(struct net_device *dev,
			 struct ethtool_ringparam *param)
{
	return change_ring(dev, param);
}
#endif

static void get_channels(struct net_device *dev,
			 struct ethtool_channels *channels)
{
	channels->max_rx = 1;
	channels->rx_count = 1;
	channels->max_tx = dev->real_num_tx_queues;
	channels->tx_count = dev->real_num_tx_queues;
}

static int get_link_ksettings(struct net_device *dev,
			      struct ethtool_link_ksettings *cmd)
{
	/* The speed is that of copying memory. */
	cmd->base.speed = SPEED_UNKNOWN;
	cmd->base.duplex = DUPLEX_FULL;
	cmd->base.port = PORT_OTHER;
	cmd->base.autoneg = AUTONEG_DISABLE;
	return 0;
}

const struct ethtool_ops argo_net_ethtool_ops = {
	.get_drvinfo = get_drvinfo,
	.get_link = ethtool_op_get_link,
	.get_channels = get_channels,
	.get_ts_info = ethtool_op_get_ts_info,
	.get_link_ksettings = get_link_ksettings,
	.get_sset_count = get_sset_count,
	.get_strings = get_strings,
	.get_ethtool_stats = get_ethtool_stats,
	.get_ringparam = get_ringparam,
	.set_ringparam = set_ringparam,
};
