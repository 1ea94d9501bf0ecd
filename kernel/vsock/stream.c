// SPDX-License-Identifier: GPL-2.0-only
/*
 * The operations of streams that the common code does not do alone.
 *
 * A read finds data in the socket's queue, or takes it from the ring in the
 * reader's context (direct_rx.c). A write goes from the writer's memory
 * straight to the peer's ring (direct_tx.c), or into a packet of the common
 * code.
 *
 * The window of a stream: the bytes that its peer may send unread. AF_VSOCK's
 * default is four packets, with which a stream stops and goes. So the window
 * grows with the bytes that went through the socket, as TCP's does, unless the
 * user has set SO_VM_SOCKETS_BUFFER_SIZE.
 *
 * The window of a socket that is not used keeps its size.
 */
#include <linux/module.h>
#include <linux/sched.h>
#include <linux/sizes.h>

#include "vsock.h"

/* AF_VSOCK's default of SO_VM_SOCKETS_BUFFER_SIZE. */
#define DEFAULT_WINDOW		SZ_256K

static unsigned int max_window = SZ_1M;
module_param(max_window, uint, 0644);
MODULE_PARM_DESC(max_window, "most bytes that a peer may send unread to a stream socket whose user did not set SO_VM_SOCKETS_BUFFER_SIZE (default 1048576, no more than 16777216)");

/* @through: bytes that went through the socket in all; it may have wrapped. */
static void grow(struct vsock_sock *vsk, u32 through)
{
	struct virtio_vsock_sock *vvs = vsk->trans;
	u32 most = min(READ_ONCE(max_window), ARGO_VSOCK_MAX_CREDIT);

	lockdep_assert_held(&vvs->rx_lock);

	if (vsk->buffer_size == DEFAULT_WINDOW && vvs->buf_alloc < most &&
	    through / 2 >= vvs->buf_alloc)
		vvs->buf_alloc = argo_vsock_credit_get(argo_vsock_conn_of(vsk),
						       min(2 * vvs->buf_alloc,
							   most));
}

static void grow_with_reading(struct vsock_sock *vsk)
{
	struct virtio_vsock_sock *vvs = vsk->trans;

	spin_lock_bh(&vvs->rx_lock);
	grow(vsk, vvs->fwd_cnt);
	spin_unlock_bh(&vvs->rx_lock);
}

/*
 * Tells the peer of room once for each quarter of the window that was read. The
 * window that the peer knows of counts: it may have doubled several times since,
 * and a quarter of it be more than the peer may send.
 */
static void tell_of_room(struct vsock_sock *vsk)
{
	struct argo_vsock_conn *conn = argo_vsock_conn_of(vsk);
	struct virtio_vsock_sock *vvs = &conn->vvs;
	u64 window;
	bool tell;

	spin_lock_bh(&vvs->rx_lock);
	window = vvs->buf_alloc;
	tell = vvs->fwd_cnt - vvs->last_fwd_cnt >= conn->told_window / 4;
	if (tell)
		conn->told_window = window;
	spin_unlock_bh(&vvs->rx_lock);
	if (tell)
		virtio_transport_notify_buffer_size(vsk, &window);
}

/*
 * In some series a socket sends no more than its own window, however large the
 * peer's window is. So the socket's window grows with sending, too, while the
 * peer's is larger.
 */
static void grow_with_sending(struct vsock_sock *vsk)
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

/**
 * argo_vsock_set_buffer() - vsock_transport.notify_buffer_size
 * @vsk: the socket
 * @size: SO_VM_SOCKETS_BUFFER_SIZE as the user wants it; set to the size that
 *	the socket gets
 *
 * Context: may sleep, under lock_sock().
 */
void argo_vsock_set_buffer(struct vsock_sock *vsk, u64 *size)
{
	struct argo_vsock_conn *conn = argo_vsock_conn_of(vsk);

	*size = argo_vsock_credit_get(conn, min_t(u64, *size, U32_MAX));
	spin_lock_bh(&conn->vvs.rx_lock);
	conn->told_window = *size;
	spin_unlock_bh(&conn->vvs.rx_lock);
	virtio_transport_notify_buffer_size(vsk, size);
}

/**
 * argo_vsock_has_space() - vsock_transport.stream_has_space
 * @vsk: the socket
 *
 * A writer waits for credit, and for memory: SO_SNDBUF bounds the memory of the
 * packets that the socket has queued.
 *
 * Context: any.
 * Return: bytes that may be sent.
 */
s64 argo_vsock_has_space(struct vsock_sock *vsk)
{
	if (!sock_writeable(sk_vsock(vsk)))
		return 0;
	return virtio_transport_stream_has_space(vsk);
}

