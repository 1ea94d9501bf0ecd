// SPDX-License-Identifier: GPL-2.0-only
/* Resetting connections whose other end has gone. */
#include <net/sock.h>

#include "vsock.h"

/* Called under a spinlock. */
static void collect(struct sock *sk)
{
	struct vsock_sock *vsk = vsock_sk(sk);
	struct argo_vsock *vs = argo_vsock_of(vsk);

	if (vs->reset_n == ARGO_VSOCK_RESET_BATCH || sock_flag(sk, SOCK_DONE) ||
	    argo_vsock_conn_of(vsk)->ended)
		return;
	if (vs->reset_cid != VMADDR_CID_ANY &&
	    vs->reset_cid != vsk->remote_addr.svm_cid)
		return;
	if (vs->reset_denied &&
	    argo_vsock_may_stay(vsk, argo_vsock_conn_of(vsk)->accepted))
		return;
	sock_hold(sk);
	vs->reset_sk[vs->reset_n++] = sk;
}

/* The user has closed @sk, which only waits for the other end's reset. */
static void finish_close(struct argo_vsock *vs, struct sock *sk)
{
	struct vsock_sock *vsk = vsock_sk(sk);
	struct argo_vsock_peer *peer;
	struct argo_vsock_pkt *pkt;

	peer = argo_vsock_peer_of(vsk);
	/*
	 * Without a peer, the common code gives up waiting after some seconds.
	 */
	if (!peer)
		return;
	pkt = argo_vsock_make_reset(vs, &vsk->remote_addr,
				    vsk->local_addr.svm_port,
				    argo_vsock_type_of(sk), true);
	if (pkt)
		argo_vsock_lane_add(peer, pkt);
	argo_vsock_peer_put(peer);
}

static void deny(struct argo_vsock *vs, struct vsock_sock *vsk)
{
	struct argo_vsock_peer *peer = argo_vsock_peer_of(vsk);
	struct argo_vsock_pkt *pkt;

	argo_vsock_count(vs, ARGO_VSOCK_RESET_FIREWALL);
	if (!peer)
		return;
	pkt = argo_vsock_make_reset(vs, &vsk->remote_addr,
				    vsk->local_addr.svm_port,
				    argo_vsock_type_of(sk_vsock(vsk)), false);
	if (pkt)
		argo_vsock_answer(peer, pkt);
	argo_vsock_peer_put(peer);
}

/*
 * The common code shows a reset as the end of the stream, unless a reader waits
 * at that moment. So the socket stays established, with an error that every
 * call finds once the data that had arrived is read. The user may hold the
 * socket's lock, which is not waited for: the user's next call finds the error.
 */
static void reset(struct argo_vsock *vs, struct sock *sk)
{
	struct vsock_sock *vsk = vsock_sk(sk);

	WRITE_ONCE(argo_vsock_conn_of(vsk)->ended, true);
	if (vs->reset_denied)
		deny(vs, vsk);
	WRITE_ONCE(sk->sk_err, vs->reset_denied ? EACCES : ECONNRESET);
	if (sock_flag(sk, SOCK_DEAD)) {
		finish_close(vs, sk);
		return;
	}
	WRITE_ONCE(vsk->peer_shutdown, SHUTDOWN_MASK);
	vsock_remove_connected(vsk);
	sk->sk_state_change(sk);
}

static void reset_all(struct argo_vsock *vs, u32 cid, bool denied)
{
	unsigned int i;

	mutex_lock(&vs->reset_lock);
	vs->reset_cid = cid;
	vs->reset_denied = denied;
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

/**
 * argo_vsock_reset_connections() - reset the connections with a peer
 * @vs: attachment
 * @cid: the peer's CID; VMADDR_CID_ANY for the connections with all peers
 *
 * Context: may sleep, but waits for no socket.
 */
void argo_vsock_reset_connections(struct argo_vsock *vs, u32 cid)
{
	reset_all(vs, cid, false);
}

/**
 * argo_vsock_reset_denied() - reset the connections that the firewall denies
 * @vs: attachment
 *
 * The user of the socket gets EACCES, and the other end ECONNRESET.
 *
 * Context: may sleep, but waits for no socket.
 */
void argo_vsock_reset_denied(struct argo_vsock *vs)
{
	reset_all(vs, VMADDR_CID_ANY, true);
}
