/* SPDX-License-Identifier: GPL-2.0-only */
/* The memory of a sk_buff as pieces of a message. */
#ifndef _ARGO_SKB_H
#define _ARGO_SKB_H

#include <linux/skbuff.h>

#include <argo/hv.h>

/**
 * argo_piece_add() - add memory to the pieces of a message
 * @iov: the pieces; memory that follows the last piece is joined with it
 * @n: number of pieces so far
 * @data: kernel memory
 * @len: bytes of it; 0 adds no piece
 *
 * Return: the number of pieces.
 */
static inline unsigned int argo_piece_add(struct argo_hv_iov *iov,
					  unsigned int n, const void *data,
					  u32 len)
{
	u64 base = (unsigned long)data;

	if (!len)
		return n;
	if (n && iov[n - 1].base + iov[n - 1].len == base) {
		iov[n - 1].len += len;
		return n;
	}
	iov[n] = (struct argo_hv_iov) { .base = base, .len = len };
	return n + 1;
}

/**
 * argo_skb_pieces() - add the data of a sk_buff to the pieces of a message
 * @iov: the pieces, with room for 1 + MAX_SKB_FRAGS more
 * @n: number of pieces so far
 * @skb: the sk_buff, all of whose data is in its head and its fragments
 *
 * Return: the number of pieces.
 */
static inline unsigned int argo_skb_pieces(struct argo_hv_iov *iov,
					   unsigned int n,
					   const struct sk_buff *skb)
{
	unsigned int i;

	n = argo_piece_add(iov, n, skb->data, skb_headlen(skb));
	for (i = 0; i < skb_shinfo(skb)->nr_frags; i++) {
		const skb_frag_t *frag = &skb_shinfo(skb)->frags[i];

		n = argo_piece_add(iov, n, skb_frag_address(frag),
				   skb_frag_size(frag));
	}
	return n;
}

#endif /* _ARGO_SKB_H */
