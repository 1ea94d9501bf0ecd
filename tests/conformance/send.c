// SPDX-License-Identifier: GPL-2.0-only
/* Tests of sending: errors and their order, and messages that arrive. */
#include <linux/string.h>

#include "suite.h"

static u8 pattern(u32 seed, u32 at)
{
	return seed * 31 + at * 7 + (at >> 8);
}

static int send_iov(struct suite *suite, u32 port, u16 domid,
		    const struct argo_hv_iov *iov, unsigned int n, bool user)
{
	const struct argo_hv_message msg = {
		.iov = iov,
		.niov = n,
		.src_port = PORT - 1,
		.dst = { .port = port, .domid = domid },
		.user = user,
		.type = 0xabcd0000 + n,
	};

	return suite->ops->sendv(suite->hv, &msg);
}

/* Send @len bytes of the buffer in one piece to this domain. */
int send_self(struct suite *suite, u32 dst_port, u32 len)
{
	const struct argo_hv_iov iov = {
		.base = (unsigned long)suite->buf,
		.len = len,
	};
	const struct argo_hv_message msg = {
		.iov = &iov,
		.niov = len ? 1 : 0,
		.src_port = PORT - 1,
		.dst = { .port = dst_port, .domid = suite->domid },
		.type = len,
	};

	return suite->ops->sendv(suite->hv, &msg);
}

/* Send messages of @len bytes to this domain until no more fits. */
void fill(struct suite *suite, u32 port, u32 len)
{
	int rc;

	do {
		rc = send_self(suite, port, len);
	} while (rc == (int)len);
	EXPECT(suite, "full", rc, -EAGAIN);
}

static void errors_in_order(struct suite *suite)
{
	const u64 here = (unsigned long)suite->buf;
	struct argo_hv_iov nine[MAX_IOV + 1] = { };
	struct argo_hv_iov one = { .base = here, .len = 1 };
	struct argo_hv_iov padded = { .base = here, .len = 1, .pad = 1 };
	struct argo_hv_iov huge = { .base = here, .len = 0xffffffff };
	struct argo_hv_iov long_one = { .base = here, .len = 17 };
	/* No memory is at this address. */
	struct argo_hv_iov lost = { .base = 8, .len = 1 };
	u16 self = suite->domid;
	struct ring ring;
	unsigned int i;

	for (i = 0; i <= MAX_IOV; i++)
		nine[i] = one;
	EXPECT(suite, "ring", ring_open(suite, &ring, PORT, ARGO_DOMID_ANY, 48),
	       0);

	EXPECT(suite, "too many pieces, nobody",
	       send_iov(suite, PORT, NOBODY, nine, MAX_IOV + 1, false),
	       -EINVAL);
	EXPECT(suite, "nobody, padding",
	       send_iov(suite, PORT, NOBODY, &padded, 1, false),
	       -EHOSTUNREACH);
	EXPECT(suite, "no ring, padding",
	       send_iov(suite, PORT + 1, self, &padded, 1, false),
	       -ECONNREFUSED);
	EXPECT(suite, "padding",
	       send_iov(suite, PORT, self, &padded, 1, false), -EINVAL);
	EXPECT(suite, "a piece that no ring can hold",
	       send_iov(suite, PORT, self, &huge, 1, false), -EINVAL);
	EXPECT(suite, "more than this ring can ever hold",
	       send_iov(suite, PORT, self, &long_one, 1, false), -EMSGSIZE);
	EXPECT(suite, "memory that is not there",
	       send_iov(suite, PORT, self, &lost, 1, true), -EFAULT);
	EXPECT(suite, "nothing of that arrived", ring.map->tx_ptr, 0);

	EXPECT(suite, "fills it", send_self(suite, PORT, 16), 16);
	EXPECT(suite, "full, memory that is not there",
	       send_iov(suite, PORT, self, &lost, 1, true), -EAGAIN);
	EXPECT(suite, "full, too long",
	       send_iov(suite, PORT, self, &long_one, 1, false), -EMSGSIZE);
	if (ring.registered)
		ring_close(suite, &ring);
}

static void expect_message(struct suite *suite, struct ring *ring, u32 len,
			   u32 seed, u8 *room)
{
	struct argo_ring_msg msg;
	u32 i;

	EXPECT(suite, "a message", ring_take(ring, &msg, room, len), 1);
	if (suite->failed)
		return;
	EXPECT(suite, "its length", msg.len, len);
	EXPECT(suite, "its source's domain", msg.domid, suite->domid);
	EXPECT(suite, "its source's port", msg.port, PORT - 1);
	for (i = 0; i < len && room[i] == pattern(seed, i); i++)
		;
	EXPECT(suite, "bytes that are right", i, len);
}

