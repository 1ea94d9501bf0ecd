/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Core's interface to its front-ends.
 *
 * Locks, outermost first:
 *	front-ends list	(core/hv.c)
 *	  a front-end's own configuration locks
 *	    argo_peers.lock		peers of a front-end (argo/peer.h)
 *	      ring_lock			rings and ports of an attachment
 *	        query_lock		one notify with queries at a time
 *	        the lock that serialises a ring's reader (its owner's)
 *	          space_lock		waiters; with interrupts off
 *	            account_lock	quotas of users
 * The interrupt handler takes none of them.
 */
#ifndef _ARGO_ARGO_H
#define _ARGO_ARGO_H

#include <linux/ktime.h>
#include <linux/list.h>
#include <linux/types.h>
#include <linux/uidgid.h>

#include <uapi/linux/argo.h>

#include <argo/hv.h>
#include <argo/ring.h>

/* Limits of one call of a front-end's user, the same for all hypervisors. */
#define ARGO_MAX_BATCH		1024
#define ARGO_MAX_SEGMENTS	1024

/*
 * How often user memory is brought in for one message before -EFAULT. A call
 * must not hang where memory is reclaimed as fast as it is brought in.
 */
#define ARGO_FAULT_TRIES	64

struct argo_account;
struct argo_ring;
struct argo_waiter;
struct iov_iter;
struct kvec;
struct pid;

/* cable.c */
int argo_cable_add(struct argo_hv *hv, const struct argo_cable *cable);
int argo_cable_remove(struct argo_hv *hv, const struct argo_addr *src);
int argo_cable_list(struct argo_hv *hv, struct argo_cable *list,
		    unsigned int room, u16 first);

/**
 * struct argo_frontend - a front-end, which uses attachments
 * @attach: an attachment was added. Return: 0, or an errno, which is logged;
 *	@detach is called all the same. May sleep.
 * @detach: the attachment goes away; when this returns, no ring of the
 *	front-end is left on it. May sleep.
 * @firewall_changed: other rules of the firewall are in force: end what they
 *	deny, where the front-end carries a protocol with ports of its own. NULL
 *	if there is nothing to do. May sleep.
 * @node: in core's list of front-ends
 */
struct argo_frontend {
	int (*attach)(struct argo_frontend *fe, struct argo_hv *hv);
	void (*detach)(struct argo_frontend *fe, struct argo_hv *hv);
	void (*firewall_changed)(struct argo_frontend *fe, struct argo_hv *hv);
	struct list_head node;
};

void argo_frontend_register(struct argo_frontend *fe);
void argo_frontend_unregister(struct argo_frontend *fe);

enum argo_hypercall {
	ARGO_HC_REGISTER,
	ARGO_HC_UNREGISTER,
	ARGO_HC_SENDV,
	ARGO_HC_NOTIFY,
	ARGO_HC_COUNT,
};

u16 argo_hv_domid(const struct argo_hv *hv);
u32 argo_hv_epoch(const struct argo_hv *hv);
void argo_hv_info(struct argo_hv *hv, struct argo_info *info);
u64 argo_hv_hypercalls(const struct argo_hv *hv, enum argo_hypercall which);

/**
 * struct argo_ring_ops - callbacks of the owner of a ring
 * @owner: the front-end's module
 * @resident: the front-end destroys the ring in its detach() at the latest, so
 *	the ring holds no reference to the front-end's module
 * @data_ready: the send index of the ring has moved. Hard interrupt; must not
 *	sleep or loop.
 * @reset_prepare: stop the ring's reader until @reset_done. May sleep.
 * @reset_done: the ring is empty and registered again after a restore, or out
 *	of use (argo_ring_error()). May sleep.
 * @release: core has forgotten the ring after argo_ring_destroy(): free the
 *	memory that @data_ready uses. May sleep.
 */
struct argo_ring_ops {
	struct module *owner;
	bool resident;
	void (*data_ready)(struct argo_ring *ring);
	void (*reset_prepare)(struct argo_ring *ring);
	void (*reset_done)(struct argo_ring *ring);
	void (*release)(struct argo_ring *ring);
};

struct argo_account *argo_account_open(struct argo_hv *hv);
void argo_account_put(struct argo_account *account);

/**
 * struct argo_ring_params - how argo_ring_create() makes a ring
 * @ops: the owner's callbacks
 * @priv: the owner's data, see argo_ring_priv()
 * @port: port of the ring, or ARGO_PORT_ANY for a free one
 * @partner: the domain that may send, or ARGO_DOMID_ANY
 * @size: bytes wanted, 0 for the default
 * @exclusive: share the port with no other ring
 * @account: the user that the ring is charged to, NULL for the kernel
 * @uid: user that the ring is created for
 * @pid: process that the ring is created for, or NULL for the kernel; core
 *	takes a reference of its own
 * @comm: command of @pid, or NULL
 */
struct argo_ring_params {
	const struct argo_ring_ops *ops;
	void *priv;
	u32 port;
	u16 partner;
	u32 size;
	bool exclusive;
	struct argo_account *account;
	kuid_t uid;
	struct pid *pid;
	const char *comm;
};

struct argo_ring *argo_ring_create(struct argo_hv *hv,
				   const struct argo_ring_params *params);
void argo_ring_stop(struct argo_ring *ring);
void argo_ring_destroy(struct argo_ring *ring);
void argo_ring_settle(const struct argo_ring *ring);

