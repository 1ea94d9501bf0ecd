// SPDX-License-Identifier: GPL-2.0-only
/*
 * Finding a back end and its devices, and finding them again.
 *
 * One work of each back end does that, step by step. It waits for the answers
 * to its requests, and never for a driver. Whoever notices that the back end may
 * have forgotten this domain sets a flag and queues the work.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/slab.h>

#include "virtio.h"

/* Between tries where nothing tells when to try again. */
#define PAUSE_LEAST	(HZ / 2)
#define PAUSE_MOST	(30 * HZ)
/* A back end that is lost so soon is not looked for at once. */
#define SHORT_LIFE	(5 * HZ)

/* Between looks whether a back end that is waited for is the same. */
#define PING_INTERVAL	(5 * HZ)

/* The largest control message. */
#define CONTROL_MOST	(sizeof(struct virtio_argo_control) + \
			 VIRTIO_ARGO_MAX_CONTROL)

/* The log does not tell of what is usual: there is no back end. */
static bool is_usual(int rc)
{
	return rc == -ENOENT || rc == -ENODEV || rc == -ENOTCONN ||
	       rc == -ECONNREFUSED || rc == -EHOSTUNREACH;
}

static const char *trouble(int rc)
{
	switch (rc) {
	case -EACCES:
		return "policy or firewall deny it: allow messages both ways";
	case -ETIMEDOUT:
		return "no answer: the back end hangs, or may not send to this domain; trying on";
	case -EPROTO:
		return "the back end's answer makes no sense: are both sides of one version?";
	case -E2BIG:
		return "more queues or configuration space than are supported";
	case -EMEDIUMTYPE:
		return "it came back as another device, or without features in use";
	default:
		return "it failed";
	}
}

/* Tell of a link's trouble, once. */
static void say(struct virtio_argo_link *link, int rc)
{
	if (link->said == rc)
		return;
	link->said = rc;
	if (rc && !is_usual(rc))
		virtio_argo_log(warn, link, "%s (%d)\n", trouble(rc), rc);
}

/**
 * virtio_argo_backend_hold() - get one more reference to a back end
 * @be: back end
 */
void virtio_argo_backend_hold(struct virtio_argo_backend *be)
{
	refcount_inc(&be->ref);
}

/**
 * virtio_argo_backend_put() - give up a reference to a back end
 * @be: back end
 *
 * Context: may sleep.
 */
void virtio_argo_backend_put(struct virtio_argo_backend *be)
{
	if (!refcount_dec_and_test(&be->ref))
		return;
	tasklet_kill(&be->tasklet);
	kfree(be);
}

static void run_soon(struct virtio_argo_backend *be)
{
	if (!READ_ONCE(be->stopping))
		mod_delayed_work(virtio_argo_link_wq, &be->link_work, 0);
}

/**
 * virtio_argo_lost() - the back end may have forgotten this domain
 * @be: back end
 *
 * Context: any.
 */
void virtio_argo_lost(struct virtio_argo_backend *be)
{
	WRITE_ONCE(be->lost, true);
	atomic_inc(&be->losses);
	wake_up_all(&be->answers);
	run_soon(be);
}

/**
 * virtio_argo_look() - devices may have come or gone
 * @be: back end
 *
 * Context: any.
 */
void virtio_argo_look(struct virtio_argo_backend *be)
{
	WRITE_ONCE(be->rescan, true);
	run_soon(be);
}

/**
 * virtio_argo_hurry() - a back end that was not there may be there
 * @be: back end
 *
 * Context: any.
 */
void virtio_argo_hurry(struct virtio_argo_backend *be)
{
	WRITE_ONCE(be->hurry, true);
	run_soon(be);
}

/**
 * virtio_argo_kick() - let the tasklet look at a device's queues
 * @dev: device
 *
 * Context: any.
 */
void virtio_argo_kick(struct virtio_argo_dev *dev)
{
	set_bit(dev->num, dev->be->kicked);
	tasklet_schedule(&dev->be->tasklet);
}

