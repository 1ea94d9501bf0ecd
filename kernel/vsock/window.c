// SPDX-License-Identifier: GPL-2.0-only
/*
 * How much a peer may send unread. Sockets begin with AF_VSOCK's default, which
 * is four packets, and a stream stops and goes with so few. So what a socket
 * that is read may hold grows with what went through it, as TCP's does, unless
 * its user has said how much that shall be.
 *
 * A socket that nobody reads keeps what it began with.
 */
#include <linux/module.h>
#include <linux/sizes.h>

#include "vsock.h"

/* AF_VSOCK's own default. */
#define DEFAULT_WINDOW		SZ_256K

static unsigned int max_window = SZ_1M;
module_param(max_window, uint, 0644);
MODULE_PARM_DESC(max_window, "most bytes that a peer may send unread to a stream socket whose user did not set SO_VM_SOCKETS_BUFFER_SIZE (default 1048576, no more than 16777216)");

/* @through: bytes that went through, ever; it may have wrapped. */
static void grow(struct vsock_sock *vsk, u32 through)
{
	struct virtio_vsock_sock *vvs = vsk->trans;
	u32 most = min(READ_ONCE(max_window), ARGO_VSOCK_MAX_CREDIT);

	lockdep_assert_held(&vvs->rx_lock);

	if (vsk->buffer_size == DEFAULT_WINDOW && vvs->buf_alloc < most &&
	    through / 2 >= vvs->buf_alloc)
		vvs->buf_alloc = min(2 * vvs->buf_alloc, most);
}

/* Return: how much it may hold now. */
static u32 grow_with_reading(struct vsock_sock *vsk)
{
	struct virtio_vsock_sock *vvs = vsk->trans;
	u32 window;

	spin_lock_bh(&vvs->rx_lock);
	grow(vsk, vvs->fwd_cnt);
	window = vvs->buf_alloc;
	spin_unlock_bh(&vvs->rx_lock);
	return window;
}

/* Return: bytes that were read since the peer was told. */
static u32 untold(struct vsock_sock *vsk)
{
	struct virtio_vsock_sock *vvs = vsk->trans;
	u32 bytes;

	spin_lock_bh(&vvs->rx_lock);
	bytes = vvs->fwd_cnt - vvs->last_fwd_cnt;
	spin_unlock_bh(&vvs->rx_lock);
	return bytes;
}

static ssize_t dequeue_queued(struct vsock_sock *vsk, struct msghdr *msg,
			      size_t len, int flags)
{
	s64 bytes = virtio_transport_stream_has_data(vsk);

	if (!bytes)
		bytes = argo_vsock_take_over(vsk);
	if (bytes <= 0)
		return bytes;
	return virtio_transport_stream_dequeue(vsk, msg, len, flags);
}

/**
 * argo_vsock_stream_dequeue() - vsock_transport.stream_dequeue
 * @vsk: the socket
 * @msg: where to
 * @len: bytes wanted
 * @flags: MSG_*
 *
 * The common code tells the peer of room when nothing is left to read, or when
 * there is almost no room left: a peer that is told before need not stop.
 *
 * Context: may sleep, under lock_sock(), which it may give up meanwhile.
 * Return: bytes read, or an errno.
 */
ssize_t argo_vsock_stream_dequeue(struct vsock_sock *vsk, struct msghdr *msg,
				  size_t len, int flags)
{
	ssize_t n;
	u64 window;

	/* In the ring it can be read, but not be looked at and left. */
	if (flags & MSG_PEEK)
		return dequeue_queued(vsk, msg, len, flags) ?: -EAGAIN;

	window = grow_with_reading(vsk);
	if (virtio_transport_stream_has_data(vsk))
		n = virtio_transport_stream_dequeue(vsk, msg, len, flags);
	else
		n = argo_vsock_read_direct(vsk, &msg->msg_iter, len);
	if (!n)
		n = dequeue_queued(vsk, msg, len, flags);
	if (n > 0 && untold(vsk) >= window / 4)
		virtio_transport_notify_buffer_size(vsk, &window);
	return n;
}

/**
 * argo_vsock_note_sent() - so much went to the peer
 * @vsk: a stream socket
 *
 * Some series let a socket send no more than its own window, however large the
 * peer's is: so it follows that.
 *
 * Context: under lock_sock().
 */
void argo_vsock_note_sent(struct vsock_sock *vsk)
{
	struct virtio_vsock_sock *vvs = vsk->trans;
	u32 sent, peers;

	spin_lock_bh(&vvs->tx_lock);
	sent = vvs->tx_cnt;
	peers = vvs->peer_buf_alloc;
	spin_unlock_bh(&vvs->tx_lock);

	spin_lock_bh(&vvs->rx_lock);
	if (peers > vvs->buf_alloc)
		grow(vsk, sent);
	spin_unlock_bh(&vvs->rx_lock);
}
