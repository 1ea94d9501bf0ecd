// SPDX-License-Identifier: GPL-2.0-only
/* Tests of asking for space, waiting for space and telling of space. */
#include <linux/delay.h>
#include <linux/mm.h>
#include <linux/overflow.h>
#include <linux/slab.h>

#include "internal.h"
#include "suite.h"

#define LEN	1024
#define LARGEST	(LEN - 32)

static u16 query_at(struct suite *suite, u16 domid, u32 port, u32 need,
		    u32 *largest)
{
	union {
		struct argo_hv_queries queries;
		u8 room[sizeof(struct argo_hv_queries) +
			sizeof(struct argo_hv_query)];
	} buf = { .queries = { .n = 1 } };
	struct argo_hv_query *q = buf.queries.q;

	*q = (struct argo_hv_query) {
		.port = port,
		.domid = domid,
		.flags = ARGO_HV_UNANSWERED,
		.need = need,
	};
	EXPECT(suite, "notify", suite->ops->notify(suite->hv, &buf.queries), 0);
	if (largest)
		*largest = q->max_message;
	return q->flags;
}

static u16 query(struct suite *suite, u32 need)
{
	return query_at(suite, suite->domid, PORT, need, NULL);
}

static void tell(struct suite *suite)
{
	EXPECT(suite, "notify", suite->ops->notify(suite->hv, NULL), 0);
}

/* Does a notify now interrupt this domain, which waits for space? */
static bool tells(struct suite *suite)
{
	u64 before;

	/* The interrupts of the messages that were sent are over. */
	msleep(QUIET_MS);
	before = interrupts(suite);
	tell(suite);
	msleep(QUIET_MS);
	return interrupts(suite) != before;
}

static bool open_ring(struct suite *suite, struct ring *ring)
{
	EXPECT(suite, "ring", ring_open(suite, ring, PORT, ARGO_DOMID_ANY, LEN),
	       0);
	return ring->registered;
}

static void nothing_there(struct suite *suite)
{
	EXPECT(suite, "no ring", query(suite, 1), 0);
	EXPECT(suite, "no domain", query_at(suite, NOBODY, PORT, 1, NULL), 0);
}

static void what_is_there(struct suite *suite)
{
	const u16 there = ARGO_HV_EXISTS | ARGO_HV_SHARED;
	const u16 idle = there | ARGO_HV_EMPTY;
	struct ring ring;
	u32 largest = 0;

	if (!open_ring(suite, &ring))
		return;
	EXPECT(suite, "empty", query_at(suite, suite->domid, PORT, 1, &largest),
	       idle | ARGO_HV_SUFFICIENT);
	EXPECT(suite, "largest", largest, LARGEST);
	EXPECT(suite, "as much as it holds", query(suite, LARGEST),
	       idle | ARGO_HV_SUFFICIENT);
	EXPECT(suite, "one more", query(suite, LARGEST + 1),
	       idle | ARGO_HV_TOO_LARGE);

	EXPECT(suite, "send", send_self(suite, PORT, 400), 400);
	/* 400 bytes and a header are 26 slots. */
	EXPECT(suite, "as much as is left", query(suite, LARGEST - 26 * 16),
	       there | ARGO_HV_SUFFICIENT);
	EXPECT(suite, "one more", query(suite, LARGEST - 26 * 16 + 1), there);
	fill(suite, PORT, 0);
	EXPECT(suite, "nothing fits in a full one", query(suite, 0),
	       there | ARGO_HV_SUFFICIENT);
	ring_close(suite, &ring);
}

static void for_one_sender(struct suite *suite)
{
	struct ring ring;

	EXPECT(suite, "ring", ring_open(suite, &ring, PORT, suite->domid, LEN),
	       0);
	EXPECT(suite, "not shared", query(suite, 1),
	       ARGO_HV_EXISTS | ARGO_HV_EMPTY | ARGO_HV_SUFFICIENT);
	if (ring.registered)
		ring_close(suite, &ring);
}

