/* SPDX-License-Identifier: GPL-2.0-only */
/* Differences between kernel series in virtio devices; see argo/compat.h. */
#ifndef _ARGO_VIRTIO_COMPAT_H
#define _ARGO_VIRTIO_COMPAT_H

#include <linux/virtio.h>
#include <linux/virtio_config.h>
#include <linux/virtio_ring.h>

#ifndef ARGO_HAVE_VIRTQUEUE_INFO
/* A driver's wishes for a queue, as newer series give them. */
struct virtqueue_info {
	const char *name;
	vq_callback_t *callback;
	bool ctx;
};
#endif

static inline void argo_vq_set_num_max(struct virtqueue *vq, unsigned int num)
{
#ifdef ARGO_HAVE_VQ_NUM_MAX
	vq->num_max = num;
#endif
}

#endif /* _ARGO_VIRTIO_COMPAT_H */
