// SPDX-License-Identifier: GPL-2.0-only
/* Sending packets to the peer that they name. */
#include "vsock.h"

/**
 * argo_vsock_peer_lock() - get a peer to send to
 * @vs: attachment
 * @domid: the peer's domain id
 *
 * Context: may sleep.
 * Return: the peer, under its tx_lock and not forgotten, until
 * argo_vsock_peer_unlock(); or an ERR_PTR of argo_vsock_peer_get().
 */
struct argo_vsock_peer *argo_vsock_peer_lock(struct argo_vsock *vs, u16 domid)
{
	struct argo_vsock_peer *peer;

	for (;;) {
		peer = argo_vsock_peer_get(vs, domid);
		if (IS_ERR(peer))
			return peer;
		mutex_lock(&peer->tx_lock);
		if (!READ_ONCE(peer->base.forgotten))
			return peer;
		argo_vsock_peer_unlock(peer);
	}
}

/**
 * argo_vsock_peer_unlock() - undo argo_vsock_peer_lock()
 * @peer: the peer
 */
void argo_vsock_peer_unlock(struct argo_vsock_peer *peer)
{
	mutex_unlock(&peer->tx_lock);
	argo_vsock_peer_put(peer);
}

/**
 * argo_vsock_send_pkt() - send or queue a packet of the common code
 * @vs: attachment
 * @pkt: the packet, not the caller's any more
 *
 * Context: may sleep; often under lock_sock().
 * Return: bytes of payload, sent or queued; -ECONNREFUSED (the domain has no
 * ring for AF_VSOCK), -EHOSTUNREACH, -ECONNRESET (the peer has gone), -EACCES,
 * -ENOMEM.
 */
int argo_vsock_send_pkt(struct argo_vsock *vs, struct argo_vsock_pkt *pkt)
{
	u64 cid = le64_to_cpu(argo_vsock_pkt_hdr(pkt)->dst_cid);
	u32 len = argo_vsock_pkt_len(pkt);
	struct argo_vsock_peer *peer;
	int rc;

	if (!argo_vsock_cid_is_domain(cid)) {
		argo_vsock_pkt_free(pkt);
		return -EHOSTUNREACH;
	}
	virtio_transport_deliver_tap_pkt(pkt);
	peer = argo_vsock_peer_lock(vs, cid - ARGO_VSOCK_CID_OFFSET);
	if (IS_ERR(peer)) {
		rc = argo_vsock_refused(pkt, PTR_ERR(peer));
		argo_vsock_pkt_free(pkt);
		return rc;
	}
	rc = argo_vsock_send_or_queue(peer, pkt);
	argo_vsock_peer_unlock(peer);
	return rc ?: len;
}

/**
 * argo_vsock_cancel() - drop the packets that a socket has queued
 * @vsk: the socket
 *
 * Context: may sleep, under lock_sock().
 * Return: 0.
 */
int argo_vsock_cancel(struct vsock_sock *vsk)
{
	struct argo_vsock_peer *peer = argo_vsock_peer_of(vsk);

	if (!peer)
		return 0;
	argo_vsock_purge_of(peer, vsk);
	argo_vsock_peer_put(peer);
	return 0;
}
