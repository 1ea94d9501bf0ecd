// SPDX-License-Identifier: GPL-2.0-only
/*
 * Sending: the hypervisor reads the message from the caller's memory. A message
 * in more pieces than the hypervisor takes, or that is not in user memory, is
 * copied to kernel memory first.
 */
#include <linux/fs.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/uaccess.h>
#include <linux/uio.h>

#include "endpoint.h"

/* Most pieces that any known hypervisor takes; Xen takes 8. */
#define MAX_PIECES	8

/**
 * struct pieces - the pieces of a message, for the hypervisor
 * @iov: the pieces, none empty
 * @n: number of pieces
 * @user: the pieces are user memory
 * @len: bytes of all pieces
 * @bounce: kernel memory that holds the message, or NULL
 */
struct pieces {
	struct argo_hv_iov iov[MAX_PIECES];
	unsigned int n;
	bool user;
	u32 len;
	void *bounce;
};

static int send_pieces(struct argo_endpoint *ep, const struct pieces *p,
		       const struct argo_addr *to, bool implied, u32 type,
		       bool dontwait, ktime_t deadline)
{
	struct argo_outgoing out = {
		.msg = {
			.iov = p->iov,
			.niov = p->n,
			.dst = *to,
			.user = p->user,
			.type = type,
		},
		.len = p->len,
	};
	int rc;

	rc = argo_endpoint_take_error(ep);
	if (rc)
		return rc;
	rc = argo_endpoint_autobind(ep, to->domid);
	if (rc)
		return rc;
	out.ring = ep->ring;
	if (dontwait)
		rc = argo_send(&out, argo_endpoint_watcher(ep, to));
	else
		rc = argo_send_wait(&out, deadline);
	/* This call reports the restore, so the next one need not. */
	if (rc == -ECONNRESET)
		argo_endpoint_take_error(ep);
	return argo_endpoint_learn(ep, to, implied, rc);
}

static unsigned int max_pieces(const struct argo_endpoint *ep)
{
	return min_t(unsigned int, MAX_PIECES, argo_hv_params(ep->hv)->max_iov);
}

static int add_length(struct pieces *p, u64 len)
{
	if (len > argo_ring_max_message(ARGO_RING_MAX_LEN) - p->len)
		return -EMSGSIZE;
	p->len += len;
	return 0;
}

static int bounce_alloc(struct pieces *p)
{
	p->user = false;
	p->n = 0;
	if (!p->len)
		return 0;
	p->bounce = kvmalloc(p->len, GFP_KERNEL_ACCOUNT);
	if (!p->bounce)
		return -ENOMEM;
	p->iov[0] = (struct argo_hv_iov) {
		.base = (unsigned long)p->bounce,
		.len = p->len,
	};
	p->n = 1;
	return 0;
}

/*
 * Make pieces of a message in user memory, which is in @n vectors that were
 * checked. The caller has set p->len.
 */
static int gather_user(const struct argo_endpoint *ep, struct pieces *p,
		       const struct iovec *iov, unsigned int n)
{
	unsigned int i, used = 0;
	u8 *to;
	int rc;

	p->user = true;
	for (i = 0; i < n && used <= max_pieces(ep); i++) {
		if (!iov[i].iov_len)
			continue;
		if (used < max_pieces(ep))
			p->iov[used] = (struct argo_hv_iov) {
				.base = (unsigned long)iov[i].iov_base,
				.len = iov[i].iov_len,
			};
		used++;
	}
	p->n = used;
	if (used <= max_pieces(ep))
		return 0;

	rc = bounce_alloc(p);
	if (rc)
		return rc;
	to = p->bounce;
	for (i = 0; i < n; i++) {
		if (copy_from_user(to, iov[i].iov_base, iov[i].iov_len))
			return -EFAULT;
		to += iov[i].iov_len;
	}
	return 0;
}

static int gather_iter(struct pieces *p, struct iov_iter *from)
{
	int rc;

	rc = bounce_alloc(p);
	if (rc)
		return rc;
	return p->len && !copy_from_iter_full(p->bounce, p->len, from) ?
	       -EFAULT : 0;
}

static void pieces_free(struct pieces *p)
{
	kvfree(p->bounce);
}

