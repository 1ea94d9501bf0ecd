// SPDX-License-Identifier: GPL-2.0-only
/*
 * Sending from the caller's memory: the hypervisor copies the payload from
 * there to the peer's ring, behind the header. The common code would first copy
 * the payload into a packet, which costs more than the hypervisor's copy.
 *
 * The common code sends where this file cannot: while packets are captured, or
 * while there is no room in the peer's ring, for example.
 */
#include <linux/module.h>

#include "vsock.h"

/* The most pieces that any known hypervisor takes, one of them the header. */
#define PIECES		8
/*
 * Attempts to send memory that is absent again each time that it was brought
 * in; then the common code sends it.
 */
#define FAULT_TRIES	4

/* Cuts the pieces to @len bytes in all. Return: the number of pieces left. */
static unsigned int cut(struct argo_hv_iov *iov, u32 len)
{
	unsigned int n;

	for (n = 0; len; n++) {
		iov[n].len = min(iov[n].len, len);
		len -= iov[n].len;
	}
	return n;
}

static void fill_header(struct virtio_vsock_hdr *hdr, struct vsock_sock *vsk,
			const struct argo_vsock *vs, u32 len, u32 flags)
{
	struct virtio_vsock_sock *vvs = vsk->trans;

	*hdr = (struct virtio_vsock_hdr) {
		.src_cid = cpu_to_le64(argo_vsock_own_cid(vs)),
		.src_port = cpu_to_le32(vsk->local_addr.svm_port),
		.dst_cid = cpu_to_le64(vsk->remote_addr.svm_cid),
		.dst_port = cpu_to_le32(vsk->remote_addr.svm_port),
		.len = cpu_to_le32(len),
		.type = cpu_to_le16(argo_vsock_type_of(sk_vsock(vsk))),
		.op = cpu_to_le16(VIRTIO_VSOCK_OP_RW),
		.flags = cpu_to_le32(flags),
	};
	spin_lock_bh(&vvs->rx_lock);
	hdr->fwd_cnt = cpu_to_le32(vvs->fwd_cnt);
	hdr->buf_alloc = cpu_to_le32(vvs->buf_alloc);
	spin_unlock_bh(&vvs->rx_lock);
}

/*
 * The packet has told the peer of room. The header of a packet that could not be
 * sent has told nobody.
 */
static void note_told(struct vsock_sock *vsk,
		      const struct virtio_vsock_hdr *hdr)
{
	struct argo_vsock_conn *conn = argo_vsock_conn_of(vsk);

	spin_lock_bh(&conn->vvs.rx_lock);
	conn->vvs.last_fwd_cnt = le32_to_cpu(hdr->fwd_cnt);
	conn->told_window = le32_to_cpu(hdr->buf_alloc);
	spin_unlock_bh(&conn->vvs.rx_lock);
}

/* The common code counts bytes as unsent until their packet has left. */
static void note_sent(struct virtio_vsock_sock *vvs, u32 len)
{
#ifdef ARGO_HAVE_VSOCK_CONSUME_SENT
	spin_lock_bh(&vvs->tx_lock);
	vvs->bytes_unsent -= len;
	spin_unlock_bh(&vvs->tx_lock);
#endif
}

static int send_to_peer(struct vsock_sock *vsk, struct argo_hv_iov *iov,
			unsigned int n, u32 len, u32 flags)
{
	u32 domid = vsk->remote_addr.svm_cid - ARGO_VSOCK_CID_OFFSET;
	struct argo_vsock *vs = argo_vsock_of(vsk);
	struct argo_vsock_peer *peer;
	struct virtio_vsock_hdr hdr;
	int rc;

	peer = argo_vsock_peer_lock(vs, domid);
	if (IS_ERR(peer))
		return PTR_ERR(peer);
	fill_header(&hdr, vsk, vs, len, flags);
	iov[0] = (struct argo_hv_iov) {
		.base = (unsigned long)&hdr,
		.len = sizeof(hdr),
	};
	rc = argo_vsock_send_now(peer, iov, n, sizeof(hdr) + len);
	argo_vsock_peer_unlock(peer);
	if (!rc)
		note_told(vsk, &hdr);
	return rc;
}

static u32 record_end(const struct msghdr *msg)
{
#ifdef ARGO_HAVE_VSOCK_SEQPACKET
	return VIRTIO_VSOCK_SEQ_EOM |
	       (msg->msg_flags & MSG_EOR ? VIRTIO_VSOCK_SEQ_EOR : 0);
#else
	return 0;
#endif
}

/* @iov: an empty piece for the header, then pieces of @len bytes or more. */
static int send_pieces(struct vsock_sock *vsk, struct argo_hv_iov *iov, u32 len,
		       u32 flags)
{
	unsigned int n = cut(iov + 1, len), tries = FAULT_TRIES;
	int rc;

	do {
		rc = send_to_peer(vsk, iov, 1 + n, len, flags);
		if (rc != -EFAULT)
			return rc;
		if (!argo_fault_in(iov + 1, n))
			return -EFAULT;
	} while (--tries);
	return -EAGAIN;
}

static unsigned int max_pieces(struct vsock_sock *vsk)
{
	unsigned int most = argo_hv_params(argo_vsock_of(vsk)->hv)->max_iov;

	return min_t(unsigned int, PIECES, most) - 1;
}

/**
 * argo_vsock_send_direct() - send from the memory of the writer
 * @vsk: the socket
 * @msg: data to send; what is sent is taken out of its iterator
 * @len: bytes of it
 * @record: the data is a record, which is sent only if it is one packet
 *
 * Context: may sleep, under lock_sock().
 * Return: bytes sent; 0 if the common code has to send; -EFAULT.
 */
int argo_vsock_send_direct(struct vsock_sock *vsk, struct msghdr *msg,
			   size_t len, bool record)
{
	struct virtio_vsock_sock *vvs = vsk->trans;
	size_t found, most = min_t(size_t, len, ARGO_VSOCK_MAX_PAYLOAD);
	struct argo_hv_iov iov[PIECES];
	int rc = -EAGAIN;
	u32 credit;

	if (msg->msg_flags & MSG_ZEROCOPY || argo_vsock_is_captured())
		return 0;
	if (!argo_vsock_cid_is_domain(vsk->remote_addr.svm_cid))
		return 0;
	argo_iter_pieces(&msg->msg_iter, most, iov + 1, max_pieces(vsk), &found);
	if (!found || (record && found < len))
		return 0;
	credit = virtio_transport_get_credit(vvs, found);
	if (credit && (!record || credit == found))
		rc = send_pieces(vsk, iov, credit,
				 record ? record_end(msg) : 0);
	if (rc) {
		virtio_transport_put_credit(vvs, credit);
		return rc == -EFAULT ? rc : 0;
	}
	note_sent(vvs, credit);
	iov_iter_advance(&msg->msg_iter, credit);
	return credit;
}
