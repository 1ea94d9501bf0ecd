// SPDX-License-Identifier: GPL-2.0-only
/* The caller's memory that a message is in, or goes to. */
#include <linux/fs.h>
#include <linux/uaccess.h>
#include <linux/uio.h>

#include "endpoint.h"

/**
 * argo_msg_import() - bring in a message's vectors
 * @msg: the message
 * @iov: filled in; has room for @msg->iovcnt of them
 * @len: bytes in all
 *
 * struct argo_iovec is what a 64-bit struct iovec is; 32-bit kernels are not
 * worth another way, so each entry is checked and converted.
 *
 * Return: 0 or -EFAULT.
 */
int argo_msg_import(const struct argo_msg *msg, struct iovec *iov, size_t *len)
{
	const struct argo_iovec __user *from = u64_to_user_ptr(msg->iov);
	struct argo_iovec seg;
	unsigned int i;

	*len = 0;
	for (i = 0; i < msg->iovcnt; i++) {
		if (copy_from_user(&seg, &from[i], sizeof(seg)))
			return -EFAULT;
		/* As the kernel's own vectors are cut. */
		seg.len = min_t(u64, seg.len, MAX_RW_COUNT - *len);
		if (seg.base != (unsigned long)seg.base ||
		    !access_ok(u64_to_user_ptr(seg.base), seg.len))
			return -EFAULT;
		iov[i].iov_base = u64_to_user_ptr(seg.base);
		iov[i].iov_len = seg.len;
		*len += seg.len;
	}
	return 0;
}
