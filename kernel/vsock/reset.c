// SPDX-License-Identifier: GPL-2.0-only
/* Ending connections whose other end is not there any more. */
#include <net/sock.h>

#include "vsock.h"

/* Under a spinlock. */
static void collect(struct sock *sk)
{
	struct vsock_sock *vsk = vsock_sk(sk);
	struct argo_vsock *vs = argo_vsock_of(vsk);

	if (vs->reset_n == ARGO_VSOCK_RESET_BATCH || sock_flag(sk, SOCK_DONE) ||
	    sk->sk_err)
		return;
	if (vs->reset_cid != VMADDR_CID_ANY &&
	    vs->reset_cid != vsk->remote_addr.svm_cid)
		return;
	sock_hold(sk);
	vs->reset_sk[vs->reset_n++] = sk;
}

/**
 * argo_vsock_make_reset() - a packet that resets a connection
 * @vs: attachment
 * @remote: the other end
 * @port: own port
 * @type: of the connection
 * @from_remote: to be received here, as if the other end had sent it; else to
 *	be sent to it
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

/* Its user has closed it already: it waits for the other end to say so. */
static void finish_close(struct argo_vsock *vs, struct sock *sk)
{
	struct vsock_sock *vsk = vsock_sk(sk);
	struct argo_vsock_pkt *pkt;

	pkt = argo_vsock_make_reset(vs, &vsk->remote_addr,
				    vsk->local_addr.svm_port,
				    argo_vsock_type_of(sk), true);
	/* Else the common code gives up waiting after some seconds. */
	if (pkt)
		argo_vsock_pkt_receive(&vs->role->transport, pkt);
}

/*
 * The common code takes a reset for the end of a stream where nobody is just
 * reading. So the socket stays established, with an error that every call
 * finds once what had arrived is read.
 */
static void reset(struct argo_vsock *vs, struct sock *sk)
{
	struct vsock_sock *vsk = vsock_sk(sk);
	bool closed;

	lock_sock(sk);
	closed = sock_flag(sk, SOCK_DEAD);
	sk->sk_err = ECONNRESET;
	if (!closed) {
		WRITE_ONCE(vsk->peer_shutdown, SHUTDOWN_MASK);
		vsock_remove_connected(vsk);
		sk->sk_state_change(sk);
	}
	release_sock(sk);
	if (closed)
		finish_close(vs, sk);
}

/**
 * argo_vsock_reset_connections() - reset those with a peer
 * @vs: attachment
 * @cid: the peer's; VMADDR_CID_ANY for all connections
 *
 * Context: may sleep, takes lock_sock() of each.
 */
void argo_vsock_reset_connections(struct argo_vsock *vs, u32 cid)
{
	unsigned int i;

	mutex_lock(&vs->reset_lock);
	vs->reset_cid = cid;
	do {
		vs->reset_n = 0;
		vsock_for_each_connected_socket(&vs->role->transport.transport,
						collect);
		for (i = 0; i < vs->reset_n; i++) {
			reset(vs, vs->reset_sk[i]);
			sock_put(vs->reset_sk[i]);
		}
	} while (vs->reset_n == ARGO_VSOCK_RESET_BATCH);
	mutex_unlock(&vs->reset_lock);
}
