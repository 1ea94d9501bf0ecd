// SPDX-License-Identifier: GPL-2.0-only
/* Rules of the firewall: checking them, and the tables they are looked up in. */
#ifdef __KERNEL__
#include <linux/bitops.h>
#include <linux/limits.h>
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/sort.h>
#include <linux/string.h>
#endif

#include "ruleset.h"

#define BITS_IN_WORD	64

static bool default_valid(const struct argo_firewall_default *d)
{
	return d->verdict <= ARGO_FIREWALL_ALLOW &&
	       !(d->flags & ~ARGO_FIREWALL_LOG) && !d->reserved[0] &&
	       !d->reserved[1] && !d->reserved[2] && !d->hits;
}

static bool domid_valid(const struct argo_firewall_rule *rule)
{
	if (rule->domid == ARGO_DOMID_SELF)
		return rule->direction == ARGO_FIREWALL_OUT;
	if (rule->domid == ARGO_DOMID_CABLE)
		return rule->direction == ARGO_FIREWALL_OUT &&
		       rule->protocol == ARGO_FIREWALL_MESSAGES &&
		       !rule->remote_first && rule->remote_last == U32_MAX;
	return rule->domid == ARGO_DOMID_ANY ||
	       rule->domid < ARGO_DOMID_FIRST_RESERVED;
}

static bool rule_valid(const struct argo_firewall_rule *rule)
{
	return rule->direction < ARGO_FIREWALL_DIRECTIONS &&
	       rule->protocol < ARGO_FIREWALL_PROTOCOLS &&
	       rule->verdict <= ARGO_FIREWALL_ALLOW &&
	       !(rule->flags & ~ARGO_FIREWALL_LOG) && !rule->reserved &&
	       !rule->hits && domid_valid(rule) &&
	       rule->local_first <= rule->local_last &&
	       rule->remote_first <= rule->remote_last;
}

/**
 * argo_ruleset_valid() - are these rules of the ABI?
 * @rules: the rules
 * @n: number of rules
 * @defaults: the defaults, by direction
 */
bool argo_ruleset_valid(const struct argo_firewall_rule *rules, unsigned int n,
			const struct argo_firewall_default *defaults)
{
	unsigned int i;

	for (i = 0; i < ARGO_FIREWALL_DIRECTIONS; i++)
		if (!default_valid(&defaults[i]))
			return false;
	for (i = 0; i < n; i++)
		if (!rule_valid(&rules[i]))
			return false;
	return true;
}

static bool covers_vsock(const struct argo_firewall_rule *rule)
{
	return rule->local_first <= ARGO_PORT_VSOCK &&
	       rule->local_last >= ARGO_PORT_VSOCK &&
	       rule->remote_first <= ARGO_PORT_VSOCK &&
	       rule->remote_last >= ARGO_PORT_VSOCK;
}

static void set_ports(struct argo_box *box, u32 first, u32 last)
{
	box->first[ARGO_AXIS_LOCAL] = first;
	box->last[ARGO_AXIS_LOCAL] = last;
	box->first[ARGO_AXIS_REMOTE] = first;
	box->last[ARGO_AXIS_REMOTE] = last;
}

static bool of_protocol(struct argo_box *box,
			const struct argo_firewall_rule *rule)
{
	box->first[ARGO_AXIS_LOCAL] = rule->local_first;
	box->last[ARGO_AXIS_LOCAL] = rule->local_last;
	box->first[ARGO_AXIS_REMOTE] = rule->remote_first;
	box->last[ARGO_AXIS_REMOTE] = rule->remote_last;
	return true;
}

/* A rule for port 40 is one for all ports of AF_VSOCK. */
static bool of_vsock(struct argo_box *box,
		     const struct argo_firewall_rule *rule)
{
	set_ports(box, 0, U32_MAX);
	return covers_vsock(rule);
}

/*
 * The packets of a connection go both ways, whatever the direction of the rule
 * for the connection. Where AF_VSOCK's ports are denied, argo_vsock denies
 * them, and the messages may carry other ports.
 */
static bool carrying_vsock(struct argo_box *box)
{
	set_ports(box, ARGO_PORT_VSOCK, ARGO_PORT_VSOCK);
	box->implied = true;
	return box->allow;
}

