// SPDX-License-Identifier: GPL-2.0-only
/* The operations of uapi/linux/argo.h: copying and checking their arguments. */
#include <linux/capability.h>
#include <linux/cred.h>
#include <linux/fs.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/uaccess.h>
#include <linux/uio.h>

#include "arguments.h"
#include "endpoint.h"

/*
 * Sizes of the structs in version 1 of the ABI. Later fields are behind these.
 */
#define INFO_MIN	offsetofend(struct argo_info, max_batch)
#define BIND_MIN	offsetofend(struct argo_bind, max_message)
#define CONNECT_MIN	offsetofend(struct argo_connect, addr)
#define BATCH_MIN	offsetofend(struct argo_batch, timeout_ns)
#define SPACE_MIN	offsetofend(struct argo_space, timeout_ns)
#define OPTIONS_MIN	offsetofend(struct argo_options, recv_timeout_ns)
#define STATUS_MIN	offsetofend(struct argo_status, next_len)
#define LIST_MIN	offsetofend(struct argo_list, count)

/* Most rings that are listed; any known hypervisor allows fewer. */
#define LIST_MAX	1024
/* Largest argo_list.entry_size: there is room for later fields. */
#define ENTRY_MAX	4096

static bool all_zero(const void *from, const void *to)
{
	return !memchr_inv(from, 0, to - from);
}

static int do_info(struct argo_endpoint *ep, void __user *p)
{
	struct argo_info arg;
	int size = argo_get_arg(&arg, sizeof(arg), INFO_MIN, p);

	if (size < 0)
		return size;
	if (!all_zero(&arg.flags, &arg + 1))
		return -EINVAL;
	argo_hv_info(ep->hv, &arg);
	return argo_put_arg(p, &arg, sizeof(arg), size);
}

static int do_bind(struct argo_endpoint *ep, void __user *p)
{
	struct argo_bind arg;
	int size = argo_get_arg(&arg, sizeof(arg), BIND_MIN, p);
	int rc;

	if (size < 0)
		return size;
	if (arg.flags & ~ARGO_BIND_EXCLUSIVE || arg.domid || arg.max_message)
		return -EINVAL;
	rc = argo_endpoint_bind(ep, &arg);
	return rc ?: argo_put_arg(p, &arg, sizeof(arg), size);
}

