// SPDX-License-Identifier: GPL-2.0-only
#include <net/af_vsock.h>

bool probe(const struct vsock_transport *t);

bool probe(const struct vsock_transport *t)
{
	return t->msgzerocopy_allow();
}
