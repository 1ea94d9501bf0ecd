// SPDX-License-Identifier: GPL-2.0-only
/* The operations of include/uapi/linux/argo.h: what is copied and checked. */
#include <linux/capability.h>
#include <linux/cred.h>
#include <linux/fs.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/uaccess.h>

#include "endpoint.h"

/* Sizes of version 1. Later fields go behind these. */
#define INFO_MIN	offsetofend(struct argo_info, max_batch)
#define BIND_MIN	offsetofend(struct argo_bind, max_message)
#define CONNECT_MIN	offsetofend(struct argo_connect, addr)
#define BATCH_MIN	offsetofend(struct argo_batch, timeout_ns)
#define SPACE_MIN	offsetofend(struct argo_space, timeout_ns)
#define OPTIONS_MIN	offsetofend(struct argo_options, recv_timeout_ns)
#define STATUS_MIN	offsetofend(struct argo_status, next_len)
#define LIST_MIN	offsetofend(struct argo_list, count)

/* Rings that are listed at once; any hypervisor known has fewer. */
#define LIST_MAX	1024
/* Room for later fields. */
#define ENTRY_MAX	4096

/*
 * Bring in the struct, whose first field is its size as the caller knows it.
 * Return: that size, -EFAULT, -EINVAL.
 */
static int get_arg(void *arg, size_t known, size_t min,
		   const void __user *from)
{
	u32 size;
	int rc;

	if (get_user(size, (const u32 __user *)from))
		return -EFAULT;
	if (size < min || size > PAGE_SIZE)
		return -EINVAL;
	rc = copy_struct_from_user(arg, known, from, size);
	/* Something that this kernel does not know. */
	if (rc == -E2BIG)
		return -EINVAL;
	return rc ?: size;
}

/* @size is what get_arg() returned. */
static int put_arg(void __user *to, const void *arg, size_t known, int size)
{
	return copy_to_user(to, arg, min_t(size_t, known, size)) ? -EFAULT : 0;
}

static bool all_zero(const void *from, const void *to)
{
	return !memchr_inv(from, 0, to - from);
}

static int do_info(struct argo_endpoint *ep, void __user *p)
{
	struct argo_info arg;
	int size = get_arg(&arg, sizeof(arg), INFO_MIN, p);

	if (size < 0)
		return size;
	if (!all_zero(&arg.flags, &arg + 1))
		return -EINVAL;
	argo_hv_info(ep->hv, &arg);
	return put_arg(p, &arg, sizeof(arg), size);
}

static int do_bind(struct argo_endpoint *ep, void __user *p)
{
	struct argo_bind arg;
	int size = get_arg(&arg, sizeof(arg), BIND_MIN, p);
	int rc;

	if (size < 0)
		return size;
	if (arg.flags & ~ARGO_BIND_EXCLUSIVE || arg.domid || arg.max_message)
		return -EINVAL;
	rc = argo_endpoint_bind(ep, &arg);
	return rc ?: put_arg(p, &arg, sizeof(arg), size);
}

static int do_connect(struct argo_endpoint *ep, void __user *p)
{
	struct argo_connect arg;
	int size = get_arg(&arg, sizeof(arg), CONNECT_MIN, p);

	if (size < 0)
		return size;
	if (arg.flags || arg.addr.reserved)
		return -EINVAL;
	return argo_endpoint_connect(ep, &arg.addr);
}

static int get_msg(struct argo_msg *msg, const struct argo_msg __user *from)
{
	if (copy_from_user(msg, from, sizeof(*msg)))
		return -EFAULT;
	if (msg->flags || msg->iovcnt > ARGO_MAX_SEGMENTS)
		return -EINVAL;
	return 0;
}

static int send_nth(struct argo_endpoint *ep, struct argo_msg __user *p,
		    bool dontwait, ktime_t deadline)
{
	struct argo_msg msg;
	int rc;

	rc = get_msg(&msg, p);
	if (rc)
		return rc;
	/* A message is sent only if that can be reported, or it is sent again. */
	if (put_user(msg.len, &p->len))
		return -EFAULT;
	rc = argo_endpoint_send_msg(ep, &msg, dontwait, deadline);
	if (rc < 0)
		return rc;
	return put_user((u32)rc, &p->len) ? -EFAULT : 0;
}

static int recv_nth(struct argo_endpoint *ep, struct argo_msg __user *p,
		    bool peek, bool dontwait, ktime_t deadline)
{
	struct argo_msg msg;
	int rc;

	rc = get_msg(&msg, p);
	if (rc)
		return rc;
	/* A message is taken only if its header can be handed over. */
	if (copy_to_user(p, &msg, sizeof(msg)))
		return -EFAULT;
	rc = argo_endpoint_recv_msg(ep, &msg, peek, dontwait, deadline);
	if (rc)
		return rc;
	return copy_to_user(p, &msg, sizeof(msg)) ? -EFAULT : 0;
}

