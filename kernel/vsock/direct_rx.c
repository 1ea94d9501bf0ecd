// SPDX-License-Identifier: GPL-2.0-only
/*
 * Receiving in the reader's context: the reader of a stream takes data for the
 * stream straight from the ring, or queues it there if it cannot take it.
 * Any message but data for the stream is left to the worker: handover.c.
 */
#include <linux/module.h>
#include <linux/rcupdate.h>
#include <linux/sched.h>
#include <linux/sched/clock.h>
#include <linux/uaccess.h>

#include "vsock.h"

static bool is_for(const struct virtio_vsock_hdr *hdr, struct vsock_sock *vsk)
{
	const struct virtio_vsock_sock *vvs = vsk->trans;
	const struct sock *sk = sk_vsock(vsk);

	return le32_to_cpu(hdr->src_port) == vsk->remote_addr.svm_port &&
	       le32_to_cpu(hdr->dst_port) == vsk->local_addr.svm_port &&
	       le32_to_cpu(hdr->len) <= READ_ONCE(vvs->buf_alloc) &&
	       sk->sk_state == TCP_ESTABLISHED && sk->sk_type == SOCK_STREAM;
}

/*
 * Return: bytes copied; fewer than @n where the reader's memory is not present.
 */
static size_t copy_payload(struct argo_vsock_rx *rx,
			   const struct argo_ring_msg *msg, u32 from, u32 n,
			   struct iov_iter *to)
{
	struct kvec view[2];
	unsigned int i, pieces;
	size_t copied = 0, part;

	pieces = argo_ring_view(rx->ring, msg, from, n, view);
	/* A page fault may last without end, and rx->lock is held. */
	pagefault_disable();
	for (i = 0; i < pieces; i++) {
		part = copy_to_iter(view[i].iov_base, view[i].iov_len, to);
		copied += part;
		if (part < view[i].iov_len)
			break;
	}
	pagefault_enable();
	return copied;
}

/* Return: bytes of the next message that were read. */
static u32 read_message(struct argo_vsock_rx *rx, struct vsock_sock *vsk,
			const struct argo_ring_msg *msg,
			const struct virtio_vsock_hdr *hdr, struct iov_iter *to,
			u32 n)
{
	struct virtio_vsock_sock *vvs = vsk->trans;
	u32 read;

	lockdep_assert_held(&rx->lock);

	if (!rx->done && argo_vsock_conn_learn_credit(vvs, hdr))
		sk_vsock(vsk)->sk_write_space(sk_vsock(vsk));
	read = copy_payload(rx, msg, sizeof(*hdr) + rx->done, n, to);
	spin_lock_bh(&vvs->rx_lock);
	vvs->fwd_cnt += read;
	spin_unlock_bh(&vvs->rx_lock);
	argo_vsock_read_part(rx, hdr, read);
	if (rx->done == le32_to_cpu(hdr->len)) {
		argo_vsock_count(rx->vs, ARGO_VSOCK_RX_PACKETS);
		argo_vsock_count(rx->vs, ARGO_VSOCK_RX_DIRECT);
		argo_vsock_note_stream(rx, hdr);
		argo_vsock_consume(rx, msg);
	}
	return read;
}

static void note_slept(struct argo_vsock_rx *rx)
{
	if (rx->slept_since)
		argo_ring_slept(rx->ring, rx->slept_since);
	rx->slept_since = 0;
}

static bool next_is_for(struct argo_vsock_rx *rx, struct vsock_sock *vsk,
			struct argo_ring_msg *msg,
			struct virtio_vsock_hdr *hdr)
{
	/*
	 * The worker and lanes queue data without the socket's lock. The queue
	 * is looked at last: a lane that has gone has filled it.
	 */
	return argo_vsock_next_is_stream_data(rx, msg, hdr) &&
	       is_for(hdr, vsk) &&
	       !argo_vsock_lane_is_busy(rx->peer, hdr) &&
	       !virtio_transport_stream_has_data(vsk);
}

/* Return: bytes read. @fault: set where the reader's memory was not present. */
static size_t read_messages(struct argo_vsock_rx *rx, struct vsock_sock *vsk,
			    struct iov_iter *to, size_t len, bool *fault)
{
	struct virtio_vsock_hdr hdr;
	struct argo_ring_msg msg;
	size_t copied = 0;
	u32 n, got;

	while (copied < len && next_is_for(rx, vsk, &msg, &hdr)) {
		note_slept(rx);
		n = min_t(size_t, len - copied,
			  le32_to_cpu(hdr.len) - rx->done);
		got = read_message(rx, vsk, &msg, &hdr, to, n);
		copied += got;
		if (rx->irq_away)
			argo_hv_interrupt(rx->vs->hv);
		if (got < n) {
			*fault = true;
			break;
		}
	}
	return copied;
}

static void lock_both(struct argo_vsock_rx *rx)
{
	mutex_lock(&rx->receive_lock);
	mutex_lock(&rx->lock);
}

static void unlock_both(struct argo_vsock_rx *rx)
{
	mutex_unlock(&rx->lock);
	mutex_unlock(&rx->receive_lock);
}

