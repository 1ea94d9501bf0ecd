// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tests of Xen's errnos for arguments that core never gives. argo_loopback has
 * no hypercalls to give them to.
 */
#include <linux/string.h>
#include <linux/uaccess.h>

#include <asm/xen/hypercall.h>
#include <xen/interface/argo.h>
#include <xen/page.h>
#include <xen/xen.h>

#include "suite.h"

/* No memory is at this address. */
#define NOWHERE		((void *)8)
#define OVER_32_BITS	(1UL << 32)

static int argo_op(unsigned int op, const void *arg1, const void *arg2,
		   unsigned long arg3, unsigned long arg4)
{
	return privcmd_call(XEN_ARGO_HYPERCALL, op, (unsigned long)arg1,
			    (unsigned long)arg2, arg3, arg4);
}

static void any_operation(struct suite *suite)
{
	EXPECT(suite, "an operation that there is not",
	       argo_op(99, NULL, NULL, 0, 0), -EOPNOTSUPP);
	EXPECT(suite, "a third argument too wide",
	       argo_op(XEN_ARGO_OP_NOTIFY, NULL, NULL, OVER_32_BITS, 0),
	       -EINVAL);
	EXPECT(suite, "a fourth argument too wide, no such operation",
	       argo_op(99, NULL, NULL, 0, OVER_32_BITS), -EINVAL);
}

static void registering(struct suite *suite)
{
	struct xen_argo_register_ring reg = {
		.port = PORT,
		.partner = suite->domid,
		.len = 64,
	};
	u64 no_gfn = 0x7ffffffff, gfns[2] = { no_gfn, no_gfn };

	EXPECT(suite, "too many pages, nowhere",
	       argo_op(XEN_ARGO_OP_REGISTER_RING, NOWHERE, gfns, 4097, 0),
	       -EINVAL);
	EXPECT(suite, "unknown flags, nowhere",
	       argo_op(XEN_ARGO_OP_REGISTER_RING, NOWHERE, gfns, 1, 2),
	       -EINVAL);
	EXPECT(suite, "nowhere",
	       argo_op(XEN_ARGO_OP_REGISTER_RING, NOWHERE, gfns, 1, 0),
	       -EFAULT);
	EXPECT(suite, "more pages than the length needs",
	       argo_op(XEN_ARGO_OP_REGISTER_RING, &reg, gfns, 2, 0), -EINVAL);
	EXPECT(suite, "a page that there is not",
	       argo_op(XEN_ARGO_OP_REGISTER_RING, &reg, gfns, 1, 0), -EINVAL);
	reg.partner = NOBODY;
	EXPECT(suite, "for nobody, a page that there is not",
	       argo_op(XEN_ARGO_OP_REGISTER_RING, &reg, gfns, 1, 0), -ESRCH);
	reg.pad = 1;
	EXPECT(suite, "padding, for nobody",
	       argo_op(XEN_ARGO_OP_REGISTER_RING, &reg, gfns, 1, 0), -EINVAL);
}

static void takes_one_argument(struct suite *suite, unsigned int op)
{
	EXPECT(suite, "a second argument",
	       argo_op(op, NOWHERE, suite->buf, 0, 0), -EINVAL);
	EXPECT(suite, "a third argument", argo_op(op, NOWHERE, NULL, 1, 0),
	       -EINVAL);
	EXPECT(suite, "a fourth argument", argo_op(op, NOWHERE, NULL, 0, 1),
	       -EINVAL);
	EXPECT(suite, "nowhere", argo_op(op, NOWHERE, NULL, 0, 0), -EFAULT);
}

static void unregistering(struct suite *suite)
{
	struct xen_argo_unregister_ring unreg = {
		.port = PORT,
		.partner = suite->domid,
	};

	takes_one_argument(suite, XEN_ARGO_OP_UNREGISTER_RING);
	EXPECT(suite, "no such ring",
	       argo_op(XEN_ARGO_OP_UNREGISTER_RING, &unreg, NULL, 0, 0),
	       -ENOENT);
	unreg.pad = 1;
	EXPECT(suite, "padding, no such ring",
	       argo_op(XEN_ARGO_OP_UNREGISTER_RING, &unreg, NULL, 0, 0),
	       -EINVAL);
}

static void sending(struct suite *suite)
{
	struct xen_argo_iov iov[MAX_IOV + 1] = { };
	struct xen_argo_send_addr addr = {
		.src = { .port = PORT - 1, .domid = suite->domid },
		.dst = { .port = PORT, .domid = suite->domid },
	};

	EXPECT(suite, "nowhere, too many pieces",
	       argo_op(XEN_ARGO_OP_SENDV, NOWHERE, iov, MAX_IOV + 1, 0),
	       -EFAULT);
	EXPECT(suite, "pieces that are nowhere",
	       argo_op(XEN_ARGO_OP_SENDV, &addr, NOWHERE, 1, 0), -EFAULT);
	EXPECT(suite, "with the own id, no ring",
	       argo_op(XEN_ARGO_OP_SENDV, &addr, iov, 1, 0), -ECONNREFUSED);
	addr.dst.domid = NOBODY;
	EXPECT(suite, "nobody",
	       argo_op(XEN_ARGO_OP_SENDV, &addr, iov, 1, 0), -ESRCH);
	addr.src.domid = suite->peer;
	EXPECT(suite, "as somebody else, nobody",
	       argo_op(XEN_ARGO_OP_SENDV, &addr, iov, 1, 0), -EPERM);
	addr.dst.pad = 1;
	EXPECT(suite, "padding, as somebody else",
	       argo_op(XEN_ARGO_OP_SENDV, &addr, iov, 1, 0), -EINVAL);
}

static void notifying(struct suite *suite)
{
	struct xen_argo_ring_data data = { .nent = 257 };

	EXPECT(suite, "no question", argo_op(XEN_ARGO_OP_NOTIFY, NULL, NULL,
					     0, 0), 0);
	takes_one_argument(suite, XEN_ARGO_OP_NOTIFY);
	EXPECT(suite, "too many questions",
	       argo_op(XEN_ARGO_OP_NOTIFY, &data, NULL, 0, 0), -EACCES);
}

const struct test raw_tests[] = {
	{ "Xen: any operation's arguments, in order", any_operation },
	{ "Xen: register's arguments, in order", registering },
	{ "Xen: unregister's arguments, in order", unregistering },
	{ "Xen: sendv's arguments, in order", sending },
	{ "Xen: notify's arguments, in order", notifying },
	{ }
};