/* argo_waiter.wake. Context: core's space_lock held. */
static void wake(struct argo_waiter *w)
{
	struct virtio_argo_link *link = container_of(w, struct virtio_argo_link,
						     waiter);
	struct virtio_argo_backend *be = link->be;

	WRITE_ONCE(link->woken, true);
	tasklet_schedule(&be->tasklet);
	if (w->gone && READ_ONCE(link->greeted)) {
		WRITE_ONCE(be->hurry, true);
		virtio_argo_lost(be);
	} else if (!READ_ONCE(link->greeted)) {
		virtio_argo_hurry(be);
	}
}

static struct virtio_argo_link *link_open(struct virtio_argo_backend *be,
					  u32 port)
{
	struct virtio_argo_link *link = kzalloc(sizeof(*link), GFP_KERNEL);
	int rc;

	if (!link)
		return ERR_PTR(-ENOMEM);
	link->be = be;
	link->addr.port = port;
	link->addr.domid = be->domid;
	link->waiter.wake = wake;
	link->answer.len = -1;
	mutex_init(&link->turn);
	rc = argo_watch_add(be->hv, &link->waiter, &link->addr);
	if (rc) {
		kfree(link);
		return ERR_PTR(rc);
	}
	spin_lock_bh(&be->reader);
	list_add_tail(&link->node, &be->links);
	spin_unlock_bh(&be->reader);
	return link;
}

static void link_close(struct virtio_argo_link *link)
{
	struct virtio_argo_backend *be = link->be;

	argo_watch_remove(be->hv, &link->waiter);
	spin_lock_bh(&be->reader);
	list_del(&link->node);
	spin_unlock_bh(&be->reader);
	kfree(link);
}

static struct virtio_argo_link *link_get(struct virtio_argo_backend *be,
					 u32 port)
{
	struct virtio_argo_link *link;

	list_for_each_entry(link, &be->links, node)
		if (link->addr.port == port)
			return link;
	return link_open(be, port);
}

static bool is_used(const struct virtio_argo_link *link)
{
	unsigned int num;

	if (link == link->be->bus)
		return true;
	for (num = 0; num < VIRTIO_ARGO_MAX_DEVICES; num++)
		if (link->be->dev[num] && link->be->dev[num]->link == link)
			return true;
	return false;
}

static void close_unused(struct virtio_argo_backend *be)
{
	struct virtio_argo_link *link, *next;

	list_for_each_entry_safe(link, next, &be->links, node)
		if (!is_used(link))
			link_close(link);
}

/* Does the link take what this side needs? */
static int check_hello(struct virtio_argo_link *link,
		       const struct virtio_argo_hello_answer *answer)
{
	const u32 most = argo_ring_max_message(argo_hv_params(link->be->hv)
						->max_ring_len);

	if (!answer->version)
		return -ENODEV;
	if (le32_to_cpu(answer->version) != VIRTIO_ARGO_VERSION ||
	    le32_to_cpu(answer->max_payload) < VIRTIO_ARGO_MIN_PAYLOAD ||
	    le32_to_cpu(answer->max_chain) < VIRTIO_ARGO_MIN_PAYLOAD)
		return -EPROTO;
	link->max_payload = min3(le32_to_cpu(answer->max_payload), most,
				 (u32)VIRTIO_ARGO_MAX_PAYLOAD);
	WRITE_ONCE(link->max_chain, le32_to_cpu(answer->max_chain));
	return 0;
}

static int say_hello(struct virtio_argo_link *link)
{
	struct virtio_argo_backend *be = link->be;
	const u32 most = argo_ring_max_message(argo_ring_size(be->ring));
	const struct virtio_argo_hello hello = {
		.version = cpu_to_le32(VIRTIO_ARGO_VERSION),
		.max_payload = cpu_to_le32(most),
	};
	struct virtio_argo_hello_answer answer;
	int rc;

	rc = virtio_argo_request(link, -1, VIRTIO_ARGO_HELLO, &hello,
				 sizeof(hello), &answer, sizeof(answer));
	if (rc >= 0)
		rc = rc < sizeof(answer) ? -EPROTO : check_hello(link, &answer);
	if (rc)
		return rc;
	WRITE_ONCE(link->greeted, true);
	/* The watcher notices that a ring goes only if it knew of the ring. */
	argo_watch_note(be->hv, &link->waiter, &link->addr, true);
	return 0;
}

