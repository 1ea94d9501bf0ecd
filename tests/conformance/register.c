// SPDX-License-Identifier: GPL-2.0-only
/* Tests of registering and unregistering rings. */
#include <linux/mm.h>
#include <linux/slab.h>

#include "internal.h"
#include "suite.h"

/*
 * Register and unregister a ring of @len bytes. Return: result of registering.
 */
static int try_ring(struct suite *suite, u32 port, u16 partner, u32 len)
{
	struct ring ring;
	int rc = ring_open(suite, &ring, port, partner, len);

	if (!rc)
		ring_close(suite, &ring);
	return rc;
}

static void lengths(struct suite *suite)
{
	static const u32 good[] = { 48, 64, 4032, 4048, 65536, 0xffffc0 };
	static const u32 bad[] = { 0, 16, 32, 47, 49, 56, 4033, 4040 };
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(good); i++)
		EXPECT(suite, "a length that is allowed",
		       try_ring(suite, PORT, ARGO_DOMID_ANY, good[i]), 0);
	for (i = 0; i < ARRAY_SIZE(bad); i++)
		EXPECT(suite, "a length that is not",
		       try_ring(suite, PORT, ARGO_DOMID_ANY, bad[i]), -EINVAL);
}

static void partners(struct suite *suite)
{
	EXPECT(suite, "for oneself", try_ring(suite, PORT, suite->domid, 4032),
	       0);
	EXPECT(suite, "for a peer", try_ring(suite, PORT, suite->peer, 4032),
	       0);
	EXPECT(suite, "for nobody", try_ring(suite, PORT, NOBODY, 4032),
	       -EHOSTUNREACH);
	/* The hypervisor checks the length first. */
	EXPECT(suite, "too short, for nobody",
	       try_ring(suite, PORT, NOBODY, 32), -EINVAL);
}

static void one_port_many_partners(struct suite *suite)
{
	const u16 partner[] = { ARGO_DOMID_ANY, suite->domid, suite->peer };
	struct ring ring[ARRAY_SIZE(partner)] = { };
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(partner); i++)
		EXPECT(suite, "first", ring_open(suite, &ring[i], PORT,
						 partner[i], 4032), 0);
	for (i = 0; i < ARRAY_SIZE(partner); i++)
		EXPECT(suite, "again", try_ring(suite, PORT, partner[i], 4032),
		       -EEXIST);
	/* The refused registration has not harmed the ring. */
	EXPECT(suite, "send", send_self(suite, PORT, 5), 5);
	for (i = 0; i < ARRAY_SIZE(partner); i++)
		if (ring[i].registered)
			ring_close(suite, &ring[i]);
}

static void unregister(struct suite *suite)
{
	struct ring ring;

	/* argo/hv.h demands 0: a partner's death removes its rings, too. */
	EXPECT(suite, "none there",
	       suite->ops->ring_unregister(suite->hv, PORT, suite->domid), 0);
	EXPECT(suite, "ring", ring_open(suite, &ring, PORT, ARGO_DOMID_ANY, 4032),
	       0);
	EXPECT(suite, "another partner's",
	       suite->ops->ring_unregister(suite->hv, PORT, suite->domid), 0);
	EXPECT(suite, "still there", send_self(suite, PORT, 1), 1);
	if (ring.registered)
		ring_close(suite, &ring);
	EXPECT(suite, "gone", send_self(suite, PORT, 1), -ECONNREFUSED);
}

static void as_many_as_allowed(struct suite *suite)
{
	unsigned int most = suite->hv->params.max_rings, n, i;
	struct ring *ring = kvcalloc(most + 1, sizeof(*ring), GFP_KERNEL);
	int rc = 0;

	if (!ring) {
		EXPECT(suite, "memory", -ENOMEM, 0);
		return;
	}
	most -= suite->hv->rings.nr;
	for (n = 0; n <= most; n++) {
		rc = ring_open(suite, &ring[n], PORT + n, ARGO_DOMID_ANY, 48);
		if (rc)
			break;
	}
	EXPECT(suite, "how many", n, most);
	EXPECT(suite, "one more", rc, -ENOSPC);
	for (i = 0; i < n; i++)
		ring_close(suite, &ring[i]);
	EXPECT(suite, "there is room again",
	       try_ring(suite, PORT, ARGO_DOMID_ANY, 48), 0);
	kvfree(ring);
}

const struct test register_tests[] = {
	{ "a ring has 48 to 0xffffc0 bytes, in slots", lengths },
	{ "a ring is for a domain that exists, or for all", partners },
	{ "a port has a ring for each partner, once", one_port_many_partners },
	{ "a ring that is unregistered is gone", unregister },
	{ "a domain has as many rings as allowed, and no more",
	  as_many_as_allowed },
	{ }
};