/* Return: whether a rule has a box in the table, which is filled in then. */
static bool make_box(struct argo_box *box,
		     const struct argo_firewall_rule *rule, u32 number,
		     unsigned int direction, unsigned int protocol)
{
	*box = (struct argo_box) {
		.rule = number,
		.allow = rule->verdict == ARGO_FIREWALL_ALLOW,
	};
	box->last[ARGO_AXIS_DOMAIN] = U32_MAX;
	if (rule->domid != ARGO_DOMID_ANY) {
		box->first[ARGO_AXIS_DOMAIN] = rule->domid;
		box->last[ARGO_AXIS_DOMAIN] = rule->domid;
	}
	if (protocol == ARGO_FIREWALL_MESSAGES &&
	    rule->protocol == ARGO_FIREWALL_VSOCK)
		return carrying_vsock(box);
	if (rule->direction != direction)
		return false;
	return rule->protocol == protocol ? of_protocol(box, rule) :
					    of_vsock(box, rule);
}

static int compare(const void *a, const void *b)
{
	u32 x = *(const u32 *)a, y = *(const u32 *)b;

	return x < y ? -1 : x > y;
}

/* Sorts the starts and takes out those that are there twice. */
static unsigned int unique(u32 *start, unsigned int n)
{
	unsigned int i, kept = 1;

	sort(start, n, sizeof(*start), compare, NULL);
	for (i = 1; i < n; i++)
		if (start[i] != start[kept - 1])
			start[kept++] = start[i];
	return kept;
}

static unsigned int interval_of(const struct argo_intervals *axis, u32 x)
{
	unsigned int at = 0, left = axis->n;

	while (left > 1) {
		unsigned int half = left / 2;

		if (axis->start[at + half] <= x)
			at += half;
		left -= half;
	}
	return at;
}

static const u64 *boxes_at(const struct argo_ruletable *table,
			   enum argo_axis which, u32 x)
{
	const struct argo_intervals *axis = &table->axis[which];

	return axis->boxes + interval_of(axis, x) * table->words;
}

static int build_axis(struct argo_ruletable *table, enum argo_axis which)
{
	struct argo_intervals *axis = &table->axis[which];
	unsigned int i, at;

	axis->start = kvcalloc(2 * table->n + 1, sizeof(u32),
			       GFP_KERNEL_ACCOUNT);
	if (!axis->start)
		return -ENOMEM;
	axis->n = 1;
	for (i = 0; i < table->n; i++) {
		axis->start[axis->n++] = table->box[i].first[which];
		if (table->box[i].last[which] != U32_MAX)
			axis->start[axis->n++] = table->box[i].last[which] + 1;
	}
	axis->n = unique(axis->start, axis->n);

	axis->boxes = kvcalloc((size_t)axis->n * table->words, sizeof(u64),
			       GFP_KERNEL_ACCOUNT);
	if (!axis->boxes)
		return -ENOMEM;
	for (i = 0; i < table->n; i++) {
		for (at = interval_of(axis, table->box[i].first[which]);
		     at < axis->n &&
		     axis->start[at] <= table->box[i].last[which]; at++)
			axis->boxes[at * table->words + i / BITS_IN_WORD] |=
				1ull << i % BITS_IN_WORD;
		cond_resched();
	}
	return 0;
}

static int build_table(struct argo_ruleset *set, unsigned int direction,
		       unsigned int protocol)
{
	struct argo_ruletable *table = &set->tables[direction][protocol];
	enum argo_axis which;
	unsigned int i;
	int rc = 0;

	table->box = kvcalloc(set->n ?: 1, sizeof(*table->box),
			      GFP_KERNEL_ACCOUNT);
	if (!table->box)
		return -ENOMEM;
	for (i = 0; i < set->n; i++)
		table->n += make_box(&table->box[table->n], &set->rules[i], i,
				     direction, protocol);
	table->words = (table->n + BITS_IN_WORD - 1) / BITS_IN_WORD ?: 1;
	for (which = 0; !rc && which < ARGO_AXES; which++)
		rc = build_axis(table, which);
	return rc;
}

static void free_table(struct argo_ruletable *table)
{
	enum argo_axis which;

	for (which = 0; which < ARGO_AXES; which++) {
		kvfree(table->axis[which].boxes);
		kvfree(table->axis[which].start);
	}
	kvfree(table->box);
}

/**
 * argo_ruleset_free() - free rules
 * @set: from argo_ruleset_create(), or NULL
 */
void argo_ruleset_free(struct argo_ruleset *set)
{
	unsigned int direction, protocol;

	if (!set)
		return;
	for (direction = 0; direction < ARGO_FIREWALL_DIRECTIONS; direction++)
		for (protocol = 0; protocol < ARGO_FIREWALL_PROTOCOLS;
		     protocol++)
			free_table(&set->tables[direction][protocol]);
	kvfree(set->rules);
	kfree(set);
}