/* Return: result of the send. */
static int send_pattern(struct suite *suite, u32 port, u32 len, u32 seed)
{
	u32 i;

	for (i = 0; i < len; i++)
		suite->buf[i] = pattern(seed, i);
	return send_self(suite, port, len);
}

static void every_size(struct suite *suite)
{
	const u32 len = 3 * 4096 - 64;
	const u32 sizes[] = { 0, 1, 15, 16, 17, 4095, 4096, 4097, len - 33,
			      len - 32 };
	u8 *room = suite->buf + 2 * 4096 * 2;
	struct ring ring;
	unsigned int i;

	EXPECT(suite, "ring", ring_open(suite, &ring, PORT, ARGO_DOMID_ANY, len),
	       0);
	for (i = 0; i < ARRAY_SIZE(sizes) && !suite->failed; i++) {
		EXPECT(suite, "send", send_pattern(suite, PORT, sizes[i], i),
		       sizes[i]);
		expect_message(suite, &ring, sizes[i], i, room);
	}
	EXPECT(suite, "one more than the largest",
	       send_self(suite, PORT, len - 31), -EMSGSIZE);
	if (ring.registered)
		ring_close(suite, &ring);
}

static void around_the_end(struct suite *suite)
{
	const u32 len = 4032;
	u8 *room = suite->buf + 2 * 4096 * 2;
	struct ring ring;
	u32 i;

	EXPECT(suite, "ring", ring_open(suite, &ring, PORT, ARGO_DOMID_ANY, len),
	       0);
	/* Sizes that let every slot be the first and the last of a message. */
	for (i = 0; i < 800 && !suite->failed; i++) {
		u32 size = (i * 53) % 700;

		EXPECT(suite, "send", send_pattern(suite, PORT, size, i), size);
		EXPECT(suite, "send", send_pattern(suite, PORT, 33, i + 1), 33);
		expect_message(suite, &ring, size, i, room);
		expect_message(suite, &ring, 33, i + 1, room);
	}
	if (ring.registered)
		ring_close(suite, &ring);
}

static void in_pieces(struct suite *suite)
{
	struct argo_hv_iov iov[MAX_IOV];
	struct argo_ring_msg msg;
	u8 room[64] = { };
	struct ring ring;
	u32 at = 0, i;

	for (i = 0; i < 64; i++)
		suite->buf[i] = pattern(1, i);
	/* The pieces have 1 to 8 bytes. */
	for (i = 0; i < MAX_IOV; at += iov[i].len, i++)
		iov[i] = (struct argo_hv_iov) {
			.base = (unsigned long)suite->buf + at,
			.len = i + 1,
		};
	EXPECT(suite, "ring", ring_open(suite, &ring, PORT, ARGO_DOMID_ANY, 4032),
	       0);
	EXPECT(suite, "send", send_iov(suite, PORT, suite->domid, iov, MAX_IOV,
				       false), at);
	EXPECT(suite, "a message", ring_take(&ring, &msg, room, sizeof(room)),
	       1);
	EXPECT(suite, "its length", msg.len, at);
	EXPECT(suite, "its type", msg.type, 0xabcd0000 + MAX_IOV);
	EXPECT(suite, "its bytes", memcmp(room, suite->buf, at), 0);
	if (ring.registered)
		ring_close(suite, &ring);
}

static void as_many_as_fit(struct suite *suite)
{
	struct ring ring;

	/* A message of 16 bytes takes two slots of 16; one slot stays free. */
	EXPECT(suite, "ring", ring_open(suite, &ring, PORT, ARGO_DOMID_ANY,
					16 * 9), 0);
	fill(suite, PORT, 16);
	EXPECT(suite, "how many fitted", ring_drain(&ring), 4);
	fill(suite, PORT, 0);
	EXPECT(suite, "how many empty ones fitted", ring_drain(&ring), 8);
	if (ring.registered)
		ring_close(suite, &ring);
}

const struct test send_tests[] = {
	{ "errors come in their order, and deliver nothing", errors_in_order },
	{ "every size arrives as it was sent", every_size },
	{ "messages go around the end of a ring", around_the_end },
	{ "a message may be in eight pieces", in_pieces },
	{ "a ring takes messages until one slot is free", as_many_as_fit },
	{ }
};
