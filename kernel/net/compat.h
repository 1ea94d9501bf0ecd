/* SPDX-License-Identifier: GPL-2.0-only */
/* Differences between kernel series in network devices; see argo/compat.h. */
#ifndef _ARGO_NET_COMPAT_H
#define _ARGO_NET_COMPAT_H

#include <linux/etherdevice.h>
#include <linux/ethtool.h>
#include <linux/netdevice.h>

static inline void argo_netif_napi_add(struct net_device *dev,
				       struct napi_struct *napi,
				       int (*poll)(struct napi_struct *, int))
{
#ifdef ARGO_HAVE_NAPI_ADD_3
	netif_napi_add(dev, napi, poll);
#else
	netif_napi_add(dev, napi, poll, NAPI_POLL_WEIGHT);
#endif
}

#ifndef ARGO_HAVE_ETH_HW_ADDR_SET
static inline void eth_hw_addr_set(struct net_device *dev, const u8 *addr)
{
	ether_addr_copy(dev->dev_addr, addr);
}
#endif

#endif /* _ARGO_NET_COMPAT_H */
