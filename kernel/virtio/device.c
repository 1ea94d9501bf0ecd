// SPDX-License-Identifier: GPL-2.0-only
/*
 * The life of a device: found, registered, broken off, unregistered.
 *
 * Registering binds a driver, which waits for its device to answer. So that is
 * done by a work of the device, while others find a back end that was lost, or
 * break the device off.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/bits.h>
#include <linux/mm.h>
#include <linux/rcupdate.h>
#include <linux/slab.h>

#include "virtio.h"

/* A request of so many segments is to be no larger than the back end takes. */
#define USUAL_SEGMENTS	256

/**
 * virtio_argo_max_segment() - how large a segment should be at most
 * @dev: device
 *
 * Context: any.
 */
u32 virtio_argo_max_segment(const struct virtio_argo_dev *dev)
{
	u32 n = READ_ONCE(dev->link->max_chain) / USUAL_SEGMENTS;

	return clamp_t(u32, round_down(n, PAGE_SIZE), PAGE_SIZE, SZ_64K);
}

static void put_parent(struct virtio_argo_dev *dev)
{
	if (dev->parent)
		platform_device_unregister(dev->parent);
	dev->parent = NULL;
}

static int add_parent(struct virtio_argo_dev *dev)
{
	struct platform_device *parent;
	char name[48];
	int rc;

	snprintf(name, sizeof(name), "virtio-%s-%u-%u",
		 argo_hv_params(dev->be->hv)->device, dev->be->domid, dev->num);
	parent = platform_device_alloc(name, PLATFORM_DEVID_NONE);
	if (!parent)
		return -ENOMEM;
	parent->dev.groups = virtio_argo_groups;
	platform_set_drvdata(parent, dev);
	rc = virtio_argo_dma_init(&parent->dev);
	if (!rc)
		rc = platform_device_add(parent);
	if (rc) {
		platform_device_put(parent);
		return rc;
	}
	dev->parent = parent;
	return 0;
}

static void release(struct device *device)
{
	struct virtio_argo_dev *dev = container_of(device,
						   struct virtio_argo_dev,
						   vdev.dev);

	virtio_argo_backend_put(dev->be);
	kfree(dev);
}

static void do_register(struct virtio_argo_dev *dev)
{
	int rc = add_parent(dev);

	if (!rc) {
		dev->vdev.dev.parent = &dev->parent->dev;
		dev->vdev.dev.release = release;
		dev->vdev.config = &virtio_argo_config_ops;
		/* From here on release() frees it, whether this works or not. */
		dev->registered = true;
		rc = register_virtio_device(&dev->vdev);
	}
	if (!rc) {
		virtio_argo_log(info, dev->link, "device %u is %s (id %u)\n",
				dev->num, dev_name(&dev->vdev.dev),
				dev->vdev.id.device);
		return;
	}
	virtio_argo_log(err, dev->link, "device %u could not be registered: %d\n",
			dev->num, rc);
	put_parent(dev);
	if (dev->registered)
		WRITE_ONCE(dev->gone, true);
}

static void do_unregister(struct virtio_argo_dev *dev)
{
	/* Nothing that the driver waits for may stay. */
	flush_work(&dev->break_work);
	if (dev->registered && dev->parent) {
		get_device(&dev->vdev.dev);
		unregister_virtio_device(&dev->vdev);
		put_parent(dev);
	}
	spin_lock_bh(&dev->be->reader);
	WRITE_ONCE(dev->online, false);
	spin_unlock_bh(&dev->be->reader);
	cancel_work_sync(&dev->config_work);
}

static void register_work_fn(struct work_struct *work)
{
	struct virtio_argo_dev *dev = container_of(work, struct virtio_argo_dev,
						   register_work);
	struct virtio_argo_backend *be = dev->be;

	if (!READ_ONCE(dev->gone) && !dev->registered)
		do_register(dev);
	if (!READ_ONCE(dev->gone))
		return;
	do_unregister(dev);
	virtio_argo_backend_hold(be);
	/* A caller that finds it finished may free it. */
	smp_store_release(&dev->finished, true);
	virtio_argo_look(be);
	wake_up_all(&be->answers);
	virtio_argo_backend_put(be);
}

static void abort_all(struct virtio_argo_dev *dev, bool all)
{
	unsigned int i;

	spin_lock_bh(&dev->be->reader);
	WRITE_ONCE(dev->broken, all);
	for (i = 0; i < dev->nr_vqs; i++) {
		if (!dev->queue[i])
			continue;
		virtio_argo_queue_abort(dev->queue[i], all);
		if (xchg(&dev->queue[i]->interrupt, false))
			vring_interrupt(0, dev->queue[i]->vq);
	}
	spin_unlock_bh(&dev->be->reader);
}

/*
 * Fail what the driver waits for, and then let the virtqueues take no more. A
 * driver that has added a chain and is about to notify would wait for ever, so
 * those that do that under RCU, as block devices do, come first.
 */
