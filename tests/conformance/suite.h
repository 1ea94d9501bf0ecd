/* SPDX-License-Identifier: GPL-2.0-only */
/* Types and functions that the tests of the suite share. */
#ifndef _ARGO_CONFORMANCE_SUITE_H
#define _ARGO_CONFORMANCE_SUITE_H

#include <linux/list.h>
#include <linux/printk.h>

#include <argo/argo.h>
#include <argo/hv.h>
#include <argo/ring.h>

#define MAX_IOV		8
/* The first of the ports that only the suite uses while it runs. */
#define PORT		0x5c0ff000
/* No domain has this id, though one could. */
#define NOBODY		0x7e00
/* A test waits so long before it concludes that no interrupt comes. */
#define QUIET_MS	60

/**
 * struct suite - argument of a test
 * @hv: the attachment under test
 * @ops: its operations
 * @domid: domain id of this domain
 * @peer: another domain that exists
 * @buf: memory for messages, enough for every test
 * @failed: an EXPECT() of this test did not hold
 */
struct suite {
	struct argo_hv *hv;
	const struct argo_hv_ops *ops;
	u16 domid;
	u16 peer;
	u8 *buf;
	bool failed;
};

/**
 * struct test - a test of the suite
 * @name: statement that must be true
 * @run: tests the statement
 */
struct test {
	const char *name;
	void (*run)(struct suite *suite);
};

/**
 * struct ring - a receive ring that core knows nothing of
 * @port: port of the ring
 * @partner: partner of the ring, or ARGO_DOMID_ANY
 * @len: bytes of data that the ring has room for
 * @npages: number of @pages
 * @pages: memory of the ring
 * @map: mapping of @pages
 * @rx: receive index
 * @registered: the ring is registered with the hypervisor
 */
struct ring {
	u32 port;
	u16 partner;
	u32 len;
	unsigned int npages;
	struct page **pages;
	struct argo_ring_header *map;
	u32 rx;
	bool registered;
};

/* Check a value. A test goes on after a failure, and reports all failures. */
#define EXPECT(suite, what, is, wanted)					\
	do {								\
		long long is_ = (is), wanted_ = (wanted);		\
									\
		if (is_ != wanted_) {					\
			pr_info("# %s:%d: %s: %lld, not %lld\n",	\
				__func__, __LINE__, what, is_,		\
				wanted_);				\
			(suite)->failed = true;				\
		}							\
	} while (0)

/* ring.c */
int ring_make(struct suite *suite, struct ring *ring, u32 port, u16 partner,
	      u32 len);
int ring_open(struct suite *suite, struct ring *ring, u32 port, u16 partner,
	      u32 len);
void ring_close(struct suite *suite, struct ring *ring);
int ring_take(struct ring *ring, struct argo_ring_msg *msg, void *to, u32 room);
bool ring_skip(struct ring *ring);
unsigned int ring_drain(struct ring *ring);

/* send.c */
int send_self(struct suite *suite, u32 dst_port, u32 len);
void fill(struct suite *suite, u32 port, u32 len);

/* interrupt.c */
u64 interrupts(struct suite *suite);
bool interrupted_since(struct suite *suite, u64 before);

extern const struct test register_tests[], send_tests[], matching_tests[],
			 interrupt_tests[], notify_tests[], peer_tests[],
			 spoilt_tests[];
/* Each for a hypervisor that has what they are about. */
extern const struct test rights_tests[], cable_tests[];
/* raw.c is only built where a kernel can make Xen's hypercalls. */
extern const struct test raw_tests[];

#endif /* _ARGO_CONFORMANCE_SUITE_H */
