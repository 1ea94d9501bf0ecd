// SPDX-License-Identifier: GPL-2.0-only
/*
 * Questions to the back end and orders that set a device up, the first time and
 * again. No answer is trusted.
 */
#include <linux/bits.h>
#include <linux/random.h>

#include "virtio.h"

/* Bytes of configuration space in one request. */
#define CONFIG_PIECE	128u

static int request(struct virtio_argo_dev *dev, u8 msg_id, const void *ask,
		   u32 len, void *answer, u32 room)
{
	int rc;

	lockdep_assert_held(&dev->ctl);

	rc = virtio_argo_request(dev->link, dev->num, msg_id, ask, len, answer,
				 room);
	if (rc < 0)
		return rc;
	return rc < room ? -EPROTO : rc;
}

static int get_info(struct virtio_argo_dev *dev, struct virtio_argo_info *info)
{
	int rc = request(dev, VIRTIO_ARGO_GET_DEVICE_INFO, NULL, 0, info,
			 sizeof(*info));

	if (rc < 0)
		return rc;
	if (!info->device_id)
		return -ENODEV;
	if (le32_to_cpu(info->config_size) > VIRTIO_ARGO_MAX_CONFIG ||
	    le32_to_cpu(info->queues) > VIRTIO_ARGO_MAX_QUEUES)
		return -E2BIG;
	return 0;
}

static int get_features(struct virtio_argo_dev *dev, u64 *features)
{
	const struct virtio_argo_features ask = { .blocks = cpu_to_le32(2) };
	struct virtio_argo_features answer;
	int rc;

	rc = request(dev, VIRTIO_ARGO_GET_FEATURES, &ask,
		     offsetof(struct virtio_argo_features, block), &answer,
		     sizeof(answer));
	if (rc < 0)
		return rc;
	if (answer.first || answer.blocks != ask.blocks)
		return -EPROTO;
	*features = le32_to_cpu(answer.block[0]) |
		    (u64)le32_to_cpu(answer.block[1]) << 32;
	return *features & BIT_ULL(VIRTIO_F_VERSION_1) ? 0 : -EPROTO;
}

static int get_queue(struct virtio_argo_dev *dev, u32 index)
{
	const __le32 ask = cpu_to_le32(index);
	struct virtio_argo_vqueue_answer answer;
	int rc;

	rc = request(dev, VIRTIO_ARGO_GET_VQUEUE, &ask, sizeof(ask), &answer,
		     sizeof(answer));
	if (rc < 0)
		return rc;
	if (answer.queue != ask)
		return -EPROTO;
	dev->queue_max[index] = min_t(u32, le32_to_cpu(answer.max_size),
				      VIRTIO_ARGO_MAX_QUEUE_SIZE);
	return 0;
}

/**
 * virtio_argo_set_queue() - tell the back end of a queue that the driver has
 * @dev: device
 * @index: number of the queue
 *
 * Context: may sleep, under virtio_argo_dev.ctl.
 * Return: 0, or an errno of virtio_argo_request(), or -EPROTO.
 */
int virtio_argo_set_queue(struct virtio_argo_dev *dev, u16 index)
{
	const struct virtio_argo_vqueue ask = {
		.queue = cpu_to_le32(index),
		.size = cpu_to_le32(dev->queue[index]->ring->num),
	};
	int rc = request(dev, VIRTIO_ARGO_SET_VQUEUE, &ask, sizeof(ask), NULL,
			 0);

	return min(rc, 0);
}

/**
 * virtio_argo_set_features() - tell the back end what features the driver chose
 * @dev: device
 *
 * Context: may sleep, under virtio_argo_dev.ctl.
 * Return: as virtio_argo_set_queue().
 */
int virtio_argo_set_features(struct virtio_argo_dev *dev)
{
	u64 features = dev->driver_features | BIT_ULL(VIRTIO_F_VERSION_1) |
		       (dev->features & BIT_ULL(VIRTIO_F_ACCESS_PLATFORM));
	const struct virtio_argo_features ask = {
		.blocks = cpu_to_le32(2),
		.block = { cpu_to_le32(features), cpu_to_le32(features >> 32) },
	};
	int rc = request(dev, VIRTIO_ARGO_SET_FEATURES, &ask, sizeof(ask), NULL,
			 0);

	return min(rc, 0);
}

/**
 * virtio_argo_set_status() - tell the back end the status that the driver set
 * @dev: device
 * @status: the status
 *
 * Status bits that the device refuses are taken from virtio_argo_dev.status.
 *
 * Context: may sleep, under virtio_argo_dev.ctl.
 * Return: as virtio_argo_set_queue().
 */
