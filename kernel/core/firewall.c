// SPDX-License-Identifier: GPL-2.0-only
/*
 * The firewall of an attachment: whether a message may go out or come in.
 *
 * Rules are replaced as a whole, and found under RCU. While there are none,
 * messages are not judged at all: argo_firewall_is_on().
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/bits.h>
#include <linux/build_bug.h>
#include <linux/module.h>
#include <linux/percpu.h>
#include <linux/ratelimit.h>
#include <linux/rcupdate.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "firewall.h"
#include "ruleset.h"
#include "space.h"
#include "trace.h"

/* Lines that a ruleset logs in each five seconds. */
#define LOG_BURST		20

static char *firewall = "allow";
module_param(firewall, charp, 0444);
MODULE_PARM_DESC(firewall,
		 "What is done with messages until rules are loaded: allow (default), or deny");

/**
 * struct argo_filter - the rules in force
 * @set: the rules
 * @hits: what each rule has decided, per CPU; behind the rules the defaults, by
 *	direction
 * @number: of this filter, among those that the attachment has had
 * @log: limits the lines that are logged
 */
struct argo_filter {
	struct argo_ruleset *set;
	u64 __percpu *hits;
	u64 number;
	struct ratelimit_state log;
};

/**
 * struct judgement - what a filter says
 * @allow: the verdict
 * @log: the decision is to be logged
 * @rule: number of the rule that decided, or ARGO_FIREWALL_DEFAULT
 * @uncounted: the rule counts something else
 */
struct judgement {
	bool allow;
	bool log;
	u32 rule;
	bool uncounted;
};

static const char * const direction_names[] = {
	[ARGO_FIREWALL_IN] = "in",
	[ARGO_FIREWALL_OUT] = "out",
};

static const char * const protocol_names[] = {
	[ARGO_FIREWALL_MESSAGES] = "",
	[ARGO_FIREWALL_VSOCK] = "vsock:",
};

static void filter_free(struct argo_filter *filter)
{
	if (!filter)
		return;
	free_percpu(filter->hits);
	argo_ruleset_free(filter->set);
	kfree(filter);
}

static struct argo_filter *
filter_create(const struct argo_firewall_rule *rules, unsigned int n,
	      const struct argo_firewall_default *defaults)
{
	struct argo_filter *filter = kzalloc(sizeof(*filter),
					     GFP_KERNEL_ACCOUNT);

	if (!filter)
		return NULL;
	ratelimit_state_init(&filter->log, DEFAULT_RATELIMIT_INTERVAL,
			     LOG_BURST);
	filter->set = argo_ruleset_create(rules, n, defaults);
	filter->hits = __alloc_percpu((n + ARGO_FIREWALL_DIRECTIONS) *
				      sizeof(u64), sizeof(u64));
	if (filter->set && filter->hits)
		return filter;
	filter_free(filter);
	return NULL;
}

static unsigned int counter_of(const struct argo_filter *filter, u32 rule,
			       unsigned int direction)
{
	return rule == ARGO_FIREWALL_DEFAULT ? filter->set->n + direction : rule;
}

static u64 sum_hits(const struct argo_filter *filter, unsigned int counter)
{
	u64 sum = 0;
	int cpu;

	for_each_possible_cpu(cpu)
		sum += per_cpu_ptr(filter->hits, cpu)[counter];
	return sum;
}

/*
 * Rules may name this domain by its id, or as itself: the first that matches
 * counts.
 */
static const struct argo_box *find_box(struct argo_hv *hv,
				       const struct argo_ruletable *table,
				       const struct argo_flow *flow)
{
	const struct argo_box *box, *self;

	box = argo_ruletable_find(table, flow->domid, flow->local,
				  flow->remote);
	if (flow->domid != argo_hv_domid(hv))
		return box;
	self = argo_ruletable_find(table, ARGO_DOMID_SELF, flow->local,
				   flow->remote);
	/* Both are in one array. */
	return box && self ? min(box, self) : box ?: self;
}

