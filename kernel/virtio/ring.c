// SPDX-License-Identifier: GPL-2.0-only
/*
 * The ring that a back end sends to, and the tasklet that reads it. The tasklet
 * works for queues, too, where a notification could not.
 */
#include <linux/sched/clock.h>
#include <linux/uio.h>

#include "virtio.h"

/* How long the tasklet runs before others may. */
#define RUN_MOST	(500 * NSEC_PER_USEC)

static struct virtio_argo_link *find_link(struct virtio_argo_backend *be,
					  u32 port)
{
	struct virtio_argo_link *link;

	lockdep_assert_held(&be->reader);

	list_for_each_entry(link, &be->links, node)
		if (link->addr.port == port)
			return link;
	return NULL;
}

static struct virtio_argo_dev *find_dev(struct virtio_argo_link *link, u16 num)
{
	struct virtio_argo_dev *dev;

	lockdep_assert_held(&link->be->reader);

	if (num >= VIRTIO_ARGO_MAX_DEVICES)
		return NULL;
	dev = link->be->dev[num];
	return dev && dev->link == link ? dev : NULL;
}

static bool device_event(struct virtio_argo_link *link,
			 const struct argo_ring_msg *msg)
{
	struct virtio_argo_backend *be = link->be;
	struct virtio_argo_event_device event;
	u16 num;

	if (link != be->bus ||
	    msg->len < sizeof(struct virtio_argo_control) + sizeof(event))
		return false;
	argo_ring_read(be->ring, msg, sizeof(struct virtio_argo_control),
		       &event, sizeof(event));
	num = le16_to_cpu(event.device);
	if (!num || num >= VIRTIO_ARGO_MAX_DEVICES)
		return false;
	if (le16_to_cpu(event.state) == VIRTIO_ARGO_DEVICE_REMOVED)
		set_bit(num, be->removed);
	virtio_argo_look(be);
	return true;
}

static bool config_event(struct virtio_argo_link *link, u16 num,
			 const struct argo_ring_msg *msg)
{
	const u32 at = sizeof(struct virtio_argo_control);
	struct virtio_argo_dev *dev = find_dev(link, num);
	struct virtio_argo_event_config event;

	if (!dev || msg->len < at + sizeof(event))
		return false;
	argo_ring_read(link->be->ring, msg, at, &event, sizeof(event));
	virtio_argo_dev_config_event(dev, le32_to_cpu(event.status));
	return true;
}

/* Return: whether the message made sense. */
static bool read_control(struct virtio_argo_link *link,
			 const struct argo_ring_msg *msg)
{
	struct virtio_argo_backend *be = link->be;
	struct virtio_argo_control header;
	bool bus;

	if (msg->len < sizeof(header))
		return false;
	argo_ring_read(be->ring, msg, 0, &header, sizeof(header));
	if (!virtio_argo_control_ok(&header, msg->len))
		return false;
	if (header.type & VIRTIO_ARGO_RESPONSE)
		return virtio_argo_answered(link, &header, msg);
	bus = header.type & VIRTIO_ARGO_BUS;
	if (bus && header.msg_id == VIRTIO_ARGO_EVENT_LOST) {
		/*
		 * Before the answer to HELLO it is about an earlier message,
		 * or about devices where there were none.
		 */
		if (READ_ONCE(link->greeted))
			virtio_argo_lost(be);
		else
			virtio_argo_hurry(be);
		return true;
	}
	if (bus && header.msg_id == VIRTIO_ARGO_EVENT_DEVICE)
		return device_event(link, msg);
	if (!bus && header.msg_id == VIRTIO_ARGO_EVENT_CONFIG)
		return config_event(link, le16_to_cpu(header.dev_num), msg);
	return false;
}

/* Return: whether the record made sense, or was only late. */
static bool read_used(struct virtio_argo_link *link,
		      const struct virtio_argo_record *record,
		      const struct argo_ring_msg *msg, u32 from)
{
	struct virtio_argo_dev *dev = find_dev(link,
					       le16_to_cpu(record->dev_num));
	u16 index = le16_to_cpu(record->queue);
	const char *wrong;

	if (record->op != VIRTIO_ARGO_USED || !dev)
		return false;
	if (le32_to_cpu(record->epoch) != READ_ONCE(dev->epoch) ||
	    !READ_ONCE(dev->online)) {
		virtio_argo_count(dev, VIRTIO_ARGO_STALE);
		return true;
	}
	if (index >= dev->nr_vqs || !dev->queue[index])
		wrong = "the back end answered for a queue that is not used";
	else
		wrong = virtio_argo_queue_used(dev->queue[index], record, msg,
					       from);
	if (wrong)
		virtio_argo_dev_fail(dev, wrong);
	else if (READ_ONCE(dev->queue[index]->interrupt))
		set_bit(dev->num, link->be->kicked);
	return !wrong;
}

/* Return: whether all of the message made sense. */
static bool read_data(struct virtio_argo_link *link,
		      const struct argo_ring_msg *msg)
{
	struct virtio_argo_record record;
	bool ok = true;
	u32 at = 0, n;

	while (at < msg->len) {
		if (msg->len - at < sizeof(record))
			return false;
		argo_ring_read(link->be->ring, msg, at, &record,
			       sizeof(record));
		at += sizeof(record);
		n = le32_to_cpu(record.len);
		if (n > msg->len - at)
			return false;
		ok &= read_used(link, &record, msg, at);
		at += n;
	}
	return ok;
}

