/* SPDX-License-Identifier: (GPL-2.0-only WITH Linux-syscall-note) OR MIT */
/*
 * The firewall of a domain: rules for the messages that its front-ends and
 * programs exchange with other domains. docs/firewall.md has examples.
 *
 * The first rule that matches a message decides; if none does, the default of
 * the message's direction decides. A message that goes out and is denied is
 * EACCES for its sender; one that comes in is dropped and counted. A message of
 * the domain to itself is judged once, as one that goes out.
 *
 * A question about the space at an address is denied (EACCES) where no message
 * to that address is allowed. So is a bind to a port that no message may leave
 * or reach.
 *
 * To the hypervisor all of AF_VSOCK is messages from port 40 to port 40. A rule
 * of ARGO_FIREWALL_VSOCK names ports of AF_VSOCK instead. Connection requests
 * and datagrams of AF_VSOCK are judged by the first rule that matches, whether
 * it names their own ports or port 40. The packets of a connection that was
 * allowed may pass in both directions.
 *
 * The rules for struct arguments are those of argo.h. All operations need
 * CAP_NET_ADMIN.
 */
#ifndef _UAPI_LINUX_ARGO_FIREWALL_H
#define _UAPI_LINUX_ARGO_FIREWALL_H

#include <linux/types.h>

#include "argo.h"

#define ARGO_FIREWALL_MAX_RULES	1024

/* Directions. */
#define ARGO_FIREWALL_IN	0
#define ARGO_FIREWALL_OUT	1
#define ARGO_FIREWALL_DIRECTIONS 2

/* Protocols, whose ports a rule names. */
#define ARGO_FIREWALL_MESSAGES	0	/* ports of Argo */
#define ARGO_FIREWALL_VSOCK	1	/* ports of AF_VSOCK */
#define ARGO_FIREWALL_PROTOCOLS	2

/* Verdicts. */
#define ARGO_FIREWALL_DENY	0
#define ARGO_FIREWALL_ALLOW	1

/* Log what the rule decides, a few lines each second. */
#define ARGO_FIREWALL_LOG	(1u << 0)

/* As the number of a rule: the default of the direction. */
#define ARGO_FIREWALL_DEFAULT	0xffffffffu

/**
 * struct argo_firewall_rule - a rule
 * @direction: ARGO_FIREWALL_IN or ARGO_FIREWALL_OUT
 * @protocol: ARGO_FIREWALL_MESSAGES or ARGO_FIREWALL_VSOCK
 * @verdict: ARGO_FIREWALL_DENY or ARGO_FIREWALL_ALLOW
 * @flags: ARGO_FIREWALL_LOG or 0
 * @domid: the other domain; ARGO_DOMID_ANY for any; with ARGO_FIREWALL_OUT
 *	ARGO_DOMID_SELF for this domain, whatever its id is, or ARGO_DOMID_CABLE
 *	for the other end of a cable, wherever the cable leads
 * @reserved: 0
 * @local_first: first port of this domain
 * @local_last: last port of this domain, not below @local_first
 * @remote_first: first port of the other domain
 * @remote_last: last port of the other domain, not below @remote_first. The
 *	other end of a cable has no port here: 0 to 0xffffffff
 * @hits: in: 0; out: what the rule has decided since it was set: messages, or
 *	AF_VSOCK's connections and datagrams
 */
struct argo_firewall_rule {
	__u8  direction;
	__u8  protocol;
	__u8  verdict;
	__u8  flags;
	__u16 domid;
	__u16 reserved;
	__u32 local_first;
	__u32 local_last;
	__u32 remote_first;
	__u32 remote_last;
	__u64 hits;
};

/**
 * struct argo_firewall_default - what happens where no rule matches
 * @verdict: ARGO_FIREWALL_DENY or ARGO_FIREWALL_ALLOW
 * @flags: ARGO_FIREWALL_LOG or 0
 * @reserved: 0
 * @hits: in: 0; out: as argo_firewall_rule.hits
 */
struct argo_firewall_default {
	__u8  verdict;
	__u8  flags;
	__u16 reserved[3];
	__u64 hits;
};

/**
 * struct argo_firewall - all rules
 * @size: in: sizeof(struct argo_firewall)
 * @flags: 0
 * @rules: in: address of an array of struct argo_firewall_rule
 * @count: in: rules in the array, or that it has room for; out: number of
 *	rules, which may be more
 * @rule_size: in: sizeof(struct argo_firewall_rule)
 * @defaults: the defaults, by direction; in or out as the rules
 *
 * ARGO_IOC_FIREWALL_SET replaces all rules and defaults at once, and their
 * counters begin at 0: no message is judged by a mixture of old and new rules.
 * When it returns, the new rules are in force: waits of senders that they deny
 * have ended with EACCES, and connections of AF_VSOCK that they deny are reset.
 * Rings stay bound. Without rules, and with defaults that allow all and log
 * nothing, there is no firewall, and messages cost what they do without one.
 */
struct argo_firewall {
	__u32 size;
	__u32 flags;
	__u64 rules;
	__u32 count;
	__u32 rule_size;
	struct argo_firewall_default defaults[ARGO_FIREWALL_DIRECTIONS];
};

/**
 * struct argo_firewall_test - ask what the rules say
 * @size: in: sizeof(struct argo_firewall_test)
 * @flags: 0
 * @direction: in: as argo_firewall_rule.direction
 * @protocol: in: as argo_firewall_rule.protocol
 * @domid: in: the other domain, ARGO_DOMID_SELF or ARGO_DOMID_CABLE
 * @local: in: port of this domain
 * @remote: in: port of the other domain, 0 with ARGO_DOMID_CABLE
 * @verdict: in: 0; out: ARGO_FIREWALL_DENY or ARGO_FIREWALL_ALLOW
 * @rule: in: 0; out: number of the rule that decides, from 0, or
 *	ARGO_FIREWALL_DEFAULT
 *
 * The counters do not change.
 */
struct argo_firewall_test {
	__u32 size;
	__u32 flags;
	__u8  direction;
	__u8  protocol;
	__u16 domid;
	__u32 local;
	__u32 remote;
	__u32 verdict;
	__u32 rule;
};

#define ARGO_IOC_FIREWALL_SET	_IO(ARGO_IOC_MAGIC, 0x10) /* struct argo_firewall */
#define ARGO_IOC_FIREWALL_GET	_IO(ARGO_IOC_MAGIC, 0x11) /* struct argo_firewall */
#define ARGO_IOC_FIREWALL_TEST	_IO(ARGO_IOC_MAGIC, 0x12) /* struct argo_firewall_test */

#endif /* _UAPI_LINUX_ARGO_FIREWALL_H */
