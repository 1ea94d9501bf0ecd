// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tests of core: a reader that drains a stopped ring finds the ring spoilt, and
 * so queues the work that unregisters spoilt rings.
 */
#include <linux/completion.h>
#include <linux/cred.h>
#include <linux/jiffies.h>
#include <linux/module.h>
#include <linux/workqueue.h>

#include "internal.h"
#include "suite.h"

#define RING_LEN	(4096 - 64)

/**
 * struct spoilt - a ring whose content makes no sense
 * @ring: the ring
 * @destroy_work: destroys the ring
 * @released: the ring is freed when argo_ring_ops.release returns
 * @busy: the work that unregisters a spoilt ring had not ended by then
 */
struct spoilt {
	struct argo_ring *ring;
	struct work_struct destroy_work;
	struct completion released;
	bool busy;
};

static void ignore(struct argo_ring *ring)
{
}

static void release(struct argo_ring *ring)
{
	struct spoilt *spoilt = argo_ring_priv(ring);

	spoilt->busy = work_busy(&ring->break_work);
	complete_all(&spoilt->released);
}

static const struct argo_ring_ops ring_ops = {
	.owner = THIS_MODULE,
	.data_ready = ignore,
	.reset_prepare = ignore,
	.reset_done = ignore,
	.release = release,
};

static void destroy_work_fn(struct work_struct *work)
{
	struct spoilt *spoilt = container_of(work, struct spoilt, destroy_work);

	argo_ring_destroy(spoilt->ring);
}

/* Return: 0 or an errno. */
static int spoilt_open(struct suite *suite, struct spoilt *spoilt)
{
	const struct argo_ring_params params = {
		.ops = &ring_ops,
		.priv = spoilt,
		.port = PORT,
		.partner = suite->domid,
		.size = RING_LEN,
		.uid = GLOBAL_ROOT_UID,
	};
	int rc;

	init_completion(&spoilt->released);
	INIT_WORK_ONSTACK(&spoilt->destroy_work, destroy_work_fn);
	spoilt->ring = argo_ring_create(suite->hv, &params);
	rc = PTR_ERR_OR_ZERO(spoilt->ring);
	EXPECT(suite, "create", rc, 0);
	if (rc) {
		destroy_work_on_stack(&spoilt->destroy_work);
		return rc;
	}
	argo_ring_stop(spoilt->ring);
	memset(spoilt->ring->map, 0xff, spoilt->ring->layout->header);
	return 0;
}

static void spoilt_close(struct spoilt *spoilt)
{
	schedule_work(&spoilt->destroy_work);
	flush_work(&spoilt->destroy_work);
	wait_for_completion(&spoilt->released);
	destroy_work_on_stack(&spoilt->destroy_work);
}

static void freed_after_all_work(struct suite *suite)
{
	struct argo_ring_msg msg;
	struct spoilt spoilt;

	if (spoilt_open(suite, &spoilt))
		return;
	/* The work that unregisters the ring waits for this lock. */
	mutex_lock(&suite->hv->rings.ring_lock);
	EXPECT(suite, "peek", argo_ring_peek(spoilt.ring, &msg), -EBADMSG);
	schedule_work(&spoilt.destroy_work);
	wait_for_completion_timeout(&spoilt.released, HZ / 2);
	mutex_unlock(&suite->hv->rings.ring_lock);
	flush_work(&spoilt.destroy_work);
	wait_for_completion(&spoilt.released);
	EXPECT(suite, "work is left when the ring is freed", spoilt.busy,
	       false);
	destroy_work_on_stack(&spoilt.destroy_work);
}

static void next_ring_is_left_alone(struct suite *suite)
{
	struct argo_ring_msg msg;
	struct spoilt spoilt;
	struct ring next;

	if (spoilt_open(suite, &spoilt))
		return;
	if (!ring_open(suite, &next, PORT, suite->domid, RING_LEN)) {
		EXPECT(suite, "peek", argo_ring_peek(spoilt.ring, &msg),
		       -EBADMSG);
		flush_work(&spoilt.ring->break_work);
		EXPECT(suite, "send to the next ring",
		       send_self(suite, PORT, 8), 8);
		ring_close(suite, &next);
	}
	spoilt_close(&spoilt);
}

const struct test spoilt_tests[] = {
	{ "spoilt: a stopped ring is freed after the work that it queued",
	  freed_after_all_work },
	{ "spoilt: the next ring at the port of a stopped one is left alone",
	  next_ring_is_left_alone },
	{ }
};