static struct judgement conclude(const struct argo_filter *filter,
				 unsigned int direction,
				 const struct argo_box *box)
{
	const struct argo_firewall_default *d =
		&filter->set->defaults[direction];

	if (box)
		return (struct judgement) {
			.allow = box->allow,
			.log = filter->set->rules[box->rule].flags &
			       ARGO_FIREWALL_LOG && !box->implied,
			.rule = box->rule,
			.uncounted = box->implied,
		};
	return (struct judgement) {
		.allow = d->verdict == ARGO_FIREWALL_ALLOW,
		.log = d->flags & ARGO_FIREWALL_LOG,
		.rule = ARGO_FIREWALL_DEFAULT,
	};
}

static struct judgement judge(struct argo_hv *hv,
			      const struct argo_filter *filter,
			      const struct argo_flow *flow)
{
	return conclude(filter, flow->direction,
			find_box(hv, &filter->set->tables[flow->direction]
							 [flow->protocol],
				 flow));
}

/* The kernel names this function where it says that lines were left out. */
static void firewall_log(struct argo_hv *hv, struct argo_filter *filter,
			 const struct argo_flow *flow,
			 const struct judgement *j)
{
	const char *protocol = protocol_names[flow->protocol];
	bool out = flow->direction == ARGO_FIREWALL_OUT;
	u16 own = argo_hv_domid(hv);
	char rule[16] = "the default";

	if (!__ratelimit(&filter->log))
		return;
	if (j->rule != ARGO_FIREWALL_DEFAULT)
		snprintf(rule, sizeof(rule), "rule %u", j->rule + 1);
	pr_info("%s: firewall: %s %s %u:%s%u -> %u:%s%u by %s\n",
		hv->params.device, direction_names[flow->direction],
		j->allow ? "allowed" : "denied",
		out ? own : flow->domid, protocol,
		out ? flow->local : flow->remote,
		out ? flow->domid : own, protocol,
		out ? flow->remote : flow->local, rule);
}

static void note(struct argo_hv *hv, struct argo_filter *filter,
		 const struct argo_flow *flow, const struct judgement *j)
{
	if (!j->uncounted)
		this_cpu_inc(filter->hits[counter_of(filter, j->rule,
						     flow->direction)]);
	if (!j->allow)
		trace_argo_denied(flow->direction, flow->protocol, flow->domid,
				  flow->local, flow->remote, j->rule);
	if (j->log)
		firewall_log(hv, filter, flow, j);
}

/* A message of this domain to itself was judged when it went out. */
static bool is_from_self(struct argo_hv *hv, const struct argo_flow *flow)
{
	return flow->direction == ARGO_FIREWALL_IN &&
	       flow->domid == argo_hv_domid(hv);
}

/**
 * argo_firewall_judge() - decide whether something may pass, and count it
 * @hv: attachment
 * @flow: what is to pass
 *
 * Context: any but the hard interrupt.
 */
bool argo_firewall_judge(struct argo_hv *hv, const struct argo_flow *flow)
{
	struct argo_filter *filter;
	struct judgement j = { .allow = true };

	if (!argo_firewall_is_on(hv) || is_from_self(hv, flow))
		return true;
	rcu_read_lock();
	filter = rcu_dereference(hv->firewall.filter);
	if (filter) {
		j = judge(hv, filter, flow);
		note(hv, filter, flow, &j);
	}
	rcu_read_unlock();
	return j.allow;
}
EXPORT_SYMBOL_GPL(argo_firewall_judge);

/**
 * argo_firewall_would_allow() - decide whether something would pass
 * @hv: attachment
 * @flow: what would pass
 *
 * Context: any but the hard interrupt.
 */
bool argo_firewall_would_allow(struct argo_hv *hv,
			       const struct argo_flow *flow)
{
	u32 verdict;

	if (!argo_firewall_is_on(hv) || is_from_self(hv, flow))
		return true;
	argo_firewall_find(hv, flow, &verdict);
	return verdict == ARGO_FIREWALL_ALLOW;
}
EXPORT_SYMBOL_GPL(argo_firewall_would_allow);

/*
 * A ring remembers, of its latest message that went out, the destination, the
 * number of the box that was found, or 0 for none, and which filter was asked.
 * A filter's number is told from that of the filter before only: once other
 * rules are in force, rings forget what earlier ones said.
 */
