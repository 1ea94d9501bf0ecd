// SPDX-License-Identifier: GPL-2.0-only
/*
 * The floor for a driver of Argo: what the hypervisor costs with nothing above
 * it. The module talks to Xen itself, so argo.ko must not be loaded.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/module.h>
#include <linux/string.h>

#include <xen/interface/xen.h>
#include <xen/xen.h>

#include "bench.h"

enum role { ROLE_SENDV, ROLE_STREAM, ROLE_SINK, ROLE_PING, ROLE_PONG };

static const char * const role_names[] = {
	"sendv", "stream", "sink", "ping", "pong"
};

static char *role = "sendv";
module_param(role, charp, 0444);
MODULE_PARM_DESC(role, "sendv: time sends to oneself; stream: to a peer; sink: take them; ping: time round trips; pong: answer them");

static ushort peer = DOMID_INVALID;
module_param(peer, ushort, 0444);
MODULE_PARM_DESC(peer, "domain id of the other side of stream and sink, ping and pong");

static uint count = 4096;
module_param(count, uint, 0444);
MODULE_PARM_DESC(count, "sends of each size, or round trips");

static uint size = 64;
module_param(size, uint, 0444);
MODULE_PARM_DESC(size, "bytes in a ping, at most 65536");

static int role_index;

static int check_parameters(void)
{
	role_index = match_string(role_names, ARRAY_SIZE(role_names), role);
	if (role_index < 0) {
		pr_err("role=%s is none of sendv, stream, sink, ping, pong\n", role);
		return -EINVAL;
	}
	if (!count || count > BENCH_MAX_COUNT) {
		pr_err("count=%u is not within 1 to %u\n", count,
		       BENCH_MAX_COUNT);
		return -EINVAL;
	}
	if (size > BENCH_MAX_SIZE) {
		pr_err("size=%u is more than %u\n", size, BENCH_MAX_SIZE);
		return -EINVAL;
	}
	if (role_index != ROLE_SENDV && peer >= DOMID_FIRST_RESERVED) {
		pr_err("role=%s needs peer=DOMID\n", role);
		return -EINVAL;
	}
	return 0;
}

static int __init argo_bench_init(void)
{
	int err = check_parameters();

	if (err)
		return err;
	if (!xen_domain()) {
		pr_err("this is not a Xen domain\n");
		return -ENODEV;
	}

	switch (role_index) {
	case ROLE_STREAM:
		return bench_stream_run(peer, count);
	case ROLE_PING:
		return bench_ping_run(peer, size, count);
	case ROLE_SINK:
	case ROLE_PONG:
		return bench_pong_start(peer, role_index == ROLE_PONG);
	default:
		return bench_sendv_run(count);
	}
}
module_init(argo_bench_init);

static void __exit argo_bench_exit(void)
{
	if (role_index == ROLE_SINK || role_index == ROLE_PONG)
		bench_pong_stop();
}
module_exit(argo_bench_exit);

MODULE_DESCRIPTION("What Argo costs with nothing above it");
MODULE_LICENSE("GPL");
