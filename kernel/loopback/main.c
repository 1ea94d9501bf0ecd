// SPDX-License-Identifier: GPL-2.0-only
/*
 * A hypervisor for machines without one: virtual domains inside this kernel,
 * /dev/argo0 and up, which exchange messages by the rules of Xen's Argo. It is
 * for trying Argo, for developing programs, and for faults on demand.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/debugfs.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/slab.h>

#include "loopback.h"

#define MAX_DOMAINS	128

static unsigned int domains = 2;
module_param(domains, uint, 0444);
MODULE_PARM_DESC(domains, "number of virtual domains, whose ids begin at 0 (default 2)");

static unsigned int max_rings;
module_param(max_rings, uint, 0444);
MODULE_PARM_DESC(max_rings, "most rings of a domain (default 128, as Xen)");

static unsigned int max_waiters;
module_param(max_waiters, uint, 0444);
MODULE_PARM_DESC(max_waiters, "most domains that wait for space in one ring (default 32, as Xen)");

static unsigned int max_queries;
module_param(max_queries, uint, 0444);
MODULE_PARM_DESC(max_queries, "most destinations in one notify (default 256, as Xen; at least 2)");

static bool mac_permissive = true;
module_param(mac_permissive, bool, 0444);
MODULE_PARM_DESC(mac_permissive, "allow rings that any domain may send to (default Y; Xen's default is N)");

/* Only init and exit use this. */
static struct loopback *the_loopback;

static void set_limits(struct hmx_params *params)
{
	hmx_params_init(params);
	params->mac_permissive = mac_permissive;
	if (max_rings)
		params->max_rings = max_rings;
	if (max_waiters)
		params->max_waiters = max_waiters;
	/* A round of core's has room for two questions at least. */
	if (max_queries)
		params->max_queries = max(max_queries, 2u);
}

static void stop(struct loopback *loopback)
{
	debugfs_remove_recursive(loopback->dir);
	while (loopback->n)
		loopback_domain_exit(&loopback->domains[--loopback->n]);
	hmx_engine_free(loopback->engine);
	kfree(loopback->rules);
	kvfree(loopback);
}

static int __init loopback_init(void)
{
	struct loopback *loopback;
	int rc;

	if (!domains || domains > MAX_DOMAINS) {
		pr_err("domains=%u is not within 1 to %u\n", domains,
		       MAX_DOMAINS);
		return -EINVAL;
	}
	loopback = kvzalloc(struct_size(loopback, domains, domains),
			    GFP_KERNEL);
	if (!loopback)
		return -ENOMEM;
	mutex_init(&loopback->rules_lock);
	set_limits(&loopback->params);
	loopback->engine = hmx_engine_create(&loopback->params);
	if (IS_ERR(loopback->engine)) {
		rc = PTR_ERR(loopback->engine);
		goto err_free;
	}
	loopback->dir = debugfs_create_dir(KBUILD_MODNAME, NULL);
	for (; loopback->n < domains; loopback->n++) {
		rc = loopback_domain_init(loopback, loopback->n);
		if (rc)
			goto err_stop;
	}
	loopback_rules_init(loopback);
	the_loopback = loopback;
	pr_info("domains 0 to %u, /dev/argo0 to /dev/argo%u\n", domains - 1,
		domains - 1);
	return 0;

err_stop:
	pr_err("domain %u could not be made: %d\n", loopback->n, rc);
	stop(loopback);
	return rc;
err_free:
	kvfree(loopback);
	return rc;
}
module_init(loopback_init);

static void __exit loopback_exit(void)
{
	stop(the_loopback);
}
module_exit(loopback_exit);

MODULE_DESCRIPTION("Argo: virtual domains inside one kernel");
MODULE_LICENSE("GPL");