/**
 * argo_vsock_stream_has_data() - vsock_transport.stream_has_data
 * @vsk: the socket
 *
 * Context: may sleep; takes argo_vsock_rx.receive_lock.
 * Return: bytes that can be read at once; there may be more.
 */
s64 argo_vsock_stream_has_data(struct vsock_sock *vsk)
{
	return virtio_transport_stream_has_data(vsk) ?:
	       argo_vsock_look(vsk) ?:
	       /* Data may have been queued since the first look. */
	       virtio_transport_stream_has_data(vsk);
}

/**
 * argo_vsock_recv_pre_block() - vsock_transport.notify_recv_pre_block
 * @vsk: the socket, with nothing to read
 * @target: not used
 * @data: not used
 *
 * Context: under lock_sock(), about to sleep.
 * Return: 0.
 */
int argo_vsock_recv_pre_block(struct vsock_sock *vsk, size_t target,
			      struct vsock_transport_recv_notify_data *data)
{
	if (argo_vsock_poll_ring(vsk))
		__set_current_state(TASK_RUNNING);
	return 0;
}

static ssize_t dequeue_queued(struct vsock_sock *vsk, struct msghdr *msg,
			      size_t len, int flags)
{
	s64 bytes = virtio_transport_stream_has_data(vsk);

	if (!bytes)
		bytes = argo_vsock_queue_next(vsk);
	if (bytes <= 0)
		return bytes;
	return virtio_transport_stream_dequeue(vsk, msg, len, flags);
}

/**
 * argo_vsock_stream_dequeue() - vsock_transport.stream_dequeue
 * @vsk: the socket
 * @msg: the reader's memory
 * @len: bytes wanted
 * @flags: MSG_*
 *
 * The common code tells the peer of room when nothing is left to read, or when
 * almost no room is left. Here the peer is told earlier, so that it need not
 * stop.
 *
 * Context: may sleep, under lock_sock().
 * Return: bytes read, or an errno.
 */
ssize_t argo_vsock_stream_dequeue(struct vsock_sock *vsk, struct msghdr *msg,
				  size_t len, int flags)
{
	ssize_t n;

	/* Data in the ring cannot be read and stay there: have it queued. */
	if (flags & MSG_PEEK)
		return dequeue_queued(vsk, msg, len, flags) ?: -EAGAIN;

	grow_with_reading(vsk);
	if (virtio_transport_stream_has_data(vsk))
		n = virtio_transport_stream_dequeue(vsk, msg, len, flags);
	else
		n = argo_vsock_read_direct(vsk, &msg->msg_iter, len);
	if (!n)
		n = dequeue_queued(vsk, msg, len, flags);
	if (n > 0)
		tell_of_room(vsk);
	return n;
}

/*
 * In some series AF_VSOCK calls whatever a transport fails with ENOMEM. It looks
 * for an error of the socket before it sends what is left, so the error is left
 * there. Return: @rc, or 0 instead of an error that is left there.
 */
static ssize_t leave_error(struct vsock_sock *vsk, ssize_t rc)
{
	if (rc != -EACCES && rc != -ECONNRESET)
		return rc;
	WRITE_ONCE(sk_vsock(vsk)->sk_err, -rc);
	return 0;
}

/**
 * argo_vsock_stream_enqueue() - vsock_transport.stream_enqueue
 * @vsk: the socket
 * @msg: data to send
 * @len: bytes of it
 *
 * Context: may sleep, under lock_sock().
 * Return: bytes sent or queued, or an errno.
 */
ssize_t argo_vsock_stream_enqueue(struct vsock_sock *vsk, struct msghdr *msg,
				  size_t len)
{
	int sent = argo_vsock_send_direct(vsk, msg, len, false);

	if (!sent)
		return leave_error(vsk, virtio_transport_stream_enqueue(vsk, msg,
									len));
	if (sent > 0)
		grow_with_sending(vsk);
	return sent;
}

#ifdef ARGO_HAVE_VSOCK_SEQPACKET
/**
 * argo_vsock_seqpacket_enqueue() - vsock_transport.seqpacket_enqueue
 * @vsk: the socket
 * @msg: the record, or the rest of it
 * @len: bytes of it
 *
 * Context: may sleep, under lock_sock().
 * Return: bytes sent or queued, or an errno.
 */
int argo_vsock_seqpacket_enqueue(struct vsock_sock *vsk, struct msghdr *msg,
				 size_t len)
{
	return argo_vsock_send_direct(vsk, msg, len, true) ?:
	       leave_error(vsk, virtio_transport_seqpacket_enqueue(vsk, msg,
								   len));
}
#endif