static void break_work_fn(struct work_struct *work)
{
	struct virtio_argo_dev *dev = container_of(work, struct virtio_argo_dev,
						   break_work);

	WRITE_ONCE(dev->online, false);
	abort_all(dev, false);
	synchronize_rcu();
	abort_all(dev, true);
	/* Without a queue the driver has not begun, or has ended. */
	mutex_lock(&dev->ctl);
	if (dev->nr_vqs)
		virtio_break_device(&dev->vdev);
	mutex_unlock(&dev->ctl);
}

static void config_work_fn(struct work_struct *work)
{
	struct virtio_argo_dev *dev = container_of(work, struct virtio_argo_dev,
						   config_work);
	bool driven, changed;
	int rc = 0;

	mutex_lock(&dev->ctl);
	if (READ_ONCE(dev->online))
		rc = virtio_argo_read_config(dev, &changed);
	driven = dev->status & VIRTIO_CONFIG_S_DRIVER;
	mutex_unlock(&dev->ctl);
	if (rc)
		virtio_argo_lost(dev->be);
	else if (driven)
		virtio_config_changed(&dev->vdev);
}

/**
 * virtio_argo_dev_create() - note a device that was found
 * @link: the port that it is at
 * @num: its number
 *
 * Context: may sleep.
 * Return: the device, or NULL without memory.
 */
struct virtio_argo_dev *virtio_argo_dev_create(struct virtio_argo_link *link,
					       u16 num)
{
	struct virtio_argo_dev *dev = kzalloc(sizeof(*dev), GFP_KERNEL);

	if (!dev)
		return NULL;
	dev->be = link->be;
	dev->link = link;
	dev->num = num;
	mutex_init(&dev->ctl);
	spin_lock_init(&dev->config_lock);
	INIT_WORK(&dev->register_work, register_work_fn);
	INIT_WORK(&dev->break_work, break_work_fn);
	INIT_WORK(&dev->config_work, config_work_fn);
	virtio_argo_backend_hold(dev->be);
	return dev;
}

/**
 * virtio_argo_dev_free() - forget a device
 * @dev: device that could not be set up, or is finished
 *
 * Context: may sleep.
 */
void virtio_argo_dev_free(struct virtio_argo_dev *dev)
{
	if (dev->registered) {
		put_device(&dev->vdev.dev);
		return;
	}
	virtio_argo_backend_put(dev->be);
	kfree(dev);
}

/**
 * virtio_argo_dev_register() - give a device to its driver
 * @dev: device, set up
 *
 * Context: process.
 */
void virtio_argo_dev_register(struct virtio_argo_dev *dev)
{
	spin_lock_bh(&dev->be->reader);
	dev->be->dev[dev->num] = dev;
	spin_unlock_bh(&dev->be->reader);
	mutex_lock(&dev->ctl);
	virtio_argo_new_epoch(dev);
	mutex_unlock(&dev->ctl);
	queue_work(virtio_argo_dev_wq, &dev->register_work);
}

/**
 * virtio_argo_dev_fail() - break a device off
 * @dev: device
 * @why: the reason, for the log; NULL if it is known
 *
 * Context: any.
 */
void virtio_argo_dev_fail(struct virtio_argo_dev *dev, const char *why)
{
	if (xchg(&dev->failing, true))
		return;
	if (why)
		virtio_argo_log(err, dev->link, "device %u (%s) is broken off: %s\n",
				dev->num,
				dev->registered ? dev_name(&dev->vdev.dev) :
						  "not registered", why);
	queue_work(virtio_argo_link_wq, &dev->break_work);
}

/**
 * virtio_argo_dev_remove() - take a device away that the back end has no more
 * @dev: device
 *
 * Context: any.
 */
void virtio_argo_dev_remove(struct virtio_argo_dev *dev)
{
	if (xchg(&dev->gone, true))
		return;
	virtio_argo_dev_fail(dev, NULL);
	queue_work(virtio_argo_dev_wq, &dev->register_work);
}

/**
 * virtio_argo_dev_away() - the back end may have forgotten a device
 * @dev: device
 *
 * Context: any.
 */
void virtio_argo_dev_away(struct virtio_argo_dev *dev)
{
	if (xchg(&dev->online, false))
		WRITE_ONCE(dev->away_since, jiffies);
}

/**
 * virtio_argo_dev_config_event() - the back end says that a device has changed
 * @dev: device
 * @status: the device's status
 *
 * Context: softirq.
 */
void virtio_argo_dev_config_event(struct virtio_argo_dev *dev, u32 status)
{
	if (status & VIRTIO_CONFIG_S_NEEDS_RESET)
		virtio_argo_dev_fail(dev, "the back end says that it needs a reset");
	else
		queue_work(virtio_argo_dev_wq, &dev->config_work);
}