/* HELLO, once in each round of looking. */
static int greet(struct virtio_argo_link *link)
{
	int rc;

	if (link->greeted)
		return 0;
	if (link->tried)
		return link->said ?: -ENOTCONN;
	link->tried = true;
	rc = say_hello(link);
	say(link, rc);
	return rc;
}

static int list_devices(struct virtio_argo_backend *be, unsigned long *devices)
{
	struct {
		struct virtio_argo_devices head;
		u8 bits[VIRTIO_ARGO_MAX_DEVICES / 8];
	} answer;
	struct virtio_argo_get_devices ask;
	u32 offset = 0, count, i;
	int rc;

	bitmap_zero(devices, VIRTIO_ARGO_MAX_DEVICES);
	do {
		ask.offset = cpu_to_le16(offset);
		ask.count = cpu_to_le16(VIRTIO_ARGO_MAX_DEVICES - offset);
		rc = virtio_argo_request(be->bus, -1, VIRTIO_ARGO_GET_DEVICES,
					 &ask, sizeof(ask), &answer,
					 sizeof(answer));
		if (rc < 0)
			return rc;
		if (rc < sizeof(answer.head) ||
		    le16_to_cpu(answer.head.offset) != offset)
			return -EPROTO;
		count = le16_to_cpu(answer.head.count);
		if (count > VIRTIO_ARGO_MAX_DEVICES - offset ||
		    rc < sizeof(answer.head) + DIV_ROUND_UP(count, 8))
			return -EPROTO;
		for (i = 0; i < count; i++)
			if (answer.bits[i / 8] & 1u << i % 8)
				__set_bit(offset + i, devices);
		if (le16_to_cpu(answer.head.next) <= offset)
			break;
		offset = le16_to_cpu(answer.head.next);
	} while (offset < VIRTIO_ARGO_MAX_DEVICES);
	__clear_bit(0, devices);
	return 0;
}

/* Return: the link of a device's port, or an ERR_PTR. */
static struct virtio_argo_link *locate(struct virtio_argo_backend *be, u16 num)
{
	const struct virtio_argo_locate ask = { .device = cpu_to_le16(num) };
	struct virtio_argo_location answer;
	int rc;

	rc = virtio_argo_request(be->bus, -1, VIRTIO_ARGO_LOCATE, &ask,
				 sizeof(ask), &answer, sizeof(answer));
	if (rc < 0)
		return ERR_PTR(rc);
	if (rc < sizeof(answer) || answer.device != ask.device)
		return ERR_PTR(-EPROTO);
	if (!answer.port)
		return ERR_PTR(-ENODEV);
	return link_get(be, le32_to_cpu(answer.port));
}

static int find_new(struct virtio_argo_backend *be, u16 num)
{
	struct virtio_argo_link *link = locate(be, num);
	struct virtio_argo_dev *dev;
	int rc;

	if (IS_ERR(link))
		return PTR_ERR(link);
	rc = greet(link);
	if (rc)
		return rc;
	dev = virtio_argo_dev_create(link, num);
	if (!dev)
		return -ENOMEM;
	rc = virtio_argo_setup(dev);
	if (!rc) {
		virtio_argo_dev_register(dev);
		return 0;
	}
	virtio_argo_dev_free(dev);
	if (rc != -ENOTCONN && link->said != rc) {
		virtio_argo_log(warn, link, "device %u is not set up: %s (%d)\n",
				num, trouble(rc), rc);
		link->said = rc;
	}
	/* An answer that makes no sense will make none in a while. */
	return rc == -EPROTO || rc == -E2BIG ? 0 : rc;
}

