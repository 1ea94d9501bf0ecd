// SPDX-License-Identifier: GPL-2.0-only
/*
 * Receiving in the context of who reads: what comes for a stream that is being
 * read goes from the ring to its reader. There is no packet in between, no
 * second copy and no worker that runs first.
 *
 * So where all of late was for one stream, the worker leaves a message in the
 * ring, wakes the reader, and deals with it after all if he does not come soon.
 * Those behind it wait that long: others' as well, but only once, since a
 * stream that was not read in time has to earn it again.
 *
 * Whatever is not simply data for this stream is the worker's.
 */
#include <linux/module.h>
#include <linux/rcupdate.h>
#include <linux/sched.h>
#include <linux/sched/clock.h>
#include <linux/uaccess.h>

#include "vsock.h"

/* Messages in a row for one stream, then it is left those that follow. */
#define STREAK		8
/* How long a reader has to come for one. */
#define LEAVE_MS	4

/**
 * argo_vsock_position() - what is read next
 * @rx: of which ring
 *
 * Context: under @rx->lock.
 * Return: bytes that were read before it, ever.
 */
u64 argo_vsock_position(const struct argo_vsock_rx *rx)
{
	lockdep_assert_held(&rx->lock);

	return rx->taken + rx->done;
}

/* Is the next message a stream's data, and all before it is dealt with? */
static bool has_stream_data(struct argo_vsock_rx *rx, struct argo_ring_msg *msg,
			    struct virtio_vsock_hdr *hdr)
{
	lockdep_assert_held(&rx->lock);

	if (!rx->ring || rx->delivering || READ_ONCE(rx->peer->held) ||
	    argo_vsock_is_captured() || argo_ring_peek(rx->ring, msg) <= 0)
		return false;
	return msg->port == ARGO_VSOCK_PORT &&
	       msg->type == (ARGO_VSOCK_MAGIC | ARGO_VSOCK_PACKET |
			     READ_ONCE(rx->peer->life)) &&
	       !argo_vsock_read_header(rx, msg, hdr) &&
	       argo_vsock_is_stream_data(hdr);
}

static bool is_for(const struct virtio_vsock_hdr *hdr, struct vsock_sock *vsk)
{
	const struct virtio_vsock_sock *vvs = vsk->trans;
	const struct sock *sk = sk_vsock(vsk);

	return le32_to_cpu(hdr->src_port) == vsk->remote_addr.svm_port &&
	       le32_to_cpu(hdr->dst_port) == vsk->local_addr.svm_port &&
	       le32_to_cpu(hdr->len) <= READ_ONCE(vvs->buf_alloc) &&
	       sk->sk_state == TCP_ESTABLISHED && sk->sk_type == SOCK_STREAM;
}

static u32 bytes_read(struct vsock_sock *vsk)
{
	struct virtio_vsock_sock *vvs = vsk->trans;
	u32 bytes;

	spin_lock_bh(&vvs->rx_lock);
	bytes = vvs->fwd_cnt;
	spin_unlock_bh(&vvs->rx_lock);
	return bytes;
}

/*
 * A socket that was readable while data was in the ring is readable, too, while
 * the worker is about to queue that. When it is queued the worker does not say;
 * but then it is to be had there, or was read.
 */
static bool is_on_its_way(const struct argo_vsock_rx *rx,
			  struct vsock_sock *vsk)
{
	lockdep_assert_held(&rx->lock);

	return rx->awaited && is_for(rx->awaited, vsk) &&
	       bytes_read(vsk) == rx->told.fwd_cnt;
}

/* Return: bytes of the next message. */
static u32 tell(struct argo_vsock_rx *rx, struct vsock_sock *vsk,
		const struct virtio_vsock_hdr *hdr)
{
	rx->told.at = argo_vsock_position(rx);
	rx->told.fwd_cnt = bytes_read(vsk);
	return le32_to_cpu(hdr->len) - rx->done;
}

/**
 * argo_vsock_note_stream() - a message with a stream's data was consumed
 * @rx: whose ring
 * @hdr: its header
 *
 * Context: under @rx->lock.
 */
