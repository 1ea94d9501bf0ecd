// SPDX-License-Identifier: GPL-2.0-only
/* CID and counters, in /sys/module/argo_vsock/{host,guest}/. */
#include <linux/module.h>

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
COUNT(refused_firewall, ARGO_VSOCK_REFUSED_FIREWALL);
COUNT(reset_credit, ARGO_VSOCK_RESET_CREDIT);
COUNT(reset_waiting, ARGO_VSOCK_RESET_WAITING);
COUNT(reset_firewall, ARGO_VSOCK_RESET_FIREWALL);
COUNT(datagrams_no_socket, ARGO_VSOCK_DATAGRAMS_NO_SOCKET);
COUNT(datagrams_no_room, ARGO_VSOCK_DATAGRAMS_NO_ROOM);
COUNT(datagrams_denied, ARGO_VSOCK_DATAGRAMS_DENIED);
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
	&refused_firewall_attr.attr.attr,
	&reset_credit_attr.attr.attr,
	&reset_waiting_attr.attr.attr,
	&reset_firewall_attr.attr.attr,
	&datagrams_no_socket_attr.attr.attr,
	&datagrams_no_room_attr.attr.attr,
	&datagrams_denied_attr.attr.attr,
	&peers_lost_attr.attr.attr,
	NULL,
};

static const struct attribute_group vsock_group = {
	.attrs = vsock_attrs,
};

const struct attribute_group *argo_vsock_stats_groups[] = {
	&vsock_group,
	NULL,
};