#define PACKED_PORT_SHIFT	16
#define PACKED_DOMID_SHIFT	48
#define PACKED_BOX_SHIFT	4
#define PACKED_FILTERS		15

static_assert(ARGO_FIREWALL_MAX_RULES < 1 << (PACKED_PORT_SHIFT -
					      PACKED_BOX_SHIFT));

static u64 pack(const struct argo_filter *filter, const struct argo_addr *to)
{
	return (u64)to->domid << PACKED_DOMID_SHIFT |
	       (u64)to->port << PACKED_PORT_SHIFT |
	       (1 + filter->number % PACKED_FILTERS);
}

static const struct argo_box *find_departure(struct argo_ring *ring,
					     const struct argo_filter *filter,
					     const struct argo_addr *to)
{
	const struct argo_ruletable *table =
		&filter->set->tables[ARGO_FIREWALL_OUT][ARGO_FIREWALL_MESSAGES];
	const u64 box_mask = GENMASK_ULL(PACKED_PORT_SHIFT - 1,
					 PACKED_BOX_SHIFT);
	u64 known = atomic64_read(&ring->judged_out);
	u64 wanted = pack(filter, to);
	const struct argo_box *box;
	struct argo_flow flow;
	u64 number;

	if ((known & ~box_mask) == wanted) {
		number = (known & box_mask) >> PACKED_BOX_SHIFT;
		return number ? &table->box[number - 1] : NULL;
	}
	flow = argo_firewall_flow_to(to, ring->port);
	box = find_box(ring->hv, table, &flow);
	number = box ? box - table->box + 1 : 0;
	atomic64_set(&ring->judged_out, wanted | number << PACKED_BOX_SHIFT);
	return box;
}

/*
 * May a message go from the port of @ring to @to? It is counted. Any context but
 * the hard interrupt.
 */
bool argo_firewall_judge_departure(struct argo_ring *ring,
				   const struct argo_addr *to)
{
	struct argo_filter *filter;
	struct judgement j = { .allow = true };
	struct argo_flow flow;

	rcu_read_lock();
	filter = rcu_dereference(ring->hv->firewall.filter);
	if (filter) {
		j = conclude(filter, ARGO_FIREWALL_OUT,
			     find_departure(ring, filter, to));
		flow = argo_firewall_flow_to(to, ring->port);
		note(ring->hv, filter, &flow, &j);
	}
	rcu_read_unlock();
	return j.allow;
}

/* argo_firewall_admits(), where there are rules. The ring's reader. */
bool argo_firewall_judge_arrival(struct argo_ring *ring,
				 const struct argo_ring_msg *msg)
{
	struct argo_ring_judged *judged = &ring->judged;
	const struct argo_flow flow = {
		.direction = ARGO_FIREWALL_IN,
		.protocol = ARGO_FIREWALL_MESSAGES,
		.domid = msg->domid,
		.local = ring->port,
		.remote = msg->port,
	};
	struct argo_filter *filter;
	struct judgement j;
	bool same;

	if (is_from_self(ring->hv, &flow))
		return true;
	rcu_read_lock();
	filter = rcu_dereference(ring->hv->firewall.filter);
	if (!filter) {
		rcu_read_unlock();
		return true;
	}
	/* Most messages of a ring come from where the last one came from. */
	same = judged->filter == filter->number &&
	       judged->domid == msg->domid && judged->port == msg->port;
	if (!same) {
		judged->box = find_box(ring->hv,
				       &filter->set->tables[ARGO_FIREWALL_IN]
						[ARGO_FIREWALL_MESSAGES],
				       &flow);
		judged->filter = filter->number;
		judged->domid = msg->domid;
		judged->port = msg->port;
	}
	j = conclude(filter, ARGO_FIREWALL_IN, judged->box);
	if (!same || !judged->noted)
		note(ring->hv, filter, &flow, &j);
	judged->noted = j.allow;
	rcu_read_unlock();
	return j.allow;
}