void *argo_ring_priv(const struct argo_ring *ring);
u32 argo_ring_port(const struct argo_ring *ring);
u16 argo_ring_partner(const struct argo_ring *ring);
u32 argo_ring_size(const struct argo_ring *ring);
u32 argo_ring_fill(const struct argo_ring *ring);
u64 argo_ring_taken(const struct argo_ring *ring);
int argo_ring_error(const struct argo_ring *ring);
unsigned int argo_rings_list(struct argo_hv *hv, struct argo_ring_entry *list,
			     unsigned int room, kuid_t uid, bool all);

bool argo_ring_has_data(const struct argo_ring *ring);
int argo_ring_peek(struct argo_ring *ring, struct argo_ring_msg *msg);
int argo_ring_copy(struct argo_ring *ring, const struct argo_ring_msg *msg,
		   struct iov_iter *to);
unsigned int argo_ring_view(const struct argo_ring *ring,
			    const struct argo_ring_msg *msg, u32 from, u32 n,
			    struct kvec *view);
void argo_ring_read(const struct argo_ring *ring,
		    const struct argo_ring_msg *msg, u32 from, void *to, u32 n);
void argo_ring_consume(struct argo_ring *ring, const struct argo_ring_msg *msg,
		       bool truncated);
void argo_ring_drop(struct argo_ring *ring, const struct argo_ring_msg *msg);
void argo_ring_count_wait(struct argo_ring *ring);
bool argo_ring_busy_poll(struct argo_ring *ring, ktime_t deadline);
void argo_ring_slept(struct argo_ring *ring, u64 began);

/* Messages that a reader takes before it looks at the rings of others. */
#define ARGO_IRQ_AWAY_LOOK	8

bool argo_irq_away_begin(struct argo_hv *hv);
void argo_irq_away_stay(struct argo_hv *hv);
void argo_irq_away_end(struct argo_hv *hv, bool away);

/**
 * struct argo_outgoing - one message to send
 * @msg: what the hypervisor gets; core fills @msg.src_port in
 * @ring: the ring whose port is the source
 * @nofault: give -EFAULT rather than bring in user memory that is not present
 * @unfiltered: the firewall does not judge the message, which tells the end of
 *	something that the firewall allowed
 * @len: bytes of all pieces
 */
struct argo_outgoing {
	struct argo_hv_message msg;
	struct argo_ring *ring;
	bool nofault;
	bool unfiltered;
	u32 len;
};

unsigned int argo_iter_pieces(const struct iov_iter *from, size_t most,
			      struct argo_hv_iov *iov, unsigned int room,
			      size_t *len);
bool argo_fault_in(const struct argo_hv_iov *iov, unsigned int n);
bool argo_fault_in_writeable(const struct iov_iter *to, size_t n);
int argo_send(struct argo_outgoing *out, struct argo_waiter *watcher);
int argo_send_wait(struct argo_outgoing *out, ktime_t deadline);

/**
 * struct argo_space_state - a destination as the hypervisor describes it
 * @flags: ARGO_STATE_*
 * @max_message: largest payload that the destination's ring takes, in bytes; 0
 *	if there is no ring
 */
struct argo_space_state {
	u32 flags;
	u32 max_message;
};

int argo_space_query(struct argo_hv *hv, const struct argo_addr *addr, u32 need,
		     struct argo_space_state *state);
int argo_space_wait(struct argo_hv *hv, const struct argo_addr *addr, u32 need,
		    bool drain, bool dontwait, ktime_t deadline,
		    struct argo_account *account,
		    struct argo_space_state *state);

struct argo_dest;

/**
 * struct argo_waiter - a wish to be told of space at a destination
 * @wake: called when @granted or @err is set or @gone changes, with space_lock
 *	held and interrupts off; must not sleep, nor call core, nor do an amount
 *	of work that a user chooses
 * @node: in the list of senders or watchers of @dest
 * @dest: the destination, NULL while the waiter is not added
 * @account: the user that the waiter is charged to, NULL for the kernel
 * @need: payload bytes
 * @sender: the waiter is a sender, which waits for its turn, not a watcher
 * @armed: the waiter wants to be told when @need bytes fit
 * @drain: with @armed, it wants to be told when the ring is empty instead
 * @granted: @need bytes fit, or the ring is empty, or that was so a moment ago
 * @seen: the destination has or had a ring
 * @gone: the destination had a ring and has none now, or has one that this
 *	domain may not ask about any more
 * @port: of a sender, the source port
 * @err: why @granted will not be set: -ECONNREFUSED, -EMSGSIZE, -EACCES,
 *	-ECONNRESET (this domain was restored)
 *
 * Once the waiter is added, space_lock protects all of it; @granted, @seen,
 * @gone and @err may be read without the lock.
 */
struct argo_waiter {
	void (*wake)(struct argo_waiter *w);
	struct list_head node;
	struct argo_dest *dest;
	struct argo_account *account;
	u32 need;
	bool sender;
	bool armed;
	bool drain;
	bool granted;
	bool seen;
	bool gone;
	u32 port;
	int err;
};

int argo_watch_add(struct argo_hv *hv, struct argo_waiter *w,
		   const struct argo_addr *addr);
void argo_watch_remove(struct argo_hv *hv, struct argo_waiter *w);
bool argo_watch_note(struct argo_hv *hv, struct argo_waiter *w,
		     const struct argo_addr *addr, bool exists);
int argo_watch_poll(struct argo_hv *hv, struct argo_waiter *w, u32 need,
		    struct argo_space_state *state);

#endif /* _ARGO_ARGO_H */
