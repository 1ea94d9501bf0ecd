// SPDX-License-Identifier: GPL-2.0-only
/*
 * The receive queue of a SOCK_SEQPACKET socket. The common code keeps a sk_buff
 * for each packet: for a record of one byte that is 700 times the credit that
 * its sender used for it. So small packets are packed into one sk_buff, each
 * behind a word with its length. They take at most 8 bytes of memory for a byte
 * of credit.
 *
 * The common code cannot read packed packets, so reading is done here, too.
 */
#include "vsock.h"

/* Packets with more payload stay in a sk_buff of their own. */
#define MAX_PACKED	1024u

#define WORD_LEN	GENMASK(29, 0)
#define WORD_EOM	BIT(30)
#define WORD_EOR	BIT(31)

/**
 * struct part - a packet in the receive queue: a record, or a part of a record
 * @at: offset of the payload in the sk_buff
 * @len: bytes of payload
 * @ends_record: the packet is the last of its record
 * @eor: the record was sent with MSG_EOR
 */
struct part {
	u32 at;
	u32 len;
	bool ends_record;
	bool eor;
};

static bool is_packed(struct sk_buff *skb)
{
	return !virtio_vsock_hdr(skb)->op;
}

static struct part part_at(struct sk_buff *skb, u32 at)
{
	u32 flags = le32_to_cpu(virtio_vsock_hdr(skb)->flags), word;

	if (!is_packed(skb))
		return (struct part) {
			.len = skb->len,
			.ends_record = flags & VIRTIO_VSOCK_SEQ_EOM,
			.eor = flags & VIRTIO_VSOCK_SEQ_EOR,
		};
	memcpy(&word, skb->data + at, sizeof(word));
	return (struct part) {
		.at = at + sizeof(word),
		.len = word & WORD_LEN,
		.ends_record = word & WORD_EOM,
		.eor = word & WORD_EOR,
	};
}

static struct sk_buff *new_packed(struct virtio_vsock_sock *vvs)
{
	struct sk_buff *skb;

	skb = virtio_vsock_alloc_skb(VIRTIO_VSOCK_SKB_HEADROOM +
				     ARGO_VSOCK_ROOM,
				     GFP_ATOMIC | __GFP_NOWARN);
	if (!skb)
		return NULL;
	memset(virtio_vsock_hdr(skb), 0, sizeof(struct virtio_vsock_hdr));
	__skb_queue_tail(&vvs->rx_queue, skb);
	return skb;
}

/* Return: whether a copy of @skb was packed; else @skb has to be queued. */
static bool pack(struct virtio_vsock_sock *vvs, struct sk_buff *skb)
{
	u32 flags = le32_to_cpu(virtio_vsock_hdr(skb)->flags);
	struct sk_buff *last = skb_peek_tail(&vvs->rx_queue);
	u32 word = skb->len;

	if (skb->len > MAX_PACKED || skb_is_nonlinear(skb))
		return false;
	if (!last || !is_packed(last) ||
	    skb_tailroom(last) < sizeof(word) + skb->len)
		last = new_packed(vvs);
	if (!last)
		return false;
	if (flags & VIRTIO_VSOCK_SEQ_EOM)
		word |= WORD_EOM;
	if (flags & VIRTIO_VSOCK_SEQ_EOR)
		word |= WORD_EOR;
	skb_put_data(last, &word, sizeof(word));
	skb_put_data(last, skb->data, skb->len);
	return true;
}

/**
 * argo_vsock_record_add() - add a record, or a part of one, to a socket's queue
 * @vvs: the socket
 * @skb: the packet, the socket's from now on
 *
 * Context: under the socket's rx_lock.
 */
void argo_vsock_record_add(struct virtio_vsock_sock *vvs, struct sk_buff *skb)
{
	lockdep_assert_held(&vvs->rx_lock);

	if (le32_to_cpu(virtio_vsock_hdr(skb)->flags) & VIRTIO_VSOCK_SEQ_EOM)
		vvs->msg_count++;
	if (pack(vvs, skb))
		kfree_skb(skb);
	else
		__skb_queue_tail(&vvs->rx_queue, skb);
}

