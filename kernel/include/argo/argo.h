/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Core's interface to its front-ends.
 *
 * Locks, outermost first:
 *	front-ends list	(core/hv.c)
 *	  a front-end's own configuration locks
 *	    argo_hv.ring_lock		rings and ports of an attachment
 *	      argo_hv.query_lock	one notify with queries at a time
 *	      the lock that serialises a ring's reader (its owner's)
 *	        argo_hv.space_lock	who waits for space where
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

/* What one call of a front-end's user takes, whatever the hypervisor. */
#define ARGO_MAX_BATCH		1024
#define ARGO_MAX_SEGMENTS	1024

struct argo_ring;
struct argo_waiter;
struct iov_iter;
struct kvec;
struct pid;

/**
 * struct argo_frontend - somebody who uses attachments
 * @attach: an attachment is there. Return: 0, or an errno, and then it is not
 *	detached. May sleep.
 * @detach: it goes away; no ring of this front-end is left on it. May sleep.
 * @node: core's
 */
struct argo_frontend {
	int (*attach)(struct argo_frontend *fe, struct argo_hv *hv);
	void (*detach)(struct argo_frontend *fe, struct argo_hv *hv);
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

const char *argo_hv_name(const struct argo_hv *hv);
const char *argo_hv_device(const struct argo_hv *hv);
struct module *argo_hv_owner(const struct argo_hv *hv);
u16 argo_hv_domid(const struct argo_hv *hv);
u32 argo_hv_epoch(const struct argo_hv *hv);
void argo_hv_info(struct argo_hv *hv, struct argo_info *info);
u64 argo_hv_hypercalls(const struct argo_hv *hv, enum argo_hypercall which);

/**
 * struct argo_ring_ops - what core asks of the owner of a ring
 * @owner: the front-end's module
 * @resident: the front-end has the ring as long as it is attached, and destroys
 *	it in its detach(): the ring does not keep the module from going
 * @data_ready: the ring has moved. Hard interrupt; must not sleep or loop.
 * @reset_prepare: stop reading and keep others from it, until @reset_done.
 *	May sleep.
 * @reset_done: the ring is empty and registered again after a restore, or out
 *	of use (argo_ring_error()). May sleep.
 * @release: core has forgotten the ring after argo_ring_destroy(); free what
 *	@data_ready uses. May sleep.
 */
struct argo_ring_ops {
	struct module *owner;
	bool resident;
	void (*data_ready)(struct argo_ring *ring);
	void (*reset_prepare)(struct argo_ring *ring);
	void (*reset_done)(struct argo_ring *ring);
	void (*release)(struct argo_ring *ring);
};

/**
 * struct argo_ring_params - a ring to be
 * @ops: the owner's
 * @priv: the owner's, see argo_ring_priv()
 * @port: or ARGO_PORT_ANY
 * @partner: the domain that may send, or ARGO_DOMID_ANY
 * @size: bytes wanted, 0 for the default
 * @exclusive: share the port with no other ring
 * @uid: user on whose behalf
 * @pid: process likewise, referenced by core; NULL for the kernel
 * @comm: its command, or NULL
 */
struct argo_ring_params {
	const struct argo_ring_ops *ops;
	void *priv;
	u32 port;
	u16 partner;
	u32 size;
	bool exclusive;
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

bool argo_poll_begin(struct argo_hv *hv);
void argo_poll_stay(struct argo_hv *hv);
void argo_poll_look(struct argo_hv *hv);
void argo_poll_end(struct argo_hv *hv, bool masked);

/**
 * struct argo_outgoing - one message to send
 * @ring: the ring whose port is the source
 * @dst: destination
 * @type: message type
 * @iov: the pieces, none empty
 * @niov: how many, at most argo_info.max_iov of the hypervisor
 * @user: they are memory of the current process
 * @nkernel: with @user, the first so many of them are the kernel's
 * @nofault: give -EFAULT rather than wait for user memory that is not there now
 * @len: bytes in all
 */
struct argo_outgoing {
	struct argo_ring *ring;
	struct argo_addr dst;
	u32 type;
	const struct argo_hv_iov *iov;
	unsigned int niov;
	bool user;
	unsigned int nkernel;
	bool nofault;
	u32 len;
};

unsigned int argo_hv_max_iov(const struct argo_hv *hv);
u32 argo_hv_max_ring(const struct argo_hv *hv);
unsigned int argo_iter_pieces(const struct iov_iter *from, size_t most,
			      struct argo_hv_iov *iov, unsigned int room,
			      size_t *len);
bool argo_fault_in(const struct argo_hv_iov *iov, unsigned int n);
int argo_send(const struct argo_outgoing *out, struct argo_waiter *watcher);
int argo_send_wait(const struct argo_outgoing *out, ktime_t deadline);

/**
 * struct argo_space_state - a destination as the hypervisor describes it
 * @flags: ARGO_STATE_*
 * @max_message: largest payload that its ring takes, in bytes, if it exists
 */
struct argo_space_state {
	u32 flags;
	u32 max_message;
};

int argo_space_query(struct argo_hv *hv, const struct argo_addr *addr, u32 need,
		     struct argo_space_state *state);
int argo_space_wait(struct argo_hv *hv, const struct argo_addr *addr, u32 need,
		    bool drain, bool dontwait, ktime_t deadline,
		    struct argo_space_state *state);

struct argo_dest;

/**
 * struct argo_waiter - somebody who waits for space, or watches a destination
 * @wake: it may go on: look at @granted, @gone and @err. Called with space_lock
 *	held and softirqs off; must not sleep, nor call core.
 * @node: in its destination's list
 * @dest: where
 * @need: payload bytes
 * @sender: takes its turn behind other senders; else only watches
 * @armed: wants to know when @need bytes fit
 * @drain: wants to know when the ring is empty
 * @granted: they do, or did a moment ago
 * @seen: the destination has or had a ring
 * @gone: it had one and has none now
 * @err: it can never be: -ECONNREFUSED, -EMSGSIZE, -EACCES, -ECONNRESET (own
 *	restore)
 *
 * Once added, all of it is under space_lock; @granted, @seen, @gone and @err
 * may be read without it.
 */
struct argo_waiter {
	void (*wake)(struct argo_waiter *w);
	struct list_head node;
	struct argo_dest *dest;
	u32 need;
	bool sender;
	bool armed;
	bool drain;
	bool granted;
	bool seen;
	bool gone;
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