int virtio_argo_set_status(struct virtio_argo_dev *dev, u8 status)
{
	const __le32 ask = cpu_to_le32(status);
	__le32 answer;
	int rc;

	rc = request(dev, VIRTIO_ARGO_SET_STATUS, &ask, sizeof(ask), &answer,
		     sizeof(answer));
	if (rc < 0)
		return rc;
	if (status & VIRTIO_CONFIG_S_FEATURES_OK &&
	    !(le32_to_cpu(answer) & VIRTIO_CONFIG_S_FEATURES_OK))
		dev->status &= ~VIRTIO_CONFIG_S_FEATURES_OK;
	return 0;
}

static int read_piece(struct virtio_argo_dev *dev, u32 offset, u32 n, u8 *to)
{
	const struct virtio_argo_get_config ask = {
		.offset = cpu_to_le32(offset),
		.len = cpu_to_le32(n),
	};
	struct {
		struct virtio_argo_config head;
		u8 bytes[CONFIG_PIECE];
	} answer;
	int rc;

	rc = request(dev, VIRTIO_ARGO_GET_CONFIG, &ask, sizeof(ask), &answer,
		     sizeof(answer.head) + n);
	if (rc < 0)
		return rc;
	if (answer.head.offset != ask.offset || answer.head.len != ask.len)
		return -EPROTO;
	memcpy(to, answer.bytes, n);
	dev->generation = le32_to_cpu(answer.head.generation);
	return 0;
}

/**
 * virtio_argo_read_config() - read the configuration space
 * @dev: device
 * @changed: set to whether it is another than before
 *
 * Context: may sleep, under virtio_argo_dev.ctl.
 * Return: as virtio_argo_set_queue().
 */
int virtio_argo_read_config(struct virtio_argo_dev *dev, bool *changed)
{
	u8 bytes[CONFIG_PIECE];
	u32 at, n;
	int rc;

	*changed = false;
	for (at = 0; at < dev->config_size; at += n) {
		n = min(dev->config_size - at, CONFIG_PIECE);
		rc = read_piece(dev, at, n, bytes);
		if (rc)
			return rc;
		spin_lock_irq(&dev->config_lock);
		*changed |= memcmp(dev->config + at, bytes, n);
		memcpy(dev->config + at, bytes, n);
		spin_unlock_irq(&dev->config_lock);
	}
	return 0;
}

static int write_piece(struct virtio_argo_dev *dev, u32 offset, u32 n)
{
	struct {
		struct virtio_argo_config head;
		u8 bytes[CONFIG_PIECE];
	} ask;
	struct virtio_argo_config answer;
	int rc;

	ask.head.generation = cpu_to_le32(dev->generation);
	ask.head.offset = cpu_to_le32(offset);
	ask.head.len = cpu_to_le32(n);
	memcpy(ask.bytes, dev->config + offset, n);
	rc = request(dev, VIRTIO_ARGO_SET_CONFIG, &ask, sizeof(ask.head) + n,
		     &answer, sizeof(answer));
	if (rc < 0)
		return rc;
	if (answer.generation == ask.head.generation)
		return 0;
	/* The device has changed meanwhile, and has refused it. */
	dev->generation = le32_to_cpu(answer.generation);
	return answer.len ? 0 : -EAGAIN;
}

/**
 * virtio_argo_write_config() - tell the back end what the driver wrote
 * @dev: device
 * @offset: the first byte, in virtio_argo_dev.config
 * @len: number of bytes
 *
 * Context: may sleep, under virtio_argo_dev.ctl.
 * Return: as virtio_argo_set_queue().
 */
int virtio_argo_write_config(struct virtio_argo_dev *dev, u32 offset, u32 len)
{
	u32 n;
	int rc;

	for (; len; offset += n, len -= n) {
		n = min(len, CONFIG_PIECE);
		rc = write_piece(dev, offset, n);
		if (rc == -EAGAIN)
			rc = write_piece(dev, offset, n);
		if (rc && rc != -EAGAIN)
			return rc;
	}
	return 0;
}

/**
 * virtio_argo_new_epoch() - answers to what was sent so far are not taken
 * @dev: device, whose queues are stopped
 *
 * Context: process, under virtio_argo_dev.ctl.
 */
void virtio_argo_new_epoch(struct virtio_argo_dev *dev)
{
	u32 epoch;

	lockdep_assert_held(&dev->ctl);

	do
		epoch = get_random_u32();
	while (epoch == dev->epoch);
	spin_lock_bh(&dev->be->reader);
	WRITE_ONCE(dev->epoch, epoch);
	spin_unlock_bh(&dev->be->reader);
}

/**
 * virtio_argo_queues_stop() - send nothing from a device's queues
 * @dev: device
 *
 * Context: process.
 */
void virtio_argo_queues_stop(struct virtio_argo_dev *dev)
{
	unsigned int i;

	spin_lock_bh(&dev->be->reader);
	for (i = 0; i < dev->nr_vqs; i++)
		if (dev->queue[i])
			virtio_argo_queue_stop(dev->queue[i]);
	spin_unlock_bh(&dev->be->reader);
}

/**
 * virtio_argo_queues_start() - send what waits in a device's queues
 * @dev: device, which is online; its queues are stopped
 *
 * Context: process, under virtio_argo_dev.ctl.
 */
