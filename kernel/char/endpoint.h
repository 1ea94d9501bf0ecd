/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * An endpoint: an open /dev/argo.
 *
 * The files call each other in one direction only: main.c; ioctl.c; firewall.c
 * and poll.c; send.c and recv.c; endpoint.c; cable.c; pollers.c.
 *
 * Locks, outermost first: config_lock, (core's ring_lock), rx_lock, (core's
 * space_lock).
 */
#ifndef _ARGO_CHAR_ENDPOINT_H
#define _ARGO_CHAR_ENDPOINT_H

#include <linux/atomic.h>
#include <linux/fs.h>
#include <linux/mutex.h>
#include <linux/poll.h>
#include <linux/uio.h>
#include <linux/wait.h>

#include <argo/argo.h>
#include <uapi/linux/argo_firewall.h>

#include "pollers.h"

/**
 * struct argo_endpoint - an open file
 * @hv: attachment, whose module the endpoint holds
 * @account: account of the user that opened the file
 * @ring: receive ring, NULL until bound; set once, under @config_lock
 * @config_lock: serialises bind, connect, options and the watchers
 * @rx_lock: serialises the ring's reader
 * @readers: receives that wait; each wake-up is for one of them
 * @pollers: poll(), epoll and the like, for messages and space
 * @remote: default destination, packed, a cable in core's form; ARGO_NO_REMOTE
 *	if there is none
 * @error: errno that the next call returns, once; or 0
 * @peer_watch: watches the default destination; added while there is one
 * @watch: watches the destination of ARGO_SPACE_WATCH, if @watching
 * @watching: @watch is added
 * @watch_need: payload bytes of ARGO_SPACE_WATCH
 * @send_lowat: poll() says writable when so many bytes fit
 * @type: message type of write()
 * @send_timeout: nanoseconds, 0 for no limit
 * @recv_timeout: nanoseconds, 0 for no limit
 */
struct argo_endpoint {
	struct argo_hv *hv;
	struct argo_account *account;
	struct argo_ring *ring;
	/* configuration and watchers */
	struct mutex config_lock;
	/* the ring's reader */
	struct mutex rx_lock;
	wait_queue_head_t readers;
	struct argo_pollers pollers;
	atomic64_t remote;
	int error;
	struct argo_waiter peer_watch;
	struct argo_waiter watch;
	bool watching;
	u32 watch_need;
	u32 send_lowat;
	u32 type;
	u64 send_timeout;
	u64 recv_timeout;
};

/* Return: the ring, or NULL if the endpoint is not bound. */
static inline struct argo_ring *argo_endpoint_ring(struct argo_endpoint *ep)
{
	/* Pairs with the release in bind_locked(). */
	return smp_load_acquire(&ep->ring);
}

static inline u64 argo_addr_pack(const struct argo_addr *addr)
{
	return (u64)addr->domid << 32 | addr->port;
}

#define ARGO_NO_REMOTE	((u64)ARGO_DOMID_ANY << 32)

/* Has the ring of the default destination gone? */
static inline bool argo_endpoint_hung_up(const struct argo_endpoint *ep)
{
	return READ_ONCE(ep->peer_watch.gone) &&
	       atomic64_read(&ep->remote) != ARGO_NO_REMOTE;
}

/*
 * Return: the deadline of a call that may wait. @timeout is the call's own, in
 * nanoseconds, or 0 for @fallback, the endpoint's; 0 in both means no limit.
 */
static inline ktime_t argo_deadline(u64 timeout, u64 fallback)
{
	u64 ns = timeout ?: fallback;
	ktime_t now = ktime_get();

	if (!ns || ns > (u64)(KTIME_MAX - now))
		return KTIME_MAX;
	return now + ns;
}

/* cable.c */
int argo_endpoint_cable(struct argo_endpoint *ep, struct argo_addr *addr);
long argo_endpoint_cable_ioctl(struct argo_endpoint *ep, unsigned int cmd,
			       void __user *p);

/* endpoint.c */
struct argo_endpoint *argo_endpoint_open(struct argo_hv *hv);
void argo_endpoint_close(struct argo_endpoint *ep);
int argo_endpoint_bind(struct argo_endpoint *ep, struct argo_bind *bind);
int argo_endpoint_connect(struct argo_endpoint *ep,
			  const struct argo_addr *addr);
void argo_endpoint_stop_watch(struct argo_endpoint *ep);
struct argo_waiter *argo_endpoint_watcher(struct argo_endpoint *ep,
					  const struct argo_addr *addr);
int argo_endpoint_autobind(struct argo_endpoint *ep, u16 domid);
bool argo_endpoint_remote(const struct argo_endpoint *ep,
			  struct argo_addr *addr);
int argo_endpoint_resolve(struct argo_endpoint *ep,
			  const struct argo_addr *given,
			  struct argo_addr *addr);
int argo_endpoint_learn(struct argo_endpoint *ep,
			const struct argo_addr *addr, bool implied, int rc);
int argo_endpoint_take_error(struct argo_endpoint *ep);

/* send.c */
int argo_endpoint_send_msg(struct argo_endpoint *ep,
			   const struct argo_msg *msg, const struct iovec *iov,
			   size_t len, bool dontwait, ktime_t deadline);
ssize_t argo_endpoint_write(struct file *file, const char __user *buf,
			    size_t len, loff_t *pos);
ssize_t argo_endpoint_write_iter(struct kiocb *iocb, struct iov_iter *from);
int argo_endpoint_fsync(struct file *file, loff_t start, loff_t end,
			int datasync);

/* recv.c */
int argo_endpoint_peek(struct argo_endpoint *ep, struct argo_ring_msg *msg);
int argo_endpoint_recv_msg(struct argo_endpoint *ep, struct argo_msg *msg,
			   const struct iovec *iov, size_t len, bool peek,
			   bool dontwait, ktime_t deadline);
ssize_t argo_endpoint_read_iter(struct kiocb *iocb, struct iov_iter *to);

/* poll.c */
int argo_endpoint_watch(struct argo_endpoint *ep, const struct argo_addr *addr,
			u32 need, struct argo_space_state *state);
void argo_endpoint_status(struct argo_endpoint *ep, struct argo_status *status);
__poll_t argo_endpoint_poll(struct file *file, poll_table *wait);

/* firewall.c */
long argo_endpoint_firewall(struct argo_endpoint *ep, unsigned int cmd,
			    void __user *p);

/* ioctl.c */
long argo_endpoint_ioctl(struct file *file, unsigned int cmd,
			 unsigned long arg);

#endif /* _ARGO_CHAR_ENDPOINT_H */
