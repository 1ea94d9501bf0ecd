// SPDX-License-Identifier: GPL-2.0-only
/*
 * A message to another domain's kernel and back, from interrupt handler to
 * interrupt handler: nothing wakes, nothing is copied but by the hypervisor.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/completion.h>
#include <linux/interrupt.h>
#include <linux/ktime.h>
#include <linux/math64.h>
#include <linux/ratelimit.h>
#include <linux/sort.h>
#include <linux/vmalloc.h>

#include <xen/events.h>

#include "bench.h"

/* Far longer than any round trip, so that only a peer that died ends a run. */
#define STALL_TIMEOUT	(10 * HZ)

struct ping {
	struct bench_ring ring;
	struct completion finished;
	bool active;
	int error;
	u16 peer;
	u32 size;
	void *buf;
	u64 sent_ns;
	u64 *samples;
	u32 count;
	u32 done;
};

static struct bench_ring pong_ring;
static int pong_irq;
static bool pong_answers;

static int bind_irq(irq_handler_t handler, void *data)
{
	int irq = bind_virq_to_irqhandler(XEN_ARGO_VIRQ, 0, handler,
					  IRQF_NOBALANCING, KBUILD_MODNAME,
					  data);

	if (irq < 0)
		pr_err("cannot bind VIRQ %u: %d%s\n", XEN_ARGO_VIRQ, irq,
		       irq == -EBUSY || irq == -EEXIST ?
		       ", unload argo first" : "");
	return irq;
}

static void ping_end(struct ping *ping, int error)
{
	ping->active = false;
	ping->error = error;
	complete(&ping->finished);
}

static void ping_reply(struct ping *ping, u64 now)
{
	int err;

	ping->samples[ping->done++] = now - ping->sent_ns;
	if (ping->done == ping->count) {
		ping_end(ping, 0);
		return;
	}
	ping->sent_ns = ktime_get_ns();
	err = bench_send(ping->peer, BENCH_PORT, ping->buf, ping->size);
	if (err)
		ping_end(ping, err);
}

static irqreturn_t ping_interrupt(int irq, void *data)
{
	struct ping *ping = data;
	struct bench_ring *ring = &ping->ring;
	struct argo_ring_msg msg;
	int ret;

	while (ping->active) {
		ret = argo_ring_next(ring->header, ring->len, ring->rx, &msg);
		if (ret < 0)
			ping_end(ping, ret);
		if (ret <= 0)
			break;
		ring->rx = msg.next;
		argo_ring_release(ring->header, ring->rx);
		ping_reply(ping, ktime_get_ns());
	}
	return IRQ_HANDLED;
}

static int ping_wait(struct ping *ping)
{
	u32 before = 0;
	long left;

	for (;;) {
		left = wait_for_completion_interruptible_timeout(&ping->finished,
								 STALL_TIMEOUT);
		if (left < 0)
			return left;
		if (left > 0)
			return ping->error;
		if (READ_ONCE(ping->done) == before)
			return -ETIMEDOUT;
		before = READ_ONCE(ping->done);
	}
}

static int ping_exchange(struct ping *ping)
{
	int err, irq;

	irq = bind_irq(ping_interrupt, ping);
	if (irq < 0)
		return irq;

	ping->active = true;
	ping->sent_ns = ktime_get_ns();
	err = bench_send(ping->peer, BENCH_PORT, ping->buf, ping->size);
	if (!err)
		err = ping_wait(ping);
	if (err)
		pr_err("exchange with %u:%u ended after %u of %u round trips: %d%s\n",
		       ping->peer, BENCH_PORT, ping->done, ping->count, err,
		       err == -ECONNREFUSED ?
		       ", load argo_bench role=pong there first" : "");
	unbind_from_irqhandler(irq, ping);
	return err;
}

static void ping_report(struct ping *ping)
{
	u64 sum = 0;
	u32 i;

	for (i = 0; i < ping->count; i++)
		sum += ping->samples[i];
	sort(ping->samples, ping->count, sizeof(*ping->samples),
	     bench_compare_ns, NULL);
	bench_report("roundtrip size=%u count=%u min_ns=%llu median_ns=%llu avg_ns=%llu",
		     ping->size, ping->count, ping->samples[0],
		     ping->samples[ping->count / 2],
		     div_u64(sum, ping->count));
}

int bench_ping_run(u16 peer, u32 size, u32 count)
{
	struct ping ping = { .peer = peer, .size = size, .count = count };
	int err;

	init_completion(&ping.finished);
	ping.samples = vzalloc(array_size(count, sizeof(*ping.samples)));
	ping.buf = vzalloc(BENCH_MAX_SIZE);
	if (!ping.samples || !ping.buf) {
		err = -ENOMEM;
		goto free;
	}
	err = bench_ring_register(&ping.ring, peer);
	if (err)
		goto free;

	err = ping_exchange(&ping);
	if (!err)
		ping_report(&ping);
	bench_ring_unregister(&ping.ring);
free:
	vfree(ping.buf);
	vfree(ping.samples);
	return err;
}

/* The answer is sent straight from the ring that the question is in. */
static int pong_answer(const struct bench_ring *ring,
		       const struct argo_ring_msg *msg)
{
	const u8 *data = (const u8 *)(ring->header + 1);
	struct argo_ring_segment seg[2];
	struct xen_argo_iov iov[2] = {};
	unsigned int i, n;

	n = argo_ring_segments(ring->len, msg, 0, msg->len, seg);
	for (i = 0; i < n; i++) {
		iov[i].base = (unsigned long)(data + seg[i].offset);
		iov[i].len = seg[i].len;
	}
	return bench_sendv(msg->domid, msg->port, iov, n);
}

static irqreturn_t pong_interrupt(int irq, void *data)
{
	struct bench_ring *ring = data;
	struct argo_ring_msg msg;
	int err, ret;

	while ((ret = argo_ring_next(ring->header, ring->len, ring->rx,
				     &msg)) == 1) {
		err = pong_answers ? pong_answer(ring, &msg) : 0;
		ring->rx = msg.next;
		argo_ring_release(ring->header, ring->rx);
		if (err)
			pr_err_ratelimited("answer to %u:%u failed: %d\n",
					   msg.domid, msg.port, err);
	}
	if (ret < 0)
		pr_err_ratelimited("the ring makes no sense at %u\n", ring->rx);
	return IRQ_HANDLED;
}

int bench_pong_start(u16 peer, bool answers)
{
	int err;

	pong_answers = answers;
	err = bench_ring_register(&pong_ring, peer);
	if (err)
		return err;
	pong_irq = bind_irq(pong_interrupt, &pong_ring);
	if (pong_irq < 0) {
		bench_ring_unregister(&pong_ring);
		return pong_irq;
	}
	bench_report("%s peer=%u", answers ? "pong" : "sink", peer);
	return 0;
}

void bench_pong_stop(void)
{
	unbind_from_irqhandler(pong_irq, &pong_ring);
	bench_ring_unregister(&pong_ring);
}
