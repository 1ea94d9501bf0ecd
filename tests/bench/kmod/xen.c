// SPDX-License-Identifier: GPL-2.0-only
/* The hypercalls, with nothing around them. */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/gfp.h>
#include <linux/mm.h>
#include <linux/slab.h>

#include <asm/xen/hypercall.h>
#include <xen/interface/event_channel.h>
#include <xen/interface/version.h>
#include <xen/interface/xen.h>
#include <xen/page.h>

#include "bench.h"

/* Holds the largest message more than twice, so no round trip meets an end. */
#define RING_BYTES	(256 * 1024)
#define RING_PAGES	(RING_BYTES / XEN_ARGO_FRAME_SIZE)

/* As a source: whoever the caller is. */
#define DOMID_ANY	0x7ff4

static int argo_op(unsigned int op, const void *arg1, const void *arg2,
		   unsigned long arg3, unsigned long arg4)
{
	int ret;

	__xen_stac();
	ret = xen_single_call(XEN_ARGO_HYPERCALL, op, (unsigned long)arg1,
			      (unsigned long)arg2, arg3, arg4);
	__xen_clac();
	return ret;
}

int bench_empty_hypercall(void)
{
	return xen_single_call(__HYPERVISOR_xen_version, XENVER_version, 0, 0,
			       0, 0) < 0 ? -EIO : 0;
}

/* The status of a channel to oneself names the domain; xenstore is not needed. */
int bench_own_domid(u16 *domid)
{
	struct evtchn_alloc_unbound alloc = {
		.dom = DOMID_SELF,
		.remote_dom = DOMID_SELF,
	};
	struct evtchn_status status = { .dom = DOMID_SELF };
	struct evtchn_close close;
	int err;

	err = HYPERVISOR_event_channel_op(EVTCHNOP_alloc_unbound, &alloc);
	if (err)
		return err;

	status.port = alloc.port;
	err = HYPERVISOR_event_channel_op(EVTCHNOP_status, &status);
	if (!err)
		*domid = status.u.unbound.dom;

	close.port = alloc.port;
	if (HYPERVISOR_event_channel_op(EVTCHNOP_close, &close))
		pr_warn("cannot close event channel %u\n", alloc.port);
	return err;
}

static const char *register_hint(int err)
{
	switch (err) {
	case -ENOMEM:
		return "";
	case -ESRCH:
		return ", there is no such domain";
	case -EEXIST:
		return ", unload what else uses Argo first";
	default:
		return ", does Xen have argo=1 on its command line?";
	}
}

int bench_ring_register(struct bench_ring *ring, u16 partner)
{
	struct xen_argo_register_ring reg = {
		.port = BENCH_PORT,
		.partner = partner,
		.len = RING_BYTES - sizeof(struct argo_ring_header),
	};
	void *pages;
	u64 *gfns;
	int err, i;

	gfns = kmalloc_array(RING_PAGES, sizeof(*gfns), GFP_KERNEL);
	if (!gfns)
		return -ENOMEM;
	pages = alloc_pages_exact(RING_BYTES, GFP_KERNEL | __GFP_ZERO);
	if (!pages) {
		err = -ENOMEM;
		goto free_gfns;
	}
	for (i = 0; i < RING_PAGES; i++)
		gfns[i] = virt_to_gfn(pages + i * XEN_ARGO_FRAME_SIZE);

	err = argo_op(XEN_ARGO_OP_REGISTER_RING, &reg, gfns, RING_PAGES,
		      XEN_ARGO_REGISTER_FAIL_EXIST);
	if (err) {
		pr_err("register of port %u for domain %u failed: %d%s\n",
		       BENCH_PORT, partner, err, register_hint(err));
		goto free_pages;
	}

	ring->header = pages;
	ring->len = reg.len;
	ring->rx = 0;
	ring->partner = partner;
	kfree(gfns);
	return 0;

free_pages:
	free_pages_exact(pages, RING_BYTES);
free_gfns:
	kfree(gfns);
	return err;
}

void bench_ring_unregister(struct bench_ring *ring)
{
	struct xen_argo_unregister_ring unreg = {
		.port = BENCH_PORT,
		.partner = ring->partner,
	};
	int err;

	err = argo_op(XEN_ARGO_OP_UNREGISTER_RING, &unreg, NULL, 0, 0);
	/* ENOENT: the partner died and took the ring with it. */
	if (err && err != -ENOENT) {
		pr_err("unregister of port %u for domain %u failed: %d, its pages are lost\n",
		       BENCH_PORT, ring->partner, err);
		return;
	}
	free_pages_exact(ring->header, RING_BYTES);
}

int bench_sendv(u16 domid, u32 port, const struct xen_argo_iov *iov,
		unsigned int niov)
{
	struct xen_argo_send_addr addr = {
		.src = { .port = BENCH_PORT, .domid = DOMID_ANY },
		.dst = { .port = port, .domid = domid },
	};
	int ret = argo_op(XEN_ARGO_OP_SENDV, &addr, iov, niov, 0);

	return ret < 0 ? ret : 0;
}

int bench_send(u16 domid, u32 port, const void *buf, u32 size)
{
	struct xen_argo_iov iov = {
		.base = (unsigned long)buf,
		.len = size,
	};

	return bench_sendv(domid, port, &iov, 1);
}
