/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Rules of the firewall in the form in which they are looked up. This is pure:
 * it compiles in user space too, where it is tested.
 *
 * A rule is a box: it matches where the other domain, the local port and the
 * remote port lie in one interval each. Along each of these axes the bounds of
 * all boxes cut the numbers into intervals, and each interval has a bitmap of
 * the boxes that reach over it. The first bit that is set in all three bitmaps
 * is the first rule that matches. So a look-up is three binary searches, and a
 * step for 64 rules.
 */
#ifndef _ARGO_CORE_RULESET_H
#define _ARGO_CORE_RULESET_H

#ifdef __KERNEL__
#include <linux/types.h>
#else
#include "ruleset_user.h"
#endif

#include <uapi/linux/argo_firewall.h>

enum argo_axis {
	ARGO_AXIS_DOMAIN,
	ARGO_AXIS_LOCAL,
	ARGO_AXIS_REMOTE,
	ARGO_AXES,
};

/**
 * struct argo_box - where a rule matches
 * @first: first number on each axis
 * @last: last number on each axis
 * @rule: number of the rule
 * @allow: the rule's verdict
 * @implied: the rule names AF_VSOCK's ports, and allows the messages that carry
 *	AF_VSOCK
 */
struct argo_box {
	u32 first[ARGO_AXES];
	u32 last[ARGO_AXES];
	u32 rule;
	bool allow;
	bool implied;
};

/**
 * struct argo_intervals - an axis, cut into intervals
 * @n: number of intervals
 * @start: first number of each interval, ascending; the first is 0
 * @boxes: a bitmap for each interval: the boxes that reach over it
 */
struct argo_intervals {
	unsigned int n;
	u32 *start;
	u64 *boxes;
};

/**
 * struct argo_ruletable - the rules for one direction and protocol
 * @n: number of boxes
 * @words: length of a bitmap
 * @box: the boxes, the first that matches decides
 * @axis: the axes
 */
struct argo_ruletable {
	unsigned int n;
	unsigned int words;
	struct argo_box *box;
	struct argo_intervals axis[ARGO_AXES];
};

/**
 * struct argo_ruleset - all rules
 * @n: number of rules
 * @rules: the rules
 * @defaults: what happens where no rule matches, by direction
 * @tables: the rules by direction and protocol
 */
struct argo_ruleset {
	unsigned int n;
	struct argo_firewall_rule *rules;
	struct argo_firewall_default defaults[ARGO_FIREWALL_DIRECTIONS];
	struct argo_ruletable tables[ARGO_FIREWALL_DIRECTIONS]
				    [ARGO_FIREWALL_PROTOCOLS];
};

bool argo_ruleset_valid(const struct argo_firewall_rule *rules, unsigned int n,
			const struct argo_firewall_default *defaults);
struct argo_ruleset *
argo_ruleset_create(const struct argo_firewall_rule *rules, unsigned int n,
		    const struct argo_firewall_default *defaults);
void argo_ruleset_free(struct argo_ruleset *set);

const struct argo_box *argo_ruletable_find(const struct argo_ruletable *table,
					   u32 domid, u32 local, u32 remote);
const struct argo_box *argo_ruletable_find_any(const struct argo_ruletable *table,
					       const struct argo_box *within);

#endif /* _ARGO_CORE_RULESET_H */
