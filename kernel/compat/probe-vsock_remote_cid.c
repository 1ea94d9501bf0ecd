// SPDX-License-Identifier: GPL-2.0-only
#include <net/af_vsock.h>

bool probe(const struct vsock_transport *t, struct vsock_sock *vsk);

bool probe(const struct vsock_transport *t, struct vsock_sock *vsk)
{
	return t->has_remote_cid(vsk, 0);
}
