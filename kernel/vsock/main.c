// SPDX-License-Identifier: GPL-2.0-only
/*
 * AF_VSOCK over Argo: the CID of a domain is its id + 2.
 *
 * AF_VSOCK has room for one transport as a host and one as a guest. Domain 0
 * is the host, any other a guest; so of argo_loopback's virtual domains the
 * first two are served.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/mm.h>
#include <linux/module.h>
#include <linux/random.h>
#include <linux/slab.h>

#include "vsock.h"

/* A stream's window, in packets of the largest size: window.c. */
#define ARGO_VSOCK_RING_SIZE	(16 * (ARGO_VSOCK_MAX_PAYLOAD + 64) + 4096)
/* One packet, and then one that does not wait for its end. */
#define ARGO_VSOCK_MIN_RING	(ARGO_VSOCK_MAX_PAYLOAD + 4096)

static unsigned int ring_size = ARGO_VSOCK_RING_SIZE;
module_param(ring_size, uint, 0444);
MODULE_PARM_DESC(ring_size, "bytes of each receive ring, one for each domain that this one talks to and one for others (default 1053696)");

static unsigned int peer_rings = 64;
module_param(peer_rings, uint, 0444);
MODULE_PARM_DESC(peer_rings, "most domains with a ring of their own; those beyond share one (default 64; Xen allows a domain 128 rings in all)");

/**
 * argo_vsock_ring_size() - bytes of a ring
 */
u32 argo_vsock_ring_size(void)
{
	return max_t(u32, ring_size, ARGO_VSOCK_MIN_RING);
}

/**
 * argo_vsock_max_peer_rings() - how many peers may have a ring of their own
 */
unsigned int argo_vsock_max_peer_rings(void)
{
	return peer_rings;
}

/**
 * argo_vsock_new_life() - be known as another one than before
 * @vs: attachment
 */
void argo_vsock_new_life(struct argo_vsock *vs)
{
	WRITE_ONCE(vs->life, 1 + get_random_u32() % ARGO_VSOCK_LIFE_MASK);
}

/**
 * argo_vsock_report() - say which CID this is
 * @vs: attachment
 */
void argo_vsock_report(const struct argo_vsock *vs)
{
	pr_info("%s: AF_VSOCK as a %s, CID %u\n", argo_hv_device(vs->hv),
		vs->role->name, argo_vsock_own_cid(vs));
}

static struct argo_vsock_role *role_for(const struct argo_hv *hv)
{
	return argo_hv_domid(hv) ? &argo_vsock_guest : &argo_vsock_host;
}

static int open_wildcard(struct argo_vsock *vs)
{
	int rc = argo_vsock_rx_open(&vs->wildcard, ARGO_DOMID_ANY);

	if (rc == -EPERM || rc == -EACCES) {
		/* Its own connections still work, and those of domain 0. */
		pr_warn("%s: the hypervisor lets no ring be open to all domains (argo=1,mac-permissive=1 does): only those that this one talked to first, and domain 0, can connect to it\n",
			argo_hv_device(vs->hv));
		return 0;
	}
	return rc;
}

static void greet_host(struct argo_vsock *vs)
{
	struct argo_vsock_peer *peer;

	if (vs->wildcard.ring || !argo_hv_domid(vs->hv))
		return;
	peer = argo_vsock_peer_get(vs, 0);
	if (!IS_ERR(peer))
		argo_vsock_peer_put(peer);
}

static struct argo_vsock *vsock_alloc(struct argo_hv *hv,
				      struct argo_vsock_role *role)
{
	struct argo_vsock *vs = kzalloc(sizeof(*vs), GFP_KERNEL);

