/* SPDX-License-Identifier: (GPL-2.0-only WITH Linux-syscall-note) OR MIT */
/*
 * /dev/argo: messages between domains of one hypervisor.
 *
 * An open file is an endpoint. An endpoint is bound to one receive ring (a
 * port, and either one partner domain or any), may have one default
 * destination, and sends to any address. Messages keep their boundaries and
 * their order between one sender and one ring; a message arrives once, or its
 * sender gets an error.
 *
 * Rules that hold for every operation:
 *  - The argument is a struct that starts with its own size and a flags word.
 *    A size below that of version 1 is EINVAL, and so is a larger struct with
 *    anything but zeros behind the fields that this kernel knows. Unknown flags
 *    and reserved fields that are not zero are EINVAL.
 *  - Pointers are __u64, so that 32-bit programs use the same ABI.
 *  - Times are nanoseconds. A call whose timeout is 0 waits no longer than the
 *    timeout in struct argo_options, where 0, the default, means no limit. A
 *    call with ARGO_DONTWAIT or O_NONBLOCK does not wait.
 *  - A signal ends a wait: the call returns EINTR if it has done nothing, or
 *    else how much it has done.
 *
 * The errors are in docs/errors.md.
 */
#ifndef _UAPI_LINUX_ARGO_H
#define _UAPI_LINUX_ARGO_H

#include <linux/ioctl.h>
#include <linux/types.h>

#define ARGO_ABI_VERSION	1

/* Domain ids from this one up name no domain; some have a special meaning. */
#define ARGO_DOMID_FIRST_RESERVED	0x7ff0
/* The calling domain itself. */
#define ARGO_DOMID_SELF		0x7ff0
/* As the partner in a bind: any domain. As a destination: the default one. */
#define ARGO_DOMID_ANY		0x7ff4
/* As the end of a cable: the hypervisor that this one runs on. */
#define ARGO_DOMID_PARENT	0x7ff5
/* As a destination, with port 0: the other end of the own port's cable. */
#define ARGO_DOMID_CABLE	0x7ff6

/* Ports below this one need CAP_NET_BIND_SERVICE to bind. */
#define ARGO_PORT_PRIVILEGED	1024
/* Port 0 in a bind asks for a free port from here to 0xffffffff. */
#define ARGO_PORT_ANY		0
#define ARGO_PORT_EPHEMERAL	0xc0000000u

/*
 * Well-known ports. All are below ARGO_PORT_PRIVILEGED, so that a message from
 * one of them is from the port's front-end or from a privileged user.
 */
#define ARGO_PORT_VSOCK		40	/* AF_VSOCK, and its value */
#define ARGO_PORT_NET		41	/* network devices, by default */
#define ARGO_PORT_VIRTIO_BUS	42	/* VirtIO: which devices there are */
#define ARGO_PORT_VIRTIO_DRIVER	43	/* VirtIO: a guest's drivers */
#define ARGO_PORT_VIRTIO_DEVICE	256	/* VirtIO: and the id of a kind of device */

struct argo_addr {
	__u32 port;
	__u16 domid;
	__u16 reserved;
};

/**
 * struct argo_cable - a cable between the ports of two domains
 * @src: messages from this port to { 0, ARGO_DOMID_CABLE }
 * @dst: go there; its domain may be ARGO_DOMID_PARENT, which nothing reaches
 *	yet
 */
struct argo_cable {
	struct argo_addr src;
	struct argo_addr dst;
};

/* Flags of one call, for the operations that mention them. */
#define ARGO_DONTWAIT		(1u << 0)	/* EAGAIN instead of waiting */
#define ARGO_PEEK		(1u << 1)	/* receive: leave the message */

/**
 * struct argo_info - the driver, the hypervisor and its limits
 * @size: in: sizeof(struct argo_info) as the caller knows it
 * @flags: in: 0
 * @abi_version: out: ARGO_ABI_VERSION of the driver
 * @domid: out: the calling domain's own id, which a restore may change
 * @reserved: 0
 * @hypervisor: out: name of the hypervisor, NUL-terminated ("xen")
 * @max_message: out: largest payload that any ring can take, in bytes
 * @min_ring_size: out: smallest ring, in bytes
 * @max_ring_size: out: largest ring, in bytes
 * @default_ring_size: out: size of the ring of a bind that asks for 0
 * @max_rings: out: rings that the hypervisor allows this domain
 * @rings: out: rings that this domain has now
 * @max_iov: out: vectors in one message
 * @max_batch: out: messages in one call
 */
struct argo_info {
	__u32 size;
	__u32 flags;
	__u32 abi_version;
	__u16 domid;
	__u16 reserved;
	char  hypervisor[16];
	__u32 max_message;
	__u32 min_ring_size;
	__u32 max_ring_size;
	__u32 default_ring_size;
	__u32 max_rings;
	__u32 rings;
	__u32 max_iov;
	__u32 max_batch;
};

