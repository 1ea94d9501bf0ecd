// SPDX-License-Identifier: GPL-2.0-only
/* Tests of when the interrupt comes, and when it does not. */
#include <linux/delay.h>
#include <linux/jiffies.h>

#include "internal.h"
#include "suite.h"

/* An expected interrupt comes much sooner, also in an emulated machine. */
#define PATIENCE_MS	2000

u64 interrupts(struct suite *suite)
{
	return READ_ONCE(suite->hv->space.interrupts);
}

bool interrupted_since(struct suite *suite, u64 before)
{
	unsigned int waited;

	for (waited = 0; waited < PATIENCE_MS; waited++) {
		if (interrupts(suite) != before)
			return true;
		usleep_range(1000, 1500);
	}
	return false;
}

static bool quiet_since(struct suite *suite, u64 before)
{
	msleep(QUIET_MS);
	return interrupts(suite) == before;
}

static void comes_with_a_message(struct suite *suite)
{
	struct ring ring;
	unsigned int i;

	EXPECT(suite, "ring", ring_open(suite, &ring, PORT, ARGO_DOMID_ANY, 4032),
	       0);
	for (i = 0; i < 3 && !suite->failed; i++) {
		u64 before = interrupts(suite);

		EXPECT(suite, "send", send_self(suite, PORT, i), i);
		EXPECT(suite, "told", interrupted_since(suite, before), true);
	}
	if (ring.registered)
		ring_close(suite, &ring);
}

static void not_with_a_ring_that_comes_or_goes(struct suite *suite)
{
	u64 before = interrupts(suite);
	struct ring ring;

	EXPECT(suite, "ring", ring_open(suite, &ring, PORT, ARGO_DOMID_ANY, 4032),
	       0);
	EXPECT(suite, "quiet", quiet_since(suite, before), true);
	if (ring.registered)
		ring_close(suite, &ring);
	EXPECT(suite, "quiet", quiet_since(suite, before), true);
}

static void not_with_a_send_that_fails(struct suite *suite)
{
	struct ring ring;
	u64 before;

	EXPECT(suite, "ring", ring_open(suite, &ring, PORT, ARGO_DOMID_ANY, 48),
	       0);
	EXPECT(suite, "send", send_self(suite, PORT, 16), 16);
	msleep(QUIET_MS);

	before = interrupts(suite);
	EXPECT(suite, "full", send_self(suite, PORT, 1), -EAGAIN);
	EXPECT(suite, "too long", send_self(suite, PORT, 17), -EMSGSIZE);
	EXPECT(suite, "nobody there", send_self(suite, PORT + 1, 1),
	       -ECONNREFUSED);
	EXPECT(suite, "quiet", quiet_since(suite, before), true);
	if (ring.registered)
		ring_close(suite, &ring);
}

static void not_with_a_notify_that_nobody_waits_for(struct suite *suite)
{
	u64 before = interrupts(suite);

	EXPECT(suite, "notify", suite->ops->notify(suite->hv, NULL), 0);
	EXPECT(suite, "quiet", quiet_since(suite, before), true);
}

const struct test interrupt_tests[] = {
	{ "the interrupt comes with a message", comes_with_a_message },
	{ "but not with a ring that comes or goes",
	  not_with_a_ring_that_comes_or_goes },
	{ "nor with a send that fails", not_with_a_send_that_fails },
	{ "nor with a notify that nobody waits for",
	  not_with_a_notify_that_nobody_waits_for },
	{ }
};
