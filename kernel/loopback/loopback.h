/* SPDX-License-Identifier: GPL-2.0-only */
/* Types and functions that the files of argo_loopback share. */
#ifndef _ARGO_LOOPBACK_H
#define _ARGO_LOOPBACK_H

#include <linux/atomic.h>
#include <linux/dcache.h>
#include <linux/irq_work.h>
#include <linux/mutex.h>
#include <linux/ratelimit.h>

#include <argo/argo.h>
#include <argo/hv.h>

#include "hmx/hmx.h"

/**
 * struct loopback_domain - a virtual domain: an attachment of this kernel
 * @loopback: hypervisor of the domain
 * @hmx: the domain as HMX knows it
 * @hv: the attachment in core; NULL until argo_hv_register() has returned
 * @irq: interrupt of the domain
 * @device: name of the domain's character device
 * @restore_lock: serialises restores, which core wants one at a time
 * @denials: operations of the domain that the rules denied
 * @denials_log: how many of them are still logged
 */
struct loopback_domain {
	struct loopback *loopback;
	struct hmx_domain *hmx;
	struct argo_hv *hv;
	struct irq_work irq;
	char device[16];
	/* restores */
	struct mutex restore_lock;
	atomic64_t denials;
	struct ratelimit_state denials_log;
};

/**
 * struct loopback - a hypervisor
 * @engine: the engine, HMX (hmx/)
 * @params: limits of the hypervisor
 * @dir: directory in debugfs
 * @rules_lock: protects @rules, and the order in which the engine gets rules
 * @rules: text of the rules, for kfree(); NULL before there are any
 * @n: number of domains
 * @domains: the domains
 */
struct loopback {
	struct hmx_engine *engine;
	struct hmx_params params;
	struct dentry *dir;
	/* see above */
	struct mutex rules_lock;
	char *rules;
	unsigned int n;
	struct loopback_domain domains[];
};

/* domain.c */
int loopback_domain_init(struct loopback *loopback, unsigned int index);
void loopback_domain_exit(struct loopback_domain *domain);

/* rules.c */
void loopback_rules_init(struct loopback *loopback);
void loopback_denied_init(struct loopback_domain *domain);
void loopback_denied(struct loopback_domain *domain,
		     const struct hmx_access *question);

/* control.c */
void loopback_control_init(struct loopback_domain *domain);

#endif /* _ARGO_LOOPBACK_H */