/* Takes the first part, which was read, out of the queue. */
static void drop_first(struct virtio_vsock_sock *vvs, struct sk_buff *skb,
		       const struct part *part)
{
	lockdep_assert_held(&vvs->rx_lock);

	vvs->msg_count -= part->ends_record;
	argo_vsock_unread_drop(vvs, part->len);
	/* A packet that is not packed is one part, and may be in fragments. */
	if (is_packed(skb))
		skb_pull(skb, part->at + part->len);
	if (!is_packed(skb) || !skb->len) {
		__skb_unlink(skb, &vvs->rx_queue);
		consume_skb(skb);
	}
}

/*
 * Copying to the user's memory may sleep, so rx_lock is released meanwhile.
 * @skb stays, since only the holder of the socket's lock takes packets out of
 * the queue.
 */
static int copy_part(struct virtio_vsock_sock *vvs, struct sk_buff *skb,
		     const struct part *part, struct msghdr *msg)
{
	size_t n = min_t(size_t, part->len, msg_data_left(msg));
	int rc;

	lockdep_assert_held(&vvs->rx_lock);

	if (!n)
		return 0;
	spin_unlock_bh(&vvs->rx_lock);
	rc = skb_copy_datagram_iter(skb, part->at, &msg->msg_iter, n);
	spin_lock_bh(&vvs->rx_lock);
	return rc;
}

static void note_eor(const struct part *part, struct msghdr *msg)
{
	if (part->ends_record && part->eor)
		msg->msg_flags |= MSG_EOR;
}

static ssize_t peek(struct virtio_vsock_sock *vvs, struct msghdr *msg)
{
	struct sk_buff *skb;
	struct part part;
	ssize_t len = 0;
	u32 at;
	int rc;

	skb_queue_walk(&vvs->rx_queue, skb) {
		for (at = 0; at < skb->len; at = part.at + part.len) {
			part = part_at(skb, at);
			rc = copy_part(vvs, skb, &part, msg);
			if (rc)
				return rc;
			len += part.len;
			note_eor(&part, msg);
			if (part.ends_record)
				return len;
		}
	}
	return len;
}

/*
 * A record that cannot be copied to the user is dropped, as by the common code.
 */
static ssize_t take(struct virtio_vsock_sock *vvs, struct msghdr *msg)
{
	struct sk_buff *skb;
	struct part part;
	ssize_t len = 0;
	int rc = 0;

	do {
		skb = skb_peek(&vvs->rx_queue);
		if (WARN_ON_ONCE(!skb))
			break;
		part = part_at(skb, 0);
		rc = rc ?: copy_part(vvs, skb, &part, msg);
		len += part.len;
		note_eor(&part, msg);
		drop_first(vvs, skb, &part);
	} while (!part.ends_record);
	return rc ?: len;
}

/**
 * argo_vsock_seqpacket_dequeue() - vsock_transport.seqpacket_dequeue
 * @vsk: the socket
 * @msg: the reader's memory
 * @flags: MSG_*
 *
 * Context: may sleep, under lock_sock().
 * Return: the record's length, which may be more than fitted into the reader's
 * memory; 0 without a record; or an errno.
 */
ssize_t argo_vsock_seqpacket_dequeue(struct vsock_sock *vsk, struct msghdr *msg,
				     int flags)
{
	struct virtio_vsock_sock *vvs = vsk->trans;
	bool tell = false;
	ssize_t len = 0;
	u64 window;

	spin_lock_bh(&vvs->rx_lock);
	if (vvs->msg_count && flags & MSG_PEEK) {
		len = peek(vvs, msg);
	} else if (vvs->msg_count) {
		len = take(vvs, msg);
		tell = true;
	}
	window = vvs->buf_alloc;
	spin_unlock_bh(&vvs->rx_lock);
	if (tell)
		virtio_transport_notify_buffer_size(vsk, &window);
	return len;
}
