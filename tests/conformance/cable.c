// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tests of cables, with the parameter only=cables, in a domain that may plug
 * them: domain 0.
 */
#include <linux/mm.h>
#include <linux/slab.h>

#include "suite.h"

#define LEN	1024
/* The port that cables are plugged into, and the one that they lead to. */
#define HERE	(PORT + 0x200)
#define THERE	(PORT + 0x300)

static struct argo_addr at(u16 domid, u32 port)
{
	return (struct argo_addr) { .port = port, .domid = domid };
}

static int plug(struct suite *suite, struct argo_addr src,
		struct argo_addr dst)
{
	const struct argo_cable cable = { .src = src, .dst = dst };

	return suite->ops->cable_add(suite->hv, &cable);
}

static int unplug(struct suite *suite, u16 domid, u32 port)
{
	const struct argo_addr src = at(domid, port);

	return suite->ops->cable_remove(suite->hv, &src);
}

static int plug_own(struct suite *suite)
{
	return plug(suite, at(suite->domid, HERE), at(suite->domid, THERE));
}

static int unplug_own(struct suite *suite)
{
	return unplug(suite, suite->domid, HERE);
}

static int send_along(struct suite *suite, u32 port,
		      const struct argo_hv_iov *iov, unsigned int n)
{
	const struct argo_hv_message msg = {
		.iov = iov,
		.niov = n,
		.src_port = port,
		.dst = { .port = port, .domid = ARGO_DOMID_ANY },
		.type = 7,
	};

	return suite->ops->sendv(suite->hv, &msg);
}

static int send_bytes(struct suite *suite, u32 len)
{
	const struct argo_hv_iov iov = {
		.base = (unsigned long)suite->buf,
		.len = len,
	};

	return send_along(suite, HERE, &iov, len ? 1 : 0);
}

/* Return: flags of the answer. */
static u16 ask_along(struct suite *suite, u32 port, u32 need)
{
	union {
		struct argo_hv_queries queries;
		u8 room[sizeof(struct argo_hv_queries) +
			sizeof(struct argo_hv_query)];
	} buf = { .queries = { .n = 1 } };

	*buf.queries.q = (struct argo_hv_query) {
		.port = port,
		.domid = ARGO_DOMID_ANY,
		.flags = ARGO_HV_UNANSWERED,
		.need = need,
	};
	EXPECT(suite, "notify", suite->ops->notify(suite->hv, &buf.queries), 0);
	return buf.queries.q->flags;
}

static void lead_to_their_end(struct suite *suite)
{
	struct argo_ring_msg msg = { };
	struct ring ring;

	EXPECT(suite, "no cable", send_bytes(suite, 5), -ENOTCONN);
	EXPECT(suite, "ask, no cable", ask_along(suite, HERE, 1), 0);
	EXPECT(suite, "plug", plug_own(suite), 0);
	EXPECT(suite, "no ring", send_bytes(suite, 5), -ECONNREFUSED);
	EXPECT(suite, "ask, no ring", ask_along(suite, HERE, 1), 0);
	EXPECT(suite, "ring", ring_open(suite, &ring, THERE, ARGO_DOMID_ANY,
					LEN), 0);
	EXPECT(suite, "send", send_bytes(suite, 5), 5);
	EXPECT(suite, "another port", send_along(suite, HERE + 1, NULL, 0),
	       -ENOTCONN);
	EXPECT(suite, "a message", ring_take(&ring, &msg, suite->buf, 5), 1);
	EXPECT(suite, "its source's port", msg.port, HERE);
	EXPECT(suite, "its source's domain", msg.domid, suite->domid);
	EXPECT(suite, "ask", ask_along(suite, HERE, 1),
	       ARGO_HV_EXISTS | ARGO_HV_SHARED | ARGO_HV_EMPTY |
	       ARGO_HV_SUFFICIENT);
	EXPECT(suite, "ask for another port", ask_along(suite, HERE + 1, 1), 0);
	EXPECT(suite, "unplug", unplug_own(suite), 0);
	EXPECT(suite, "unplugged", send_bytes(suite, 5), -ENOTCONN);
	if (ring.registered)
		ring_close(suite, &ring);
}

static void are_waited_along(struct suite *suite)
{
	struct ring ring;
	u64 before;
	int rc;

	EXPECT(suite, "plug", plug_own(suite), 0);
	EXPECT(suite, "ring", ring_open(suite, &ring, THERE, ARGO_DOMID_ANY,
					LEN), 0);
	do {
		rc = send_bytes(suite, 80);
	} while (rc == 80);
	EXPECT(suite, "full", rc, -EAGAIN);
	EXPECT(suite, "ask", ask_along(suite, HERE, 80),
	       ARGO_HV_EXISTS | ARGO_HV_SHARED);
	ring_drain(&ring);
	before = interrupts(suite);
	EXPECT(suite, "notify", suite->ops->notify(suite->hv, NULL), 0);
	EXPECT(suite, "told", interrupted_since(suite, before), true);
	if (ring.registered)
		ring_close(suite, &ring);
	EXPECT(suite, "unplug", unplug_own(suite), 0);
}

