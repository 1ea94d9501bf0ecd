// SPDX-License-Identifier: GPL-2.0-only
/* The operations of uapi/linux/argo_firewall.h. */
#include <linux/capability.h>
#include <linux/mm.h>
#include <linux/uaccess.h>

#include <argo/firewall.h>

#include "arguments.h"
#include "endpoint.h"

/* Sizes of the structs in version 1 of the ABI. */
#define FIREWALL_MIN	offsetofend(struct argo_firewall, defaults)
#define RULE_MIN	offsetofend(struct argo_firewall_rule, hits)
#define TEST_MIN	offsetofend(struct argo_firewall_test, rule)

/* Largest argo_firewall.rule_size: there is room for later fields. */
#define RULE_MAX	4096

/* Return: the size of the struct as the caller knows it, -EFAULT, -EINVAL. */
static int get_firewall(struct argo_firewall *arg, const void __user *p)
{
	int size = argo_get_arg(arg, sizeof(*arg), FIREWALL_MIN, p);

	if (size < 0)
		return size;
	if (arg->flags || arg->rule_size < RULE_MIN ||
	    arg->rule_size > RULE_MAX)
		return -EINVAL;
	return size;
}

static struct argo_firewall_rule *alloc_rules(unsigned int n)
{
	return kvcalloc(n ?: 1, sizeof(struct argo_firewall_rule),
			GFP_KERNEL_ACCOUNT);
}

static int get_rules(struct argo_firewall_rule *rules,
		     const struct argo_firewall *arg)
{
	const u8 __user *from = u64_to_user_ptr(arg->rules);
	unsigned int i;
	int rc = 0;

	for (i = 0; !rc && i < arg->count; i++, from += arg->rule_size)
		rc = copy_struct_from_user(&rules[i], sizeof(*rules), from,
					   arg->rule_size);
	return rc == -E2BIG ? -EINVAL : rc;
}

static int do_set(struct argo_endpoint *ep, void __user *p)
{
	struct argo_firewall_rule *rules;
	struct argo_firewall arg;
	int rc = get_firewall(&arg, p);

	if (rc < 0)
		return rc;
	if (arg.count > ARGO_FIREWALL_MAX_RULES)
		return -EINVAL;
	rules = alloc_rules(arg.count);
	if (!rules)
		return -ENOMEM;
	rc = get_rules(rules, &arg) ?:
	     argo_firewall_replace(ep->hv, rules, arg.count, arg.defaults);
	kvfree(rules);
	return rc;
}

static int put_rules(const struct argo_firewall *arg,
		     const struct argo_firewall_rule *rules, unsigned int n)
{
	u8 __user *to = u64_to_user_ptr(arg->rules);
	size_t known = min_t(size_t, arg->rule_size, sizeof(*rules));
	unsigned int i;

	for (i = 0; i < n; i++, to += arg->rule_size)
		if (copy_to_user(to, &rules[i], known) ||
		    clear_user(to + known, arg->rule_size - known))
			return -EFAULT;
	return 0;
}

static int do_get(struct argo_endpoint *ep, void __user *p)
{
	struct argo_firewall_rule *rules;
	struct argo_firewall arg;
	unsigned int n, room;
	int size = get_firewall(&arg, p);
	int rc;

	if (size < 0)
		return size;
	room = min_t(u32, arg.count, ARGO_FIREWALL_MAX_RULES);
	rules = alloc_rules(room);
	if (!rules)
		return -ENOMEM;
	n = argo_firewall_list(ep->hv, rules, room, arg.defaults);
	rc = put_rules(&arg, rules, min(n, room));
	kvfree(rules);
	if (rc)
		return rc;
	arg.count = n;
	return argo_put_arg(p, &arg, sizeof(arg), size);
}

static bool can_be_asked_about(const struct argo_firewall_test *arg)
{
	if (arg->domid == ARGO_DOMID_CABLE)
		return arg->direction == ARGO_FIREWALL_OUT && !arg->remote;
	return arg->domid == ARGO_DOMID_SELF ||
	       arg->domid < ARGO_DOMID_FIRST_RESERVED;
}

static int do_test(struct argo_endpoint *ep, void __user *p)
{
	struct argo_firewall_test arg;
	struct argo_flow flow;
	int size = argo_get_arg(&arg, sizeof(arg), TEST_MIN, p);

	if (size < 0)
		return size;
	if (arg.flags || arg.direction >= ARGO_FIREWALL_DIRECTIONS ||
	    arg.protocol >= ARGO_FIREWALL_PROTOCOLS || arg.verdict ||
	    arg.rule ||
	    !can_be_asked_about(&arg))
		return -EINVAL;
	flow = (struct argo_flow) {
		.direction = arg.direction,
		.protocol = arg.protocol,
		.domid = arg.domid == ARGO_DOMID_SELF ? argo_hv_domid(ep->hv) :
							arg.domid,
		.local = arg.local,
		.remote = arg.remote,
	};
	arg.rule = argo_firewall_find(ep->hv, &flow, &arg.verdict);
	return argo_put_arg(p, &arg, sizeof(arg), size);
}

/**
 * argo_endpoint_firewall() - ARGO_IOC_FIREWALL_SET, _GET and _TEST
 * @ep: the endpoint
 * @cmd: the operation
 * @p: its argument
 *
 * The firewall is the whole domain's, whatever namespace the caller is in.
 *
 * Context: may sleep.
 * Return: 0, -EPERM, -EINVAL, -EFAULT, -ENOMEM.
 */
long argo_endpoint_firewall(struct argo_endpoint *ep, unsigned int cmd,
			    void __user *p)
{
	if (!capable(CAP_NET_ADMIN))
		return -EPERM;
	switch (cmd) {
	case ARGO_IOC_FIREWALL_SET:
		return do_set(ep, p);
	case ARGO_IOC_FIREWALL_GET:
		return do_get(ep, p);
	default:
		return do_test(ep, p);
	}
}
