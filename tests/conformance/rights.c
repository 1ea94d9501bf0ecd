// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tests of a policy that knows ports, with the parameter only=rights. The
 * hypervisor has one that gives each of these ports other rights: for Xen
 * tests/vm/flask/argo_rights.te, for argo_loopback RIGHTS in
 * tests/vm/cases/conformance.py.
 */
#include "suite.h"

#define LEN	1024

enum { ALL, SEND, REGISTER, REGISTER_ANY, NOTHING, AT_PEER, PORTS };

/* The first of these ports. */
#define RIGHTS_PORT	(PORT + 0x100)

static int register_for_all(struct suite *suite, u32 port)
{
	struct ring ring;
	int rc = ring_open(suite, &ring, port, ARGO_DOMID_ANY, LEN);

	if (!rc)
		ring_close(suite, &ring);
	return rc;
}

static int register_for(struct suite *suite, u32 port, u16 partner)
{
	struct ring ring;
	int rc = ring_open(suite, &ring, port, partner, LEN);

	if (!rc)
		ring_close(suite, &ring);
	return rc;
}

static int register_for_self(struct suite *suite, u32 port)
{
	return register_for(suite, port, suite->domid);
}

static int register_for_peer(struct suite *suite, u32 port)
{
	return register_for(suite, port, suite->peer);
}

static int send_peer(struct suite *suite, u32 port)
{
	const struct argo_hv_message msg = {
		.src_port = PORT - 1,
		.dst = { .port = port, .domid = suite->peer },
	};

	return suite->ops->sendv(suite->hv, &msg);
}

static int send_own(struct suite *suite, u32 port)
{
	return send_self(suite, port, 0);
}

static int ask(struct suite *suite, u32 port, u16 domid)
{
	union {
		struct argo_hv_queries queries;
		u8 room[sizeof(struct argo_hv_queries) +
			sizeof(struct argo_hv_query)];
	} buf = { .queries = { .n = 1 } };

	*buf.queries.q = (struct argo_hv_query) {
		.port = port,
		.domid = domid,
		.flags = ARGO_HV_UNANSWERED,
		.need = 1,
	};
	return suite->ops->notify(suite->hv, &buf.queries);
}

static int ask_peer(struct suite *suite, u32 port)
{
	return ask(suite, port, suite->peer);
}

static int ask_own(struct suite *suite, u32 port)
{
	return ask(suite, port, suite->domid);
}

/**
 * struct operation - an operation, and what it gives at each port
 * @what: name of the operation
 * @run: the operation
 * @wanted: its result, where no port has a ring
 */
struct operation {
	const char *what;
	int (*run)(struct suite *suite, u32 port);
	int wanted[PORTS];
};

static const struct operation operations[] = {
	{ "register a ring for all", register_for_all,
	  { 0, -EACCES, -EACCES, 0, -EACCES, -EACCES } },
	{ "register a ring for oneself", register_for_self,
	  { 0, -EACCES, 0, -EACCES, -EACCES, -EACCES } },
	{ "register a ring for the peer", register_for_peer,
	  { 0, -EACCES, 0, -EACCES, -EACCES, -EACCES } },
	{ "send to oneself", send_own,
	  { -ECONNREFUSED, -ECONNREFUSED, -EACCES, -EACCES, -EACCES,
	    -EACCES } },
	{ "send to the peer", send_peer,
	  { -ECONNREFUSED, -ECONNREFUSED, -EACCES, -EACCES, -EACCES,
	    -ECONNREFUSED } },
	{ "ask about oneself", ask_own,
	  { 0, 0, -EACCES, -EACCES, -EACCES, -EACCES } },
	{ "ask about the peer", ask_peer,
	  { 0, 0, -EACCES, -EACCES, -EACCES, 0 } },
};

static void each_operation(struct suite *suite)
{
	unsigned int i, port;

	for (i = 0; i < ARRAY_SIZE(operations); i++)
		for (port = 0; port < PORTS; port++)
			EXPECT(suite, operations[i].what,
			       operations[i].run(suite, RIGHTS_PORT + port),
			       operations[i].wanted[port]);
}