static int do_connect(struct argo_endpoint *ep, void __user *p)
{
	struct argo_connect arg;
	int size = argo_get_arg(&arg, sizeof(arg), CONNECT_MIN, p);

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

/**
 * struct vectors - the caller's memory that a message is in, or goes to
 * @few: room for the vectors of most messages
 * @iov: the vectors, checked
 * @len: bytes of all vectors
 */
struct vectors {
	struct iovec few[UIO_FASTIOV];
	struct iovec *iov;
	size_t len;
};

static void vectors_free(struct vectors *v)
{
	if (v->iov != v->few)
		kvfree(v->iov);
}

/*
 * Copy and check one vector. Only for 64-bit kernels is struct argo_iovec the
 * same as struct iovec, so each vector is converted by itself.
 */
static int get_vector(struct vectors *v, unsigned int i,
		      const struct argo_iovec __user *from)
{
	struct argo_iovec seg;

	if (copy_from_user(&seg, &from[i], sizeof(seg)))
		return -EFAULT;
	/* import_iovec() cuts vectors in the same way. */
	seg.len = min_t(u64, seg.len, MAX_RW_COUNT - v->len);
	if (seg.base != (unsigned long)seg.base ||
	    !access_ok(u64_to_user_ptr(seg.base), seg.len))
		return -EFAULT;
	v->iov[i].iov_base = u64_to_user_ptr(seg.base);
	v->iov[i].iov_len = seg.len;
	v->len += seg.len;
	return 0;
}

/*
 * Copy and check the vectors of a message. Return: 0, and then the caller calls
 * vectors_free(); -EFAULT, -ENOMEM.
 */
static int get_vectors(struct vectors *v, const struct argo_msg *msg)
{
	unsigned int i;
	int rc = 0;

	v->len = 0;
	v->iov = v->few;
	if (msg->iovcnt > ARRAY_SIZE(v->few)) {
		v->iov = kvmalloc_array(msg->iovcnt, sizeof(*v->iov),
					GFP_KERNEL);
		if (!v->iov)
			return -ENOMEM;
	}
	for (i = 0; !rc && i < msg->iovcnt; i++)
		rc = get_vector(v, i, u64_to_user_ptr(msg->iov));
	if (rc)
		vectors_free(v);
	return rc;
}

static int send_nth(struct argo_endpoint *ep, struct argo_msg __user *p,
		    bool dontwait, ktime_t deadline)
{
	struct argo_msg msg;
	struct vectors v;
	int rc;

	rc = get_msg(&msg, p);
	if (rc)
		return rc;
	/*
	 * Write the result before the send, too: a program that gets -EFAULT
	 * after its message was sent would send the message again.
	 */
	if (put_user(msg.len, &p->len))
		return -EFAULT;
	rc = get_vectors(&v, &msg);
	if (rc)
		return rc;
	rc = argo_endpoint_send_msg(ep, &msg, v.iov, v.len, dontwait, deadline);
	vectors_free(&v);
	if (rc < 0)
		return rc;
	return put_user((u32)rc, &p->len) ? -EFAULT : 0;
}

static int recv_nth(struct argo_endpoint *ep, struct argo_msg __user *p,
		    bool peek, bool dontwait, ktime_t deadline)
{
	struct argo_msg msg;
	struct vectors v;
	int rc;

	rc = get_msg(&msg, p);
	if (rc)
		return rc;
	/*
	 * Write before the receive, too: -EFAULT after it would lose a message.
	 */
	if (copy_to_user(p, &msg, sizeof(msg)))
		return -EFAULT;
	rc = get_vectors(&v, &msg);
	if (rc)
		return rc;
	rc = argo_endpoint_recv_msg(ep, &msg, v.iov, v.len, peek, dontwait,
				    deadline);
	vectors_free(&v);
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

static int transfer_nth(struct argo_endpoint *ep, bool send,
			const struct argo_batch *arg, bool nonblock,
			ktime_t deadline)
{
	struct argo_msg __user *msgs = u64_to_user_ptr(arg->msgs);
	struct argo_msg __user *p = &msgs[arg->done];

	if (send)
		return send_nth(ep, p, nonblock, deadline);
	/* A receive waits for its first message only. */
	return recv_nth(ep, p, arg->flags & ARGO_PEEK, nonblock || arg->done,
			deadline);
}

/* ARGO_IOC_SEND if @send, else ARGO_IOC_RECV. */
static int do_batch(struct argo_endpoint *ep, void __user *p, bool nonblock,
		    bool send)
{
	struct argo_batch arg;
	ktime_t deadline;
	int size = argo_get_arg(&arg, sizeof(arg), BATCH_MIN, p);
	int rc;

	if (size < 0)
		return size;
	rc = batch_check(&arg, send ? ARGO_DONTWAIT :
				      ARGO_DONTWAIT | ARGO_PEEK);
	if (rc)
		return rc;
	deadline = argo_deadline(arg.timeout_ns,
				 send ? READ_ONCE(ep->send_timeout) :
					READ_ONCE(ep->recv_timeout));
	nonblock |= arg.flags & ARGO_DONTWAIT;
	/*
	 * Write first, too: argo_batch.done must reach the caller afterwards.
	 */
	rc = argo_put_arg(p, &arg, sizeof(arg), size);
	if (rc)
		return rc;
	while (arg.done < arg.count) {
		rc = transfer_nth(ep, send, &arg, nonblock, deadline);
		if (rc)
			break;
		arg.done++;
	}
	if (!arg.done)
		return rc;
	return argo_put_arg(p, &arg, sizeof(arg), size);
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
			     ep->account, state);
	return argo_endpoint_learn(ep, to, arg->addr.domid == ARGO_DOMID_ANY,
				   rc);
}

static int do_space(struct argo_endpoint *ep, void __user *p, bool nonblock)
{
	struct argo_space_state state = { };
	struct argo_space arg;
	struct argo_addr to;
	int size = argo_get_arg(&arg, sizeof(arg), SPACE_MIN, p);
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
		/* ANY: poll() asks for the default destination again. */
		if (!rc && arg.addr.domid == ARGO_DOMID_ANY)
			rc = -ENOTCONN;
		if (rc == -ENOTCONN && arg.addr.domid == ARGO_DOMID_ANY) {
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
	return argo_put_arg(p, &arg, sizeof(arg), size);
}

static int do_options(struct argo_endpoint *ep, void __user *p)
{
	struct argo_options arg;
	int size = argo_get_arg(&arg, sizeof(arg), OPTIONS_MIN, p);

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
	return argo_put_arg(p, &arg, sizeof(arg), size);
}

static int do_status(struct argo_endpoint *ep, void __user *p)
{
	struct argo_status arg;
	int size = argo_get_arg(&arg, sizeof(arg), STATUS_MIN, p);

	if (size < 0)
		return size;
	if (!all_zero(&arg.flags, &arg + 1))
		return -EINVAL;
	argo_endpoint_status(ep, &arg);
	return argo_put_arg(p, &arg, sizeof(arg), size);
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
	int size = argo_get_arg(&arg, sizeof(arg), LIST_MIN, p);
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
	return argo_put_arg(p, &arg, sizeof(arg), size);
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
		return do_batch(ep, p, nonblock, true);
	case ARGO_IOC_RECV:
		return do_batch(ep, p, nonblock, false);
	case ARGO_IOC_SPACE:
		return do_space(ep, p, nonblock);
	case ARGO_IOC_OPTIONS:
		return do_options(ep, p);
	case ARGO_IOC_STATUS:
		return do_status(ep, p);
	case ARGO_IOC_LIST:
		return do_list(ep, p);
	case ARGO_IOC_FIREWALL_SET:
	case ARGO_IOC_FIREWALL_GET:
	case ARGO_IOC_FIREWALL_TEST:
		return argo_endpoint_firewall(ep, cmd, p);
	default:
		return argo_endpoint_cable_ioctl(ep, cmd, p);
	}
}