static int find_again(struct virtio_argo_dev *dev)
{
	struct virtio_argo_link *link = locate(dev->be, dev->num);
	int rc;

	if (IS_ERR(link))
		return PTR_ERR(link);
	virtio_argo_queues_stop(dev);
	spin_lock_bh(&dev->be->reader);
	dev->link = link;
	spin_unlock_bh(&dev->be->reader);
	rc = greet(link);
	if (!rc)
		rc = virtio_argo_setup_again(dev);
	if (rc == -EACCES || rc == -EMEDIUMTYPE || rc == -E2BIG ||
	    rc == -EPROTO) {
		virtio_argo_dev_fail(dev, trouble(rc));
		return 0;
	}
	return rc;
}

/* A back end that came again without a device may get the device later. */
static void miss(struct virtio_argo_dev *dev)
{
	if (xchg(&dev->missed, true))
		return;
	virtio_argo_log(warn, dev->link, "device %u is there no more; its requests wait\n",
			dev->num);
}

/* Look at one number. @removed: its device went. Return: as scan(). */
static int look_at(struct virtio_argo_backend *be, u16 num, bool listed,
		   bool removed)
{
	struct virtio_argo_dev *dev = be->dev[num];

	if (!dev)
		return listed ? find_new(be, num) : 0;
	if (removed || (!listed && READ_ONCE(dev->online)))
		virtio_argo_dev_remove(dev);
	else if (READ_ONCE(dev->gone) || READ_ONCE(dev->failing))
		return 0;
	else if (!listed)
		miss(dev);
	else if (!READ_ONCE(dev->online))
		return find_again(dev);
	return 0;
}

/*
 * Look which devices there are. One that is not to be had now does not keep
 * others from being found. Return: 0, -ENOTCONN, or an errno: try again.
 */
static int scan(struct virtio_argo_backend *be)
{
	DECLARE_BITMAP(devices, VIRTIO_ARGO_MAX_DEVICES);
	struct virtio_argo_link *link;
	unsigned int num;
	int rc, again = 0;

	list_for_each_entry(link, &be->links, node)
		link->tried = false;
	rc = list_devices(be, devices);
	if (rc)
		return rc;
	for (num = 1; num < VIRTIO_ARGO_MAX_DEVICES; num++) {
		if (READ_ONCE(be->lost) || READ_ONCE(be->stopping))
			return -ENOTCONN;
		rc = look_at(be, num, test_bit(num, devices),
			     test_and_clear_bit(num, be->removed));
		if (rc && rc != -ENODEV)
			again = rc;
	}
	close_unused(be);
	return again;
}

/* Forget devices that are gone. */
static void reap(struct virtio_argo_backend *be)
{
	struct virtio_argo_dev *dev;
	unsigned int num;

	for (num = 0; num < VIRTIO_ARGO_MAX_DEVICES; num++) {
		dev = be->dev[num];
		/* Pairs with register_work_fn(). */
		if (!dev || !smp_load_acquire(&dev->finished))
			continue;
		spin_lock_bh(&be->reader);
		be->dev[num] = NULL;
		spin_unlock_bh(&be->reader);
		virtio_argo_dev_free(dev);
	}
}

/* Has a restore given the back end, which is this domain, another id? */
static int follow(struct virtio_argo_backend *be)
{
	u16 domid = argo_ring_partner(be->ring);
	struct virtio_argo_link *link;
	int rc;

	if (domid == be->domid)
		return 0;
	be->domid = domid;
	list_for_each_entry(link, &be->links, node) {
		argo_watch_remove(be->hv, &link->waiter);
		link->addr.domid = domid;
		memset(&link->waiter, 0, sizeof(link->waiter));
		link->waiter.wake = wake;
		rc = argo_watch_add(be->hv, &link->waiter, &link->addr);
		if (rc)
			return rc;
	}
	return 0;
}

static int open_ring(struct virtio_argo_backend *be)
{
	/* A spoilt ring, or one whose partner was not there after a restore. */
	if (be->ring && argo_ring_error(be->ring))
		virtio_argo_ring_close(be);
	return be->ring ? 0 : virtio_argo_ring_open(be);
}