static void check_ring(struct suite *suite, u32 port, u16 partner, int wanted)
{
	struct ring ring;

	EXPECT(suite, "ring", ring_open(suite, &ring, port, partner, LEN), 0);
	if (!ring.registered)
		return;
	EXPECT(suite, "send", send_own(suite, port), wanted);
	EXPECT(suite, "ask", ask_own(suite, port), wanted);
	EXPECT(suite, "arrived", ring_drain(&ring), !wanted);
	ring_close(suite, &ring);
}

static void rings_make_no_difference(struct suite *suite)
{
	const u16 self = suite->domid;

	check_ring(suite, RIGHTS_PORT + ALL, self, 0);
	check_ring(suite, RIGHTS_PORT + ALL, ARGO_DOMID_ANY, 0);
	check_ring(suite, RIGHTS_PORT + REGISTER, self, -EACCES);
	check_ring(suite, RIGHTS_PORT + REGISTER_ANY, ARGO_DOMID_ANY, -EACCES);
}

static int send_piece(struct suite *suite, u16 domid,
		      const struct argo_hv_iov *iov, unsigned int n)
{
	const struct argo_hv_message msg = {
		.iov = iov,
		.niov = n,
		.src_port = PORT - 1,
		.dst = { .port = RIGHTS_PORT + NOTHING, .domid = domid },
	};

	return suite->ops->sendv(suite->hv, &msg);
}

static void denials_in_order(struct suite *suite)
{
	struct argo_hv_iov nine[MAX_IOV + 1] = { };
	const struct argo_hv_iov padded = {
		.base = (unsigned long)suite->buf, .len = 1, .pad = 1 };
	const u32 port = RIGHTS_PORT + NOTHING;
	struct ring ring;

	EXPECT(suite, "send, too many pieces",
	       send_piece(suite, suite->domid, nine, MAX_IOV + 1), -EINVAL);
	EXPECT(suite, "send, nobody",
	       send_piece(suite, NOBODY, NULL, 0), -EHOSTUNREACH);
	EXPECT(suite, "send, padding",
	       send_piece(suite, suite->domid, &padded, 1), -EACCES);
	EXPECT(suite, "register, too short",
	       ring_open(suite, &ring, port, suite->domid, 32), -EINVAL);
	EXPECT(suite, "register, nobody",
	       ring_open(suite, &ring, port, NOBODY, LEN), -EHOSTUNREACH);
	EXPECT(suite, "ask about nobody", ask(suite, port, NOBODY), 0);
}

static void at_the_first_denial(struct suite *suite)
{
	static const u32 ports[] = { SEND, NOTHING, SEND };
	union {
		struct argo_hv_queries queries;
		u8 room[sizeof(struct argo_hv_queries) +
			ARRAY_SIZE(ports) * sizeof(struct argo_hv_query)];
	} buf = { .queries = { .n = ARRAY_SIZE(ports) } };
	struct argo_hv_query *q = buf.queries.q;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(ports); i++)
		q[i] = (struct argo_hv_query) {
			.port = RIGHTS_PORT + ports[i],
			.domid = suite->domid,
			.flags = ARGO_HV_UNANSWERED,
			.need = 1,
		};
	EXPECT(suite, "notify", suite->ops->notify(suite->hv, &buf.queries),
	       -EACCES);
	EXPECT(suite, "allowed", q[0].flags, 0);
	EXPECT(suite, "denied", q[1].flags, ARGO_HV_UNANSWERED);
	EXPECT(suite, "behind it", q[2].flags, ARGO_HV_UNANSWERED);
}

const struct test rights_tests[] = {
	{ "rights: each operation needs its own", each_operation },
	{ "rights: a denial does not tell whether there is a ring",
	  rings_make_no_difference },
	{ "rights: a denial comes behind what is wrong with the arguments",
	  denials_in_order },
	{ "rights: questions end at the first that is denied",
	  at_the_first_denial },
	{ }
};
