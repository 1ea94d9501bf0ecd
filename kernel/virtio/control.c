// SPDX-License-Identifier: GPL-2.0-only
/* Control requests: one at a time on a link, and a bounded wait for an answer. */
#include <linux/delay.h>
#include <linux/uio.h>

#include "virtio.h"

/* Time between tries to send at a full ring. */
#define RETRY_MS	10

/* Was the back end lost since it had been so @losses times? */
static bool is_lost(const struct virtio_argo_link *link, int losses)
{
	return READ_ONCE(link->be->lost) ||
	       atomic_read(&link->be->losses) != losses;
}

static bool is_answered(const struct virtio_argo_link *link, int losses)
{
	/* Pairs with virtio_argo_answered(). */
	return smp_load_acquire(&link->answer.len) >= 0 ||
	       is_lost(link, losses);
}

static void expect(struct virtio_argo_link *link,
		   const struct virtio_argo_control *request)
{
	struct virtio_argo_answer *answer = &link->answer;

	spin_lock_bh(&link->be->reader);
	if (request)
		answer->wanted = *request;
	answer->wanted.type |= VIRTIO_ARGO_RESPONSE;
	answer->wanted.token = request ? request->token : 0;
	answer->len = -1;
	spin_unlock_bh(&link->be->reader);
}

static int send(struct virtio_argo_link *link,
		struct virtio_argo_control *request, const void *payload,
		u32 len, unsigned long end, int losses)
{
	const struct argo_hv_iov iov[] = {
		{ .base = (unsigned long)request, .len = sizeof(*request) },
		{ .base = (unsigned long)payload, .len = len },
	};
	struct argo_outgoing out = {
		.msg = {
			.iov = iov,
			.niov = len ? 2 : 1,
			.dst = link->addr,
			.type = VIRTIO_ARGO_CONTROL,
		},
		.ring = link->be->ring,
		.len = sizeof(*request) + len,
	};
	int rc;

	for (;;) {
		if (is_lost(link, losses))
			return -ENOTCONN;
		rc = argo_send(&out, NULL);
		if (rc != -EAGAIN)
			return min(rc, 0);
		if (time_after(jiffies, end))
			return -ETIMEDOUT;
		msleep(RETRY_MS);
	}
}

static int take_answer(struct virtio_argo_link *link, void *answer, u32 room)
{
	int len;

	spin_lock_bh(&link->be->reader);
	len = link->answer.len;
	if (len >= 0)
		memcpy(answer, link->answer.payload, min_t(u32, len, room));
	spin_unlock_bh(&link->be->reader);
	return len;
}

/**
 * virtio_argo_request() - ask the back end for something
 * @link: link that the request goes along
 * @num: number of a device, or -1: the request is for the bus
 * @msg_id: the request
 * @request: the request's payload
 * @len: bytes of @request, at most VIRTIO_ARGO_MAX_CONTROL
 * @answer: memory for the answer's payload
 * @room: bytes of @answer; a longer payload is cut
 *
 * Context: may sleep, for VIRTIO_ARGO_ANSWER_TIME at most, takes
 * virtio_argo_link.turn.
 * Return: bytes of the answer's payload; -ETIMEDOUT (no answer), -ENOTCONN (the
 * back end was lost meanwhile), or an errno of argo_send().
 */
int virtio_argo_request(struct virtio_argo_link *link, int num, u8 msg_id,
			const void *request, u32 len, void *answer, u32 room)
{
	unsigned long end = jiffies + VIRTIO_ARGO_ANSWER_TIME;
	struct virtio_argo_control header = {
		.type = num < 0 ? VIRTIO_ARGO_BUS : 0,
		.msg_id = msg_id,
		.dev_num = cpu_to_le16(max(num, 0)),
		.msg_size = cpu_to_le16(sizeof(header) + len),
	};
	int losses, rc;

	mutex_lock(&link->turn);
	losses = atomic_read(&link->be->losses);
	if (!++link->token)
		link->token++;
	header.token = cpu_to_le16(link->token);
	expect(link, &header);
	rc = send(link, &header, request, len, end, losses);
	if (!rc) {
		wait_event_timeout(link->be->answers, is_answered(link, losses),
				   max_t(long, end - jiffies, 1));
		rc = take_answer(link, answer, room);
		if (rc < 0)
			rc = is_lost(link, losses) ? -ENOTCONN : -ETIMEDOUT;
	}
	expect(link, NULL);
	mutex_unlock(&link->turn);
	return rc;
}

/**
 * virtio_argo_answered() - take an answer, if it is awaited
 * @link: link that it came along
 * @header: its header, which is sound
 * @msg: the message
 *
 * Context: softirq, under virtio_argo_backend.reader; the ring's reader.
 * Return: whether it was awaited.
 */
bool virtio_argo_answered(struct virtio_argo_link *link,
			  const struct virtio_argo_control *header,
			  const struct argo_ring_msg *msg)
{
	struct virtio_argo_answer *answer = &link->answer;
	u32 len = msg->len - sizeof(*header);

	lockdep_assert_held(&link->be->reader);

	if (answer->len >= 0 || !answer->wanted.token ||
	    header->token != answer->wanted.token ||
	    header->type != answer->wanted.type ||
	    header->msg_id != answer->wanted.msg_id ||
	    header->dev_num != answer->wanted.dev_num)
		return false;
	argo_ring_read(link->be->ring, msg, sizeof(*header), answer->payload,
		       len);
	/* Pairs with is_answered(). */
	smp_store_release(&answer->len, (int)len);
	wake_up(&link->be->answers);
	return true;
}
