// SPDX-License-Identifier: GPL-2.0-only
/*
 * Argo on Xen, the same for PV, PVH and HVM: hypercalls, the VIRQ, restore.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/device.h>
#include <linux/interrupt.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/pm.h>
#include <linux/slab.h>

#include <asm/xen/hypercall.h>
#include <xen/events.h>
#include <xen/interface/argo.h>
#include <xen/interface/event_channel.h>
#include <xen/interface/xen.h>
#include <xen/page.h>
#include <xen/xen.h>

#include "internal.h"

#define FRAMES_PER_PAGE		(PAGE_SIZE / XEN_ARGO_FRAME_SIZE)

/* The hypercalls take core's structs as they are. */
static_assert(sizeof(struct argo_hv_iov) == sizeof(struct xen_argo_iov));
static_assert(offsetof(struct argo_hv_iov, len) ==
	      offsetof(struct xen_argo_iov, len));
static_assert(sizeof(struct argo_hv_query) ==
	      sizeof(struct xen_argo_ring_data_ent));
static_assert(offsetof(struct argo_hv_query, flags) ==
	      offsetof(struct xen_argo_ring_data_ent, flags));
static_assert(offsetof(struct argo_hv_query, need) ==
	      offsetof(struct xen_argo_ring_data_ent, space_required));
static_assert(offsetof(struct argo_hv_query, max_message) ==
	      offsetof(struct xen_argo_ring_data_ent, max_message_size));
static_assert(offsetof(struct argo_hv_queries, q) ==
	      offsetof(struct xen_argo_ring_data, data));
static_assert(sizeof(struct argo_cable) == sizeof(struct xen_argo_cable));
static_assert(offsetof(struct argo_cable, dst.domid) ==
	      offsetof(struct xen_argo_cable, dst.domid));
static_assert(ARGO_HV_EXISTS == XEN_ARGO_RING_EXISTS);
static_assert(ARGO_HV_SHARED == XEN_ARGO_RING_SHARED);
static_assert(ARGO_HV_EMPTY == XEN_ARGO_RING_EMPTY);
static_assert(ARGO_HV_SUFFICIENT == XEN_ARGO_RING_SUFFICIENT);
static_assert(ARGO_HV_TOO_LARGE == XEN_ARGO_RING_EMSGSIZE);
static_assert(ARGO_HV_BUSY == XEN_ARGO_RING_EBUSY);

/**
 * struct argo_xen - the attachment to Xen
 * @dev: device that takes part in suspend and resume
 * @hv: attachment in core
 * @irq: the interrupt that VIRQ_ARGO is bound to, 0 before
 */
struct argo_xen {
	struct device dev;
	struct argo_hv *hv;
	int irq;
};

/* A kernel runs on one Xen. Only init and exit use this. */
static struct argo_xen *the_xen;

static long argo_op(unsigned int op, const void *arg1, const void *arg2,
		    unsigned long arg3, unsigned long arg4)
{
	return privcmd_call(XEN_ARGO_HYPERCALL, op, (unsigned long)arg1,
			    (unsigned long)arg2, arg3, arg4);
}

static int normalise(long rc)
{
	return rc == -ENOSYS ? -ENODEV : argo_hv_normalise(rc);
}

/* A denial is -EACCES of the policy Flask, and -EPERM of SILO. */
static int normalise_denied(long rc)
{
	return rc == -EPERM ? -EACCES : normalise(rc);
}

/*
 * No hypercall asks for the own domain id, and xenstore may not be there. But
 * the status of an unbound event channel names the domain that may bind it,
 * which is this domain if the channel was allocated for DOMID_SELF.
 */
static int xen_domid(struct argo_hv *hv)
{
	struct evtchn_alloc_unbound alloc = {
		.dom = DOMID_SELF,
		.remote_dom = DOMID_SELF,
	};
	struct evtchn_status status = { .dom = DOMID_SELF };
	struct evtchn_close close;
	long rc;

	rc = privcmd_call(__HYPERVISOR_event_channel_op,
			  EVTCHNOP_alloc_unbound, (unsigned long)&alloc, 0, 0,
			  0);
	if (rc)
		return rc;
	status.port = alloc.port;
	rc = privcmd_call(__HYPERVISOR_event_channel_op, EVTCHNOP_status,
			  (unsigned long)&status, 0, 0, 0);
	close.port = alloc.port;
	privcmd_call(__HYPERVISOR_event_channel_op, EVTCHNOP_close,
		     (unsigned long)&close, 0, 0, 0);
	if (rc)
		return rc;
	if (status.status != EVTCHNSTAT_unbound)
		return -EIO;
	return status.u.unbound.dom;
}