static bool may_any(struct argo_hv *hv, const struct argo_filter *filter,
		    unsigned int direction, const struct argo_box *within)
{
	const struct argo_ruletable *table =
		&filter->set->tables[direction][ARGO_FIREWALL_MESSAGES];
	const struct argo_box *box = argo_ruletable_find_any(table, within);
	struct argo_box self = *within;

	if (within->first[ARGO_AXIS_DOMAIN] == argo_hv_domid(hv) &&
	    within->last[ARGO_AXIS_DOMAIN] == argo_hv_domid(hv)) {
		const struct argo_box *other;

		self.first[ARGO_AXIS_DOMAIN] = ARGO_DOMID_SELF;
		self.last[ARGO_AXIS_DOMAIN] = ARGO_DOMID_SELF;
		other = argo_ruletable_find_any(table, &self);
		box = box && other ? min(box, other) : box ?: other;
	}
	return conclude(filter, direction, box).allow;
}

/*
 * May this domain ask about the space at @addr? It may where it may send there
 * from any port, or from the one that has the cable. Any context but the hard interrupt.
 */
bool argo_firewall_may_ask(struct argo_hv *hv, const struct argo_addr *addr)
{
	const struct argo_flow flow = argo_firewall_flow_to(addr, 0);
	bool cable = argo_addr_is_cable(addr);
	const struct argo_box within = {
		.first = { flow.domid, cable ? addr->port : 0, flow.remote },
		.last = { flow.domid, cable ? addr->port : U32_MAX,
			  flow.remote },
	};
	struct argo_filter *filter;
	bool may = true;

	if (!argo_firewall_is_on(hv))
		return true;
	rcu_read_lock();
	filter = rcu_dereference(hv->firewall.filter);
	if (filter)
		may = may_any(hv, filter, ARGO_FIREWALL_OUT, &within);
	rcu_read_unlock();
	return may;
}

/*
 * May a program bind @port for @partner? It may where any message may leave the
 * port, or reach it.
 */
bool argo_firewall_may_bind(struct argo_hv *hv, u32 port, u16 partner)
{
	bool any = partner == ARGO_DOMID_ANY;
	const struct argo_box within = {
		.first = { any ? 0 : partner, port, 0 },
		.last = { any ? U32_MAX : partner, port, U32_MAX },
	};
	struct argo_filter *filter;
	bool may = true;

	if (!argo_firewall_is_on(hv) || partner == argo_hv_domid(hv))
		return true;
	rcu_read_lock();
	filter = rcu_dereference(hv->firewall.filter);
	if (filter)
		may = may_any(hv, filter, ARGO_FIREWALL_IN, &within) ||
		      may_any(hv, filter, ARGO_FIREWALL_OUT, &within);
	rcu_read_unlock();
	return may;
}

static bool does_nothing(unsigned int n,
			 const struct argo_firewall_default *defaults)
{
	unsigned int i;

	for (i = 0; i < ARGO_FIREWALL_DIRECTIONS; i++)
		if (defaults[i].verdict != ARGO_FIREWALL_ALLOW ||
		    defaults[i].flags)
			return false;
	return !n;
}

/**
 * argo_firewall_replace() - replace all rules
 * @hv: attachment
 * @rules: the rules, not checked yet
 * @n: number of rules
 * @defaults: the defaults by direction, not checked yet
 *
 * On return the new rules are in force for all messages, waits of senders that
 * they deny have ended, and front-ends have been told.
 *
 * Context: may sleep; takes the lock of the front-ends' list.
 * Return: 0, -EINVAL, -ENOMEM.
 */
int argo_firewall_replace(struct argo_hv *hv,
			  const struct argo_firewall_rule *rules,
			  unsigned int n,
			  const struct argo_firewall_default *defaults)
{
	struct argo_filter *new = NULL, *old;

	if (n > ARGO_FIREWALL_MAX_RULES ||
	    !argo_ruleset_valid(rules, n, defaults))
		return -EINVAL;
	if (!does_nothing(n, defaults)) {
		new = filter_create(rules, n, defaults);
		if (!new)
			return -ENOMEM;
	}
	mutex_lock(&hv->firewall.lock);
	if (new)
		new->number = ++hv->firewall.filters;
	old = rcu_replace_pointer(hv->firewall.filter, new,
				  lockdep_is_held(&hv->firewall.lock));
	/* Nothing is judged by the old rules after this. */
	synchronize_rcu();
	argo_rings_forget_judgements(hv);
	mutex_unlock(&hv->firewall.lock);
	filter_free(old);
	argo_space_firewall_changed(hv);
	argo_frontends_firewall_changed(hv);
	return 0;
}
EXPORT_SYMBOL_GPL(argo_firewall_replace);

