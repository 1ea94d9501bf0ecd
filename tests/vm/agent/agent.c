// SPDX-License-Identifier: MIT
/*
 * The lab's agent: runs commands in a domain for the host.
 *
 * agent serve DEVICE    run what the host asks for over DEVICE (virtio port in dom0, hvc0 in a domU)
 * agent bridge DEVICE   copy DEVICE to and from stdin and stdout (dom0: a domU's console)
 * agent pty COMMAND     run a shell command on a terminal of its own, for people (lab/shell.py)
 *
 * Frames are lines of text (frame.h), so that a kernel message on the same console spoils at most
 * the frame it falls into. Frames to the host are numbered and kept for a while; the host asks
 * again from the first number that it missed.
 */
#include "agent.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

int agent_open(const char *path)
{
	int fd = open(path, O_RDWR | O_NOCTTY | O_CLOEXEC);
	struct termios raw;

	if (fd >= 0 && !tcgetattr(fd, &raw)) {
		cfmakeraw(&raw);
		tcsetattr(fd, TCSANOW, &raw);
	}
	return fd;
}

int agent_write_all(int fd, const char *data, size_t len)
{
	while (len) {
		ssize_t n = write(fd, data, len);

		if (n < 0 && (errno == EINTR || errno == EAGAIN)) {
			usleep(1000);
			continue;
		}
		if (n <= 0)
			return -1;
		data += n;
		len -= n;
	}
	return 0;
}

int main(int argc, char **argv)
{
	if (argc == 3 && !strcmp(argv[1], "serve"))
		return serve(argv[2]);
	if (argc == 3 && !strcmp(argv[1], "bridge"))
		return bridge(argv[2]);
	if (argc == 3 && !strcmp(argv[1], "pty"))
		return pty(argv[2]);
	fprintf(stderr, "usage: agent serve DEVICE | bridge DEVICE | pty COMMAND\n");
	return 2;
}
