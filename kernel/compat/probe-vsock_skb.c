// SPDX-License-Identifier: GPL-2.0-only
#include <linux/virtio_vsock.h>

struct virtio_vsock_hdr *probe(struct sk_buff *skb);

struct virtio_vsock_hdr *probe(struct sk_buff *skb)
{
	return virtio_vsock_hdr(skb);
}
