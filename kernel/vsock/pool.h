/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Memory for large received packets that is used again. Many kernels zero what
 * they allocate, which takes longer than to fill it with a packet.
 */
#ifndef _ARGO_VSOCK_POOL_H
#define _ARGO_VSOCK_POOL_H

#include <linux/types.h>

struct page;

/* A stream's window, in packets of the largest size. */
#define ARGO_VSOCK_POOL		16

/**
 * struct argo_vsock_pool - pages that packets are in, or were
 * @pages: of ARGO_VSOCK_POOL_ORDER each, or NULL; free to be used again when
 *	the pool alone refers to it
 * @next: where to look first
 * @used: jiffies when one was taken last
 *
 * Its owner protects it.
 */
struct argo_vsock_pool {
	struct page *pages[ARGO_VSOCK_POOL];
	unsigned int next;
	unsigned long used;
};

struct page *argo_vsock_pool_get(struct argo_vsock_pool *pool,
				 unsigned int order);
void argo_vsock_pool_drain(struct argo_vsock_pool *pool);
void argo_vsock_pool_trim(struct argo_vsock_pool *pool);

#endif /* _ARGO_VSOCK_POOL_H */
