// SPDX-License-Identifier: GPL-2.0-only
#include <linux/virtio_vsock.h>

int probe(struct vsock_transport *t);

int probe(struct vsock_transport *t)
{
	t->unsent_bytes = virtio_transport_unsent_bytes;
	return 0;
}
