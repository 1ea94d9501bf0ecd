// SPDX-License-Identifier: GPL-2.0-only
#include <linux/ethtool.h>

int probe(const struct ethtool_ops *ops, struct net_device *dev);

int probe(const struct ethtool_ops *ops, struct net_device *dev)
{
	return ops->set_ringparam(dev, NULL, NULL, NULL);
}
