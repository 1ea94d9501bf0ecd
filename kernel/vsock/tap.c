// SPDX-License-Identifier: GPL-2.0-only
/* vsockmon: what a capture sees of this driver. */
#include <linux/vsockmon.h>

#include "vsock.h"

static struct sk_buff *note_tap(void *opaque)
{
	*(bool *)opaque = true;
	return NULL;
}

/**
 * argo_vsock_is_captured() - does vsockmon look at packets?
 *
 * A capture needs whole packets, which sending and reading directly do not
 * make.
 *
 * Context: any.
 * Return: whether a capture is going on.
 */
bool argo_vsock_is_captured(void)
{
	bool captured = false;

	vsock_deliver_tap(note_tap, &captured);
	return captured;
}

struct tapped {
	struct af_vsockmon_hdr hdr;
	const void *data;
	struct sk_buff *skb;
	u32 len;
};

static struct sk_buff *build_tapped(void *opaque)
{
	const struct tapped *tapped = opaque;
	struct sk_buff *skb = alloc_skb(sizeof(tapped->hdr) + tapped->len,
					GFP_ATOMIC | __GFP_NOWARN);

	if (!skb)
		return NULL;
	skb_put_data(skb, &tapped->hdr, sizeof(tapped->hdr));
	if (tapped->data)
		skb_put_data(skb, tapped->data, tapped->len);
	else
		skb_copy_bits(tapped->skb, 0, skb_put(skb, tapped->len),
			      tapped->len);
	return skb;
}

/**
 * argo_vsock_tap_datagram() - give vsockmon a copy of a datagram
 * @src_cid: the sender
 * @dst_cid: the receiver
 * @hdr: the datagram's header
 * @data: the datagram's payload; NULL if it is in @skb
 * @skb: the datagram's payload; not used if @data is not NULL
 * @len: bytes of payload
 *
 * Context: any.
 */
void argo_vsock_tap_datagram(u32 src_cid, u32 dst_cid,
			     const struct argo_vsock_dgram_hdr *hdr,
			     const void *data, struct sk_buff *skb, u32 len)
{
	struct tapped tapped = {
		.hdr = {
			.src_cid = cpu_to_le64(src_cid),
			.dst_cid = cpu_to_le64(dst_cid),
			.src_port = hdr->src_port,
			.dst_port = hdr->dst_port,
			.op = cpu_to_le16(AF_VSOCK_OP_PAYLOAD),
			.transport = cpu_to_le16(AF_VSOCK_TRANSPORT_NO_INFO),
		},
		.data = data,
		.skb = skb,
		.len = len,
	};

	vsock_deliver_tap(build_tapped, &tapped);
}