/* No other ring may share the port, not even one for another partner. */
#define ARGO_BIND_EXCLUSIVE	(1u << 0)

/**
 * struct argo_bind - give the endpoint its receive ring
 * @size: in: sizeof(struct argo_bind)
 * @flags: in: ARGO_BIND_EXCLUSIVE or 0
 * @port: in: the port, or ARGO_PORT_ANY; out: the port
 * @partner: in: the only domain that may send to the ring, ARGO_DOMID_SELF, or
 *	ARGO_DOMID_ANY for all; out: the same, SELF replaced by the own id
 * @domid: in: 0; out: the own domain id
 * @ring_size: in: bytes wanted, 0 for the default; out: bytes given, which are
 *	at least the bytes wanted (rings are whole pages)
 * @max_message: in: 0; out: largest payload that the ring takes, in bytes
 *
 * Rings of one port with different partners may coexist when one user owns
 * them through one front-end and none is exclusive. A message goes to the ring
 * whose partner is its sender if there is one, else to the ring for any domain.
 */
struct argo_bind {
	__u32 size;
	__u32 flags;
	__u32 port;
	__u16 partner;
	__u16 domid;
	__u32 ring_size;
	__u32 max_message;
};

/**
 * struct argo_connect - set or clear the default destination
 * @size: in: sizeof(struct argo_connect)
 * @flags: in: 0
 * @addr: in: the peer, or { 0, ARGO_DOMID_CABLE } for a bound endpoint;
 *	{ 0, ARGO_DOMID_ANY } clears it
 *
 * From then on only messages from exactly this address are received; other
 * messages are dropped and counted. At a cable, which may be plugged elsewhere
 * at any time, messages from all addresses are received. An endpoint that is
 * not bound gets an ephemeral port whose partner is the peer's domain. The peer
 * need not be there yet.
 */
struct argo_connect {
	__u32 size;
	__u32 flags;
	struct argo_addr addr;
};

struct argo_iovec {
	__u64 base;
	__u64 len;
};

/* out: the message was longer than the buffers; the rest of it is lost. */
#define ARGO_MSG_TRUNC		(1u << 0)

/**
 * struct argo_msg - one message of a send or a receive
 * @iov: in: address of an array of struct argo_iovec; may be 0 if @iovcnt is 0
 * @iovcnt: in: entries in @iov, at most argo_info.max_iov
 * @flags: in: 0; out of a receive: ARGO_MSG_TRUNC or 0
 * @addr: in of a send: destination, { 0, ARGO_DOMID_ANY } for the default
 *	one, or { 0, ARGO_DOMID_CABLE }; out of a receive: the source, whose
 *	domain the hypervisor vouches for (the port is what the sender's kernel
 *	claims)
 * @type: in of a send, out of a receive: message type, whose meaning users
 *	agree on
 * @len: out: payload bytes of the whole message, also where it was truncated
 */
struct argo_msg {
	__u64 iov;
	__u32 iovcnt;
	__u32 flags;
	struct argo_addr addr;
	__u32 type;
	__u32 len;
};

/**
 * struct argo_batch - send or receive several messages
 * @size: in: sizeof(struct argo_batch)
 * @flags: in: ARGO_DONTWAIT, and for a receive ARGO_PEEK (@count must be 1)
 * @msgs: in: address of an array of struct argo_msg
 * @count: in: entries in @msgs, 1 to argo_info.max_batch
 * @done: in: 0; out: messages sent or received
 * @timeout_ns: in: longest wait, 0 for the timeout in struct argo_options
 *
 * A send goes on until all messages are sent, and waits for space if necessary.
 * A receive waits for the first message and then takes messages that are there.
 * When an error stops a call after the first message, the call succeeds with
 * the number of messages in @done; the next call returns the error if it
 * persists. A timeout without any message done is ETIMEDOUT.
 *
 * A send from an endpoint that is not bound binds the endpoint to an ephemeral
 * port with a ring for any domain or, if the hypervisor does not allow such
 * rings, with a ring for the first destination's domain.
 */
struct argo_batch {
	__u32 size;
	__u32 flags;
	__u64 msgs;
	__u32 count;
	__u32 done;
	__u64 timeout_ns;
};

/* Operations of struct argo_space. */
#define ARGO_SPACE_QUERY	0	/* report the state at once */
#define ARGO_SPACE_WAIT		(1u << 1) /* return when @need bytes fit */
#define ARGO_SPACE_DRAIN	(1u << 2) /* return when the ring is empty */
#define ARGO_SPACE_WATCH	(1u << 3) /* poll() asks for @need at @addr */

