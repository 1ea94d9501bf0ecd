/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What goes between network devices of two domains; docs/net.md.
 *
 * A message is a struct virtio_net_hdr, little endian, and an Ethernet frame.
 * Its type says so. Pure functions: they compile in user space too, where
 * they are tested.
 */
#ifndef _ARGO_NET_WIRE_H
#define _ARGO_NET_WIRE_H

#ifdef __KERNEL__
#include <linux/etherdevice.h>
#include <linux/types.h>
#include <linux/virtio_net.h>
#else
#include "wire_user.h"
#endif

/* 'N', and the version. */
#define ARGO_NET_FRAME			0x4e000001u

/* From here up, domids mean no domain. */
#define ARGO_NET_DOMIDS			0x7ff0u

/* A locally administered address: "ARG", and the domid, big endian. */
#define ARGO_NET_OUI			{ 0x02, 'A', 'R', 'G' }

/**
 * argo_net_mac() - the address of a domain
 * @mac: filled in
 * @domid: the domain
 */
static inline void argo_net_mac(u8 *mac, u16 domid)
{
	static const u8 oui[] = ARGO_NET_OUI;

	memcpy(mac, oui, sizeof(oui));
	mac[4] = domid >> 8;
	mac[5] = domid & 0xff;
}

/**
 * argo_net_domid() - the domain of an address
 * @mac: the address
 *
 * Return: its id, or -1 if it is no domain's.
 */
static inline int argo_net_domid(const u8 *mac)
{
	static const u8 oui[] = ARGO_NET_OUI;
	int domid = mac[4] << 8 | mac[5];

	return memcmp(mac, oui, sizeof(oui)) || domid >= ARGO_NET_DOMIDS ?
	       -1 : domid;
}

#endif /* _ARGO_NET_WIRE_H */