void virtio_argo_queues_start(struct virtio_argo_dev *dev)
{
	unsigned int i;

	lockdep_assert_held(&dev->ctl);

	spin_lock_bh(&dev->be->reader);
	for (i = 0; i < dev->nr_vqs; i++)
		if (dev->queue[i])
			virtio_argo_queue_start(dev->queue[i]);
	spin_unlock_bh(&dev->be->reader);
	virtio_argo_kick(dev);
}

static int set_up(struct virtio_argo_dev *dev)
{
	struct virtio_argo_info info;
	bool changed;
	u32 i;
	int rc;

	rc = get_info(dev, &info);
	if (rc)
		return rc;
	dev->vdev.id.device = le32_to_cpu(info.device_id);
	dev->vdev.id.vendor = le32_to_cpu(info.vendor_id);
	dev->config_size = le32_to_cpu(info.config_size);
	dev->nr_queues = le32_to_cpu(info.queues);
	rc = get_features(dev, &dev->features);
	for (i = 0; !rc && i < dev->nr_queues; i++)
		rc = get_queue(dev, i);
	return rc ?: virtio_argo_read_config(dev, &changed);
}

/**
 * virtio_argo_setup() - set up a device that was found
 * @dev: device, which no driver has
 *
 * Context: may sleep, takes virtio_argo_dev.ctl.
 * Return: 0, -E2BIG (more than this side supports), -ENODEV (there is none),
 * -EPROTO (answers make no sense), or an errno of virtio_argo_request().
 */
int virtio_argo_setup(struct virtio_argo_dev *dev)
{
	int rc;

	mutex_lock(&dev->ctl);
	rc = set_up(dev);
	if (!rc)
		WRITE_ONCE(dev->online, true);
	mutex_unlock(&dev->ctl);
	return rc;
}

/* Return: 0, -EMEDIUMTYPE if it is another device now, or an errno. */
static int compare(struct virtio_argo_dev *dev)
{
	struct virtio_argo_info info;
	u64 features;
	int rc;

	rc = get_info(dev, &info);
	if (!rc)
		rc = get_features(dev, &features);
	if (rc)
		return rc;
	if (le32_to_cpu(info.device_id) != dev->vdev.id.device ||
	    le32_to_cpu(info.config_size) < dev->config_size ||
	    le32_to_cpu(info.queues) < dev->nr_queues ||
	    dev->driver_features & ~features)
		return -EMEDIUMTYPE;
	return 0;
}

/* Set the device up as the driver has, as far as it has got. */
static int replay(struct virtio_argo_dev *dev)
{
	const u8 status = dev->status;
	const u8 begun = status & (VIRTIO_CONFIG_S_ACKNOWLEDGE |
				   VIRTIO_CONFIG_S_DRIVER);
	unsigned int i;
	int rc = 0;

	if (begun)
		rc = virtio_argo_set_status(dev, begun);
	if (!rc && dev->agreed)
		rc = virtio_argo_set_features(dev);
	if (!rc && status & VIRTIO_CONFIG_S_FEATURES_OK) {
		rc = virtio_argo_set_status(dev, begun |
					    VIRTIO_CONFIG_S_FEATURES_OK);
		if (!rc && !(dev->status & VIRTIO_CONFIG_S_FEATURES_OK))
			return -EMEDIUMTYPE;
	}
	for (i = 0; !rc && i < dev->nr_vqs; i++)
		if (dev->queue[i])
			rc = virtio_argo_set_queue(dev, i);
	if (!rc && dev->written_to)
		rc = virtio_argo_write_config(dev, dev->written_from,
					      dev->written_to -
					      dev->written_from);
	if (!rc && status != begun)
		rc = virtio_argo_set_status(dev, status);
	return rc;
}

/**
 * virtio_argo_setup_again() - set up a device whose back end has forgotten it
 * @dev: device, which is not online
 *
 * Chains that were sent and not answered are sent again.
 *
 * Context: may sleep, takes virtio_argo_dev.ctl.
 * Return: as virtio_argo_setup(), or -EMEDIUMTYPE (it is another device now).
 */
int virtio_argo_setup_again(struct virtio_argo_dev *dev)
{
	bool changed = false;
	int rc;

	mutex_lock(&dev->ctl);
	virtio_argo_new_epoch(dev);
	rc = compare(dev);
	if (!rc)
		rc = replay(dev);
	if (!rc)
		rc = virtio_argo_read_config(dev, &changed);
	if (!rc) {
		virtio_argo_count(dev, VIRTIO_ARGO_RECONNECTS);
		dev->missed = false;
		WRITE_ONCE(dev->online, true);
		if (dev->status & VIRTIO_CONFIG_S_DRIVER_OK)
			virtio_argo_queues_start(dev);
	}
	mutex_unlock(&dev->ctl);
	if (!rc && changed)
		queue_work(virtio_argo_dev_wq, &dev->config_work);
	return rc;
}