/* State of a destination. */
#define ARGO_STATE_EXISTS	(1u << 0)	/* it has a ring */
#define ARGO_STATE_SHARED	(1u << 1)	/* any domain may send */
#define ARGO_STATE_EMPTY	(1u << 2)	/* the ring is empty */
#define ARGO_STATE_SUFFICIENT	(1u << 3)	/* @need bytes fit now */
#define ARGO_STATE_TOO_LARGE	(1u << 4)	/* @need bytes can never fit */

/**
 * struct argo_space - ask or wait for space at an address
 * @size: in: sizeof(struct argo_space)
 * @flags: in: one of ARGO_SPACE_*, and ARGO_DONTWAIT (a WAIT or DRAIN that
 *	would wait is then EAGAIN)
 * @addr: in: destination, { 0, ARGO_DOMID_ANY } for the default one, or
 *	{ 0, ARGO_DOMID_CABLE }
 * @need: in: payload bytes
 * @state: in: 0; out: ARGO_STATE_*
 * @max_message: in: 0; out: largest payload that the ring takes, 0 if there is
 *	no ring
 * @reserved: 0
 * @timeout_ns: in: longest wait, 0 for the timeout in struct argo_options
 *
 * QUERY and WATCH do not fail if there is no ring or @need is too large for it:
 * @state tells. WAIT and DRAIN fail (ECONNREFUSED, EMSGSIZE, ...).
 * After a WATCH, until another WATCH or a connect, poll() reports EPOLLOUT when
 * @need bytes fit at @addr, or can never fit, or the ring has gone (a send then
 * gets an error at once). After a WATCH of { 0, ARGO_DOMID_ANY }, poll() asks
 * for argo_options.send_lowat bytes at the default destination again, and
 * @state is about them; without a default destination poll() always reports
 * EPOLLOUT.
 */
struct argo_space {
	__u32 size;
	__u32 flags;
	struct argo_addr addr;
	__u32 need;
	__u32 state;
	__u32 max_message;
	__u32 reserved;
	__u64 timeout_ns;
};

/* The options to set; the other options are only reported. */
#define ARGO_OPT_SEND_LOWAT	(1u << 0)
#define ARGO_OPT_SEND_TIMEOUT	(1u << 1)
#define ARGO_OPT_RECV_TIMEOUT	(1u << 2)
#define ARGO_OPT_TYPE		(1u << 3)

/**
 * struct argo_options - settings of the endpoint
 * @size: in: sizeof(struct argo_options)
 * @flags: in: ARGO_OPT_* to set
 * @send_lowat: in/out: poll() reports EPOLLOUT when so many bytes fit at the
 *	default destination (default 1)
 * @type: in/out: message type of messages that write() sends (default 0)
 * @send_timeout_ns: in/out: longest wait of write(), and of sends and waits for
 *	space whose timeout_ns is 0; 0 for no limit
 * @recv_timeout_ns: in/out: longest wait of read(), and of receives whose
 *	timeout_ns is 0; 0 for no limit
 */
struct argo_options {
	__u32 size;
	__u32 flags;
	__u32 send_lowat;
	__u32 type;
	__u64 send_timeout_ns;
	__u64 recv_timeout_ns;
};

#define ARGO_STATUS_BOUND	(1u << 0)
#define ARGO_STATUS_CONNECTED	(1u << 1)
#define ARGO_STATUS_HUP		(1u << 2)	/* the peer's ring has gone */
#define ARGO_STATUS_BROKEN	(1u << 3)	/* the ring is out of use */

/**
 * struct argo_status - the endpoint as it is now
 * @size: in: sizeof(struct argo_status)
 * @flags: in: 0; out: ARGO_STATUS_*
 * @local: out: own address
 * @remote: out: default destination, { 0, ARGO_DOMID_ANY } if none
 * @partner: out: the domain that may send to the ring, or ARGO_DOMID_ANY
 * @reserved: 0
 * @ring_size: out: size of the ring in bytes, 0 if not bound
 * @fill: out: bytes of the ring in use
 * @next_len: out: payload of the message that a receive would return next, in
 *	bytes; ~0 if there is none
 */
struct argo_status {
	__u32 size;
	__u32 flags;
	struct argo_addr local;
	struct argo_addr remote;
	__u16 partner;
	__u16 reserved;
	__u32 ring_size;
	__u32 fill;
	__u32 next_len;
};