static void errors_in_order(struct suite *suite)
{
	const u16 self = suite->domid;
	struct argo_hv_iov nine[MAX_IOV + 1] = { };
	const struct argo_hv_iov padded = {
		.base = (unsigned long)suite->buf, .len = 1, .pad = 1 };
	struct ring ring;

	EXPECT(suite, "plug into nobody",
	       plug(suite, at(NOBODY, HERE), at(NOBODY, THERE)), -EHOSTUNREACH);
	EXPECT(suite, "plug for nobody",
	       plug(suite, at(self, HERE), at(NOBODY, THERE)), -EHOSTUNREACH);
	EXPECT(suite, "unplug of nobody", unplug(suite, NOBODY, HERE),
	       -EHOSTUNREACH);
	EXPECT(suite, "unplug none", unplug_own(suite), -ENOENT);
	EXPECT(suite, "no cable, too many pieces",
	       send_along(suite, HERE, nine, MAX_IOV + 1), -EINVAL);
	EXPECT(suite, "no cable, padding", send_along(suite, HERE, &padded, 1),
	       -ENOTCONN);
	EXPECT(suite, "plug", plug_own(suite), 0);
	EXPECT(suite, "plug again", plug_own(suite), -EEXIST);
	EXPECT(suite, "no ring, padding", send_along(suite, HERE, &padded, 1),
	       -ECONNREFUSED);
	EXPECT(suite, "ring", ring_open(suite, &ring, THERE, ARGO_DOMID_ANY,
					LEN), 0);
	EXPECT(suite, "padding", send_along(suite, HERE, &padded, 1), -EINVAL);
	EXPECT(suite, "arrived", ring_drain(&ring), 0);
	if (ring.registered)
		ring_close(suite, &ring);
	EXPECT(suite, "unplug", unplug_own(suite), 0);
}

static void the_parent_is_not_there(struct suite *suite)
{
	EXPECT(suite, "plug", plug(suite, at(suite->domid, HERE),
				   at(ARGO_DOMID_PARENT, THERE)), 0);
	EXPECT(suite, "send", send_bytes(suite, 5), -ENXIO);
	EXPECT(suite, "ask", ask_along(suite, HERE, 1), 0);
	EXPECT(suite, "plug again", plug_own(suite), -EEXIST);
	EXPECT(suite, "unplug", unplug_own(suite), 0);
}

static void of_another_domain(struct suite *suite)
{
	EXPECT(suite, "plug", plug(suite, at(suite->peer, HERE),
				   at(suite->domid, THERE)), 0);
	EXPECT(suite, "send", send_bytes(suite, 5), -ENOTCONN);
	EXPECT(suite, "unplug", unplug(suite, suite->peer, HERE), 0);
	EXPECT(suite, "plug to another",
	       plug(suite, at(suite->domid, HERE), at(suite->peer, THERE)), 0);
	EXPECT(suite, "no ring", send_bytes(suite, 5), -ECONNREFUSED);
	EXPECT(suite, "unplug", unplug_own(suite), 0);
}

static bool same(const struct argo_addr *a, const struct argo_addr *b)
{
	return a->port == b->port && a->domid == b->domid;
}

static void check_list(struct suite *suite, struct argo_cable *list)
{
	const struct argo_addr mine = at(suite->domid, HERE),
			       peers = at(suite->peer, HERE);
	const bool first = suite->domid < suite->peer;
	const u16 larger = first ? suite->peer : suite->domid;
	const struct argo_hv_ops *ops = suite->ops;

	EXPECT(suite, "of all", ops->cable_list(suite->hv, list,
						ARGO_HV_MAX_CABLES, 0), 2);
	EXPECT(suite, "the first", same(&list[!first].src, &mine), true);
	EXPECT(suite, "the second", same(&list[first].src, &peers), true);
	EXPECT(suite, "where it leads", same(&list[!first].dst, &peers), true);
	EXPECT(suite, "from the second on",
	       ops->cable_list(suite->hv, list, ARGO_HV_MAX_CABLES, larger), 1);
	EXPECT(suite, "behind it", ops->cable_list(suite->hv, list,
						   ARGO_HV_MAX_CABLES,
						   larger + 1), 0);
}

static void are_listed(struct suite *suite)
{
	const struct argo_addr mine = at(suite->domid, HERE),
			       peers = at(suite->peer, HERE);
	struct argo_cable *list = kvcalloc(ARGO_HV_MAX_CABLES, sizeof(*list),
					   GFP_KERNEL);

	if (!list) {
		EXPECT(suite, "memory", -ENOMEM, 0);
		return;
	}
	EXPECT(suite, "plug", plug(suite, mine, peers), 0);
	EXPECT(suite, "plug the peer's", plug(suite, peers, mine), 0);
	check_list(suite, list);
	EXPECT(suite, "unplug", unplug_own(suite), 0);
	EXPECT(suite, "unplug", unplug(suite, suite->peer, HERE), 0);
	kvfree(list);
}

static void as_many_as_allowed(struct suite *suite)
{
	const u16 self = suite->domid;
	unsigned int i;

	for (i = 0; i < ARGO_HV_MAX_CABLES; i++)
		EXPECT(suite, "plug", plug(suite, at(self, HERE + i),
					   at(self, THERE)), 0);
	EXPECT(suite, "one more", plug(suite, at(self, HERE + i),
				       at(self, THERE)), -ENOSPC);
	EXPECT(suite, "of another", plug(suite, at(suite->peer, HERE),
					 at(self, THERE)), 0);
	EXPECT(suite, "unplug", unplug(suite, suite->peer, HERE), 0);
	for (i = 0; i < ARGO_HV_MAX_CABLES; i++)
		EXPECT(suite, "unplug", unplug(suite, self, HERE + i), 0);
}

const struct test cable_tests[] = {
	{ "cables: lead to the port at their other end", lead_to_their_end },
	{ "cables: a sender waits for space at their end", are_waited_along },
	{ "cables: errors come in their order", errors_in_order },
	{ "cables: one to the parent leads nowhere", the_parent_is_not_there },
	{ "cables: each domain has its own", of_another_domain },
	{ "cables: are listed by domain", are_listed },
	{ "cables: a domain has as many as allowed, and no more",
	  as_many_as_allowed },
	{ }
};
