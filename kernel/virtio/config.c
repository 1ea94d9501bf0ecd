// SPDX-License-Identifier: GPL-2.0-only
/*
 * A driver's operations on its device, but for using the queues. Each operation
 * notes what the driver wants, and tells the back end if that is there. A back
 * end that is not, or does not answer, is told when the device is set up again.
 * No driver waits for a back end that is gone.
 */
#include <linux/bits.h>
#include <linux/log2.h>
#include <linux/slab.h>

#include "virtio.h"

static struct virtio_argo_dev *of(struct virtio_device *vdev)
{
	return container_of(vdev, struct virtio_argo_dev, vdev);
}

/* Is the back end to be told? */
static bool is_online(const struct virtio_argo_dev *dev)
{
	lockdep_assert_held(&dev->ctl);

	return READ_ONCE(dev->online);
}

/* The back end was told, and answered with @rc. */
static void told(struct virtio_argo_dev *dev, int rc)
{
	if (!rc)
		return;
	virtio_argo_dev_away(dev);
	virtio_argo_lost(dev->be);
}

static void get(struct virtio_device *vdev, unsigned int offset, void *to,
		unsigned int len)
{
	struct virtio_argo_dev *dev = of(vdev);
	unsigned long flags;

	memset(to, 0, len);
	if (offset > dev->config_size)
		return;
	len = min(len, dev->config_size - offset);
	spin_lock_irqsave(&dev->config_lock, flags);
	memcpy(to, dev->config + offset, len);
	spin_unlock_irqrestore(&dev->config_lock, flags);
}

static void set(struct virtio_device *vdev, unsigned int offset,
		const void *from, unsigned int len)
{
	struct virtio_argo_dev *dev = of(vdev);

	if (offset > dev->config_size || len > dev->config_size - offset)
		return;
	mutex_lock(&dev->ctl);
	spin_lock_irq(&dev->config_lock);
	memcpy(dev->config + offset, from, len);
	spin_unlock_irq(&dev->config_lock);
	dev->written_from = dev->written_to ? min(dev->written_from, offset) :
					      offset;
	dev->written_to = max(dev->written_to, offset + len);
	if (is_online(dev))
		told(dev, virtio_argo_write_config(dev, offset, len));
	mutex_unlock(&dev->ctl);
}

static u32 generation(struct virtio_device *vdev)
{
	return READ_ONCE(of(vdev)->generation);
}

static u8 get_status(struct virtio_device *vdev)
{
	return READ_ONCE(of(vdev)->status);
}

static void set_status(struct virtio_device *vdev, u8 status)
{
	struct virtio_argo_dev *dev = of(vdev);
	bool starts;

	mutex_lock(&dev->ctl);
	starts = status & ~dev->status & VIRTIO_CONFIG_S_DRIVER_OK;
	dev->status = status;
	if (is_online(dev))
		told(dev, virtio_argo_set_status(dev, status));
	/* Requests before this one are not of a device that is set up. */
	if (starts && is_online(dev))
		virtio_argo_queues_start(dev);
	/* It was broken off before it had queues. */
	if (starts && READ_ONCE(dev->failing))
		virtio_break_device(vdev);
	mutex_unlock(&dev->ctl);
}

static void reset(struct virtio_device *vdev)
{
	struct virtio_argo_dev *dev = of(vdev);

	mutex_lock(&dev->ctl);
	virtio_argo_queues_stop(dev);
	virtio_argo_new_epoch(dev);
	dev->status = 0;
	dev->agreed = false;
	dev->driver_features = 0;
	dev->written_to = 0;
	if (is_online(dev))
		told(dev, virtio_argo_set_status(dev, 0));
	mutex_unlock(&dev->ctl);
}

static u64 get_features(struct virtio_device *vdev)
{
	return (of(vdev)->features & ~VIRTIO_ARGO_HOP_FEATURES) |
	       BIT_ULL(VIRTIO_RING_F_INDIRECT_DESC) |
	       BIT_ULL(VIRTIO_F_VERSION_1) | BIT_ULL(VIRTIO_F_ACCESS_PLATFORM);
}