static void told_when_it_fits(struct suite *suite)
{
	struct ring ring;

	if (!open_ring(suite, &ring))
		return;
	fill(suite, PORT, 80);
	EXPECT(suite, "full", send_self(suite, PORT, 200), -EAGAIN);
	ring_skip(&ring);
	EXPECT(suite, "too little space yet", tells(suite), false);
	ring_skip(&ring);
	ring_skip(&ring);
	EXPECT(suite, "enough", tells(suite), true);
	EXPECT(suite, "once", tells(suite), false);
	ring_close(suite, &ring);
}

/* The hypervisor keeps only the largest size: no interrupt for a smaller. */
static void the_largest_counts(struct suite *suite)
{
	struct ring ring;

	if (!open_ring(suite, &ring))
		return;
	fill(suite, PORT, 80);
	EXPECT(suite, "large", send_self(suite, PORT, LARGEST), -EAGAIN);
	EXPECT(suite, "small", send_self(suite, PORT, 80), -EAGAIN);
	ring_skip(&ring);
	EXPECT(suite, "the small one fits", tells(suite), false);
	ring_drain(&ring);
	EXPECT(suite, "the large one fits", tells(suite), true);
	ring_close(suite, &ring);
}

static void an_answer_that_fits_ends_the_wait(struct suite *suite)
{
	struct ring ring;

	if (!open_ring(suite, &ring))
		return;
	fill(suite, PORT, 80);
	EXPECT(suite, "full", send_self(suite, PORT, LARGEST), -EAGAIN);
	EXPECT(suite, "no need at all", query(suite, 0) & ARGO_HV_SUFFICIENT,
	       ARGO_HV_SUFFICIENT);
	ring_drain(&ring);
	EXPECT(suite, "forgotten", tells(suite), false);
	ring_close(suite, &ring);
}

static void a_question_is_a_wait(struct suite *suite)
{
	struct ring ring;

	if (!open_ring(suite, &ring))
		return;
	EXPECT(suite, "send", send_self(suite, PORT, 100), 100);
	EXPECT(suite, "does not fit",
	       query(suite, LARGEST) & ARGO_HV_SUFFICIENT, 0);
	ring_drain(&ring);
	EXPECT(suite, "told", tells(suite), true);
	EXPECT(suite, "once", tells(suite), false);
	ring_close(suite, &ring);
}

static void the_wait_goes_with_the_ring(struct suite *suite)
{
	struct ring ring;

	if (!open_ring(suite, &ring))
		return;
	fill(suite, PORT, 80);
	EXPECT(suite, "full", send_self(suite, PORT, 80), -EAGAIN);
	ring_close(suite, &ring);
	if (!open_ring(suite, &ring))
		return;
	EXPECT(suite, "nobody waits at the new one", tells(suite), false);
	ring_close(suite, &ring);
}

/* Waiting domains are told before the hypervisor looks at the questions. */
static void too_many_questions(struct suite *suite)
{
	unsigned int n = suite->hv->params.max_queries + 1;
	struct argo_hv_queries *queries;
	struct ring ring;
	u64 before;

	queries = kvzalloc(struct_size(queries, q, n), GFP_KERNEL);
	if (!queries || !open_ring(suite, &ring)) {
		kvfree(queries);
		return;
	}
	fill(suite, PORT, 80);
	EXPECT(suite, "full", send_self(suite, PORT, 80), -EAGAIN);
	ring_drain(&ring);
	msleep(QUIET_MS);
	before = interrupts(suite);
	queries->n = n;
	EXPECT(suite, "too many", suite->ops->notify(suite->hv, queries),
	       -EACCES);
	EXPECT(suite, "told", interrupted_since(suite, before), true);
	ring_close(suite, &ring);
	kvfree(queries);
}

const struct test notify_tests[] = {
	{ "a question about nothing is answered with nothing", nothing_there },
	{ "a question is answered with what there is", what_is_there },
	{ "a ring for one sender is not shared", for_one_sender },
	{ "a sender that was refused is told when it fits", told_when_it_fits },
	{ "of several sizes the largest counts", the_largest_counts },
	{ "an answer that it fits ends the wait",
	  an_answer_that_fits_ends_the_wait },
	{ "a question about too much is a wait", a_question_is_a_wait },
	{ "a wait goes with its ring", the_wait_goes_with_the_ring },
	{ "too many questions are refused after the waiters are told",
	  too_many_questions },
	{ }
};
