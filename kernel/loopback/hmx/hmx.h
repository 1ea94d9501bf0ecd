/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * HMX: what a hypervisor that speaks Argo does, for virtual domains inside one
 * kernel or one process.
 *
 * An engine is one hypervisor, with its limits and its domains. Its operations
 * answer as Xen's hypercalls do, errno by errno and in that order. docs/hmx.md
 * says where it differs.
 *
 * An argument that the caller could not read from its guest is given as an
 * ERR_PTR (or NULL, where that means nothing else) and answered with -EFAULT at
 * the point where the hypervisor would have read it.
 */
#ifndef _HMX_H
#define _HMX_H

/* The first of them defines u32 and its like in user space. */
#include <argo/ring.h>
#include <argo/hv.h>

/* Any domain may send to such a ring; as the source of a message, "me". */
#define HMX_DOMID_ANY		0x7ff4
/* From here on up an id is not a domain's. */
#define HMX_DOMID_RESERVED	0x7ff0

struct hmx_domain;
struct hmx_engine;

/**
 * enum hmx_access_op - what is to be allowed or refused
 * @HMX_ACCESS_ENABLE: use Argo at all; asked for each operation
 * @HMX_ACCESS_REGISTER_SINGLE: have a ring for one sender
 * @HMX_ACCESS_REGISTER_ANY: have a ring for all senders
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
 * @op: what is to be done
 * @src_domid: who sends, or would; HMX_DOMID_ANY for HMX_ACCESS_REGISTER_ANY
 * @src_port: from where; 0 where there is no message
 * @dst_domid: who receives
 * @dst_port: where
 *
 * For HMX_ACCESS_ENABLE both domains are the one that is asked about.
 */
struct hmx_access {
	enum hmx_access_op op;
	u16 src_domid;
	u32 src_port;
	u16 dst_domid;
	u32 dst_port;
};

/**
 * struct hmx_params - an engine
 * @max_rings: rings of a domain
 * @max_waiters: domains that wait for space in one ring
 * @max_queries: entries of a notify
 * @max_iov: pieces of a message
 * @max_ring_len: bytes of a ring
 * @argo: there is Argo at all; else every operation is -EOPNOTSUPP
 * @mac_permissive: rings for all senders are allowed
 * @access: says whether something is allowed; NULL allows all. Called with L1
 *	held and softirqs off: must not sleep nor call the engine.
 * @access_ctx: its first argument
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
 * struct hmx_domain_ops - how a domain is told of something
 * @interrupt: a message came, or there is space
 * @delay: likewise, but it is to be told later; only if hmx_fault_irq() asked
 *	for that
 *
 * Called with L1 held and softirqs off: must not sleep nor call the engine.
 */
struct hmx_domain_ops {
	void (*interrupt)(void *ctx);
	void (*delay)(void *ctx);
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
 * @port: its port
 * @partner: who may send to it, or HMX_DOMID_ANY
 * @pad: 0
 * @len: its bytes of data
 */
struct hmx_register {
	u32 port;
	u16 partner;
	u16 pad;
	u32 len;
};

/**
 * struct hmx_unregister - a ring to unregister
 * @port: its port
 * @partner: as it was registered
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
 * @src: the sender, by its own id or HMX_DOMID_ANY
 * @dst: the destination
 * @iov: its pieces; not to change during the call
 * @niov: how many
 * @type: message type
 * @copy_from: read @len bytes of the sender's memory. Return: 0 or -EFAULT.
 *	Called with locks held and softirqs off: must not sleep nor call the
 *	engine.
 * @copy_ctx: its first argument
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

/* Operations, for faults. */
enum hmx_op {
	HMX_OP_REGISTER,
	HMX_OP_UNREGISTER,
	HMX_OP_SENDV,
	HMX_OP_NOTIFY,
	HMX_OP_COUNT,
};

enum hmx_irq_mode {
	HMX_IRQ_DELIVER,
	HMX_IRQ_DROP,
	HMX_IRQ_DELAY,
};

/* As a number of interrupts: all, until told otherwise. */
#define HMX_ALWAYS		(~0u)

void hmx_fault_op(struct hmx_domain *domain, enum hmx_op op, u32 nth,
		  bool every, int err);
void hmx_fault_irq(struct hmx_domain *domain, enum hmx_irq_mode mode, u32 n);
void hmx_fault_spurious(struct hmx_domain *domain);
void hmx_fault_alloc(struct hmx_engine *engine, u32 nth, bool every);

/**
 * enum hmx_spoil - what of a ring to write nonsense into
 * @HMX_SPOIL_TX: the send index as its owner sees it
 * @HMX_SPOIL_RX: the receive index
 * @HMX_SPOIL_LEN: of the header of the first unread message
 * @HMX_SPOIL_PORT: likewise, the source port
 * @HMX_SPOIL_DOMID: likewise, the source domain
 * @HMX_SPOIL_TYPE: likewise, the message type
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
