// SPDX-License-Identifier: GPL-2.0-only
/*
 * Argo core: rings, sending, and waiting for space, for front-ends.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/module.h>

#include "internal.h"

#define CREATE_TRACE_POINTS
#include "trace.h"

static bool need_hypervisor;
module_param(need_hypervisor, bool, 0444);
MODULE_PARM_DESC(need_hypervisor,
		 "Do not load where no hypervisor offers Argo (default: load, as argo_loopback needs it)");

static int __init argo_init(void)
{
	int rc;

	if (!argo_firewall_param_ok())
		return -EINVAL;
	rc = argo_xen_init();

	/*
	 * argo_loopback may register an attachment later, so load all the same.
	 */
	if (rc == -ENODEV && !need_hypervisor) {
		pr_info("no hypervisor that speaks Argo here (Xen needs argo=1 on its command line); idle\n");
		return 0;
	}
	return rc;
}
module_init(argo_init);

static void __exit argo_exit(void)
{
	argo_xen_exit();
}
module_exit(argo_exit);

MODULE_DESCRIPTION("Argo: messages between domains, core");
MODULE_LICENSE("GPL");
MODULE_SOFTDEP("post: argo_char");