void argo_vsock_note_stream(struct argo_vsock_rx *rx,
			    const struct virtio_vsock_hdr *hdr)
{
	lockdep_assert_held(&rx->lock);

	if (rx->stream.src_port != hdr->src_port ||
	    rx->stream.dst_port != hdr->dst_port) {
		rx->stream.src_port = hdr->src_port;
		rx->stream.dst_port = hdr->dst_port;
		rx->stream.streak = 0;
	}
	if (rx->stream.streak < STREAK)
		rx->stream.streak++;
}

static bool may_be_left(const struct argo_vsock_rx *rx,
			const struct virtio_vsock_hdr *hdr)
{
	return rx->stream.streak == STREAK &&
	       rx->stream.src_port == hdr->src_port &&
	       rx->stream.dst_port == hdr->dst_port;
}

static void call_worker(struct argo_vsock_rx *rx, bool now)
{
	if (now)
		mod_delayed_work(rx->vs->wq, &rx->work, 0);
	else
		queue_delayed_work(rx->vs->wq, &rx->work,
				   msecs_to_jiffies(LEAVE_MS));
}

/* Return: whether there is such a socket. */
static bool wake_reader(const struct virtio_vsock_hdr *hdr)
{
	struct sockaddr_vm src, dst;
	struct sock *sk;

	argo_vsock_addresses(hdr, &src, &dst);
	sk = vsock_find_connected_socket(&src, &dst);
	if (!sk)
		return false;
	sk->sk_data_ready(sk);
	sock_put(sk);
	return true;
}

/*
 * Until a reader comes who was woken, or who left a full buffer and more in the
 * ring, the interrupt would only keep him from it.
 */
static void keep_interrupt_away(struct argo_vsock_rx *rx)
{
	lockdep_assert_held(&rx->lock);

	if (rx->masked || rx->stream.streak < STREAK)
		return;
	WRITE_ONCE(rx->masked, argo_poll_begin(rx->vs->hv));
	if (rx->masked)
		argo_poll_stay(rx->vs->hv);
}

/**
 * argo_vsock_let_interrupt() - let the interrupt in that was kept away for a reader
 * @rx: whose ring
 *
 * Context: under @rx->lock.
 */
void argo_vsock_let_interrupt(struct argo_vsock_rx *rx)
{
	bool masked = rx->masked;

	lockdep_assert_held(&rx->lock);

	WRITE_ONCE(rx->masked, false);
	argo_poll_end(rx->vs->hv, masked);
}

/* Return: whether its reader still has time to come for the next message. */
static bool has_time(struct argo_vsock_rx *rx, bool *first)
{
	lockdep_assert_held(&rx->lock);

	*first = rx->left_at != argo_vsock_position(rx);
	if (*first) {
		rx->left_at = argo_vsock_position(rx);
		rx->left_until = jiffies + msecs_to_jiffies(LEAVE_MS) + 1;
	}
	return time_before(jiffies, rx->left_until);
}

/* What came while the interrupt was away may have been seen, and left, since. */
static void stop_reading(struct argo_vsock_rx *rx)
{
	argo_vsock_let_interrupt(rx);
	if (rx->ring && argo_ring_has_data(rx->ring))
		call_worker(rx, true);
}

/**
 * argo_vsock_leave() - leave the next message to its reader, if that is well
 * @rx: whose ring
 *
 * Its reader is woken, and the worker will look again.
 *
 * Context: the worker, under no lock; takes @rx->lock.
 * Return: whether it is left.
 */
bool argo_vsock_leave(struct argo_vsock_rx *rx)
{
	bool known, in_time = false, first = false;
	struct virtio_vsock_hdr hdr;
	struct argo_ring_msg msg;

	if (!rx->peer || READ_ONCE(rx->stream.streak) < STREAK)
		return false;
	mutex_lock(&rx->lock);
	known = has_stream_data(rx, &msg, &hdr) && may_be_left(rx, &hdr);
	if (known)
		in_time = has_time(rx, &first);
	if (in_time)
		keep_interrupt_away(rx);
	mutex_unlock(&rx->lock);
	if (!known)
		return false;
	if (in_time && (!first || wake_reader(&hdr))) {
		call_worker(rx, false);
		return true;
	}
	/* Nobody comes: the worker goes on, and the interrupt calls it again. */
	mutex_lock(&rx->lock);
	WRITE_ONCE(rx->stream.streak, 0);
	argo_vsock_let_interrupt(rx);
	mutex_unlock(&rx->lock);
	return false;
}