	if (!vs)
		return NULL;
	vs->hv = hv;
	vs->role = role;
	mutex_init(&vs->reset_lock);
	argo_vsock_new_life(vs);
	argo_vsock_peers_init(vs);
	argo_vsock_rx_init(&vs->wildcard, vs, NULL);
	vs->wq = alloc_workqueue("argo_vsock-%s",
				 WQ_UNBOUND | WQ_HIGHPRI | WQ_FREEZABLE, 0,
				 role->name);
	if (!vs->wq) {
		kfree(vs);
		return NULL;
	}
	return vs;
}

static void register_datagrams(void)
{
	int rc = vsock_core_register(&argo_vsock_dgram,
				     VSOCK_TRANSPORT_F_DGRAM);

	/* The other role may have done it. */
	if (rc == -EBUSY && argo_vsock_host.vs && argo_vsock_guest.vs)
		return;
	if (rc)
		pr_warn("SOCK_DGRAM does not go over Argo, another transport has it: %d (is vmw_vsock_vmci_transport loaded? packaging/modprobe.d/argo.conf keeps it away)\n",
			rc);
}

static void unregister_datagrams(void)
{
	if (!argo_vsock_host.vs && !argo_vsock_guest.vs)
		vsock_core_unregister(&argo_vsock_dgram);
}

static int vsock_attach(struct argo_frontend *fe, struct argo_hv *hv)
{
	struct argo_vsock_role *role = role_for(hv);
	struct argo_vsock *vs;
	int rc;

	if (role->vs) {
		pr_info("%s: not served, AF_VSOCK has a %s already: %s\n",
			argo_hv_device(hv), role->name,
			argo_hv_device(role->vs->hv));
		return 0;
	}
	vs = vsock_alloc(hv, role);
	if (!vs)
		return -ENOMEM;
	rc = argo_vsock_stats_add(vs);
	if (rc)
		goto err_put;
	rc = open_wildcard(vs);
	if (rc)
		goto err_stats;

	role->vs = vs;
	rc = vsock_core_register(&role->transport.transport, role->feature);
	if (rc) {
		pr_err("%s: AF_VSOCK has a transport for a %s already (virtio, vhost?): not used\n",
		       argo_hv_device(hv), role->name);
		goto err_role;
	}
	register_datagrams();
	greet_host(vs);
	argo_vsock_report(vs);
	return 0;

err_role:
	role->vs = NULL;
	argo_vsock_rx_close(&vs->wildcard, false);
	cancel_delayed_work_sync(&vs->wildcard.work);
	argo_vsock_peers_exit(vs);
err_stats:
	argo_vsock_stats_remove(vs);
err_put:
	kobject_put(&vs->kobj);
	return rc;
}

static void vsock_detach(struct argo_frontend *fe, struct argo_hv *hv)
{
	struct argo_vsock_role *role = role_for(hv);
	struct argo_vsock *vs = role->vs;

	if (!vs || vs->hv != hv)
		return;
	/* Sockets hold this module, so there is none that uses it. */
	vsock_core_unregister(&role->transport.transport);
	argo_vsock_rx_close(&vs->wildcard, false);
	cancel_delayed_work_sync(&vs->wildcard.work);
	argo_vsock_peers_exit(vs);
	role->vs = NULL;
	unregister_datagrams();
	argo_vsock_stats_remove(vs);
	kobject_put(&vs->kobj);
}

static struct argo_frontend argo_vsock_frontend = {
	.attach = vsock_attach,
	.detach = vsock_detach,
};

static int __init argo_vsock_init(void)
{
	argo_frontend_register(&argo_vsock_frontend);
	return 0;
}
module_init(argo_vsock_init);

static void __exit argo_vsock_exit(void)
{
	argo_frontend_unregister(&argo_vsock_frontend);
}
module_exit(argo_vsock_exit);

MODULE_DESCRIPTION("Argo: messages between domains, AF_VSOCK");
MODULE_LICENSE("GPL");
/* socket(AF_VSOCK) loads whatever has this. */
MODULE_ALIAS_NETPROTO(PF_VSOCK);
/* For connections of a domain with itself. */
MODULE_SOFTDEP("pre: vsock_loopback");
