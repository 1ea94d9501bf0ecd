// SPDX-License-Identifier: GPL-2.0-only
#include <linux/virtio_vsock.h>

int probe(struct vsock_transport *t);

int probe(struct vsock_transport *t)
{
	t->notify_set_rcvlowat = virtio_transport_notify_set_rcvlowat;
	return 0;
}
