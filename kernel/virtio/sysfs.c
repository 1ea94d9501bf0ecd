// SPDX-License-Identifier: GPL-2.0-only
/* Attributes of a device, in the folder "argo" of its parent. */
#include <linux/device.h>

#include "virtio.h"

static struct virtio_argo_dev *of(struct device *device)
{
	return dev_get_drvdata(device);
}

static ssize_t attachment_show(struct device *device,
			       struct device_attribute *attr, char *buf)
{
	return sysfs_emit(buf, "%s\n",
			  argo_hv_params(of(device)->be->hv)->device);
}
static DEVICE_ATTR_RO(attachment);

static ssize_t backend_show(struct device *device,
			    struct device_attribute *attr, char *buf)
{
	return sysfs_emit(buf, "%u\n", of(device)->be->domid);
}
static DEVICE_ATTR_RO(backend);

static ssize_t port_show(struct device *device, struct device_attribute *attr,
			 char *buf)
{
	return sysfs_emit(buf, "%u\n", READ_ONCE(of(device)->link)->addr.port);
}
static DEVICE_ATTR_RO(port);

static ssize_t number_show(struct device *device, struct device_attribute *attr,
			   char *buf)
{
	return sysfs_emit(buf, "%u\n", of(device)->num);
}
static DEVICE_ATTR_RO(number);

static ssize_t state_show(struct device *device, struct device_attribute *attr,
			  char *buf)
{
	const struct virtio_argo_dev *dev = of(device);

	return sysfs_emit(buf, "%s\n",
			  READ_ONCE(dev->failing) ? "broken" :
			  READ_ONCE(dev->online) ? "online" : "away");
}
static DEVICE_ATTR_RO(state);

static ssize_t dropped_show(struct device *device,
			    struct device_attribute *attr, char *buf)
{
	return sysfs_emit(buf, "%llu\n", READ_ONCE(of(device)->be->drops));
}
static DEVICE_ATTR_RO(dropped);

#define COUNTER(name, which)						\
static ssize_t name##_show(struct device *device,			\
			   struct device_attribute *attr, char *buf)	\
{									\
	return sysfs_emit(buf, "%lld\n",				\
			  atomic64_read(&of(device)->counts[which]));	\
}									\
static DEVICE_ATTR_RO(name)

COUNTER(requests, VIRTIO_ARGO_REQUESTS);
COUNTER(messages, VIRTIO_ARGO_MESSAGES);
COUNTER(answers, VIRTIO_ARGO_ANSWERS);
COUNTER(resent, VIRTIO_ARGO_RESENT);
COUNTER(full, VIRTIO_ARGO_FULL);
COUNTER(overrun, VIRTIO_ARGO_OVERRUN);
COUNTER(failed, VIRTIO_ARGO_CHAINS_FAILED);
COUNTER(stale, VIRTIO_ARGO_STALE);
COUNTER(reconnects, VIRTIO_ARGO_RECONNECTS);

static struct attribute *attributes[] = {
	&dev_attr_attachment.attr,
	&dev_attr_backend.attr,
	&dev_attr_port.attr,
	&dev_attr_number.attr,
	&dev_attr_state.attr,
	&dev_attr_dropped.attr,
	&dev_attr_requests.attr,
	&dev_attr_messages.attr,
	&dev_attr_answers.attr,
	&dev_attr_resent.attr,
	&dev_attr_full.attr,
	&dev_attr_overrun.attr,
	&dev_attr_failed.attr,
	&dev_attr_stale.attr,
	&dev_attr_reconnects.attr,
	NULL,
};

static const struct attribute_group group = {
	.name = "argo",
	.attrs = attributes,
};

const struct attribute_group *virtio_argo_groups[] = { &group, NULL };