/**
 * struct argo_ring_entry - one ring of this domain
 * @port: port of the ring
 * @partner: the domain that may send to the ring, or ARGO_DOMID_ANY
 * @flags: ARGO_STATUS_BROKEN or 0
 * @ring_size: size of the ring in bytes
 * @fill: bytes of the ring in use
 * @owner: module that owns the ring ("argo_char")
 * @comm: for /dev/argo, command that bound the ring
 * @pid: for /dev/argo, process that bound the ring, as seen from the caller's
 *	pid namespace; 0 if the process is not visible there
 * @uid: for /dev/argo, user that bound the ring
 * @rx_messages: messages received
 * @rx_bytes: payload bytes received
 * @tx_messages: messages sent from this port
 * @tx_bytes: payload bytes sent from this port
 * @drops: messages that arrived and were not delivered: they were from another
 *	address than the default destination, or unread when the ring was reset
 *	or closed
 * @truncated: messages received in part
 * @tx_full: sends that met a full ring
 * @rx_waits: receives that had to wait
 * @resets: restores that emptied the ring
 */
struct argo_ring_entry {
	__u32 port;
	__u16 partner;
	__u16 flags;
	__u32 ring_size;
	__u32 fill;
	char  owner[32];
	char  comm[16];
	__u32 pid;
	__u32 uid;
	__u64 rx_messages;
	__u64 rx_bytes;
	__u64 tx_messages;
	__u64 tx_bytes;
	__u64 drops;
	__u64 truncated;
	__u64 tx_full;
	__u64 rx_waits;
	__u64 resets;
};

/**
 * struct argo_list - the rings of this domain
 * @size: in: sizeof(struct argo_list)
 * @flags: in: 0
 * @entries: in: address of an array of struct argo_ring_entry
 * @entry_size: in: sizeof(struct argo_ring_entry) as the caller knows it, 8 to
 *	4096; that many bytes of each entry are written, zeros behind the fields
 *	that this kernel knows
 * @count: in: entries that the array has room for; out: number of rings, which
 *	may be more
 *
 * Without CAP_NET_ADMIN only the rings of the caller's own user are listed.
 */
struct argo_list {
	__u32 size;
	__u32 flags;
	__u64 entries;
	__u32 entry_size;
	__u32 count;
};

/**
 * struct argo_cable_change - plug a cable, or unplug one
 * @size: in: sizeof(struct argo_cable_change)
 * @flags: in: 0
 * @cable: in: the cable, whose domains may be ARGO_DOMID_SELF; with
 *	ARGO_IOC_CABLE_REMOVE its dst is 0
 *
 * These operations need CAP_SYS_ADMIN, and a domain that may do it: domain 0,
 * or one that the hypervisor's policy allows to. A cable ends with either of
 * its domains.
 */
struct argo_cable_change {
	__u32 size;
	__u32 flags;
	struct argo_cable cable;
};

/**
 * struct argo_cable_list - the cables of all domains
 * @size: in: sizeof(struct argo_cable_list)
 * @flags: in: 0
 * @cables: in: address of an array of struct argo_cable
 * @count: in: entries that the array has room for; out: number of cables, which
 *	may be more
 * @reserved: 0
 *
 * This needs the same rights as struct argo_cable_change. Cables that change
 * meanwhile may be in the list or not.
 */
struct argo_cable_list {
	__u32 size;
	__u32 flags;
	__u64 cables;
	__u32 count;
	__u32 reserved;
};

#define ARGO_IOC_MAGIC		0xb6

#define ARGO_IOC_INFO		_IO(ARGO_IOC_MAGIC, 0x00) /* struct argo_info */
#define ARGO_IOC_BIND		_IO(ARGO_IOC_MAGIC, 0x01) /* struct argo_bind */
#define ARGO_IOC_CONNECT	_IO(ARGO_IOC_MAGIC, 0x02) /* struct argo_connect */
#define ARGO_IOC_SEND		_IO(ARGO_IOC_MAGIC, 0x03) /* struct argo_batch */
#define ARGO_IOC_RECV		_IO(ARGO_IOC_MAGIC, 0x04) /* struct argo_batch */
#define ARGO_IOC_SPACE		_IO(ARGO_IOC_MAGIC, 0x05) /* struct argo_space */
#define ARGO_IOC_OPTIONS	_IO(ARGO_IOC_MAGIC, 0x06) /* struct argo_options */
#define ARGO_IOC_STATUS		_IO(ARGO_IOC_MAGIC, 0x07) /* struct argo_status */
#define ARGO_IOC_LIST		_IO(ARGO_IOC_MAGIC, 0x08) /* struct argo_list */

/* struct argo_cable_change, twice; struct argo_cable_list */
#define ARGO_IOC_CABLE_ADD	_IO(ARGO_IOC_MAGIC, 0x40)
#define ARGO_IOC_CABLE_REMOVE	_IO(ARGO_IOC_MAGIC, 0x41)
#define ARGO_IOC_CABLE_LIST	_IO(ARGO_IOC_MAGIC, 0x42)

#endif /* _UAPI_LINUX_ARGO_H */
