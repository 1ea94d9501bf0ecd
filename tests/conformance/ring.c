// SPDX-License-Identifier: GPL-2.0-only
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/vmalloc.h>

#include "suite.h"

static void ring_free(struct ring *ring)
{
	if (ring->map)
		vunmap(ring->map);
	while (ring->npages)
		__free_page(ring->pages[--ring->npages]);
	kvfree(ring->pages);
}

/*
 * Allocate a ring without registering it. After an error nothing is allocated.
 */
int ring_make(struct suite *suite, struct ring *ring, u32 port, u16 partner,
	      u32 len)
{
	unsigned int n = DIV_ROUND_UP(sizeof(*ring->map) + len, PAGE_SIZE);

	memset(ring, 0, sizeof(*ring));
	ring->port = port;
	ring->partner = partner;
	ring->len = len;
	ring->pages = kvcalloc(n, sizeof(*ring->pages), GFP_KERNEL);
	if (!ring->pages)
		goto err;
	for (; ring->npages < n; ring->npages++) {
		ring->pages[ring->npages] = alloc_page(GFP_KERNEL | __GFP_ZERO);
		if (!ring->pages[ring->npages])
			goto err;
	}
	ring->map = vmap(ring->pages, n, VM_MAP, PAGE_KERNEL);
	if (ring->map)
		return 0;
err:
	ring_free(ring);
	EXPECT(suite, "memory for a ring", -ENOMEM, 0);
	return -ENOMEM;
}

/* Allocate and register a ring. Return: 0 or an errno. */
int ring_open(struct suite *suite, struct ring *ring, u32 port, u16 partner,
	      u32 len)
{
	int rc = ring_make(suite, ring, port, partner, len);

	if (rc)
		return rc;
	rc = suite->ops->ring_register(suite->hv, port, partner, ring->pages,
				       ring->npages, len);
	ring->registered = !rc;
	if (rc)
		ring_free(ring);
	return rc;
}

void ring_close(struct suite *suite, struct ring *ring)
{
	int rc = 0;

	if (ring->registered)
		rc = suite->ops->ring_unregister(suite->hv, ring->port,
						 ring->partner);
	EXPECT(suite, "unregister", rc, 0);
	/* Otherwise the hypervisor may still write to the pages. */
	if (!rc)
		ring_free(ring);
}

/* Read the next message, at most @room bytes. Return: as argo_ring_next(). */
int ring_take(struct ring *ring, struct argo_ring_msg *msg, void *to, u32 room)
{
	const u8 *data = (const u8 *)(ring->map + 1);
	struct argo_ring_segment seg[2];
	int rc = argo_ring_next(ring->map, ring->len, ring->rx, msg);
	unsigned int i, n;

	if (rc <= 0)
		return rc;
	n = argo_ring_segments(ring->len, msg, 0, room, seg);
	for (i = 0; i < n; i++, to += seg[i - 1].len)
		memcpy(to, data + seg[i].offset, seg[i].len);
	ring->rx = msg->next;
	argo_ring_release(ring->map, ring->rx);
	return 1;
}

/* Return: whether there was a message. */
bool ring_skip(struct ring *ring)
{
	struct argo_ring_msg msg;

	return ring_take(ring, &msg, NULL, 0) > 0;
}

/* Return: how many messages there were. */
unsigned int ring_drain(struct ring *ring)
{
	unsigned int n = 0;

	while (ring_skip(ring))
		n++;
	return n;
}