static void learn_credit(struct vsock_sock *vsk,
			 const struct virtio_vsock_hdr *hdr)
{
	struct virtio_vsock_sock *vvs = vsk->trans;
	struct sock *sk = sk_vsock(vsk);
	bool has_room;

	spin_lock_bh(&vvs->tx_lock);
	vvs->peer_buf_alloc = min(le32_to_cpu(hdr->buf_alloc),
				  ARGO_VSOCK_MAX_CREDIT);
	vvs->peer_fwd_cnt = le32_to_cpu(hdr->fwd_cnt);
	has_room = vvs->tx_cnt - vvs->peer_fwd_cnt < vvs->peer_buf_alloc;
	spin_unlock_bh(&vvs->tx_lock);
	if (has_room)
		sk->sk_write_space(sk);
}

/* Return: bytes copied; fewer than fit where memory is not there now. */
static size_t copy_payload(struct argo_vsock_rx *rx,
			   const struct argo_ring_msg *msg, u32 from, u32 n,
			   struct iov_iter *to)
{
	struct kvec view[2];
	unsigned int i, pieces;
	size_t copied = 0, part;

	pieces = argo_ring_view(rx->ring, msg, from, n, view);
	/* A fault may take as long as it likes, and others need the ring. */
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

/* Return: bytes read of the next message. */
static u32 read_message(struct argo_vsock_rx *rx, struct vsock_sock *vsk,
			const struct argo_ring_msg *msg,
			const struct virtio_vsock_hdr *hdr, struct iov_iter *to,
			u32 n)
{
	struct virtio_vsock_sock *vvs = vsk->trans;
	u32 read;

	lockdep_assert_held(&rx->lock);

	if (!rx->done)
		learn_credit(vsk, hdr);
	read = copy_payload(rx, msg, sizeof(*hdr) + rx->done, n, to);
	spin_lock_bh(&vvs->rx_lock);
	vvs->fwd_cnt += read;
	spin_unlock_bh(&vvs->rx_lock);
	rx->done += read;
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
	return has_stream_data(rx, msg, hdr) && is_for(hdr, vsk);
}

/* Return: bytes read; @fault: the next ones cannot be had here. */
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
		if (rx->masked)
			argo_poll_look(rx->vs->hv);
		if (got < n) {
			*fault = true;
			break;
		}
	}
	return copied;
}

/* Return: whether something came for which the interrupt did not call the worker. */
static bool end_reading(struct argo_vsock_rx *rx, const struct argo_ring *ring)
{
	WRITE_ONCE(rx->reading, false);
	/* Pairs with what the hypervisor has between index and interrupt. */
	smp_mb();
	return ring && argo_ring_has_data(ring);
}

/**
 * argo_vsock_read_direct() - read a stream's data from the ring
 * @vsk: the stream, which has nothing queued
 * @to: where to
 * @len: bytes wanted
 *
 * Context: may sleep, under lock_sock(); takes argo_vsock_rx.lock.
 * Return: bytes read; 0 also if what comes next is the worker's.
 */
ssize_t argo_vsock_read_direct(struct vsock_sock *vsk, struct iov_iter *to,
			       size_t len)
{
	struct argo_vsock_peer *peer = argo_vsock_peer_of(vsk);
	struct virtio_vsock_hdr hdr;
	struct argo_ring_msg msg;
	bool fault = false, more, mine;
	struct argo_vsock_rx *rx;
	size_t copied = 0;

	if (!peer)
		return 0;
	rx = &peer->rx;
	mutex_lock(&rx->lock);
	do {
		WRITE_ONCE(rx->reading, true);
		copied += read_messages(rx, vsk, to, len - copied, &fault);
		more = end_reading(rx, rx->ring);
		mine = more && !fault && next_is_for(rx, vsk, &msg, &hdr);
	} while (mine && copied < len);
	if (fault)
		WRITE_ONCE(rx->stream.streak, 0);
	if (mine) {
		keep_interrupt_away(rx);
		call_worker(rx, false);
	} else {
		stop_reading(rx);
	}
	if (copied)
		WRITE_ONCE(peer->used, jiffies);
	mutex_unlock(&rx->lock);
	argo_vsock_peer_put(peer);
	return copied;
}

