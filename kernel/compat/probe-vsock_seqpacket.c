// SPDX-License-Identifier: GPL-2.0-only
#include <linux/virtio_vsock.h>

u32 probe(const struct vsock_transport *t);

u32 probe(const struct vsock_transport *t)
{
	return t->seqpacket_has_data ? VIRTIO_VSOCK_SEQ_EOM | VIRTIO_VSOCK_SEQ_EOR :
				       0;
}
