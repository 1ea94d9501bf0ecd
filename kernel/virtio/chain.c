// SPDX-License-Identifier: GPL-2.0-only
/*
 * Descriptor chains, as the device's end sees them: bytes to read, and then
 * room to write to. The driver leaves a chain alone until it is in the used
 * ring.
 */
#include <linux/io.h>
#include <linux/virtio_ring.h>

#include "virtio.h"

/**
 * struct cursor - a place in a chain
 * @q: the queue
 * @table: descriptors: the queue's, or an indirect table
 * @size: length of @table
 * @next: the next descriptor, or @size after the last one
 * @left: descriptors that may follow; a loop ends there
 */
struct cursor {
	const struct virtio_argo_queue *q;
	const struct vring_desc *table;
	unsigned int size;
	unsigned int next;
	unsigned int left;
};

struct segment {
	u8 *memory;
	u32 len;
	bool room;
};

static struct cursor begin(const struct virtio_argo_queue *q, u16 id)
{
	const struct vring *ring = q->ring;
	struct virtio_device *vdev = q->vq->vdev;
	const struct vring_desc *desc = &ring->desc[id];
	struct cursor at = {
		.q = q,
		.table = ring->desc,
		.size = ring->num,
		.next = id,
		.left = ring->num,
	};

	if (virtio16_to_cpu(vdev, desc->flags) & VRING_DESC_F_INDIRECT) {
		at.table = phys_to_virt(virtio64_to_cpu(vdev, desc->addr));
		at.size = virtio32_to_cpu(vdev, desc->len) / sizeof(*desc);
		at.next = 0;
		at.left = at.size;
	}
	return at;
}

static bool next(struct cursor *at, struct segment *seg)
{
	struct virtio_device *vdev = at->q->vq->vdev;
	const struct vring_desc *desc;
	u16 flags;

	if (at->next >= at->size || !at->left)
		return false;
	at->left--;
	desc = &at->table[at->next];
	flags = virtio16_to_cpu(vdev, desc->flags);
	seg->memory = phys_to_virt(virtio64_to_cpu(vdev, desc->addr));
	seg->len = virtio32_to_cpu(vdev, desc->len);
	seg->room = flags & VRING_DESC_F_WRITE;
	at->next = flags & VRING_DESC_F_NEXT ?
		   virtio16_to_cpu(vdev, desc->next) : at->size;
	return true;
}

/*
 * Cut @seg to what lies in [*@skip, *@skip + *@n) of what is read or, with
 * @room, written, counted from where @seg begins. Return: whether there is
 * anything.
 */
static bool cut(struct segment *seg, bool room, u32 *skip, u32 *n)
{
	u32 before;

	if (seg->room != room)
		return false;
	before = min(*skip, seg->len);
	*skip -= before;
	seg->memory += before;
	seg->len = min(seg->len - before, *n);
	*n -= seg->len;
	return seg->len;
}

/**
 * virtio_argo_chain_measure() - how long are the two parts of a chain?
 * @q: queue
 * @id: the chain
 * @out: set to the bytes that the device reads
 * @in: set to the bytes that it may write
 *
 * Context: any.
 * Return: whether the chain makes sense.
 */
bool virtio_argo_chain_measure(const struct virtio_argo_queue *q, u16 id,
			       u32 *out, u32 *in)
{
	struct cursor at = begin(q, id);
	u64 sum[2] = { };
	struct segment seg;

	while (next(&at, &seg)) {
		if (!seg.room && sum[true])
			return false;
		sum[seg.room] += seg.len;
	}
	*out = min_t(u64, sum[false], U32_MAX);
	*in = min_t(u64, sum[true], U32_MAX);
	return sum[false] + sum[true] <= U32_MAX;
}

/**
 * virtio_argo_chain_read() - copy bytes that the device reads
 * @q: queue
 * @id: the chain
 * @from: the first byte
 * @to: memory for them
 * @n: number of bytes, which the chain has
 *
 * Context: any.
 */
void virtio_argo_chain_read(const struct virtio_argo_queue *q, u16 id, u32 from,
			    void *to, u32 n)
{
	struct cursor at = begin(q, id);
	struct segment seg;

	while (n && next(&at, &seg)) {
		if (!cut(&seg, false, &from, &n))
			continue;
		memcpy(to, seg.memory, seg.len);
		to += seg.len;
	}
}

/**
 * virtio_argo_chain_pieces() - find out where bytes that the device reads lie
 * @q: queue
 * @id: the chain
 * @from: the first byte
 * @n: number of bytes, which the chain has
 * @iov: filled in
 * @room: length of @iov
 *
 * Context: any.
 * Return: number of pieces, more than @room if they do not fit.
 */
unsigned int virtio_argo_chain_pieces(const struct virtio_argo_queue *q, u16 id,
				      u32 from, u32 n, struct argo_hv_iov *iov,
				      unsigned int room)
{
	struct cursor at = begin(q, id);
	unsigned int pieces = 0;
	struct segment seg;

	while (n && next(&at, &seg)) {
		if (!cut(&seg, false, &from, &n))
			continue;
		if (pieces++ == room)
			break;
		iov[pieces - 1] = (struct argo_hv_iov) {
			.base = (unsigned long)seg.memory,
			.len = seg.len,
		};
	}
	return pieces;
}

/**
 * virtio_argo_chain_write() - write to the room of a chain
 * @q: queue
 * @id: the chain
 * @at: offset in the room
 * @from: the bytes
 * @n: number of bytes, for which there is room
 *
 * Context: any; under virtio_argo_backend.reader, or the chain was never sent.
 */
void virtio_argo_chain_write(const struct virtio_argo_queue *q, u16 id, u32 at,
			     const void *from, u32 n)
{
	struct cursor cursor = begin(q, id);
	struct segment seg;

	while (n && next(&cursor, &seg)) {
		if (!cut(&seg, true, &at, &n))
			continue;
		memcpy(seg.memory, from, seg.len);
		from += seg.len;
	}
}

/**
 * virtio_argo_chain_spoil() - fill the room of a chain that failed
 * @q: queue
 * @id: the chain
 *
 * Drivers look for a status there, where zeros mean success.
 *
 * Context: as virtio_argo_chain_write().
 */
void virtio_argo_chain_spoil(const struct virtio_argo_queue *q, u16 id)
{
	struct cursor at = begin(q, id);
	struct segment seg;

	while (next(&at, &seg))
		if (seg.room)
			memset(seg.memory, 0xff, seg.len);
}