/**
 * argo_firewall_list() - describe the rules and what they have decided
 * @hv: attachment
 * @rules: filled in
 * @room: number of rules that @rules has room for
 * @defaults: filled in, by direction
 *
 * Context: may sleep.
 * Return: number of rules, which may be more than @room.
 */
unsigned int argo_firewall_list(struct argo_hv *hv,
				struct argo_firewall_rule *rules,
				unsigned int room,
				struct argo_firewall_default *defaults)
{
	struct argo_filter *filter;
	unsigned int i, n = 0;

	memset(defaults, 0, ARGO_FIREWALL_DIRECTIONS * sizeof(*defaults));
	for (i = 0; i < ARGO_FIREWALL_DIRECTIONS; i++)
		defaults[i].verdict = ARGO_FIREWALL_ALLOW;
	mutex_lock(&hv->firewall.lock);
	filter = rcu_dereference_protected(hv->firewall.filter,
					   lockdep_is_held(&hv->firewall.lock));
	if (filter) {
		n = filter->set->n;
		for (i = 0; i < min(n, room); i++) {
			rules[i] = filter->set->rules[i];
			rules[i].hits = sum_hits(filter, i);
		}
		for (i = 0; i < ARGO_FIREWALL_DIRECTIONS; i++) {
			defaults[i] = filter->set->defaults[i];
			defaults[i].hits = sum_hits(filter, n + i);
		}
	}
	mutex_unlock(&hv->firewall.lock);
	return n;
}
EXPORT_SYMBOL_GPL(argo_firewall_list);

/**
 * argo_firewall_find() - find the rule that decides
 * @hv: attachment
 * @flow: what would pass
 * @verdict: set to ARGO_FIREWALL_ALLOW or ARGO_FIREWALL_DENY
 *
 * Nothing is counted or logged.
 *
 * Context: any but the hard interrupt.
 * Return: number of the rule, or ARGO_FIREWALL_DEFAULT.
 */
u32 argo_firewall_find(struct argo_hv *hv, const struct argo_flow *flow,
		       u32 *verdict)
{
	struct argo_filter *filter;
	struct judgement j = { .allow = true, .rule = ARGO_FIREWALL_DEFAULT };

	rcu_read_lock();
	filter = rcu_dereference(hv->firewall.filter);
	if (filter)
		j = judge(hv, filter, flow);
	rcu_read_unlock();
	*verdict = j.allow ? ARGO_FIREWALL_ALLOW : ARGO_FIREWALL_DENY;
	return j.rule;
}
EXPORT_SYMBOL_GPL(argo_firewall_find);

static int begin_closed(struct argo_hv *hv)
{
	const struct argo_firewall_default deny_all[ARGO_FIREWALL_DIRECTIONS] = {
		{ .verdict = ARGO_FIREWALL_DENY },
		{ .verdict = ARGO_FIREWALL_DENY },
	};
	struct argo_filter *filter = filter_create(NULL, 0, deny_all);

	if (!filter)
		return -ENOMEM;
	filter->number = ++hv->firewall.filters;
	RCU_INIT_POINTER(hv->firewall.filter, filter);
	return 0;
}

/* Part of argo_hv_register(). Return: 0 or -ENOMEM. */
int argo_firewall_init(struct argo_hv *hv)
{
	mutex_init(&hv->firewall.lock);
	return strcmp(firewall, "deny") ? 0 : begin_closed(hv);
}

/* Undo argo_firewall_init(). No ring is left. */
void argo_firewall_exit(struct argo_hv *hv)
{
	filter_free(rcu_dereference_protected(hv->firewall.filter, true));
}

/* Is the module parameter one of its values? */
bool argo_firewall_param_ok(void)
{
	if (!strcmp(firewall, "allow") || !strcmp(firewall, "deny"))
		return true;
	pr_err("firewall=%s: it is allow or deny\n", firewall);
	return false;
}
