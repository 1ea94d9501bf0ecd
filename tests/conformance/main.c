// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tests of what a hypervisor that speaks Argo must do, through core's
 * hypervisor interface: the same tests for Xen and for argo_loopback. The tests
 * of raw.c are for Xen alone, those of rights.c for a policy that knows ports,
 * those of cable.c for a hypervisor with cables.
 *
 * The tests run while the module loads, which reports them as KTAP in the
 * kernel's log. The module loads whether they pass or fail.
 */
#define pr_fmt(fmt) fmt

#include <linux/mm.h>
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "internal.h"
#include "suite.h"

#define BUFFER_SIZE	65536

static char *device = "argo";
module_param(device, charp, 0444);
MODULE_PARM_DESC(device, "name of the attachment's device, \"argo\" for Xen's (default), \"argo0\"...");

static ushort peer;
module_param(peer, ushort, 0444);
MODULE_PARM_DESC(peer, "id of another domain that exists (default 0)");

static char *only = "";
module_param(only, charp, 0444);
MODULE_PARM_DESC(only, "\"rights\": of a policy that knows ports, or \"cables\", alone");

static const struct test * const groups[] = {
	register_tests, send_tests, matching_tests, interrupt_tests,
	notify_tests, peer_tests, spoilt_tests,
	/* raw_tests must be last: groups_of() leaves it out except on Xen. */
	IS_ENABLED(CONFIG_XEN) ? raw_tests : NULL,
};

static const struct test * const rights_groups[] = { rights_tests };
static const struct test * const cable_groups[] = { cable_tests };

/* Return: the groups to run, @n of them. */
static const struct test * const *groups_of(struct suite *suite,
					    unsigned int *n)
{
	bool raw = !strcmp(argo_hv_params(suite->hv)->ops->name, "xen");

	if (*only) {
		*n = 1;
		return strcmp(only, "cables") ? rights_groups : cable_groups;
	}
	*n = raw ? ARRAY_SIZE(groups) : ARRAY_SIZE(groups) - 1;
	return groups;
}

static unsigned int count_tests(struct suite *suite)
{
	const struct test *test;
	unsigned int i, n = 0, nr;
	const struct test * const *group = groups_of(suite, &nr);

	for (i = 0; i < nr; i++)
		for (test = group[i]; test->run; test++)
			n++;
	return n;
}

static void run_all(struct suite *suite)
{
	const struct test *test;
	unsigned int i, n = 0, nr;
	const struct test * const *group = groups_of(suite, &nr);

	pr_info("KTAP version 1\n");
	pr_info("1..%u\n", count_tests(suite));
	for (i = 0; i < nr; i++) {
		for (test = group[i]; test->run; test++) {
			suite->failed = false;
			test->run(suite);
			pr_info("%sok %u %s\n", suite->failed ? "not " : "",
				++n, test->name);
		}
	}
}

static int conformance_attach(struct argo_frontend *fe, struct argo_hv *hv)
{
	struct suite suite = {
		.hv = hv,
		.ops = hv->params.ops,
		.domid = argo_hv_domid(hv),
		.peer = peer,
	};

	if (strcmp(argo_hv_params(hv)->device, device))
		return 0;
	suite.buf = kvzalloc(BUFFER_SIZE, GFP_KERNEL);
	if (!suite.buf)
		return -ENOMEM;
	run_all(&suite);
	kvfree(suite.buf);
	return 0;
}

static void conformance_detach(struct argo_frontend *fe, struct argo_hv *hv)
{
}

static struct argo_frontend conformance = {
	.attach = conformance_attach,
	.detach = conformance_detach,
};

static int __init conformance_init(void)
{
	if (*only && strcmp(only, "rights") && strcmp(only, "cables"))
		return -EINVAL;
	argo_frontend_register(&conformance);
	return 0;
}
module_init(conformance_init);

static void __exit conformance_exit(void)
{
	argo_frontend_unregister(&conformance);
}
module_exit(conformance_exit);

MODULE_DESCRIPTION("What a hypervisor that speaks Argo must do");
MODULE_LICENSE("GPL");
