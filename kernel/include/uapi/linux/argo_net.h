/* SPDX-License-Identifier: GPL-2.0-only WITH Linux-syscall-note */
/*
 * Network devices over Argo: rtnetlink's IFLA_INFO_DATA for the kind "argo".
 */
#ifndef _UAPI_LINUX_ARGO_NET_H
#define _UAPI_LINUX_ARGO_NET_H

#include <linux/types.h>

#define ARGO_NET_KIND		"argo"
/* Most domains that IFLA_ARGO_PEERS may list. */
#define ARGO_NET_MAX_PEERS	64

/**
 * enum - attributes of a device
 * @IFLA_ARGO_PEER: u16: the domain at the other end of a point-to-point device.
 *	Only at creation.
 * @IFLA_ARGO_PEERS: array of u16, may be empty: domains that broadcasts go to,
 *	beside domains that sent a frame; not with @IFLA_ARGO_PEER. May be
 *	changed.
 * @IFLA_ARGO_PORT: u32: Argo port, of this domain and of all peers. Only at
 *	creation.
 * @IFLA_ARGO_RING_SIZE: u32: bytes of each receive ring. Only at creation.
 * @IFLA_ARGO_TRUSTED: u8: accept frames with any source address. May be
 *	changed.
 * @IFLA_ARGO_ATTACHMENT: string: name of the attachment's character device;
 *	"argo" if the attribute is not there. Only at creation.
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
