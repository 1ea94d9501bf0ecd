/* SPDX-License-Identifier: GPL-2.0-only */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM argo

#if !defined(_ARGO_TRACE_H) || defined(TRACE_HEADER_MULTI_READ)
#define _ARGO_TRACE_H

#include <linux/tracepoint.h>

DECLARE_EVENT_CLASS(argo_ring,
	TP_PROTO(u32 port, u16 partner, u32 len, int rc),
	TP_ARGS(port, partner, len, rc),
	TP_STRUCT__entry(
		__field(u32, port)
		__field(u16, partner)
		__field(u32, len)
		__field(int, rc)
	),
	TP_fast_assign(
		__entry->port = port;
		__entry->partner = partner;
		__entry->len = len;
		__entry->rc = rc;
	),
	TP_printk("port=%u partner=%u len=%u rc=%d", __entry->port,
		  __entry->partner, __entry->len, __entry->rc)
);

DEFINE_EVENT(argo_ring, argo_ring_register,
	TP_PROTO(u32 port, u16 partner, u32 len, int rc),
	TP_ARGS(port, partner, len, rc)
);

DEFINE_EVENT(argo_ring, argo_ring_unregister,
	TP_PROTO(u32 port, u16 partner, u32 len, int rc),
	TP_ARGS(port, partner, len, rc)
);

DEFINE_EVENT(argo_ring, argo_ring_reset,
	TP_PROTO(u32 port, u16 partner, u32 len, int rc),
	TP_ARGS(port, partner, len, rc)
);

TRACE_EVENT(argo_send,
	TP_PROTO(u32 src_port, u16 domid, u32 port, u32 len, u32 type, int rc),
	TP_ARGS(src_port, domid, port, len, type, rc),
	TP_STRUCT__entry(
		__field(u32, src_port)
		__field(u16, domid)
		__field(u32, port)
		__field(u32, len)
		__field(u32, type)
		__field(int, rc)
	),
	TP_fast_assign(
		__entry->src_port = src_port;
		__entry->domid = domid;
		__entry->port = port;
		__entry->len = len;
		__entry->type = type;
		__entry->rc = rc;
	),
	TP_printk("from=%u to=%u:%u len=%u type=%#x rc=%d", __entry->src_port,
		  __entry->domid, __entry->port, __entry->len, __entry->type,
		  __entry->rc)
);

DECLARE_EVENT_CLASS(argo_message,
	TP_PROTO(u32 port, u16 src_domid, u32 src_port, u32 len, u32 type),
	TP_ARGS(port, src_domid, src_port, len, type),
	TP_STRUCT__entry(
		__field(u32, port)
		__field(u16, src_domid)
		__field(u32, src_port)
		__field(u32, len)
		__field(u32, type)
	),
	TP_fast_assign(
		__entry->port = port;
		__entry->src_domid = src_domid;
		__entry->src_port = src_port;
		__entry->len = len;
		__entry->type = type;
	),
	TP_printk("port=%u from=%u:%u len=%u type=%#x", __entry->port,
		  __entry->src_domid, __entry->src_port, __entry->len,
		  __entry->type)
);

DEFINE_EVENT(argo_message, argo_receive,
	TP_PROTO(u32 port, u16 src_domid, u32 src_port, u32 len, u32 type),
	TP_ARGS(port, src_domid, src_port, len, type)
);

DEFINE_EVENT(argo_message, argo_drop,
	TP_PROTO(u32 port, u16 src_domid, u32 src_port, u32 len, u32 type),
	TP_ARGS(port, src_domid, src_port, len, type)
);

TRACE_EVENT(argo_space,
	TP_PROTO(u16 domid, u32 port, u32 need, u16 flags),
	TP_ARGS(domid, port, need, flags),
	TP_STRUCT__entry(
		__field(u16, domid)
		__field(u32, port)
		__field(u32, need)
		__field(u16, flags)
	),
	TP_fast_assign(
		__entry->domid = domid;
		__entry->port = port;
		__entry->need = need;
		__entry->flags = flags;
	),
	TP_printk("at=%u:%u need=%u flags=%#x", __entry->domid, __entry->port,
		  __entry->need, __entry->flags)
);

TRACE_EVENT(argo_interrupt,
	TP_PROTO(u16 domid, unsigned int moved),
	TP_ARGS(domid, moved),
	TP_STRUCT__entry(
		__field(u16, domid)
		__field(unsigned int, moved)
	),
	TP_fast_assign(
		__entry->domid = domid;
		__entry->moved = moved;
	),
	TP_printk("domid=%u rings_moved=%u", __entry->domid, __entry->moved)
);

TRACE_EVENT(argo_restored,
	TP_PROTO(u16 old_domid, u16 new_domid),
	TP_ARGS(old_domid, new_domid),
	TP_STRUCT__entry(
		__field(u16, old_domid)
		__field(u16, new_domid)
	),
	TP_fast_assign(
		__entry->old_domid = old_domid;
		__entry->new_domid = new_domid;
	),
	TP_printk("was=%u is=%u", __entry->old_domid, __entry->new_domid)
);

/* Directions and protocols are those of uapi/linux/argo_firewall.h. */
TRACE_EVENT(argo_denied,
	TP_PROTO(u8 direction, u8 protocol, u16 domid, u32 local, u32 remote,
		 u32 rule),
	TP_ARGS(direction, protocol, domid, local, remote, rule),
	TP_STRUCT__entry(
		__field(u8, direction)
		__field(u8, protocol)
		__field(u16, domid)
		__field(u32, local)
		__field(u32, remote)
		__field(u32, rule)
	),
	TP_fast_assign(
		__entry->direction = direction;
		__entry->protocol = protocol;
		__entry->domid = domid;
		__entry->local = local;
		__entry->remote = remote;
		__entry->rule = rule;
	),
	TP_printk("direction=%u protocol=%u domid=%u local=%u remote=%u rule=%d",
		  __entry->direction, __entry->protocol, __entry->domid,
		  __entry->local, __entry->remote, (int)__entry->rule)
);

#endif /* _ARGO_TRACE_H */

#undef TRACE_INCLUDE_PATH
#define TRACE_INCLUDE_PATH .
#undef TRACE_INCLUDE_FILE
#define TRACE_INCLUDE_FILE trace
#include <trace/define_trace.h>