/* Return: 0, -ENOENT (no ring; the watcher tells of one), or an errno. */
static int await_ring(struct virtio_argo_backend *be)
{
	struct argo_space_state state;
	int rc;

	rc = argo_watch_poll(be->hv, &be->bus->waiter, CONTROL_MOST, &state);
	if (rc)
		return rc;
	if (state.flags & ARGO_STATE_EXISTS)
		return 0;
	be->pause = 0;
	return -ENOENT;
}

static int bring_up(struct virtio_argo_backend *be)
{
	int rc;

	rc = open_ring(be);
	if (!rc)
		rc = follow(be);
	if (!rc)
		rc = await_ring(be);
	if (!rc) {
		be->bus->tried = false;
		return greet(be->bus);
	}
	say(be->bus, rc);
	return rc;
}

/* The back end is lost: until it is found again, nothing is sent. */
static void end_session(struct virtio_argo_backend *be)
{
	struct virtio_argo_link *link;
	struct virtio_argo_dev *dev;
	unsigned int num;

	list_for_each_entry(link, &be->links, node)
		WRITE_ONCE(link->greeted, false);
	for (num = 0; num < VIRTIO_ARGO_MAX_DEVICES; num++) {
		dev = be->dev[num];
		if (!dev)
			continue;
		virtio_argo_dev_away(dev);
		/* Whoever saw it online is done when the lock is had. */
		mutex_lock(&dev->ctl);
		virtio_argo_queues_stop(dev);
		mutex_unlock(&dev->ctl);
		/* Drivers may wait in a loop: chains are put off. */
		virtio_argo_kick(dev);
	}
	if (!be->up)
		return;
	be->up = false;
	be->pause = time_before(jiffies, be->up_since + SHORT_LIFE) ?
		    PAUSE_LEAST : 0;
	be->not_before = jiffies + be->pause;
}

/* Break off what was away for too long. Return: jiffies until the next look. */
static unsigned long check_timeout(struct virtio_argo_backend *be)
{
	unsigned long timeout = virtio_argo_timeout(), left = ULONG_MAX, since;
	struct virtio_argo_dev *dev;
	unsigned int num;

	if (!timeout)
		return left;
	for (num = 0; num < VIRTIO_ARGO_MAX_DEVICES; num++) {
		dev = be->dev[num];
		if (!dev || READ_ONCE(dev->online) || READ_ONCE(dev->failing))
			continue;
		since = jiffies - READ_ONCE(dev->away_since);
		if (since >= timeout)
			virtio_argo_dev_fail(dev, "no back end for as long as timeout says");
		else
			left = min(left, timeout - since);
	}
	return left;
}

static bool waits_for(struct virtio_argo_link *link)
{
	struct virtio_argo_backend *be = link->be;
	struct virtio_argo_dev *dev;
	bool waits = false;
	unsigned int num, i;

	spin_lock_bh(&be->reader);
	for (num = 0; num < VIRTIO_ARGO_MAX_DEVICES; num++) {
		dev = be->dev[num];
		for (i = 0; dev && dev->link == link && i < dev->nr_vqs; i++)
			waits |= dev->queue[i] &&
				 virtio_argo_queue_waits(dev->queue[i]);
	}
	spin_unlock_bh(&be->reader);
	return waits;
}

/*
 * A back end that came again before anybody saw that it had gone knows nothing
 * of what is waited for. It says so when it is spoken to.
 */
static void ping(struct virtio_argo_backend *be)
{
	struct virtio_argo_link *link;
	__le32 data = 0;

	list_for_each_entry(link, &be->links, node)
		if (link->greeted && waits_for(link))
			virtio_argo_request(link, -1, VIRTIO_ARGO_PING, &data,
					    sizeof(data), &data, sizeof(data));
}

