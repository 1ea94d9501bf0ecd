// SPDX-License-Identifier: GPL-2.0-only
/*
 * AF_VSOCK over Argo: the CID of a domain is its id + 2.
 *
 * AF_VSOCK has room for one transport as a host and one as a guest. Domain 0 is
 * the host, any other domain is a guest. So of argo_loopback's virtual domains
 * domain 0 and the first other one are served.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/mm.h>
#include <linux/module.h>
#include <linux/random.h>
#include <linux/slab.h>

#include "vsock.h"

/* Peers reset the connections that they have with an earlier life. */
static void new_life(struct argo_vsock *vs)
{
	WRITE_ONCE(vs->life, 1 + get_random_u32() % ARGO_VSOCK_LIFE_MASK);
}

/* Logs the role and the CID of this domain. */
static void report(const struct argo_vsock *vs)
{
	pr_info("%s: AF_VSOCK as a %s, CID %u\n", argo_hv_params(vs->hv)->device,
		vs->role->name, argo_vsock_own_cid(vs));
}

/* The role stays the same where a restore has changed the domain id. */
static struct argo_vsock_role *role_of(const struct argo_hv *hv)
{
	if (argo_vsock_host.vs && argo_vsock_host.vs->hv == hv)
		return &argo_vsock_host;
	if (argo_vsock_guest.vs && argo_vsock_guest.vs->hv == hv)
		return &argo_vsock_guest;
	return NULL;
}

static struct argo_vsock_role *role_for(const struct argo_hv *hv)
{
	return argo_hv_domid(hv) ? &argo_vsock_guest : &argo_vsock_host;
}

