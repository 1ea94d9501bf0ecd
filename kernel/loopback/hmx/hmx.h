/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * HMX, hypervisor-mediated exchange: an engine that emulates what a hypervisor
 * does for Argo, for virtual domains inside one kernel or one process.
 *
 * An engine is one hypervisor, with its limits and its domains. Its operations
 * check for the same errors as Xen's hypercalls, in the same order, and return
 * the same errnos. docs/hmx.md has the differences.
 *
 * A caller that could not read an argument from its guest gives an ERR_PTR (or
 * NULL, where NULL has no other meaning). The operation returns -EFAULT at the
 * point where the hypervisor would have read the argument.
 */
#ifndef _HMX_H
#define _HMX_H

/* argo/ring.h comes first: in user space it defines u32 and other types. */
#include <argo/ring.h>
#include <argo/hv.h>
#include <uapi/linux/argo.h>

struct hmx_domain;
struct hmx_engine;
struct hmx_rules;

/**
 * enum hmx_access_op - an operation that the access hook allows or refuses
 * @HMX_ACCESS_ENABLE: use Argo at all; asked for each operation
 * @HMX_ACCESS_REGISTER_SINGLE: register a partner ring
 * @HMX_ACCESS_REGISTER_ANY: register a wildcard ring
 * @HMX_ACCESS_SEND: send a message
 * @HMX_ACCESS_QUERY: ask about a ring, and wait for space in it
 */
enum hmx_access_op {
	HMX_ACCESS_ENABLE,
	HMX_ACCESS_REGISTER_SINGLE,
	HMX_ACCESS_REGISTER_ANY,
	HMX_ACCESS_SEND,
	HMX_ACCESS_QUERY,
};

/**
 * struct hmx_access - a question to the access hook
 * @op: the operation
 * @src_domid: domain that sends, or would; ARGO_DOMID_ANY for
 *	HMX_ACCESS_REGISTER_ANY
 * @src_port: source port of the message, 0 if there is no message
 * @dst_domid: domain that receives
 * @dst_port: port that receives
 *
 * For HMX_ACCESS_ENABLE both domains are the domain that wants to use Argo.
 */
struct hmx_access {
	enum hmx_access_op op;
	u16 src_domid;
	u32 src_port;
	u16 dst_domid;
	u32 dst_port;
};

/**
 * struct hmx_params - limits and rules of an engine
 * @max_rings: most rings of a domain
 * @max_waiters: most domains that wait for space in one ring
 * @max_queries: most entries of a notify
 * @max_iov: most pieces of a message
 * @max_ring_len: most bytes of a ring
 * @argo: the hypervisor has Argo; else every operation returns -EOPNOTSUPP
 * @mac_permissive: wildcard rings are allowed
 * @access: the access hook, which returns whether an operation is allowed; NULL
 *	allows all. Called with L1 held and softirqs off: must not sleep nor
 *	call the engine.
 * @access_ctx: first argument of @access
 */
struct hmx_params {
	u32 max_rings;
	u32 max_waiters;
	u32 max_queries;
	u32 max_iov;
	u32 max_ring_len;
	bool argo;
	bool mac_permissive;
	bool (*access)(void *ctx, const struct hmx_access *question);
	void *access_ctx;
};

void hmx_params_init(struct hmx_params *params);
struct hmx_engine *hmx_engine_create(const struct hmx_params *params);
void hmx_engine_free(struct hmx_engine *engine);

/**
 * struct hmx_rules_error - what is wrong with the text of a table of rules
 * @line: number of the line, from 1
 * @wrong: what is wrong
 */
struct hmx_rules_error {
	u32 line;
	const char *wrong;
};

struct hmx_rules *hmx_rules_parse(char *text, struct hmx_rules_error *error);
void hmx_rules_free(struct hmx_rules *rules);
bool hmx_rules_allow(const struct hmx_rules *rules,
		     const struct hmx_access *question);
void hmx_engine_set_rules(struct hmx_engine *engine, struct hmx_rules *rules);

/**
 * struct hmx_domain_ops - callbacks about a domain
 * @interrupt: a message came, or there is space: raise the interrupt
 * @delay: as @interrupt, but the interrupt is to be raised later; only called
 *	after hmx_fault_irq() with HMX_IRQ_DELAY
 * @denied: a rule would be needed for what the domain asked for; may be NULL
 *
 * Called with L1 held and softirqs off: must not sleep nor call the engine.
 */
struct hmx_domain_ops {
	void (*interrupt)(void *ctx);
	void (*delay)(void *ctx);
	void (*denied)(void *ctx, const struct hmx_access *question);
};