static int finalize_features(struct virtio_device *vdev)
{
	struct virtio_argo_dev *dev = of(vdev);

	vring_transport_features(vdev);
	if (!virtio_has_feature(vdev, VIRTIO_F_VERSION_1)) {
		dev_err(&vdev->dev, "the driver is for devices before VirtIO 1.0\n");
		return -EINVAL;
	}
	mutex_lock(&dev->ctl);
	dev->driver_features = vdev->features & dev->features &
			       ~VIRTIO_ARGO_HOP_FEATURES;
	dev->agreed = true;
	if (is_online(dev))
		told(dev, virtio_argo_set_features(dev));
	mutex_unlock(&dev->ctl);
	return 0;
}

static void del_vqs(struct virtio_device *vdev)
{
	struct virtio_argo_dev *dev = of(vdev);
	struct virtio_argo_queue *q;
	unsigned int i;

	mutex_lock(&dev->ctl);
	virtio_argo_queues_stop(dev);
	for (i = 0; i < dev->nr_vqs; i++) {
		spin_lock_bh(&dev->be->reader);
		q = dev->queue[i];
		dev->queue[i] = NULL;
		spin_unlock_bh(&dev->be->reader);
		if (q)
			virtio_argo_queue_destroy(q);
	}
	dev->nr_vqs = 0;
	mutex_unlock(&dev->ctl);
}

static struct virtqueue *find_vq(struct virtio_argo_dev *dev, unsigned int i,
				 const struct virtqueue_info *info)
{
	struct virtio_argo_queue *q;

	if (i >= dev->nr_queues || !dev->queue_max[i])
		return ERR_PTR(-ENOENT);
	q = virtio_argo_queue_create(dev, i,
				     rounddown_pow_of_two(dev->queue_max[i]),
				     info);
	if (IS_ERR(q))
		return ERR_CAST(q);
	spin_lock_bh(&dev->be->reader);
	dev->queue[i] = q;
	dev->nr_vqs = i + 1;
	spin_unlock_bh(&dev->be->reader);
	if (is_online(dev))
		told(dev, virtio_argo_set_queue(dev, i));
	return q->vq;
}

static int find_vqs(struct virtio_device *vdev, unsigned int n,
		    struct virtqueue *vqs[], struct virtqueue_info infos[])
{
	struct virtio_argo_dev *dev = of(vdev);
	unsigned int i, index = 0;
	int rc = 0;

	mutex_lock(&dev->ctl);
	for (i = 0; !rc && i < n; i++) {
		vqs[i] = NULL;
		if (!infos[i].name)
			continue;
		vqs[i] = find_vq(dev, index++, &infos[i]);
		if (IS_ERR(vqs[i]))
			rc = PTR_ERR(vqs[i]);
	}
	mutex_unlock(&dev->ctl);
	if (rc)
		del_vqs(vdev);
	return rc;
}

#ifdef ARGO_HAVE_VIRTQUEUE_INFO
static int find_vqs_op(struct virtio_device *vdev, unsigned int n,
		       struct virtqueue *vqs[], struct virtqueue_info infos[],
		       struct irq_affinity *affinity)
{
	return find_vqs(vdev, n, vqs, infos);
}
#else
static int find_vqs_op(struct virtio_device *vdev, unsigned int n,
		       struct virtqueue *vqs[], vq_callback_t *callbacks[],
		       const char * const names[], const bool *ctx,
		       struct irq_affinity *affinity)
{
	struct virtqueue_info *infos = kcalloc(n, sizeof(*infos), GFP_KERNEL);
	unsigned int i;
	int rc;

	if (!infos)
		return -ENOMEM;
	for (i = 0; i < n; i++) {
		infos[i].name = names[i];
		infos[i].callback = callbacks[i];
		infos[i].ctx = ctx && ctx[i];
	}
	rc = find_vqs(vdev, n, vqs, infos);
	kfree(infos);
	return rc;
}
#endif

static const char *bus_name(struct virtio_device *vdev)
{
	return dev_name(&of(vdev)->parent->dev);
}

const struct virtio_config_ops virtio_argo_config_ops = {
	.get = get,
	.set = set,
	.generation = generation,
	.get_status = get_status,
	.set_status = set_status,
	.reset = reset,
	.find_vqs = find_vqs_op,
	.del_vqs = del_vqs,
	.get_features = get_features,
	.finalize_features = finalize_features,
	.bus_name = bus_name,
};