static int batch_check(const struct argo_batch *arg, u32 flags)
{
	if (arg->flags & ~flags || arg->done || !arg->count ||
	    arg->count > ARGO_MAX_BATCH ||
	    (arg->flags & ARGO_PEEK && arg->count != 1))
		return -EINVAL;
	return 0;
}

static int do_send(struct argo_endpoint *ep, void __user *p, bool nonblock)
{
	struct argo_msg __user *msgs;
	struct argo_batch arg;
	ktime_t deadline;
	int size = get_arg(&arg, sizeof(arg), BATCH_MIN, p);
	int rc;

	if (size < 0)
		return size;
	rc = batch_check(&arg, ARGO_DONTWAIT);
	if (rc)
		return rc;
	msgs = u64_to_user_ptr(arg.msgs);
	deadline = argo_deadline(arg.timeout_ns, READ_ONCE(ep->send_timeout));
	nonblock |= arg.flags & ARGO_DONTWAIT;
	/* Likewise for how many were. */
	rc = put_arg(p, &arg, sizeof(arg), size);
	if (rc)
		return rc;
	while (arg.done < arg.count) {
		rc = send_nth(ep, &msgs[arg.done], nonblock, deadline);
		if (rc)
			break;
		arg.done++;
	}
	if (!arg.done)
		return rc;
	return put_arg(p, &arg, sizeof(arg), size);
}

static int do_recv(struct argo_endpoint *ep, void __user *p, bool nonblock)
{
	struct argo_msg __user *msgs;
	struct argo_batch arg;
	ktime_t deadline;
	int size = get_arg(&arg, sizeof(arg), BATCH_MIN, p);
	int rc;

	if (size < 0)
		return size;
	rc = batch_check(&arg, ARGO_DONTWAIT | ARGO_PEEK);
	if (rc)
		return rc;
	msgs = u64_to_user_ptr(arg.msgs);
	deadline = argo_deadline(arg.timeout_ns, READ_ONCE(ep->recv_timeout));
	nonblock |= arg.flags & ARGO_DONTWAIT;
	/* What was received must be reported, so see now that it can be. */
	rc = put_arg(p, &arg, sizeof(arg), size);
	if (rc)
		return rc;
	while (arg.done < arg.count) {
		rc = recv_nth(ep, &msgs[arg.done], arg.flags & ARGO_PEEK,
			      nonblock || arg.done, deadline);
		if (rc)
			break;
		arg.done++;
	}
	if (!arg.done)
		return rc;
	return put_arg(p, &arg, sizeof(arg), size);
}

static int space_action(struct argo_endpoint *ep, struct argo_space *arg,
			const struct argo_addr *to, bool nonblock,
			struct argo_space_state *state)
{
	u32 what = arg->flags & ~ARGO_DONTWAIT;
	bool drain = what == ARGO_SPACE_DRAIN;
	int rc;

	if (what == ARGO_SPACE_QUERY)
		return argo_space_query(ep->hv, to, arg->need, state);
	rc = argo_space_wait(ep->hv, to, arg->need, drain,
			     nonblock || arg->flags & ARGO_DONTWAIT,
			     argo_deadline(arg->timeout_ns,
					   READ_ONCE(ep->send_timeout)),
			     state);
	return argo_endpoint_refused(ep, to, arg->addr.domid == ARGO_DOMID_ANY,
				     rc);
}

static int do_space(struct argo_endpoint *ep, void __user *p, bool nonblock)
{
	struct argo_space_state state = { };
	struct argo_space arg;
	struct argo_addr to;
	int size = get_arg(&arg, sizeof(arg), SPACE_MIN, p);
	u32 what;
	int rc;

	if (size < 0)
		return size;
	what = arg.flags & ~ARGO_DONTWAIT;
	if (what != ARGO_SPACE_QUERY && what != ARGO_SPACE_WAIT &&
	    what != ARGO_SPACE_DRAIN && what != ARGO_SPACE_WATCH)
		return -EINVAL;
	if (arg.state || arg.max_message || arg.reserved)
		return -EINVAL;

	rc = argo_endpoint_resolve(ep, &arg.addr, &to);
	if (what == ARGO_SPACE_WATCH) {
		/* Back to the default destination, or to none. */
		if (!rc && arg.addr.domid == ARGO_DOMID_ANY)
			rc = -ENOTCONN;
		if (rc == -ENOTCONN) {
			to = arg.addr;
			rc = 0;
		}
		if (!rc)
			rc = argo_endpoint_watch(ep, &to, arg.need, &state);
	} else if (!rc) {
		rc = space_action(ep, &arg, &to, nonblock, &state);
	}
	if (rc)
		return rc;
	arg.state = state.flags;
	arg.max_message = state.max_message;
	return put_arg(p, &arg, sizeof(arg), size);
}