static int xen_ring_register(struct argo_hv *hv, u32 port, u16 partner,
			     struct page **pages, unsigned int npages, u32 len)
{
	struct xen_argo_register_ring reg = {
		.port = port,
		.partner = partner,
		.len = len,
	};
	unsigned int frames = DIV_ROUND_UP(sizeof(struct argo_ring_header) +
					   len, XEN_ARGO_FRAME_SIZE);
	unsigned int i;
	u64 *gfns;
	long rc;

	gfns = kvmalloc_array(frames, sizeof(*gfns), GFP_KERNEL);
	if (!gfns)
		return -ENOMEM;
	for (i = 0; i < frames; i++)
		gfns[i] = xen_page_to_gfn(pages[i / FRAMES_PER_PAGE]) +
			  i % FRAMES_PER_PAGE;
	rc = argo_op(XEN_ARGO_OP_REGISTER_RING, &reg, gfns, frames,
		     XEN_ARGO_REGISTER_FAIL_EXIST);
	kvfree(gfns);

	/* Xen says ECONNREFUSED when the partner has no Argo. */
	if (rc == -ECONNREFUSED)
		return -EHOSTUNREACH;
	/* Of wildcard rings -EPERM says that Xen allows none. */
	return partner == ARGO_DOMID_ANY ? normalise(rc) : normalise_denied(rc);
}

static int xen_ring_unregister(struct argo_hv *hv, u32 port, u16 partner)
{
	struct xen_argo_unregister_ring unreg = {
		.port = port,
		.partner = partner,
	};
	long rc = argo_op(XEN_ARGO_OP_UNREGISTER_RING, &unreg, NULL, 0, 0);

	/* Xen removes a ring when its partner dies. */
	return rc == -ENOENT ? 0 : normalise(rc);
}

static int xen_sendv(struct argo_hv *hv, const struct argo_hv_message *msg)
{
	const struct argo_addr dst = argo_hv_wire_dst(&msg->dst);
	struct xen_argo_send_addr addr = {
		/* ANY is this domain. Xen refuses an id of an older epoch. */
		.src = { .port = msg->src_port, .domid = ARGO_DOMID_ANY },
		.dst = { .port = dst.port, .domid = dst.domid },
	};
	long rc = argo_op(XEN_ARGO_OP_SENDV, &addr, msg->iov, msg->niov,
			  msg->type);

	/* To a Xen that has no cables ANY is a domain that there is not. */
	if (rc == -ESRCH && dst.domid == ARGO_DOMID_ANY)
		return -EOPNOTSUPP;
	return normalise_denied(rc);
}

static int xen_notify(struct argo_hv *hv, struct argo_hv_queries *queries)
{
	return normalise_denied(argo_op(XEN_ARGO_OP_NOTIFY, queries, NULL, 0,
					0));
}

static int xen_cable_add(struct argo_hv *hv, const struct argo_cable *cable)
{
	return argo_hv_normalise_cable(argo_op(XEN_ARGO_OP_CABLE_ADD, cable,
					       NULL, 0, 0));
}

static int xen_cable_remove(struct argo_hv *hv, const struct argo_addr *src)
{
	return argo_hv_normalise_cable(argo_op(XEN_ARGO_OP_CABLE_REMOVE, src,
					       NULL, 0, 0));
}

static int xen_cable_list(struct argo_hv *hv, struct argo_cable *list,
			  unsigned int room, u16 first)
{
	return argo_hv_normalise_cable(argo_op(XEN_ARGO_OP_CABLE_LIST, list,
					       NULL, room, first));
}

static bool xen_irq_mask(struct argo_hv *hv)
{
	struct argo_xen *xen = argo_hv_params(hv)->priv;
	/* Front-ends read rings before the VIRQ is bound. */
	int irq = READ_ONCE(xen->irq);

	if (irq)
		disable_irq_nosync(irq);
	return irq;
}

static void xen_irq_unmask(struct argo_hv *hv)
{
	struct argo_xen *xen = argo_hv_params(hv)->priv;

	enable_irq(xen->irq);
}