static bool read_message(struct virtio_argo_backend *be,
			 const struct argo_ring_msg *msg)
{
	struct virtio_argo_link *link = find_link(be, msg->port);

	if (!link || msg->domid != link->addr.domid)
		return false;
	switch (msg->type) {
	case VIRTIO_ARGO_CONTROL:
		return read_control(link, msg);
	case VIRTIO_ARGO_DATA:
		return read_data(link, msg);
	default:
		return false;
	}
}

/* Return: whether there may be more. */
static bool read_ring(struct virtio_argo_backend *be, u64 end)
{
	struct argo_ring_msg msg;
	int rc;

	while ((rc = argo_ring_peek(be->ring, &msg)) > 0) {
		if (read_message(be, &msg)) {
			argo_ring_consume(be->ring, &msg, false);
		} else {
			WRITE_ONCE(be->drops, be->drops + 1);
			argo_ring_drop(be->ring, &msg);
		}
		if (local_clock() > end)
			return true;
	}
	return rc == -EBUSY;
}

/* Room at a link's port: all of its devices may send. */
static void note_room(struct virtio_argo_backend *be)
{
	struct virtio_argo_link *link;
	unsigned int num;

	lockdep_assert_held(&be->reader);

	list_for_each_entry(link, &be->links, node) {
		if (!xchg(&link->woken, false))
			continue;
		for (num = 0; num < VIRTIO_ARGO_MAX_DEVICES; num++)
			if (be->dev[num] && be->dev[num]->link == link)
				set_bit(num, be->kicked);
	}
}

static void work_for(struct virtio_argo_backend *be)
{
	struct virtio_argo_dev *dev;
	unsigned int num, i;

	lockdep_assert_held(&be->reader);

	for_each_set_bit(num, be->kicked, VIRTIO_ARGO_MAX_DEVICES) {
		if (!test_and_clear_bit(num, be->kicked))
			continue;
		dev = be->dev[num];
		for (i = 0; dev && i < dev->nr_vqs; i++)
			if (dev->queue[i])
				virtio_argo_queue_work(dev->queue[i]);
	}
}

static void tasklet_fn(struct tasklet_struct *tasklet)
{
	struct virtio_argo_backend *be =
		container_of(tasklet, struct virtio_argo_backend, tasklet);
	bool more = false;

	spin_lock(&be->reader);
	if (be->ring && !be->paused)
		more = read_ring(be, local_clock() + RUN_MOST);
	note_room(be);
	work_for(be);
	spin_unlock(&be->reader);
	if (more)
		tasklet_schedule(&be->tasklet);
}

static void data_ready(struct argo_ring *ring)
{
	struct virtio_argo_backend *be = argo_ring_priv(ring);

	tasklet_schedule(&be->tasklet);
}

static void set_paused(struct virtio_argo_backend *be, bool paused)
{
	spin_lock_bh(&be->reader);
	be->paused = paused;
	spin_unlock_bh(&be->reader);
}

static void reset_prepare(struct argo_ring *ring)
{
	set_paused(argo_ring_priv(ring), true);
}

/* The domain was restored, perhaps where another back end is. */
static void reset_done(struct argo_ring *ring)
{
	struct virtio_argo_backend *be = argo_ring_priv(ring);

	set_paused(be, false);
	virtio_argo_lost(be);
}

/* The interrupt handler no longer uses the ring. */
static void release(struct argo_ring *ring)
{
	struct virtio_argo_backend *be = argo_ring_priv(ring);

	virtio_argo_backend_put(be);
}

static const struct argo_ring_ops ops = {
	.owner = THIS_MODULE,
	.resident = true,
	.data_ready = data_ready,
	.reset_prepare = reset_prepare,
	.reset_done = reset_done,
	.release = release,
};

/**
 * virtio_argo_ring_init() - prepare the reader of a back end's ring
 * @be: back end
 */
void virtio_argo_ring_init(struct virtio_argo_backend *be)
{
	spin_lock_init(&be->reader);
	init_waitqueue_head(&be->answers);
	tasklet_setup(&be->tasklet, tasklet_fn);
}

/**
 * virtio_argo_ring_open() - make the ring that a back end sends to
 * @be: back end, without a ring
 *
 * Context: may sleep.
 * Return: 0, or an errno of argo_ring_create().
 */
int virtio_argo_ring_open(struct virtio_argo_backend *be)
{
	const struct argo_ring_params params = {
		.ops = &ops,
		.priv = be,
		.port = ARGO_PORT_VIRTIO_DRIVER,
		.partner = be->domid,
		.size = virtio_argo_ring_size,
		.uid = GLOBAL_ROOT_UID,
	};
	struct argo_ring *ring;

	virtio_argo_backend_hold(be);
	ring = argo_ring_create(be->hv, &params);
	if (IS_ERR(ring)) {
		virtio_argo_backend_put(be);
		return PTR_ERR(ring);
	}
	spin_lock_bh(&be->reader);
	be->ring = ring;
	spin_unlock_bh(&be->reader);
	/* Messages may have come before the ring was there. */
	tasklet_schedule(&be->tasklet);
	return 0;
}

/**
 * virtio_argo_ring_close() - give the ring of a back end back
 * @be: back end, to which nothing is sent
 *
 * Context: may sleep.
 */
void virtio_argo_ring_close(struct virtio_argo_backend *be)
{
	struct argo_ring *ring = be->ring;

	if (!ring)
		return;
	spin_lock_bh(&be->reader);
	be->ring = NULL;
	spin_unlock_bh(&be->reader);
	argo_ring_destroy(ring);
}
