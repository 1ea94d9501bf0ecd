// SPDX-License-Identifier: GPL-2.0-only
#include <linux/uio.h>

void __user *probe(const struct iov_iter *iter);

void __user *probe(const struct iov_iter *iter)
{
	return iter_is_ubuf(iter) ? iter->ubuf : NULL;
}
