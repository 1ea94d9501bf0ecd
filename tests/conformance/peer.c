// SPDX-License-Identifier: GPL-2.0-only
/* Tests of core's peers (argo/peer.h) on the hypervisor under test. */
#include <linux/completion.h>
#include <linux/cred.h>
#include <linux/jiffies.h>
#include <linux/module.h>
#include <linux/slab.h>

#include <argo/peer.h>

#include "suite.h"

#define RING_LEN	(4096 - 64)
#define MOST_PEERS	2
/* Core notices within a second or so that a ring has gone. */
#define NOTICED		(10 * HZ)

/**
 * struct table - peers, and the calls of their argo_peer_ops
 * @peers: the peers
 * @open_rc: result of argo_peer_ops.open
 * @closed: number of calls of argo_peer_ops.close
 * @released: number of calls of argo_peer_ops.release
 * @woken: argo_peer_ops.wake was called
 * @went: argo_peer_ops.gone was called
 */
struct table {
	struct argo_peers peers;
	int open_rc;
	unsigned int closed;
	unsigned int released;
	struct completion woken;
	struct completion went;
};

static struct table *table_of(const struct argo_peer *peer)
{
	return container_of(peer->peers, struct table, peers);
}

static struct argo_peer *alloc_peer(struct argo_peers *peers, u16 domid)
{
	return kzalloc(sizeof(struct argo_peer), GFP_KERNEL);
}

static int open_peer(struct argo_peer *peer)
{
	return table_of(peer)->open_rc;
}

static void close_peer(struct argo_peer *peer)
{
	table_of(peer)->closed++;
}

static void wake_peer(struct argo_peer *peer)
{
	complete(&table_of(peer)->woken);
}

static void peer_gone(struct argo_peer *peer)
{
	complete(&table_of(peer)->went);
}

static void release_peer(struct argo_peer *peer)
{
	table_of(peer)->released++;
	kfree_rcu(peer, rcu);
}

static const struct argo_peer_ops peer_ops = {
	.alloc = alloc_peer,
	.open = open_peer,
	.close = close_peer,
	.wake = wake_peer,
	.gone = peer_gone,
	.release = release_peer,
};

static void table_init(struct suite *suite, struct table *table)
{
	memset(table, 0, sizeof(*table));
	init_completion(&table->woken);
	init_completion(&table->went);
	argo_peers_init(&table->peers, suite->hv, PORT, MOST_PEERS, &peer_ops);
	mutex_lock(&table->peers.lock);
	EXPECT(suite, "watch", argo_peers_watch(&table->peers), 0);
	mutex_unlock(&table->peers.lock);
}

static void table_exit(struct suite *suite, struct table *table)
{
	LIST_HEAD(forgotten);

	argo_peers_forget(&table->peers, &forgotten);
	argo_peers_close(&forgotten);
	EXPECT(suite, "left", table->peers.count, 0);
}

static void data_ready(struct argo_ring *ring)
{
}

static void reset_step(struct argo_ring *ring)
{
}

static const struct argo_ring_ops source_ops = {
	.owner = THIS_MODULE,
	.data_ready = data_ready,
	.reset_prepare = reset_step,
	.reset_done = reset_step,
	.release = reset_step,
};

static struct argo_ring *source_open(struct suite *suite)
{
	const struct argo_ring_params params = {
		.ops = &source_ops,
		.port = ARGO_PORT_ANY,
		.partner = suite->domid,
		.size = RING_LEN,
		.uid = GLOBAL_ROOT_UID,
	};
	struct argo_ring *source = argo_ring_create(suite->hv, &params);

	EXPECT(suite, "a ring to send from", PTR_ERR_OR_ZERO(source), 0);
	return source;
}

static int send_to(struct suite *suite, struct argo_peer *peer,
		   struct argo_ring *source, u32 len)
{
	const struct argo_hv_iov iov = {
		.base = (unsigned long)suite->buf,
		.len = len,
	};
	struct argo_outgoing out = {
		.msg = { .iov = &iov, .niov = 1 },
		.ring = source,
		.len = len,
	};

	return argo_peer_send(peer, &out);
}

static void found_and_forgotten(struct suite *suite)
{
	struct argo_peer *peer, *found;
	struct table table;
	LIST_HEAD(forgotten);

	table_init(suite, &table);
	EXPECT(suite, "known", !argo_peer_find(&table.peers, NOBODY), 1);
	peer = argo_peer_get(&table.peers, NOBODY);
	EXPECT(suite, "get", PTR_ERR_OR_ZERO(peer), 0);
	if (IS_ERR(peer))
		goto out;
	found = argo_peer_find(&table.peers, NOBODY);
	EXPECT(suite, "found", found == peer, 1);
	argo_peer_put(found);

	argo_peers_forget(&table.peers, &forgotten);
	EXPECT(suite, "found when forgotten",
	       !argo_peer_find(&table.peers, NOBODY), 1);
	EXPECT(suite, "closed", table.closed, 0);
	argo_peers_close(&forgotten);
	EXPECT(suite, "closed", table.closed, 1);
	EXPECT(suite, "released with a reference", table.released, 0);
	EXPECT(suite, "domid", peer->domid, NOBODY);
	argo_peer_put(peer);
	EXPECT(suite, "released", table.released, 1);
out:
	table_exit(suite, &table);
}

