/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _ARGO_BENCH_H
#define _ARGO_BENCH_H

#include <linux/printk.h>
#include <linux/types.h>

#include <argo/ring.h>
#include <xen/interface/argo.h>

#define BENCH_PORT		7
#define BENCH_MAX_SIZE		(64 * 1024)
#define BENCH_MAX_COUNT		(1024 * 1024)

/* A ring of this domain that the hypervisor knows. */
struct bench_ring {
	struct argo_ring_header *header;
	u32 len;
	u32 rx;
	u16 partner;
};

/* xen.c: the hypervisor. All of them return 0 or a negative errno. */
int bench_own_domid(u16 *domid);
int bench_ring_register(struct bench_ring *ring, u16 partner);
void bench_ring_unregister(struct bench_ring *ring);
int bench_sendv(u16 domid, u32 port, const struct xen_argo_iov *iov,
		unsigned int niov);
int bench_send(u16 domid, u32 port, const void *buf, u32 size);
int bench_empty_hypercall(void);

/* report.c: a line for the log and for the parameter "results". */
__printf(1, 2) void bench_report(const char *fmt, ...);
int bench_compare_ns(const void *a, const void *b);

/* What the module does, by its parameter "role". */
int bench_sendv_run(u32 count);
int bench_stream_run(u16 peer, u32 count);
int bench_ping_run(u16 peer, u32 size, u32 count);
int bench_pong_start(u16 peer, bool answers);
void bench_pong_stop(void);

#endif /* _ARGO_BENCH_H */
