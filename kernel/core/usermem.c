// SPDX-License-Identifier: GPL-2.0-only
/*
 * User memory that messages come from and go to.
 *
 * A page fault takes as long as the user likes; with userfaultfd or FUSE, for
 * ever. So messages are copied with page faults off, and memory that was
 * missing is brought in afterwards, without any lock that another task needs.
 */
#include <linux/module.h>
#include <linux/uaccess.h>
#include <linux/uio.h>

#include <argo/argo.h>
#include <argo/compat.h>

/* Pieces of an iterator that argo_fault_in_writeable() gets at once. */
#define PIECES_AT_ONCE	8

/**
 * argo_iter_pieces() - the user memory that an iterator stands for
 * @from: the iterator, which is not advanced
 * @most: bytes wanted
 * @iov: filled in with pieces that are not empty
 * @room: number of pieces that @iov has room for
 * @len: set to the bytes of all pieces; less than @most if the iterator has
 *	less, or @iov no room for more pieces
 *
 * Context: any.
 * Return: the number of pieces; 0 if the iterator is not over user memory.
 */
unsigned int argo_iter_pieces(const struct iov_iter *from, size_t most,
			      struct argo_hv_iov *iov, unsigned int room,
			      size_t *len)
{
	size_t skip = from->iov_offset, left = min(most, iov_iter_count(from));
	const struct iovec *vec;
	struct iovec whole;
	unsigned int n = 0;

	*len = 0;
	if (argo_iter_is_ubuf(from)) {
		whole.iov_base = argo_iter_ubuf(from);
		whole.iov_len = left;
		vec = &whole;
		skip = 0;
	} else if (iter_is_iovec(from)) {
		vec = argo_iter_iov(from);
	} else {
		return 0;
	}
	for (; left && n < room; vec++, skip = 0) {
		size_t part = min(left, vec->iov_len - skip);

		if (!part)
			continue;
		iov[n++] = (struct argo_hv_iov) {
			.base = (unsigned long)vec->iov_base + skip,
			.len = part,
		};
		*len += part;
		left -= part;
	}
	return n;
}
EXPORT_SYMBOL_GPL(argo_iter_pieces);

/**
 * argo_fault_in() - bring user memory in for reading
 * @iov: pieces of memory of the current process
 * @n: number of pieces
 *
 * Context: may sleep, for as long as the user likes: the caller holds no lock
 * that another task needs.
 * Return: whether the memory could be read; it may have been reclaimed since.
 */
bool argo_fault_in(const struct argo_hv_iov *iov, unsigned int n)
{
	unsigned int i;

	for (i = 0; i < n; i++)
		if (argo_fault_in_readable(u64_to_user_ptr(iov[i].base),
					   iov[i].len))
			return false;
	return true;
}
EXPORT_SYMBOL_GPL(argo_fault_in);

/**
 * argo_fault_in_writeable() - bring user memory in for writing
 * @to: an iterator, which is not advanced
 * @n: bytes, at most those that @to has
 *
 * Context: may sleep, for as long as the user likes, but a fatal signal ends
 * it: the caller holds no lock that another task needs.
 * Return: whether the memory could be written to, false if @to is not over user
 * memory. The memory may have been reclaimed since.
 */
bool argo_fault_in_writeable(const struct iov_iter *to, size_t n)
{
	struct argo_hv_iov iov[PIECES_AT_ONCE];
	struct iov_iter rest = *to;
	unsigned int i, pieces;
	void __user *p;
	size_t len;

	for (; n; n -= len) {
		pieces = argo_iter_pieces(&rest, n, iov, ARRAY_SIZE(iov), &len);
		if (!pieces)
			return false;
		for (i = 0; i < pieces; i++) {
			p = u64_to_user_ptr(iov[i].base);
			if (argo_fault_in_safe_writeable(p, iov[i].len))
				return false;
		}
		iov_iter_advance(&rest, len);
	}
	return true;
}
EXPORT_SYMBOL_GPL(argo_fault_in_writeable);