/**
 * argo_ruleset_create() - make rules ready to be looked up
 * @rules: the rules, which argo_ruleset_valid() has checked; copied
 * @n: number of rules, at most ARGO_FIREWALL_MAX_RULES
 * @defaults: the defaults, by direction; copied
 *
 * Context: may sleep.
 * Return: the rules, or NULL if there is no memory.
 */
struct argo_ruleset *
argo_ruleset_create(const struct argo_firewall_rule *rules, unsigned int n,
		    const struct argo_firewall_default *defaults)
{
	unsigned int direction, protocol;
	struct argo_ruleset *set;

	set = kzalloc(sizeof(*set), GFP_KERNEL_ACCOUNT);
	if (!set)
		return NULL;
	set->n = n;
	set->rules = kvcalloc(n ?: 1, sizeof(*rules), GFP_KERNEL_ACCOUNT);
	if (!set->rules)
		goto err;
	if (n)
		memcpy(set->rules, rules, n * sizeof(*rules));
	memcpy(set->defaults, defaults, sizeof(set->defaults));
	for (direction = 0; direction < ARGO_FIREWALL_DIRECTIONS; direction++)
		for (protocol = 0; protocol < ARGO_FIREWALL_PROTOCOLS;
		     protocol++)
			if (build_table(set, direction, protocol))
				goto err;
	return set;

err:
	argo_ruleset_free(set);
	return NULL;
}

/**
 * argo_ruletable_find() - find the first rule that matches
 * @table: the rules for the direction and the protocol
 * @domid: the other domain
 * @local: port of this domain
 * @remote: port of the other domain
 *
 * Context: any.
 * Return: the rule's box, or NULL if none matches.
 */
const struct argo_box *argo_ruletable_find(const struct argo_ruletable *table,
					   u32 domid, u32 local, u32 remote)
{
	const u64 *by_domain = boxes_at(table, ARGO_AXIS_DOMAIN, domid);
	const u64 *by_local = boxes_at(table, ARGO_AXIS_LOCAL, local);
	const u64 *by_remote = boxes_at(table, ARGO_AXIS_REMOTE, remote);
	unsigned int i;
	u64 all;

	for (i = 0; i < table->words; i++) {
		all = by_domain[i] & by_local[i] & by_remote[i];
		if (all)
			return &table->box[i * BITS_IN_WORD +
					   __ffs64(all)];
	}
	return NULL;
}

static bool meets(const struct argo_box *box, const struct argo_box *within)
{
	enum argo_axis which;

	for (which = 0; which < ARGO_AXES; which++)
		if (box->last[which] < within->first[which] ||
		    box->first[which] > within->last[which])
			return false;
	return true;
}

static bool covers(const struct argo_box *box, const struct argo_box *within)
{
	enum argo_axis which;

	for (which = 0; which < ARGO_AXES; which++)
		if (box->first[which] > within->first[which] ||
		    box->last[which] < within->last[which])
			return false;
	return true;
}

/* Return: boxes that may meet @within, a word of a bitmap. */
static u64 candidates(const struct argo_ruletable *table, unsigned int word,
		      const struct argo_box *within)
{
	enum argo_axis which;
	u64 all = ~0ull;

	for (which = 0; which < ARGO_AXES; which++)
		if (within->first[which] == within->last[which])
			all &= boxes_at(table, which,
					within->first[which])[word];
	return all;
}

/**
 * argo_ruletable_find_any() - find the rule that decides whether any message of
 *	many is allowed
 * @table: the rules for the direction and the protocol
 * @within: the messages: what lies in this box
 *
 * Some message is allowed if the rule found allows, or if there is none and the
 * default allows. Several rules that together deny all of the messages, none of
 * them alone, are not seen as such.
 *
 * Context: any.
 * Return: the rule's box, or NULL for the default.
 */
const struct argo_box *argo_ruletable_find_any(const struct argo_ruletable *table,
					       const struct argo_box *within)
{
	unsigned int i, at;
	u64 left;

	for (i = 0; i < table->words; i++) {
		for (left = candidates(table, i, within); left;
		     left &= left - 1) {
			const struct argo_box *box;

			at = i * BITS_IN_WORD + __ffs64(left);
			if (at >= table->n)
				break;
			box = &table->box[at];
			if (box->allow ? meets(box, within) :
					 covers(box, within))
				return box;
		}
	}
	return NULL;
}