static void no_more_than_allowed(struct suite *suite)
{
	struct argo_peer *peer;
	struct table table;
	unsigned int i;

	table_init(suite, &table);
	table.open_rc = -EIO;
	EXPECT(suite, "get", PTR_ERR_OR_ZERO(argo_peer_get(&table.peers, 1)),
	       -EIO);
	EXPECT(suite, "released", table.released, 1);
	EXPECT(suite, "closed", table.closed, 0);
	table.open_rc = 0;
	for (i = 0; i <= MOST_PEERS; i++) {
		peer = argo_peer_get(&table.peers, i);
		EXPECT(suite, "get", PTR_ERR_OR_ZERO(peer),
		       i < MOST_PEERS ? 0 : -ENOSPC);
		if (!IS_ERR(peer))
			argo_peer_put(peer);
	}
	table_exit(suite, &table);
	EXPECT(suite, "released", table.released, 1 + MOST_PEERS);
}

static void sent_to_in_its_epoch(struct suite *suite)
{
	struct argo_ring *source = source_open(suite);
	struct argo_peer *peer;
	struct table table;
	LIST_HEAD(forgotten);

	if (IS_ERR(source))
		return;
	table_init(suite, &table);
	peer = argo_peer_get(&table.peers, suite->domid);
	EXPECT(suite, "get", PTR_ERR_OR_ZERO(peer), 0);
	if (IS_ERR(peer))
		goto out;
	EXPECT(suite, "no ring", send_to(suite, peer, source, 8),
	       -ECONNREFUSED);
	WRITE_ONCE(peer->epoch, peer->epoch - 1);
	EXPECT(suite, "earlier", send_to(suite, peer, source, 8), -ECONNRESET);
	WRITE_ONCE(peer->epoch, peer->epoch + 1);
	argo_peers_forget(&table.peers, &forgotten);
	argo_peers_close(&forgotten);
	EXPECT(suite, "forgotten", send_to(suite, peer, source, 8),
	       -ECONNRESET);
	argo_peer_put(peer);
out:
	table_exit(suite, &table);
	argo_ring_destroy(source);
}

static void check_wake_and_end(struct suite *suite, struct table *table,
			       struct argo_peer *peer, struct argo_ring *source)
{
	struct ring ring;
	int rc;

	if (ring_open(suite, &ring, PORT, suite->domid, RING_LEN))
		return;
	do {
		rc = send_to(suite, peer, source, 1000);
	} while (rc > 0);
	EXPECT(suite, "full", rc, -EAGAIN);
	EXPECT(suite, "woken", completion_done(&table->woken), 0);
	ring_drain(&ring);
	suite->ops->notify(suite->hv, NULL);
	EXPECT(suite, "woken",
	       !!wait_for_completion_timeout(&table->woken, NOTICED), 1);
	EXPECT(suite, "fits", send_to(suite, peer, source, 1000), 1000);

	EXPECT(suite, "gone", argo_peer_is_gone(peer), false);
	ring_close(suite, &ring);
	EXPECT(suite, "told",
	       !!wait_for_completion_timeout(&table->went, NOTICED), 1);
	EXPECT(suite, "gone", argo_peer_is_gone(peer), true);
}

static void woken_and_told_of_the_end(struct suite *suite)
{
	struct argo_ring *source = source_open(suite);
	struct argo_peer *peer;
	struct table table;

	if (IS_ERR(source))
		return;
	table_init(suite, &table);
	peer = argo_peer_get(&table.peers, suite->domid);
	EXPECT(suite, "get", PTR_ERR_OR_ZERO(peer), 0);
	if (!IS_ERR(peer)) {
		check_wake_and_end(suite, &table, peer, source);
		argo_peer_put(peer);
	}
	table_exit(suite, &table);
	argo_ring_destroy(source);
}

const struct test peer_tests[] = {
	{ "peer: found until forgotten, and there as long as referenced",
	  found_and_forgotten },
	{ "peer: no more than allowed", no_more_than_allowed },
	{ "peer: sent to in its own epoch only", sent_to_in_its_epoch },
	{ "peer: woken by space, told when its ring goes",
	  woken_and_told_of_the_end },
	{ }
};
