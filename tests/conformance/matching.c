// SPDX-License-Identifier: GPL-2.0-only
/* Tests of which ring takes a message. */
#include "suite.h"

static void the_senders_ring_first(struct suite *suite)
{
	struct ring mine = { }, any = { };

	EXPECT(suite, "for all", ring_open(suite, &any, PORT, ARGO_DOMID_ANY,
					   4032), 0);
	EXPECT(suite, "send", send_self(suite, PORT, 1), 1);
	EXPECT(suite, "to the one for all", ring_skip(&any), true);

	EXPECT(suite, "for me", ring_open(suite, &mine, PORT, suite->domid,
					  4032), 0);
	EXPECT(suite, "send", send_self(suite, PORT, 1), 1);
	EXPECT(suite, "to mine", ring_skip(&mine), true);
	EXPECT(suite, "and not to the other", ring_skip(&any), false);

	if (mine.registered)
		ring_close(suite, &mine);
	EXPECT(suite, "send", send_self(suite, PORT, 1), 1);
	EXPECT(suite, "to the one for all again", ring_skip(&any), true);
	if (any.registered)
		ring_close(suite, &any);
}

/* Messages to a full partner ring do not go to the wildcard ring instead. */
static void the_senders_ring_alone(struct suite *suite)
{
	struct ring mine = { }, any = { };

	EXPECT(suite, "for all", ring_open(suite, &any, PORT, ARGO_DOMID_ANY,
					   4032), 0);
	EXPECT(suite, "for me", ring_open(suite, &mine, PORT, suite->domid, 48),
	       0);
	EXPECT(suite, "fills mine", send_self(suite, PORT, 16), 16);
	EXPECT(suite, "full", send_self(suite, PORT, 1), -EAGAIN);
	EXPECT(suite, "too long for mine", send_self(suite, PORT, 17),
	       -EMSGSIZE);
	EXPECT(suite, "nothing in the other", ring_skip(&any), false);
	if (mine.registered)
		ring_close(suite, &mine);
	if (any.registered)
		ring_close(suite, &any);
}

static void not_somebody_elses(struct suite *suite)
{
	struct ring peers = { };

	EXPECT(suite, "for the peer", ring_open(suite, &peers, PORT,
						suite->peer, 4032), 0);
	EXPECT(suite, "send", send_self(suite, PORT, 1), -ECONNREFUSED);
	if (peers.registered)
		ring_close(suite, &peers);
}

const struct test matching_tests[] = {
	{ "a ring for the sender comes before one for all",
	  the_senders_ring_first },
	{ "and instead of it, also when it is full", the_senders_ring_alone },
	{ "a ring for another is none", not_somebody_elses },
	{ }
};
