/* SPDX-License-Identifier: GPL-2.0-only */
/* Waking the pollers of an endpoint. A user may make very many of them. */
#ifndef _ARGO_CHAR_POLLERS_H
#define _ARGO_CHAR_POLLERS_H

#include <linux/atomic.h>
#include <linux/poll.h>
#include <linux/wait.h>
#include <linux/workqueue.h>

/**
 * struct argo_pollers - the pollers of an endpoint
 * @wq: for poll_wait()
 * @events: events that @work is to tell the pollers, a __poll_t
 * @work: wakes the pollers if waking them may take long
 * @slow: fast wake-ups by @work after which pollers are woken at once again
 */
struct argo_pollers {
	wait_queue_head_t wq;
	atomic_t events;
	struct work_struct work;
	unsigned int slow;
};

int argo_pollers_create_workers(void);
void argo_pollers_destroy_workers(void);

void argo_pollers_init(struct argo_pollers *p);
void argo_pollers_exit(struct argo_pollers *p);
void argo_pollers_wake(struct argo_pollers *p, __poll_t events);

#endif /* _ARGO_CHAR_POLLERS_H */
