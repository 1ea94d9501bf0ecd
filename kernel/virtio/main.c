// SPDX-License-Identifier: GPL-2.0-only
/* VirtIO over Argo, the driver side: which back ends are looked for. */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/module.h>

#include "virtio.h"

#define MAX_BACKENDS	16

static ushort backends[MAX_BACKENDS];
static int nr_backends = 1;
module_param_array(backends, ushort, &nr_backends, 0444);
MODULE_PARM_DESC(backends, "ids of domains whose devices this one uses (default 0)");

static uint timeout;
module_param(timeout, uint, 0644);
MODULE_PARM_DESC(timeout, "seconds that requests wait for a back end that is away before they fail, and the device is broken off; 0: for ever (default)");

u32 virtio_argo_ring_size = SZ_1M;
module_param_named(ring_size, virtio_argo_ring_size, uint, 0444);
MODULE_PARM_DESC(ring_size, "bytes of the ring for each back end (default 1 MiB)");

struct workqueue_struct *virtio_argo_link_wq;
struct workqueue_struct *virtio_argo_dev_wq;

/* The back ends; core attaches and detaches one attachment at a time. */
static LIST_HEAD(opened);

/**
 * virtio_argo_timeout() - how long a device may be away
 *
 * Return: jiffies, or 0 for ever.
 */
unsigned long virtio_argo_timeout(void)
{
	unsigned long seconds = min_t(uint, READ_ONCE(timeout), INT_MAX / HZ);

	return seconds * HZ;
}

static int attach(struct argo_frontend *fe, struct argo_hv *hv)
{
	struct virtio_argo_backend *be;
	int i;

	for (i = 0; i < nr_backends; i++) {
		if (backends[i] >= ARGO_DOMID_FIRST_RESERVED) {
			pr_err("%s: backends: %u is not a domain's id\n",
			       argo_hv_params(hv)->device, backends[i]);
			continue;
		}
		be = virtio_argo_backend_open(hv, backends[i]);
		if (IS_ERR(be))
			return PTR_ERR(be);
		list_add_tail(&be->node, &opened);
	}
	return 0;
}

static void detach(struct argo_frontend *fe, struct argo_hv *hv)
{
	struct virtio_argo_backend *be, *next;

	list_for_each_entry_safe(be, next, &opened, node) {
		if (be->hv != hv)
			continue;
		list_del(&be->node);
		virtio_argo_backend_close(be);
	}
}

static struct argo_frontend frontend = {
	.attach = attach,
	.detach = detach,
};

static int __init virtio_argo_init(void)
{
	/* Disks need it to write pages back. */
	virtio_argo_link_wq = alloc_workqueue("virtio_argo", WQ_UNBOUND |
					      WQ_FREEZABLE | WQ_MEM_RECLAIM, 0);
	if (!virtio_argo_link_wq)
		return -ENOMEM;
	virtio_argo_dev_wq = alloc_workqueue("virtio_argo_dev", WQ_UNBOUND |
					     WQ_FREEZABLE, 0);
	if (!virtio_argo_dev_wq) {
		destroy_workqueue(virtio_argo_link_wq);
		return -ENOMEM;
	}
	argo_frontend_register(&frontend);
	return 0;
}
module_init(virtio_argo_init);

static void __exit virtio_argo_exit(void)
{
	argo_frontend_unregister(&frontend);
	destroy_workqueue(virtio_argo_dev_wq);
	destroy_workqueue(virtio_argo_link_wq);
}
module_exit(virtio_argo_exit);

MODULE_DESCRIPTION("Argo: messages between domains, virtio devices");
MODULE_LICENSE("GPL");
