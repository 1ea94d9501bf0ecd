// SPDX-License-Identifier: GPL-2.0-only
/* Network devices over Argo: ip link add argo0 type argo. */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/module.h>
#include <linux/rtnetlink.h>
#include <linux/slab.h>
#include <net/rtnetlink.h>

#include "net.h"

/**
 * struct attachment - an attachment that devices may use; under rtnl
 * @node: in attachments
 * @hv: the attachment
 * @devices: the devices that use it, by argo_net.node
 */
struct attachment {
	struct list_head node;
	struct argo_hv *hv;
	struct list_head devices;
};

static LIST_HEAD(attachments);

struct workqueue_struct *argo_net_wq;

/**
 * argo_net_attachment() - find an attachment
 * @name: name of the attachment's character device, or NULL
 *
 * Without a name, the attachment is "argo", or else the only attachment.
 *
 * Context: under rtnl.
 * Return: the attachment, or NULL.
 */
struct argo_hv *argo_net_attachment(const char *name)
{
	struct attachment *at;

	ASSERT_RTNL();

	list_for_each_entry(at, &attachments, node)
		if (!strcmp(argo_hv_params(at->hv)->device, name ?: "argo"))
			return at->hv;
	if (!name && list_is_singular(&attachments))
		return list_first_entry(&attachments, struct attachment,
					node)->hv;
	return NULL;
}

/**
 * argo_net_link() - note that a device uses its attachment
 * @net: the device
 *
 * Context: under rtnl.
 */
void argo_net_link(struct argo_net *net)
{
	struct attachment *at;

	ASSERT_RTNL();

	list_for_each_entry(at, &attachments, node)
		if (at->hv == net->hv)
			list_add(&net->node, &at->devices);
}

/**
 * argo_net_unlink() - note that a device uses its attachment no more
 * @net: the device
 *
 * Context: under rtnl.
 */
void argo_net_unlink(struct argo_net *net)
{
	ASSERT_RTNL();

	list_del(&net->node);
}

static int net_attach(struct argo_frontend *fe, struct argo_hv *hv)
{
	struct attachment *at = kzalloc(sizeof(*at), GFP_KERNEL);

	if (!at)
		return -ENOMEM;
	at->hv = hv;
	INIT_LIST_HEAD(&at->devices);
	rtnl_lock();
	list_add_tail(&at->node, &attachments);
	rtnl_unlock();
	return 0;
}

static void net_detach(struct argo_frontend *fe, struct argo_hv *hv)
{
	struct attachment *at, *next;
	struct argo_net *net, *after;
	LIST_HEAD(gone);

	rtnl_lock();
	list_for_each_entry_safe(at, next, &attachments, node) {
		if (at->hv != hv)
			continue;
		list_for_each_entry_safe(net, after, &at->devices, node)
			argo_net_link_ops.dellink(net->dev, &gone);
		unregister_netdevice_many(&gone);
		list_del(&at->node);
		kfree(at);
	}
	rtnl_unlock();
}

static struct argo_frontend argo_net_frontend = {
	.attach = net_attach,
	.detach = net_detach,
};

static int __init argo_net_init(void)
{
	int rc;

	argo_net_wq = alloc_workqueue("argo_net", WQ_UNBOUND | WQ_FREEZABLE, 0);
	if (!argo_net_wq)
		return -ENOMEM;
	argo_frontend_register(&argo_net_frontend);
	rc = rtnl_link_register(&argo_net_link_ops);
	if (!rc)
		return 0;

	argo_frontend_unregister(&argo_net_frontend);
	destroy_workqueue(argo_net_wq);
	return rc;
}
module_init(argo_net_init);

static void __exit argo_net_exit(void)
{
	/* Unregistering deletes all devices. */
	rtnl_link_unregister(&argo_net_link_ops);
	argo_frontend_unregister(&argo_net_frontend);
	destroy_workqueue(argo_net_wq);
}
module_exit(argo_net_exit);

MODULE_DESCRIPTION("Argo: messages between domains, network devices");
MODULE_LICENSE("GPL");
/* "ip link add type argo" loads the module with this alias. */
MODULE_ALIAS_RTNL_LINK(ARGO_NET_KIND);
