// SPDX-License-Identifier: GPL-2.0-only
/* Messages: what a packet's header says, and taking messages out of a ring. */
#include "vsock.h"

/**
 * argo_vsock_addresses() - get the addresses of a packet
 * @hdr: the packet's header
 * @src: filled in
 * @dst: filled in
 */
void argo_vsock_addresses(const struct virtio_vsock_hdr *hdr,
			  struct sockaddr_vm *src, struct sockaddr_vm *dst)
{
	vsock_addr_init(src, le64_to_cpu(hdr->src_cid),
			le32_to_cpu(hdr->src_port));
	vsock_addr_init(dst, le64_to_cpu(hdr->dst_cid),
			le32_to_cpu(hdr->dst_port));
}

/**
 * argo_vsock_make_reset() - make a packet that resets a connection
 * @vs: attachment
 * @remote: address of the other end
 * @port: the connection's port here
 * @type: the connection's type
 * @from_remote: the packet is to be received here, as if the other end had sent
 *	it; else it is to be sent to the other end
 *
 * Return: the packet, or NULL.
 */
struct argo_vsock_pkt *argo_vsock_make_reset(const struct argo_vsock *vs,
					     const struct sockaddr_vm *remote,
					     u32 port, u16 type,
					     bool from_remote)
{
	const __le64 cids[] = { cpu_to_le64(argo_vsock_own_cid(vs)),
				cpu_to_le64(remote->svm_cid) };
	const __le32 ports[] = { cpu_to_le32(port),
				 cpu_to_le32(remote->svm_port) };
	const struct virtio_vsock_hdr hdr = {
		.src_cid = cids[from_remote],
		.src_port = ports[from_remote],
		.dst_cid = cids[!from_remote],
		.dst_port = ports[!from_remote],
		.type = cpu_to_le16(type),
		.op = cpu_to_le16(VIRTIO_VSOCK_OP_RST),
	};

	return argo_vsock_pkt_alloc(&hdr, 0, GFP_KERNEL);
}

/**
 * argo_vsock_read_header() - read and check a packet's header
 * @rx: the reading side of a ring
 * @msg: the message
 * @hdr: filled in
 *
 * Context: under @rx->lock.
 * Return: the packet's fault, or ARGO_VSOCK_OK.
 */
enum argo_vsock_fault argo_vsock_read_header(struct argo_vsock_rx *rx,
					     const struct argo_ring_msg *msg,
					     struct virtio_vsock_hdr *hdr)
{
	lockdep_assert_held(&rx->lock);

	if (msg->len < sizeof(*hdr)) {
		*hdr = (struct virtio_vsock_hdr) {
			.op = cpu_to_le16(VIRTIO_VSOCK_OP_INVALID),
		};
		return ARGO_VSOCK_MALFORMED;
	}
	/* The sender may have changed the header since it was checked. */
	if (rx->done) {
		*hdr = rx->partly_read;
		return argo_vsock_check_rest(hdr, rx->done,
					     msg->len - sizeof(*hdr));
	}
	argo_ring_read(rx->ring, msg, 0, hdr, sizeof(*hdr));
	return argo_vsock_check(hdr, msg->len - sizeof(*hdr),
				argo_vsock_cid(msg->domid),
				argo_vsock_own_cid(rx->vs),
				ARGO_VSOCK_LAST_TYPE);
}

/**
 * argo_vsock_next_is_stream_data() - look at the next message
 * @rx: the reading side of a partner ring
 * @msg: set to the message
 * @hdr: set to the message's header
 *
 * Context: under @rx->receive_lock and @rx->lock.
 * Return: whether the message has data of a stream, and may be taken by the
 * stream's reader; else the worker has to take the message.
 */
bool argo_vsock_next_is_stream_data(struct argo_vsock_rx *rx,
				    struct argo_ring_msg *msg,
				    struct virtio_vsock_hdr *hdr)
{
	lockdep_assert_held(&rx->receive_lock);
	lockdep_assert_held(&rx->lock);

	if (!rx->ring || READ_ONCE(rx->peer->held) ||
	    argo_vsock_is_captured() || argo_ring_peek(rx->ring, msg) <= 0)
		return false;
	return msg->port == ARGO_PORT_VSOCK &&
	       msg->type == (ARGO_VSOCK_MAGIC | ARGO_VSOCK_PACKET |
			     READ_ONCE(rx->peer->life)) &&
	       !argo_vsock_read_header(rx, msg, hdr) &&
	       argo_vsock_is_stream_data(hdr);
}

/**
 * argo_vsock_read_part() - note that a part of the first message was read
 * @rx: the reading side of a ring
 * @hdr: header of the message
 * @len: bytes of payload in the part
 *
 * Context: under @rx->lock.
 */
void argo_vsock_read_part(struct argo_vsock_rx *rx,
			  const struct virtio_vsock_hdr *hdr, u32 len)
{
	lockdep_assert_held(&rx->lock);

	rx->partly_read = *hdr;
	rx->done += len;
	rx->left_until = 0;
}

static void end_message(struct argo_vsock_rx *rx)
{
	rx->done = 0;
	rx->left_until = 0;
}

/**
 * argo_vsock_consume() - take the first message out of the ring
 * @rx: the reading side of the ring
 * @msg: the message, which was read
 *
 * Context: under @rx->lock.
 */
void argo_vsock_consume(struct argo_vsock_rx *rx,
			const struct argo_ring_msg *msg)
{
	lockdep_assert_held(&rx->lock);

	end_message(rx);
	argo_ring_consume(rx->ring, msg, false);
}

/**
 * argo_vsock_drop() - take the first message out of the ring unread
 * @rx: the reading side of the ring
 * @msg: the message
 *
 * Context: under @rx->lock.
 */
void argo_vsock_drop(struct argo_vsock_rx *rx, const struct argo_ring_msg *msg)
{
	lockdep_assert_held(&rx->lock);

	end_message(rx);
	argo_ring_drop(rx->ring, msg);
}