struct hmx_domain *hmx_domain_create(struct hmx_engine *engine, u16 id,
				     bool argo,
				     const struct hmx_domain_ops *ops,
				     void *ctx);
void hmx_domain_destroy(struct hmx_domain *domain);
void hmx_domain_free(struct hmx_domain *domain);
void hmx_domain_soft_reset(struct hmx_domain *domain);
int hmx_domain_restore(struct hmx_domain *domain, u16 id);
u16 hmx_domain_id(struct hmx_domain *domain);

#define HMX_REGISTER_FAIL_EXIST	(1u << 0)

/**
 * struct hmx_register - a ring to register
 * @port: port of the ring
 * @partner: domain that may send to the ring, or ARGO_DOMID_ANY
 * @pad: 0
 * @len: bytes of data that the ring has room for
 */
struct hmx_register {
	u32 port;
	u16 partner;
	u16 pad;
	u32 len;
};

/**
 * struct hmx_unregister - a ring to unregister
 * @port: port of the ring
 * @partner: hmx_register.partner of the ring
 * @pad: 0
 */
struct hmx_unregister {
	u32 port;
	u16 partner;
	u16 pad;
};

struct hmx_addr {
	u32 port;
	u16 domid;
	u16 pad;
};

/**
 * struct hmx_message - a message to send
 * @src: address of the sender, with its own id or ARGO_DOMID_ANY
 * @dst: the destination; { 0, ARGO_DOMID_ANY }: the other end of the cable of
 *	the source's port
 * @iov: pieces of the message, which must not change during the call
 * @niov: number of pieces
 * @type: message type
 * @copy_from: read bytes of the sender's memory. Return: 0 or -EFAULT. Called
 *	with locks held and softirqs off: must not sleep nor call the engine.
 * @copy_ctx: first argument of @copy_from
 */
struct hmx_message {
	struct hmx_addr src;
	struct hmx_addr dst;
	const struct argo_hv_iov *iov;
	u32 niov;
	u32 type;
	int (*copy_from)(void *ctx, void *to, u64 base, u32 len);
	void *copy_ctx;
};

int hmx_register_ring(struct hmx_domain *domain, const struct hmx_register *reg,
		      void *const *pages, u32 npages, u32 flags);
int hmx_unregister_ring(struct hmx_domain *domain,
			const struct hmx_unregister *unreg);
int hmx_sendv(struct hmx_domain *domain, const struct hmx_message *msg);
int hmx_notify(struct hmx_domain *domain, struct argo_hv_queries *queries);

/* Most cables of a domain. */
#define HMX_MAX_CABLES		64

int hmx_cable_add(struct hmx_domain *domain, const struct argo_cable *cable);
int hmx_cable_remove(struct hmx_domain *domain, const struct argo_addr *src);
int hmx_cable_list(struct hmx_domain *domain, struct argo_cable *list, u32 room,
		   u16 first);

/* The operations that hmx_fault_op() can make fail. */
enum hmx_op {
	HMX_OP_REGISTER,
	HMX_OP_UNREGISTER,
	HMX_OP_SENDV,
	HMX_OP_NOTIFY,
	HMX_OP_CABLE,
	HMX_OP_COUNT,
};

enum hmx_irq_mode {
	HMX_IRQ_DELIVER,
	HMX_IRQ_DROP,
	HMX_IRQ_DELAY,
};

/* A number of interrupts for hmx_fault_irq(): all, until it is called again. */
#define HMX_ALWAYS		(~0u)

void hmx_fault_op(struct hmx_domain *domain, enum hmx_op op, u32 nth,
		  bool every, int err);
void hmx_fault_irq(struct hmx_domain *domain, enum hmx_irq_mode mode, u32 n);
void hmx_fault_spurious(struct hmx_domain *domain);
void hmx_fault_alloc(struct hmx_engine *engine, u32 nth, bool every);

/**
 * enum hmx_spoil - the field of a ring to write nonsense into
 * @HMX_SPOIL_TX: the send index as the ring's owner sees it
 * @HMX_SPOIL_RX: the receive index
 * @HMX_SPOIL_LEN: the length in the header of the first unread message
 * @HMX_SPOIL_PORT: the source port in that header
 * @HMX_SPOIL_DOMID: the source domain in that header
 * @HMX_SPOIL_TYPE: the message type in that header
 */
enum hmx_spoil {
	HMX_SPOIL_TX,
	HMX_SPOIL_RX,
	HMX_SPOIL_LEN,
	HMX_SPOIL_PORT,
	HMX_SPOIL_DOMID,
	HMX_SPOIL_TYPE,
};

int hmx_spoil(struct hmx_domain *domain, u32 port, u16 partner,
	      enum hmx_spoil what, u32 value);

#endif /* _HMX_H */