/**
 * argo_vsock_read_direct() - read a stream's data from the ring
 * @vsk: the stream's socket, which has nothing queued
 * @to: the reader's memory
 * @len: bytes wanted
 *
 * Context: may sleep, under lock_sock(); takes argo_vsock_rx.receive_lock.
 * Return: bytes read; 0 also if the next message is left to the worker, or if
 * the reader's memory is not present.
 */
ssize_t argo_vsock_read_direct(struct vsock_sock *vsk, struct iov_iter *to,
			       size_t len)
{
	struct argo_vsock_peer *peer = argo_vsock_peer_of(vsk);
	struct virtio_vsock_hdr hdr;
	struct argo_ring_msg msg;
	struct argo_vsock_rx *rx;
	bool fault = false;
	size_t copied;

	if (!peer)
		return 0;
	rx = &peer->rx;
	lock_both(rx);
	argo_vsock_claim(rx);
	copied = read_messages(rx, vsk, to, len, &fault);
	if (fault)
		argo_vsock_note_late(rx);
	if (copied == len && next_is_for(rx, vsk, &msg, &hdr))
		argo_vsock_keep(rx, false);
	else
		argo_vsock_release(rx);
	unlock_both(rx);
	if (copied)
		WRITE_ONCE(peer->used, jiffies);
	argo_vsock_peer_put(peer);
	return copied;
}

/**
 * argo_vsock_look() - look for a stream's data in the ring
 * @vsk: the stream's socket, which has nothing queued
 *
 * Where the next message is for another stream, the worker is called.
 *
 * Context: may sleep; takes argo_vsock_rx.receive_lock. The caller may be about
 * to sleep: if a mutex makes the task running again, the caller does not sleep
 * but asks again.
 * Return: bytes of the next message that @vsk can read; there may be more.
 */
s64 argo_vsock_look(struct vsock_sock *vsk)
{
	struct argo_vsock_peer *peer = argo_vsock_peer_of(vsk);
	struct virtio_vsock_hdr hdr;
	struct argo_ring_msg msg;
	struct argo_vsock_rx *rx;
	s64 bytes = 0;

	if (!peer)
		return 0;
	rx = &peer->rx;
	sched_annotate_sleep();
	lock_both(rx);
	if (next_is_for(rx, vsk, &msg, &hdr))
		bytes = le32_to_cpu(hdr.len) - rx->done;
	else
		argo_vsock_release(rx);
	unlock_both(rx);
	argo_vsock_peer_put(peer);
	return bytes;
}

/* Return: whether the ring has data for @vsk, which was about to sleep. */
static bool poll_ring(struct argo_vsock_rx *rx, struct vsock_sock *vsk)
{
	struct virtio_vsock_hdr hdr;
	struct argo_ring_msg msg;
	struct argo_ring *ring;
	bool mine;

	lockdep_assert_held(&rx->receive_lock);

	argo_vsock_claim(rx);
	rcu_read_lock();
	ring = READ_ONCE(rx->ring);
	if (ring)
		argo_ring_busy_poll(ring, KTIME_MAX);
	rcu_read_unlock();

	mutex_lock(&rx->lock);
	mine = next_is_for(rx, vsk, &msg, &hdr);
	if (mine)
		argo_vsock_keep(rx, true);
	else
		argo_vsock_release(rx);
	mutex_unlock(&rx->lock);
	return mine;
}

/**
 * argo_vsock_poll_ring() - look for a stream's data for a moment, while it pays
 * @vsk: the stream's socket, with nothing to read
 *
 * Context: under lock_sock(), about to sleep, as argo_vsock_look().
 * Return: whether there is data in the ring now.
 */
bool argo_vsock_poll_ring(struct vsock_sock *vsk)
{
	struct argo_vsock_peer *peer = argo_vsock_peer_of(vsk);
	bool mine = false;

	if (!peer)
		return false;
	/*
	 * Another task that has the lock delivers messages, or calls the worker
	 * for them.
	 */
	if (mutex_trylock(&peer->rx.receive_lock)) {
		sched_annotate_sleep();
		mine = poll_ring(&peer->rx, vsk);
		if (!mine)
			peer->rx.slept_since = local_clock();
		mutex_unlock(&peer->rx.receive_lock);
	}
	argo_vsock_peer_put(peer);
	return mine;
}

/**
 * argo_vsock_queue_next() - queue a stream's data that is in the ring
 * @vsk: the stream's socket
 *
 * For a reader that cannot take the data from the ring.
 *
 * Context: may sleep, under lock_sock(); takes argo_vsock_rx.receive_lock.
 * Return: bytes in the queue.
 */
s64 argo_vsock_queue_next(struct vsock_sock *vsk)
{
	struct argo_vsock_peer *peer = argo_vsock_peer_of(vsk);

	if (!peer)
		return 0;
	mutex_lock(&peer->rx.receive_lock);
	if (!virtio_transport_stream_has_data(vsk) && !READ_ONCE(peer->held))
		argo_vsock_receive(&peer->rx);
	mutex_unlock(&peer->rx.receive_lock);
	argo_vsock_peer_put(peer);
	return virtio_transport_stream_has_data(vsk);
}
