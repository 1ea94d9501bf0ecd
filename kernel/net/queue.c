// SPDX-License-Identifier: GPL-2.0-only
/* The memory of transmit queues, where frames in too many pieces are joined. */
#include <linux/mm.h>

#include "net.h"

#define BOUNCE		(sizeof(struct virtio_net_hdr) + ARGO_NET_FRAME_MOST)

static u8 *swap_bounce(struct argo_net *net, u16 queue, u8 *bounce)
{
	struct netdev_queue *txq = netdev_get_tx_queue(net->dev, queue);

	__netif_tx_lock_bh(txq);
	swap(net->tx[queue].bounce, bounce);
	__netif_tx_unlock_bh(txq);
	return bounce;
}

/**
 * argo_net_queue_open() - get the memory that sending from a queue needs
 * @net: device
 * @queue: index of a queue without that memory
 *
 * Context: may sleep.
 * Return: 0 or -ENOMEM.
 */
int argo_net_queue_open(struct argo_net *net, u16 queue)
{
	u8 *bounce = kvmalloc(BOUNCE, GFP_KERNEL);

	if (!bounce)
		return -ENOMEM;
	swap_bounce(net, queue, bounce);
	return 0;
}

/**
 * argo_net_queue_close() - give the memory of argo_net_queue_open() back
 * @net: device
 * @queue: index of the queue
 *
 * Context: may sleep.
 */
void argo_net_queue_close(struct argo_net *net, u16 queue)
{
	kvfree(swap_bounce(net, queue, NULL));
}
