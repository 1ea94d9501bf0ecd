/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The format of the messages between network devices; docs/net.md.
 *
 * A message of the type ARGO_NET_FRAME is a struct virtio_net_hdr, little
 * endian, and an Ethernet frame. The functions are pure: they compile in user
 * space too, where they are tested.
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

#include <uapi/linux/argo.h>

/* The type of a message: 'N', and the version of the format. */
#define ARGO_NET_FRAME			0x4e000001u

/*
 * Senders leave no smaller segments of a TCP frame to the receiver, so that one
 * message does not become thousands of packets: IPv4's default segment size
 * (RFC 9293), less the most that TCP's options take.
 */
#define ARGO_NET_MIN_SEGMENT		(536u - 40u)

/* A locally administered address: "ARG", and the domid, big endian. */
#define ARGO_NET_OUI			{ 0x02, 'A', 'R', 'G' }

/**
 * argo_net_mac() - get the address of a domain
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
 * argo_net_domid() - get the domain of an address
 * @mac: the address
 *
 * Return: the domain's id, or -1 if the address is no domain's.
 */
static inline int argo_net_domid(const u8 *mac)
{
	static const u8 oui[] = ARGO_NET_OUI;
	int domid = mac[4] << 8 | mac[5];

	if (memcmp(mac, oui, sizeof(oui)) || domid >= ARGO_DOMID_FIRST_RESERVED)
		return -1;
	return domid;
}

#endif /* _ARGO_NET_WIRE_H */