/**
 * argo_vsock_stream_has_data() - vsock_transport.stream_has_data
 * @vsk: the socket
 *
 * Context: may sleep; takes argo_vsock_rx.lock.
 * Return: bytes that can be read at once; there may be more.
 */
s64 argo_vsock_stream_has_data(struct vsock_sock *vsk)
{
	s64 bytes = virtio_transport_stream_has_data(vsk);
	struct argo_vsock_peer *peer;
	struct virtio_vsock_hdr hdr;
	struct argo_ring_msg msg;

	if (bytes)
		return bytes;
	peer = argo_vsock_peer_of(vsk);
	if (!peer)
		return 0;
	/* Who is about to sleep asks again when this has ended his wait. */
	sched_annotate_sleep();
	mutex_lock(&peer->rx.lock);
	if (is_on_its_way(&peer->rx, vsk))
		bytes = le32_to_cpu(peer->rx.awaited->len);
	else if (next_is_for(&peer->rx, vsk, &msg, &hdr))
		bytes = tell(&peer->rx, vsk, &hdr);
	else
		stop_reading(&peer->rx);
	mutex_unlock(&peer->rx.lock);
	argo_vsock_peer_put(peer);
	return bytes;
}

/**
 * argo_vsock_recv_pre_block() - vsock_transport.notify_recv_pre_block
 * @vsk: the socket, with nothing to read
 * @target: not used
 * @data: not used
 *
 * Looks for data for a moment before its reader sleeps, while that pays.
 *
 * Context: under lock_sock(), about to sleep.
 * Return: 0.
 */
int argo_vsock_recv_pre_block(struct vsock_sock *vsk, size_t target,
			      struct vsock_transport_recv_notify_data *data)
{
	struct argo_vsock_peer *peer = argo_vsock_peer_of(vsk);
	struct virtio_vsock_hdr hdr;
	struct argo_ring_msg msg;
	struct argo_vsock_rx *rx;
	struct argo_ring *ring;
	bool more, mine = false;

	if (!peer)
		return 0;
	rx = &peer->rx;
	WRITE_ONCE(rx->reading, true);
	rcu_read_lock();
	ring = READ_ONCE(rx->ring);
	if (ring)
		argo_ring_busy_poll(ring, KTIME_MAX);
	more = end_reading(rx, ring);
	rcu_read_unlock();
	/* Who has the lock deals with it, and wakes him. */
	if (more && mutex_trylock(&rx->lock)) {
		mine = next_is_for(rx, vsk, &msg, &hdr);
		mutex_unlock(&rx->lock);
	}
	if (more)
		call_worker(rx, !mine);
	if (mine)
		__set_current_state(TASK_RUNNING);
	else
		WRITE_ONCE(rx->slept_since, local_clock());
	argo_vsock_peer_put(peer);
	return 0;
}

/**
 * argo_vsock_take_over() - have the worker queue what is not read directly
 * @vsk: a stream that has nothing queued
 *
 * Context: under lock_sock(), which it gives up meanwhile.
 * Return: bytes queued then, or -ECONNRESET.
 */
s64 argo_vsock_take_over(struct vsock_sock *vsk)
{
	const struct vsock_transport *transport = vsk->transport;
	struct argo_vsock_peer *peer = argo_vsock_peer_of(vsk);
	struct sock *sk = sk_vsock(vsk);
	struct argo_vsock_rx *rx;
	bool on_its_way;
	u32 dealt;

	if (!peer)
		return 0;
	rx = &peer->rx;
	mutex_lock(&rx->lock);
	on_its_way = is_on_its_way(rx, vsk);
	dealt = rx->dealt;
	if (!on_its_way)
		WRITE_ONCE(rx->stream.streak, 0);
	mutex_unlock(&rx->lock);

	release_sock(sk);
	if (on_its_way) {
		wait_event(rx->dealt_wait, READ_ONCE(rx->dealt) != dealt);
	} else {
		call_worker(rx, true);
		flush_delayed_work(&rx->work);
	}
	lock_sock(sk);
	argo_vsock_peer_put(peer);
	if (vsk->transport != transport)
		return -ECONNRESET;
	return virtio_transport_stream_has_data(vsk);
}
