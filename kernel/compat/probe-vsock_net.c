// SPDX-License-Identifier: GPL-2.0-only
#include <linux/virtio_vsock.h>

void probe(struct virtio_transport *t, struct sk_buff *skb);

void probe(struct virtio_transport *t, struct sk_buff *skb)
{
	virtio_transport_recv_pkt(t, skb, NULL);
}