static int open_wildcard(struct argo_vsock *vs)
{
	int rc = argo_vsock_rx_open(&vs->wildcard, ARGO_DOMID_ANY);

	if (rc == -EPERM || rc == -EACCES) {
		/* Connections to peers still work, and from domain 0. */
		pr_warn("%s: the hypervisor allows no wildcard ring (argo=1,mac-permissive=1 on its command line allows them): only domain 0, and domains that this domain has talked to, can connect to this domain\n",
			argo_hv_params(vs->hv)->device);
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

/* The rings of @vs are released, so nothing queues work any more. */
static void vsock_free(struct argo_vsock *vs)
{
	if (vs->lane_wq)
		destroy_workqueue(vs->lane_wq);
	if (vs->wq)
		destroy_workqueue(vs->wq);
	kfree(vs);
}

/* The role stays, and the peers are others. */
static void restore_work_fn(struct work_struct *work)
{
	struct argo_vsock *vs = container_of(work, struct argo_vsock,
					     restore_work);

	new_life(vs);
	argo_vsock_reset_connections(vs, VMADDR_CID_ANY);
	argo_vsock_forget_all(vs);
	report(vs);
}

static void vsock_release(struct kobject *kobj)
{
	struct argo_vsock *vs = container_of(kobj, struct argo_vsock, kobj);

	vsock_free(vs);
}

static struct kobj_type vsock_ktype = {
	.sysfs_ops = &kobj_sysfs_ops,
	.default_groups = argo_vsock_stats_groups,
	.release = vsock_release,
};

static const struct argo_vsock_upcalls upcalls = {
	.received = argo_vsock_received,
	.deliver = argo_vsock_deliver,
};

static struct argo_vsock *vsock_alloc(struct argo_hv *hv,
				      struct argo_vsock_role *role)
{
	struct argo_vsock *vs = kzalloc(sizeof(*vs), GFP_KERNEL);

	if (!vs)
		return NULL;
	vs->hv = hv;
	vs->role = role;
	vs->up = &upcalls;
	mutex_init(&vs->reset_lock);
	new_life(vs);
	argo_vsock_peers_init(vs);
	argo_vsock_reap_init(vs);
	INIT_WORK(&vs->restore_work, restore_work_fn);
	argo_vsock_conns_init(vs);
	argo_vsock_rx_init(&vs->wildcard, vs, NULL);
	vs->wq = alloc_workqueue("argo_vsock-%s",
				 WQ_UNBOUND | WQ_HIGHPRI | WQ_FREEZABLE, 0,
				 role->name);
	/*
	 * Not freezable: a lane may wait for a user's lock, and a work that
	 * waits must not stop a suspend.
	 */
	vs->lane_wq = alloc_workqueue("argo_vsock_lanes-%s", WQ_UNBOUND, 0,
				      role->name);
	if (vs->wq && vs->lane_wq)
		return vs;
	vsock_free(vs);
	return NULL;
}

static void register_datagrams(void)
{
	int rc = vsock_core_register(&argo_vsock_dgram,
				     VSOCK_TRANSPORT_F_DGRAM);

	/* The other role may have registered the transport. */
	if (rc == -EBUSY && argo_vsock_host.vs && argo_vsock_guest.vs)
		return;
	if (rc)
		pr_warn("SOCK_DGRAM is not carried over Argo, another transport carries it: %d (is vmw_vsock_vmci_transport loaded? packaging/modprobe.d/argo.conf keeps it away)\n",
			rc);
}

static void unregister_datagrams(void)
{
	if (!argo_vsock_host.vs && !argo_vsock_guest.vs)
		vsock_core_unregister(&argo_vsock_dgram);
}

/* No socket uses @vs. */
static void close_all(struct argo_vsock *vs)
{
	argo_vsock_rx_close(&vs->wildcard, false);
	cancel_delayed_work_sync(&vs->wildcard.work);
	/*
	 * An answer to a peer that is being forgotten may add the peer again.
	 */
	do {
		argo_vsock_forget_all(vs);
		cancel_work_sync(&vs->restore_work);
		cancel_delayed_work_sync(&vs->reap_work);
	} while (vs->peers.count);
	argo_vsock_lanes_wait(vs);
}

static int vsock_attach(struct argo_frontend *fe, struct argo_hv *hv)
{
	struct argo_vsock_role *role = role_for(hv);
	struct argo_vsock *vs;
	int rc;

	if (role->vs) {
		pr_info("%s: AF_VSOCK has a transport for a %s already: %s; this attachment is not used\n",
			argo_hv_params(hv)->device, role->name,
			argo_hv_params(role->vs->hv)->device);
		return 0;
	}
	vs = vsock_alloc(hv, role);
	if (!vs)
		return -ENOMEM;
	rc = kobject_init_and_add(&vs->kobj, &vsock_ktype,
				  &THIS_MODULE->mkobj.kobj, "%s", role->name);
	if (rc)
		goto err_put;
	rc = open_wildcard(vs);
	if (rc)
		goto err_del;

	role->vs = vs;
	rc = vsock_core_register(&role->transport.transport, role->feature);
	if (rc) {
		pr_err("%s: AF_VSOCK has a transport for a %s already (virtio, vhost?); this attachment is not used\n",
		       argo_hv_params(hv)->device, role->name);
		goto err_role;
	}
	register_datagrams();
	greet_host(vs);
	report(vs);
	return 0;

err_role:
	role->vs = NULL;
	close_all(vs);
err_del:
	kobject_del(&vs->kobj);
err_put:
	kobject_put(&vs->kobj);
	return rc;
}

static void vsock_detach(struct argo_frontend *fe, struct argo_hv *hv)
{
	struct argo_vsock_role *role = role_of(hv);
	struct argo_vsock *vs;

	if (!role)
		return;
	vs = role->vs;
	/* A socket holds this module, so no socket uses the transport. */
	vsock_core_unregister(&role->transport.transport);
	close_all(vs);
	role->vs = NULL;
	unregister_datagrams();
	kobject_del(&vs->kobj);
	kobject_put(&vs->kobj);
}

static void vsock_firewall_changed(struct argo_frontend *fe,
				   struct argo_hv *hv)
{
	struct argo_vsock_role *role = role_of(hv);
	struct argo_vsock_peer *peer;
	unsigned int bucket;

	if (!role)
		return;
	argo_vsock_reset_denied(role->vs);
	/*
	 * Packets that are denied by now are in the way of those resets. Under
	 * the lock no peer is closed, which ends its work.
	 */
	mutex_lock(&role->vs->peers.lock);
	rcu_read_lock();
	argo_peers_each_rcu(&role->vs->peers, bucket, peer, base)
		queue_delayed_work(role->vs->wq, &peer->tx_work, 0);
	rcu_read_unlock();
	mutex_unlock(&role->vs->peers.lock);
}

static struct argo_frontend argo_vsock_frontend = {
	.attach = vsock_attach,
	.detach = vsock_detach,
	.firewall_changed = vsock_firewall_changed,
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
/* socket(AF_VSOCK) loads the modules that have this alias. */
MODULE_ALIAS_NETPROTO(PF_VSOCK);
/* vsock_loopback carries connections of a domain with itself. */
MODULE_SOFTDEP("pre: vsock_loopback");