static const struct argo_hv_ops xen_ops = {
	.owner = THIS_MODULE,
	.name = "xen",
	.domid = xen_domid,
	.ring_register = xen_ring_register,
	.ring_unregister = xen_ring_unregister,
	.sendv = xen_sendv,
	.notify = xen_notify,
	.irq_mask = xen_irq_mask,
	.irq_unmask = xen_irq_unmask,
	.cable_add = xen_cable_add,
	.cable_remove = xen_cable_remove,
	.cable_list = xen_cable_list,
};

static irqreturn_t xen_irq(int irq, void *dev_id)
{
	struct argo_xen *xen = dev_id;

	argo_hv_interrupt(xen->hv);
	return IRQ_HANDLED;
}

/*
 * Xen's suspend goes through the device model: freeze, then restore; or thaw,
 * if the suspend was cancelled or the domain goes on in place with its rings as
 * they were. The event channel core binds the VIRQ again by itself.
 */
static int xen_pm_nothing(struct device *dev)
{
	return 0;
}

static int xen_pm_restore(struct device *dev)
{
	argo_hv_restored(container_of(dev, struct argo_xen, dev)->hv);
	return 0;
}

static const struct dev_pm_ops xen_pm_ops = {
	.freeze = xen_pm_nothing,
	.thaw = xen_pm_nothing,
	.restore = xen_pm_restore,
};

static const struct device_type xen_device_type = {
	.name = "argo-xen",
	.pm = &xen_pm_ops,
};

static void xen_device_release(struct device *dev)
{
	kfree(container_of(dev, struct argo_xen, dev));
}

/*
 * Ask Xen for Argo by a hypercall: some kernels crash when they bind a VIRQ
 * that cannot be bound.
 */
static int xen_probe(void)
{
	long rc;

	if (!xen_domain())
		return -ENODEV;
	rc = argo_op(XEN_ARGO_OP_NOTIFY, NULL, NULL, 0, 0);
	if (rc == -EACCES || rc == -EPERM) {
		pr_warn("the hypervisor's policy denies Argo to this domain\n");
		return -ENODEV;
	}
	return normalise(rc);
}

/**
 * argo_xen_init() - attach to Xen, if the kernel runs on Xen
 *
 * Context: may sleep.
 * Return: 0, -ENODEV (no Xen, or it has no Argo for this domain), or another
 * errno.
 */
int argo_xen_init(void)
{
	struct argo_hv_params params = {
		.ops = &xen_ops,
		.device = "argo",
		.max_ring_len = XEN_ARGO_MAX_RING_LEN,
		.max_rings = XEN_ARGO_MAX_RINGS,
		.max_iov = XEN_ARGO_MAX_IOV,
		.max_queries = XEN_ARGO_MAX_NOTIFY,
		.irqs_off = true,
	};
	struct argo_xen *xen;
	int rc;

	rc = xen_probe();
	if (rc)
		return rc;

	xen = kzalloc(sizeof(*xen), GFP_KERNEL);
	if (!xen)
		return -ENOMEM;
	params.priv = xen;
	device_initialize(&xen->dev);
	xen->dev.type = &xen_device_type;
	xen->dev.release = xen_device_release;
	rc = dev_set_name(&xen->dev, "argo-xen");
	if (rc)
		goto err_put;

	xen->hv = argo_hv_register(&params);
	if (IS_ERR(xen->hv)) {
		rc = PTR_ERR(xen->hv);
		goto err_put;
	}
	rc = bind_virq_to_irqhandler(XEN_ARGO_VIRQ, 0, xen_irq, 0, "argo",
				     xen);
	if (rc < 0)
		goto err_hv;
	WRITE_ONCE(xen->irq, rc);
	argo_hv_interrupt(xen->hv);
	rc = device_add(&xen->dev);
	if (rc)
		goto err_irq;

	the_xen = xen;
	pr_info("Xen, domain %u\n", argo_hv_domid(xen->hv));
	return 0;

err_irq:
	unbind_from_irqhandler(xen->irq, xen);
err_hv:
	argo_hv_unregister(xen->hv);
err_put:
	put_device(&xen->dev);
	pr_err("cannot attach to Xen: %d\n", rc);
	return rc;
}

/**
 * argo_xen_exit() - undo argo_xen_init()
 *
 * Context: may sleep.
 */
void argo_xen_exit(void)
{
	struct argo_xen *xen = the_xen;

	if (!xen)
		return;
	device_del(&xen->dev);
	unbind_from_irqhandler(xen->irq, xen);
	argo_hv_unregister(xen->hv);
	put_device(&xen->dev);
}