static int do_options(struct argo_endpoint *ep, void __user *p)
{
	struct argo_options arg;
	int size = get_arg(&arg, sizeof(arg), OPTIONS_MIN, p);

	if (size < 0)
		return size;
	if (arg.flags & ~(ARGO_OPT_SEND_LOWAT | ARGO_OPT_SEND_TIMEOUT |
			  ARGO_OPT_RECV_TIMEOUT | ARGO_OPT_TYPE))
		return -EINVAL;
	mutex_lock(&ep->config_lock);
	if (arg.flags & ARGO_OPT_SEND_LOWAT)
		ep->send_lowat = arg.send_lowat;
	if (arg.flags & ARGO_OPT_TYPE)
		WRITE_ONCE(ep->type, arg.type);
	if (arg.flags & ARGO_OPT_SEND_TIMEOUT)
		WRITE_ONCE(ep->send_timeout, arg.send_timeout_ns);
	if (arg.flags & ARGO_OPT_RECV_TIMEOUT)
		WRITE_ONCE(ep->recv_timeout, arg.recv_timeout_ns);
	arg.send_lowat = ep->send_lowat;
	arg.type = ep->type;
	arg.send_timeout_ns = ep->send_timeout;
	arg.recv_timeout_ns = ep->recv_timeout;
	mutex_unlock(&ep->config_lock);
	return put_arg(p, &arg, sizeof(arg), size);
}

static int do_status(struct argo_endpoint *ep, void __user *p)
{
	struct argo_status arg;
	int size = get_arg(&arg, sizeof(arg), STATUS_MIN, p);

	if (size < 0)
		return size;
	if (!all_zero(&arg.flags, &arg + 1))
		return -EINVAL;
	argo_endpoint_status(ep, &arg);
	return put_arg(p, &arg, sizeof(arg), size);
}

static int put_entries(const struct argo_list *arg,
		       const struct argo_ring_entry *list, unsigned int n)
{
	u8 __user *to = u64_to_user_ptr(arg->entries);
	size_t known = min_t(size_t, arg->entry_size, sizeof(*list));
	unsigned int i;

	for (i = 0; i < n; i++, to += arg->entry_size)
		if (copy_to_user(to, &list[i], known) ||
		    clear_user(to + known, arg->entry_size - known))
			return -EFAULT;
	return 0;
}

static int do_list(struct argo_endpoint *ep, void __user *p)
{
	struct argo_ring_entry *list;
	struct argo_list arg;
	unsigned int n, room;
	int size = get_arg(&arg, sizeof(arg), LIST_MIN, p);
	int rc;

	if (size < 0)
		return size;
	if (arg.flags || arg.entry_size < sizeof(u64) ||
	    arg.entry_size > ENTRY_MAX)
		return -EINVAL;
	room = min_t(u32, arg.count, LIST_MAX);
	list = kvcalloc(room ?: 1, sizeof(*list), GFP_KERNEL);
	if (!list)
		return -ENOMEM;
	n = argo_rings_list(ep->hv, list, room, current_euid(),
			    capable(CAP_NET_ADMIN));
	rc = put_entries(&arg, list, min(n, room));
	kvfree(list);
	if (rc)
		return rc;
	arg.count = n;
	return put_arg(p, &arg, sizeof(arg), size);
}

/**
 * argo_endpoint_ioctl() - file_operations.unlocked_ioctl
 * @file: as given
 * @cmd: as given
 * @arg: as given
 */
long argo_endpoint_ioctl(struct file *file, unsigned int cmd,
			 unsigned long arg)
{
	struct argo_endpoint *ep = file->private_data;
	bool nonblock = file->f_flags & O_NONBLOCK;
	void __user *p = (void __user *)arg;

	switch (cmd) {
	case ARGO_IOC_INFO:
		return do_info(ep, p);
	case ARGO_IOC_BIND:
		return do_bind(ep, p);
	case ARGO_IOC_CONNECT:
		return do_connect(ep, p);
	case ARGO_IOC_SEND:
		return do_send(ep, p, nonblock);
	case ARGO_IOC_RECV:
		return do_recv(ep, p, nonblock);
	case ARGO_IOC_SPACE:
		return do_space(ep, p, nonblock);
	case ARGO_IOC_OPTIONS:
		return do_options(ep, p);
	case ARGO_IOC_STATUS:
		return do_status(ep, p);
	case ARGO_IOC_LIST:
		return do_list(ep, p);
	default:
		return -ENOTTY;
	}
}
