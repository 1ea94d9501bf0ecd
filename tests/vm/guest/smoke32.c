/* SPDX-License-Identifier: MIT */
/* A 32-bit program uses the same ABI: every operation once, to the own domain and back. */
#include <linux/argo.h>

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

static int failures;

static void check(int good, const char *what)
{
	if (good)
		return;
	fprintf(stderr, "argo-abi-smoke32: %s: %s\n", what, strerror(errno));
	failures++;
}

static uint64_t pointer(void *p)
{
	return (uintptr_t)p;
}

int main(void)
{
	struct argo_info info = { .size = sizeof(info) };
	struct argo_bind bind = { .size = sizeof(bind), .partner = ARGO_DOMID_SELF, .ring_size = 4096 };
	struct argo_connect connect = { .size = sizeof(connect) };
	struct argo_options options = { .size = sizeof(options) };
	struct argo_status status = { .size = sizeof(status) };
	struct argo_space space = { .size = sizeof(space), .need = 1 };
	struct argo_ring_entry entries[128];
	struct argo_list list = { .size = sizeof(list), .entries = pointer(entries),
				  .entry_size = sizeof(entries[0]), .count = 128 };
	char out[] = "from a 32-bit program", in[64] = "";
	struct argo_iovec iov[2] = { { pointer(out), 5 }, { pointer(out + 5), sizeof(out) - 5 } };
	struct argo_msg msg = { .iov = pointer(iov), .iovcnt = 2, .type = 32 };
	struct argo_batch batch = { .size = sizeof(batch), .flags = ARGO_DONTWAIT, .msgs = pointer(&msg), .count = 1 };
	int fd = open("/dev/argo", O_RDWR);

	_Static_assert(sizeof(void *) == 4, "this is to be built with -m32");
	check(fd >= 0, "open /dev/argo");
	check(!ioctl(fd, ARGO_IOC_INFO, &info) && info.abi_version == ARGO_ABI_VERSION, "INFO");
	check(!ioctl(fd, ARGO_IOC_BIND, &bind) && bind.port >= ARGO_PORT_EPHEMERAL, "BIND");
	connect.addr.port = bind.port;
	connect.addr.domid = info.domid;
	check(!ioctl(fd, ARGO_IOC_CONNECT, &connect), "CONNECT");
	check(!ioctl(fd, ARGO_IOC_OPTIONS, &options) && options.send_lowat == 1, "OPTIONS");
	check(!ioctl(fd, ARGO_IOC_STATUS, &status) && status.local.port == bind.port, "STATUS");
	space.addr = connect.addr;
	check(!ioctl(fd, ARGO_IOC_SPACE, &space) && space.max_message == bind.max_message, "SPACE");
	check(!ioctl(fd, ARGO_IOC_LIST, &list) && list.count > 0, "LIST");

	msg.addr.domid = ARGO_DOMID_ANY;
	check(!ioctl(fd, ARGO_IOC_SEND, &batch) && batch.done == 1, "SEND");
	memset(&msg, 0, sizeof(msg));
	iov[0] = (struct argo_iovec){ pointer(in), sizeof(in) };
	msg.iov = pointer(iov);
	msg.iovcnt = 1;
	batch.done = 0;
	check(!ioctl(fd, ARGO_IOC_RECV, &batch) && batch.done == 1, "RECV");
	check(msg.len == sizeof(out) && msg.type == 32 && !memcmp(in, out, sizeof(out)), "the message");

	memset(in, 0, sizeof(in));
	check(write(fd, out, sizeof(out)) == (ssize_t)sizeof(out), "write");
	check(read(fd, in, sizeof(in)) == (ssize_t)sizeof(out) && !memcmp(in, out, sizeof(out)), "read");

	/* Half of an address that needs more than 32 bits is not a buffer. */
	iov[0].base |= 1ULL << 32;
	batch.done = 0;
	msg.addr = (struct argo_addr){ .domid = ARGO_DOMID_ANY };
	msg.flags = 0;
	check(ioctl(fd, ARGO_IOC_SEND, &batch) < 0 && errno == EFAULT, "SEND from beyond 4 GiB");

	if (!failures)
		puts("ok");
	return failures != 0;
}
