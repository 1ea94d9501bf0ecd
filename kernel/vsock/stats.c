// SPDX-License-Identifier: GPL-2.0-only
/* What was sent, received and dropped: /sys/module/argo_vsock/{host,guest}/. */
#include <linux/module.h>
#include <linux/slab.h>

#include "vsock.h"

static struct argo_vsock *vsock_of(struct kobject *kobj)
{
	return container_of(kobj, struct argo_vsock, kobj);
}

static ssize_t cid_show(struct kobject *kobj, struct kobj_attribute *attr,
			char *buf)
{
	return sysfs_emit(buf, "%u\n", argo_vsock_own_cid(vsock_of(kobj)));
}

static struct kobj_attribute cid_attr = __ATTR_RO(cid);

struct count_attr {
	struct kobj_attribute attr;
	enum argo_vsock_count which;
};

static ssize_t count_show(struct kobject *kobj, struct kobj_attribute *attr,
			  char *buf)
{
	struct count_attr *count = container_of(attr, struct count_attr, attr);

	return sysfs_emit(buf, "%lld\n",
			  atomic64_read(&vsock_of(kobj)->counts[count->which]));
}

#define COUNT(_name, _which)						\
	static struct count_attr _name##_attr = {			\
		.attr = __ATTR(_name, 0444, count_show, NULL),		\
		.which = _which,					\
	}

COUNT(rx_packets, ARGO_VSOCK_RX_PACKETS);
COUNT(rx_direct, ARGO_VSOCK_RX_DIRECT);
COUNT(rx_datagrams, ARGO_VSOCK_RX_DATAGRAMS);
COUNT(tx_packets, ARGO_VSOCK_TX_PACKETS);
COUNT(tx_datagrams, ARGO_VSOCK_TX_DATAGRAMS);
COUNT(tx_queued, ARGO_VSOCK_TX_QUEUED);
COUNT(dropped_malformed, ARGO_VSOCK_DROPPED_MALFORMED);
COUNT(dropped_source, ARGO_VSOCK_DROPPED_SOURCE);
COUNT(dropped_replies, ARGO_VSOCK_DROPPED_REPLIES);
COUNT(refused_share, ARGO_VSOCK_REFUSED_SHARE);
COUNT(datagrams_no_socket, ARGO_VSOCK_DATAGRAMS_NO_SOCKET);
COUNT(datagrams_no_room, ARGO_VSOCK_DATAGRAMS_NO_ROOM);
COUNT(peers_lost, ARGO_VSOCK_PEERS_LOST);

static struct attribute *vsock_attrs[] = {
	&cid_attr.attr,
	&rx_packets_attr.attr.attr,
	&rx_direct_attr.attr.attr,
	&rx_datagrams_attr.attr.attr,
	&tx_packets_attr.attr.attr,
	&tx_datagrams_attr.attr.attr,
	&tx_queued_attr.attr.attr,
	&dropped_malformed_attr.attr.attr,
	&dropped_source_attr.attr.attr,
	&dropped_replies_attr.attr.attr,
	&refused_share_attr.attr.attr,
	&datagrams_no_socket_attr.attr.attr,
	&datagrams_no_room_attr.attr.attr,
	&peers_lost_attr.attr.attr,
	NULL,
};
ATTRIBUTE_GROUPS(vsock);

/* The last reference: rings are gone, so nothing queues work any more. */
static void vsock_release(struct kobject *kobj)
{
	struct argo_vsock *vs = vsock_of(kobj);

	destroy_workqueue(vs->wq);
	kfree(vs);
}

static struct kobj_type vsock_ktype = {
	.sysfs_ops = &kobj_sysfs_ops,
	.default_groups = vsock_groups,
	.release = vsock_release,
};

/**
 * argo_vsock_stats_add() - show an attachment in sysfs
 * @vs: the attachment, from now on freed with its last reference
 *
 * Context: may sleep.
 * Return: 0 or an errno; the reference is the caller's to put in any case.
 */
int argo_vsock_stats_add(struct argo_vsock *vs)
{
	return kobject_init_and_add(&vs->kobj, &vsock_ktype,
				    &THIS_MODULE->mkobj.kobj, "%s",
				    vs->role->name);
}

/**
 * argo_vsock_stats_remove() - show it no more
 * @vs: the attachment
 *
 * Context: may sleep.
 */
void argo_vsock_stats_remove(struct argo_vsock *vs)
{
	kobject_del(&vs->kobj);
}
