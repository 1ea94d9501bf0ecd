// SPDX-License-Identifier: GPL-2.0-only
/* /dev/argo: a character device for each attachment. */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/device.h>
#include <linux/fs.h>
#include <linux/miscdevice.h>
#include <linux/module.h>
#include <linux/slab.h>

#include "endpoint.h"

/**
 * struct argo_char - the front-end
 * @fe: the front-end as core knows it
 * @devices: struct argo_device, one for each attachment
 */
struct argo_char {
	struct argo_frontend fe;
	struct list_head devices;
};

struct argo_device {
	struct list_head node;
	struct miscdevice misc;
	struct argo_hv *hv;
};

static int device_open(struct inode *inode, struct file *file)
{
	struct argo_device *device = container_of(file->private_data,
						  struct argo_device, misc);
	struct argo_endpoint *ep = argo_endpoint_open(device->hv);

	if (IS_ERR(ep))
		return PTR_ERR(ep);
	file->private_data = ep;
	return stream_open(inode, file);
}

static int device_release(struct inode *inode, struct file *file)
{
	argo_endpoint_close(file->private_data);
	return 0;
}

static const struct file_operations device_fops = {
	.owner = THIS_MODULE,
	.open = device_open,
	.release = device_release,
	.read_iter = argo_endpoint_read_iter,
	.write = argo_endpoint_write,
	.write_iter = argo_endpoint_write_iter,
	.poll = argo_endpoint_poll,
	.fsync = argo_endpoint_fsync,
	.unlocked_ioctl = argo_endpoint_ioctl,
	.compat_ioctl = compat_ptr_ioctl,
};

/* The number of hypercalls matters where an exit to the hypervisor is slow. */
static ssize_t show_hypercalls(struct device *dev, char *buf,
			       enum argo_hypercall which)
{
	struct argo_device *device = container_of(dev_get_drvdata(dev),
						  struct argo_device, misc);

	return sysfs_emit(buf, "%llu\n",
			  argo_hv_hypercalls(device->hv, which));
}

static ssize_t register_show(struct device *dev, struct device_attribute *attr,
			     char *buf)
{
	return show_hypercalls(dev, buf, ARGO_HC_REGISTER);
}
static DEVICE_ATTR_RO(register);

static ssize_t unregister_show(struct device *dev,
			       struct device_attribute *attr, char *buf)
{
	return show_hypercalls(dev, buf, ARGO_HC_UNREGISTER);
}
static DEVICE_ATTR_RO(unregister);

static ssize_t sendv_show(struct device *dev, struct device_attribute *attr,
			  char *buf)
{
	return show_hypercalls(dev, buf, ARGO_HC_SENDV);
}
static DEVICE_ATTR_RO(sendv);

static ssize_t notify_show(struct device *dev, struct device_attribute *attr,
			   char *buf)
{
	return show_hypercalls(dev, buf, ARGO_HC_NOTIFY);
}
static DEVICE_ATTR_RO(notify);

static struct attribute *hypercall_attrs[] = {
	&dev_attr_register.attr,
	&dev_attr_unregister.attr,
	&dev_attr_sendv.attr,
	&dev_attr_notify.attr,
	NULL,
};

static const struct attribute_group hypercall_group = {
	.name = "hypercalls",
	.attrs = hypercall_attrs,
};

static const struct attribute_group *device_groups[] = {
	&hypercall_group,
	NULL,
};

static int char_attach(struct argo_frontend *fe, struct argo_hv *hv)
{
	struct argo_char *front = container_of(fe, struct argo_char, fe);
	struct argo_device *device;
	int rc;

	device = kzalloc(sizeof(*device), GFP_KERNEL);
	if (!device)
		return -ENOMEM;
	device->hv = hv;
	device->misc.minor = MISC_DYNAMIC_MINOR;
	device->misc.name = argo_hv_params(hv)->device;
	device->misc.fops = &device_fops;
	device->misc.groups = device_groups;
	device->misc.mode = 0660;
	rc = misc_register(&device->misc);
	if (rc) {
		kfree(device);
		return rc;
	}
	list_add(&device->node, &front->devices);
	return 0;
}

static void char_detach(struct argo_frontend *fe, struct argo_hv *hv)
{
	struct argo_char *front = container_of(fe, struct argo_char, fe);
	struct argo_device *device;

	list_for_each_entry(device, &front->devices, node) {
		if (device->hv != hv)
			continue;
		misc_deregister(&device->misc);
		list_del(&device->node);
		kfree(device);
		return;
	}
}

static struct argo_char argo_char = {
	.fe = { .attach = char_attach, .detach = char_detach },
	.devices = LIST_HEAD_INIT(argo_char.devices),
};

static int __init argo_char_init(void)
{
	int rc = argo_pollers_create_workers();

	if (rc)
		return rc;
	argo_frontend_register(&argo_char.fe);
	return 0;
}
module_init(argo_char_init);

static void __exit argo_char_exit(void)
{
	argo_frontend_unregister(&argo_char.fe);
	argo_pollers_destroy_workers();
}
module_exit(argo_char_exit);

MODULE_DESCRIPTION("Argo: messages between domains, /dev/argo");
MODULE_LICENSE("GPL");
