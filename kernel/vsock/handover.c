// SPDX-License-Identifier: GPL-2.0-only
/*
 * The owner of a ring: the worker, or a reader of a stream.
 *
 * The worker delivers every message, so that data goes into the queue of its
 * socket. A reader takes the data of its stream straight from the ring
 * (stream.c): no packet is made, nothing is copied twice, and no worker has to
 * run first. Whoever takes a message holds receive_lock until the message is
 * delivered. So at any time a message is in the ring, or its data is in the
 * queue of its socket; and the owner only decides what happens when a message
 * comes:
 *
 *                    claim(): a reader looks into the ring
 *                    leave(): the next message is the latest stream's
 *   +--------------+ ----------------------------------> +--------------+
 *   |    WORKER    |                                     |    READER    |
 *   | a message    |                                     | a message    |
 *   | calls the    |                                     | calls nobody |
 *   | worker       | <---------------------------------- |              |
 *   +--------------+ release(): the reader finds nothing +--------------+
 *                        for its stream                        |  ^
 *                    leave() says no: no reader came           |  |
 *                        within LEAVE_MS                       +--+
 *                                        keep(): the reader leaves a message
 *                                        of its stream, and will come again
 *
 * A reader that gives receive_lock up and stays the owner has queued the
 * worker, which comes within LEAVE_MS. Where the messages of the ring are for
 * one stream (STREAK), the interrupt is kept away meanwhile, too: it would only
 * delay the reader. Messages of other connections behind the one that was left
 * wait for LEAVE_MS at most, and once: a stream that was not read in time needs
 * a new streak.
 */
#include "vsock.h"

/* After so many messages in a row for one stream, the next are left to it. */
#define STREAK		8
/* Milliseconds that a reader has to come for a message. */
#define LEAVE_MS	4

static void call_worker(struct argo_vsock_rx *rx, bool now)
{
	if (now)
		mod_delayed_work(rx->vs->wq, &rx->work, 0);
	else
		queue_delayed_work(rx->vs->wq, &rx->work,
				   msecs_to_jiffies(LEAVE_MS));
}

static void keep_interrupt_away(struct argo_vsock_rx *rx)
{
	if (rx->irq_away)
		return;
	rx->irq_away = argo_irq_away_begin(rx->vs->hv);
	if (rx->irq_away)
		argo_irq_away_stay(rx->vs->hv);
}

/**
 * argo_vsock_claim() - make a reader the owner of a ring
 * @rx: the reading side of the ring
 *
 * The caller looks into the ring, and calls argo_vsock_keep() or
 * argo_vsock_release() before it gives up the lock.
 *
 * Context: under @rx->receive_lock.
 */
void argo_vsock_claim(struct argo_vsock_rx *rx)
{
	lockdep_assert_held(&rx->receive_lock);

	WRITE_ONCE(rx->reader_owns, true);
}

static void make_worker_owner(struct argo_vsock_rx *rx)
{
	bool away = rx->irq_away;

	lockdep_assert_held(&rx->receive_lock);

	if (!rx->reader_owns && !away)
		return;
	WRITE_ONCE(rx->reader_owns, false);
	/* Pairs with the hypervisor's barrier before the interrupt. */
	smp_mb();
	rx->irq_away = false;
	argo_irq_away_end(rx->vs->hv, away);
}

/**
 * argo_vsock_release() - make the worker the owner of a ring
 * @rx: the reading side of the ring
 *
 * The worker is called for the messages that are in the ring.
 *
 * Context: under @rx->receive_lock and @rx->lock.
 */
void argo_vsock_release(struct argo_vsock_rx *rx)
{
	lockdep_assert_held(&rx->lock);

	make_worker_owner(rx);
	if (rx->ring && argo_ring_has_data(rx->ring))
		call_worker(rx, true);
}

/**
 * argo_vsock_keep() - leave the next message to a reader that comes again
 * @rx: the reading side of a ring
 * @soon: the reader does nothing else before it comes again
 *
 * Context: under @rx->receive_lock.
 */
void argo_vsock_keep(struct argo_vsock_rx *rx, bool soon)
{
	lockdep_assert_held(&rx->receive_lock);

	if (rx->stream.streak == STREAK && !soon)
		keep_interrupt_away(rx);
	else if (!soon)
		make_worker_owner(rx);
	call_worker(rx, false);
}

/**
 * argo_vsock_note_stream() - note that a stream's data was taken from a ring
 * @rx: the reading side of the ring
 * @hdr: header of the message that had the data
 *
 * Context: under @rx->receive_lock.
 */
void argo_vsock_note_stream(struct argo_vsock_rx *rx,
			    const struct virtio_vsock_hdr *hdr)
{
	lockdep_assert_held(&rx->receive_lock);

	if (rx->stream.src_port != hdr->src_port ||
	    rx->stream.dst_port != hdr->dst_port) {
		rx->stream.src_port = hdr->src_port;
		rx->stream.dst_port = hdr->dst_port;
		rx->stream.streak = 0;
	}
	if (rx->stream.streak < STREAK)
		rx->stream.streak++;
}

/**
 * argo_vsock_note_late() - note that a stream's reader does not take its data
 * @rx: the reading side of a ring
 *
 * Context: under @rx->receive_lock.
 */
void argo_vsock_note_late(struct argo_vsock_rx *rx)
{
	lockdep_assert_held(&rx->receive_lock);

	rx->stream.streak = 0;
}

static bool is_of_latest_stream(const struct argo_vsock_rx *rx,
				const struct virtio_vsock_hdr *hdr)
{
	return rx->stream.streak == STREAK &&
	       rx->stream.src_port == hdr->src_port &&
	       rx->stream.dst_port == hdr->dst_port;
}

/* Return: whether there is a socket for the packet. */
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
 * Return: whether the next message is for the stream whose data was taken last.
 * @hdr: the message's header then.
 */
static bool is_for_latest_stream(struct argo_vsock_rx *rx,
				 struct virtio_vsock_hdr *hdr)
{
	struct argo_ring_msg msg;
	bool is;

	if (!rx->peer || rx->stream.streak < STREAK)
		return false;
	mutex_lock(&rx->lock);
	is = argo_vsock_next_is_stream_data(rx, &msg, hdr) &&
	     is_of_latest_stream(rx, hdr);
	mutex_unlock(&rx->lock);
	return is;
}

/* Return: whether a reader comes for the message that is left to it. */
static bool is_awaited(struct argo_vsock_rx *rx,
		       const struct virtio_vsock_hdr *hdr)
{
	if (rx->left_until)
		return time_before(jiffies, rx->left_until);
	rx->left_until = (jiffies + msecs_to_jiffies(LEAVE_MS) + 1) ?: 1;
	return wake_reader(hdr);
}

/**
 * argo_vsock_leave() - leave the next message to its reader, if that pays
 * @rx: the reading side of a ring
 *
 * The reader is woken when a message is first left to it.
 *
 * Context: the worker, under @rx->receive_lock; takes @rx->lock.
 * Return: whether the message is left; if not, the worker is the owner.
 */
bool argo_vsock_leave(struct argo_vsock_rx *rx)
{
	struct virtio_vsock_hdr hdr;

	lockdep_assert_held(&rx->receive_lock);

	if (is_for_latest_stream(rx, &hdr)) {
		/* The reader that is woken finds itself the owner. */
		argo_vsock_claim(rx);
		keep_interrupt_away(rx);
		if (is_awaited(rx, &hdr)) {
			call_worker(rx, false);
			return true;
		}
		argo_vsock_note_late(rx);
	}
	make_worker_owner(rx);
	return false;
}
