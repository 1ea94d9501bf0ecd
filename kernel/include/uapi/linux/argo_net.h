/* SPDX-License-Identifier: GPL-2.0-only WITH Linux-syscall-note */
/*
 * Network devices over Argo: rtnetlink's IFLA_INFO_DATA for the kind "argo".
 */
#ifndef _UAPI_LINUX_ARGO_NET_H
#define _UAPI_LINUX_ARGO_NET_H

#include <linux/types.h>

#define ARGO_NET_KIND		"argo"
/* Of all ends of a network the same; below 1024, so no user's. */
#define ARGO_NET_DEFAULT_PORT	41u
/* Domains that may be listed. */
#define ARGO_NET_MAX_PEERS	64

/**
 * enum - attributes of a device
 * @IFLA_ARGO_PEER: u16: the domain at the other end; such a device is
 *	point-to-point. Only at creation.
 * @IFLA_ARGO_PEERS: array of u16: domains that broadcasts go to; not with
 *	@IFLA_ARGO_PEER. May be changed; none listed: empty.
 * @IFLA_ARGO_PORT: u32: Argo port, here and there. Only at creation.
 * @IFLA_ARGO_RING_SIZE: u32: bytes of each receive ring. Only at creation.
 * @IFLA_ARGO_TRUSTED: u8: take frames from any source address. May be changed.
 * @IFLA_ARGO_ATTACHMENT: string: which one, as the character device is named;
 *	"argo" if it is not there. Only at creation.
 */
enum {
	IFLA_ARGO_UNSPEC,
	IFLA_ARGO_PEER,
	IFLA_ARGO_PEERS,
	IFLA_ARGO_PORT,
	IFLA_ARGO_RING_SIZE,
	IFLA_ARGO_TRUSTED,
	IFLA_ARGO_ATTACHMENT,
	__IFLA_ARGO_MAX,
};

#define IFLA_ARGO_MAX		(__IFLA_ARGO_MAX - 1)

#endif /* _UAPI_LINUX_ARGO_NET_H */