/**
 * argo_endpoint_send_msg() - send one message
 * @ep: the endpoint
 * @msg: the caller's struct argo_msg, checked
 * @iov: @msg->iovcnt vectors of the payload's memory, checked
 * @len: bytes of all vectors
 * @dontwait: -EAGAIN instead of waiting
 * @deadline: when to give up
 *
 * Return: payload bytes, -EPIPE, -ENOTCONN, -EINVAL, -ENOMEM, or an errno of
 * argo_send(), argo_send_wait() or argo_ring_create().
 */
int argo_endpoint_send_msg(struct argo_endpoint *ep,
			   const struct argo_msg *msg, const struct iovec *iov,
			   size_t len, bool dontwait, ktime_t deadline)
{
	struct pieces p = { };
	struct argo_addr to;
	int rc;

	rc = argo_endpoint_resolve(ep, &msg->addr, &to);
	if (rc)
		return rc;
	rc = add_length(&p, len);
	if (!rc)
		rc = gather_user(ep, &p, iov, msg->iovcnt);
	if (!rc)
		rc = send_pieces(ep, &p, &to,
				 msg->addr.domid == ARGO_DOMID_ANY, msg->type,
				 dontwait, deadline);
	pieces_free(&p);
	return rc;
}

static ssize_t write_pieces(struct file *file, const struct pieces *p,
			    bool dontwait)
{
	struct argo_endpoint *ep = file->private_data;
	struct argo_addr to;

	if (!argo_endpoint_remote(ep, &to))
		return -ENOTCONN;
	return send_pieces(ep, p, &to, true, READ_ONCE(ep->type),
			   dontwait || file->f_flags & O_NONBLOCK,
			   argo_deadline(0, READ_ONCE(ep->send_timeout)));
}

/**
 * argo_endpoint_write() - file_operations.write: one message
 * @file: as given
 * @buf: as given
 * @len: as given
 * @pos: not used
 *
 * Return: @len, or an errno. A message is sent whole or not at all.
 */
ssize_t argo_endpoint_write(struct file *file, const char __user *buf,
			    size_t len, loff_t *pos)
{
	struct iovec iov = { .iov_base = (void __user *)buf, .iov_len = len };
	struct argo_endpoint *ep = file->private_data;
	struct pieces p = { };
	int rc;

	rc = add_length(&p, len);
	if (!rc)
		rc = gather_user(ep, &p, &iov, 1);
	return rc ?: write_pieces(file, &p, false);
}

/* Return: whether @from is user memory in few enough pieces, which @p gets. */
static bool iter_pieces(const struct argo_endpoint *ep, struct pieces *p,
			const struct iov_iter *from)
{
	size_t len;

	p->user = true;
	p->n = argo_iter_pieces(from, p->len, p->iov, max_pieces(ep), &len);
	return len == p->len;
}

/**
 * argo_endpoint_write_iter() - file_operations.write_iter: one message
 * @iocb: as given
 * @from: as given
 *
 * Return: length of the message, or an errno.
 */
ssize_t argo_endpoint_write_iter(struct kiocb *iocb, struct iov_iter *from)
{
	struct argo_endpoint *ep = iocb->ki_filp->private_data;
	struct pieces p = { };
	ssize_t rc;

	rc = add_length(&p, iov_iter_count(from));
	if (rc)
		return rc;
	if (!iter_pieces(ep, &p, from))
		rc = gather_iter(&p, from);
	if (!rc)
		rc = write_pieces(iocb->ki_filp, &p,
				  iocb->ki_flags & IOCB_NOWAIT);
	pieces_free(&p);
	return rc;
}

/**
 * argo_endpoint_fsync() - file_operations.fsync: wait until all was received
 * @file: as given
 * @start: not used
 * @end: not used
 * @datasync: not used
 *
 * Return: 0 when the default destination's ring is empty, or -ENOTCONN,
 * -ECONNREFUSED, -EPIPE, -ETIMEDOUT, or an errno of argo_space_wait().
 */
int argo_endpoint_fsync(struct file *file, loff_t start, loff_t end,
			int datasync)
{
	struct argo_endpoint *ep = file->private_data;
	struct argo_space_state state;
	struct argo_addr to;
	int rc;

	if (!argo_endpoint_remote(ep, &to))
		return -ENOTCONN;
	rc = argo_space_wait(ep->hv, &to, 0, true, false,
			     argo_deadline(0, READ_ONCE(ep->send_timeout)),
			     ep->account, &state);
	return argo_endpoint_learn(ep, &to, true, rc);
}
