// SPDX-License-Identifier: GPL-2.0-only
#include <linux/virtio_vsock.h>

int probe(struct vsock_transport *t);

int probe(struct vsock_transport *t)
{
	t->read_skb = virtio_transport_read_skb;
	return 0;
}