static void later(struct virtio_argo_backend *be, unsigned long pause)
{
	if (!READ_ONCE(be->stopping) && pause != ULONG_MAX)
		queue_delayed_work(virtio_argo_link_wq, &be->link_work, pause);
}

/* One round. Return: jiffies to the next; ULONG_MAX: the watcher tells. */
static unsigned long look(struct virtio_argo_backend *be)
{
	int rc = 0;

	if (xchg(&be->lost, false))
		end_session(be);
	if (!be->up) {
		if (!xchg(&be->hurry, false) &&
		    time_before(jiffies, be->not_before))
			return be->not_before - jiffies;
		rc = bring_up(be);
		if (rc == -ENOENT)
			return ULONG_MAX;
		if (!rc) {
			be->up = true;
			be->up_since = jiffies;
			WRITE_ONCE(be->rescan, true);
		}
	}
	if (!rc && xchg(&be->rescan, false))
		rc = scan(be);
	if (!rc) {
		be->pause = 0;
		ping(be);
		return PING_INTERVAL;
	}
	WRITE_ONCE(be->rescan, true);
	be->pause = clamp_t(unsigned long, be->pause * 2, PAUSE_LEAST,
			    PAUSE_MOST);
	be->not_before = jiffies + be->pause;
	return be->pause;
}

static void link_work_fn(struct work_struct *work)
{
	struct virtio_argo_backend *be = container_of(to_delayed_work(work),
						      struct virtio_argo_backend,
						      link_work);
	unsigned long pause;

	if (READ_ONCE(be->stopping))
		return;
	reap(be);
	pause = look(be);
	later(be, min(pause, check_timeout(be)));
}

/**
 * virtio_argo_backend_open() - begin to look for a back end
 * @hv: attachment
 * @domid: the domain
 *
 * Context: may sleep.
 * Return: the back end, or an ERR_PTR: -ENOMEM.
 */
struct virtio_argo_backend *virtio_argo_backend_open(struct argo_hv *hv,
						     u16 domid)
{
	struct virtio_argo_backend *be = kzalloc(sizeof(*be), GFP_KERNEL);

	if (!be)
		return ERR_PTR(-ENOMEM);
	be->hv = hv;
	be->domid = domid;
	refcount_set(&be->ref, 1);
	INIT_LIST_HEAD(&be->links);
	INIT_DELAYED_WORK(&be->link_work, link_work_fn);
	be->not_before = jiffies;
	virtio_argo_ring_init(be);
	be->bus = link_open(be, ARGO_PORT_VIRTIO_BUS);
	if (IS_ERR(be->bus)) {
		long rc = PTR_ERR(be->bus);

		kfree(be);
		return ERR_PTR(rc);
	}
	run_soon(be);
	return be;
}

static bool is_finished(const struct virtio_argo_backend *be)
{
	unsigned int num;

	for (num = 0; num < VIRTIO_ARGO_MAX_DEVICES; num++)
		/* Pairs with register_work_fn(). */
		if (be->dev[num] && !smp_load_acquire(&be->dev[num]->finished))
			return false;
	return true;
}

/**
 * virtio_argo_backend_close() - undo virtio_argo_backend_open()
 * @be: back end; freed, perhaps later
 *
 * Context: may sleep.
 */
void virtio_argo_backend_close(struct virtio_argo_backend *be)
{
	struct virtio_argo_link *link, *next;
	struct virtio_argo_dev *dev;
	unsigned int num;

	WRITE_ONCE(be->stopping, true);
	cancel_delayed_work_sync(&be->link_work);
	for (num = 0; num < VIRTIO_ARGO_MAX_DEVICES; num++) {
		dev = be->dev[num];
		if (dev)
			virtio_argo_dev_remove(dev);
	}
	wait_event(be->answers, is_finished(be));
	reap(be);
	virtio_argo_ring_close(be);
	list_for_each_entry_safe(link, next, &be->links, node)
		link_close(link);
	/* Whoever found @stopping unset has queued the work by now. */
	cancel_delayed_work_sync(&be->link_work);
	virtio_argo_backend_put(be);
}
