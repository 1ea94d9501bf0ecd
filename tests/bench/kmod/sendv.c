// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a hypercall costs, and a sendv into a ring of the own domain: the
 * interrupt is not bound, so this is the copy and its checks alone. To another
 * domain, it is these and waking that domain, with room waited for by trying.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/kernel.h>
#include <linux/ktime.h>
#include <linux/math64.h>
#include <linux/minmax.h>
#include <linux/sched.h>
#include <linux/sort.h>
#include <linux/vmalloc.h>

#include "bench.h"

/* Far longer than a receiver takes, so that only one that died ends a run. */
#define STALL_NS	(10 * NSEC_PER_SEC)

/* Calls are timed in lots, so that reading the clock is not what is timed. */
#define LOTS	16

struct sendv_bench {
	struct bench_ring ring;
	u16 dest;
	u32 size;
	void *buf;
};

/* By lot, so that one in which another domain ran does not spoil the rest. */
struct timing {
	u32 count;
	u64 best_ns;
	u64 median_ns;
	u64 avg_ns;
};

static int empty_call(struct sendv_bench *bench)
{
	return bench_empty_hypercall();
}

static int send_call(struct sendv_bench *bench)
{
	struct argo_ring_header *header = bench->ring.header;
	int err;

	err = bench_send(bench->dest, BENCH_PORT, bench->buf, bench->size);
	if (!err)
		argo_ring_release(header, argo_ring_tx(header));
	return err;
}

static int stream_call(struct sendv_bench *bench)
{
	u64 start = 0;
	int err;

	while ((err = bench_send(bench->dest, BENCH_PORT, bench->buf,
				 bench->size)) == -EAGAIN) {
		if (!start)
			start = ktime_get_ns();
		if (ktime_get_ns() - start > STALL_NS)
			return -ETIMEDOUT;
		cond_resched();
	}
	return err;
}

static int time_calls(struct sendv_bench *bench,
		      int (*call)(struct sendv_bench *bench), u32 count,
		      struct timing *timing)
{
	u32 in_lot = max_t(u32, count / LOTS, 1);
	u64 total = 0, start, ns;
	u64 per_call[LOTS];
	u32 lot, i;
	int err;

	for (lot = 0; lot < LOTS; lot++) {
		start = ktime_get_ns();
		for (i = 0; i < in_lot; i++) {
			err = call(bench);
			if (err)
				return err;
		}
		ns = ktime_get_ns() - start;
		total += ns;
		per_call[lot] = div_u64(ns, in_lot);
		cond_resched();
	}
	sort(per_call, LOTS, sizeof(per_call[0]), bench_compare_ns, NULL);
	timing->count = in_lot * LOTS;
	timing->best_ns = per_call[0];
	timing->median_ns = per_call[LOTS / 2];
	timing->avg_ns = div_u64(total, timing->count);
	return 0;
}

static void report(const char *what, u32 size, const struct timing *timing)
{
	bench_report("%s size=%u count=%u best_ns=%llu median_ns=%llu avg_ns=%llu",
		     what, size, timing->count, timing->best_ns,
		     timing->median_ns, timing->avg_ns);
}

static int measure(struct sendv_bench *bench, const char *what,
		   int (*call)(struct sendv_bench *bench), u32 count)
{
	static const u32 sizes[] = { 64, 1024, 16 * 1024, BENCH_MAX_SIZE };
	struct timing timing;
	int err, i;

	/* The hypervisor maps a ring's pages when they are first written. */
	bench->size = BENCH_MAX_SIZE;
	err = time_calls(bench, call, LOTS, &timing);

	for (i = 0; !err && i < ARRAY_SIZE(sizes); i++) {
		bench->size = sizes[i];
		err = time_calls(bench, call, count, &timing);
		if (!err)
			report(what, bench->size, &timing);
	}
	if (err)
		pr_err("a send of %u bytes to %u:%u failed: %d%s\n",
		       bench->size, bench->dest, BENCH_PORT, err,
		       err == -ECONNREFUSED ?
		       ", load argo_bench role=sink there first" : "");
	return err;
}

static int measure_own(struct sendv_bench *bench, u32 count)
{
	struct timing timing;
	int err;

	err = bench_own_domid(&bench->dest);
	if (err) {
		pr_err("cannot learn the own domain id: %d\n", err);
		return err;
	}
	err = time_calls(bench, empty_call, count, &timing);
	if (err)
		return err;
	report("hypercall", 0, &timing);

	err = bench_ring_register(&bench->ring, bench->dest);
	if (err)
		return err;
	err = measure(bench, "sendv", send_call, count);
	bench_ring_unregister(&bench->ring);
	return err;
}

int bench_sendv_run(u32 count)
{
	struct sendv_bench bench = { .buf = vzalloc(BENCH_MAX_SIZE) };
	int err;

	if (!bench.buf)
		return -ENOMEM;
	err = measure_own(&bench, count);
	vfree(bench.buf);
	return err;
}

int bench_stream_run(u16 peer, u32 count)
{
	struct sendv_bench bench = {
		.dest = peer,
		.buf = vzalloc(BENCH_MAX_SIZE),
	};
	int err;

	if (!bench.buf)
		return -ENOMEM;
	err = measure(&bench, "stream", stream_call, count);
	vfree(bench.buf);
	return err;
}
