// SPDX-License-Identifier: MIT
/* Bytes between a device, or a terminal made for a command, and stdin/stdout until either ends. */
#include "agent.h"

#include <errno.h>
#include <poll.h>
#include <pty.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

static int copy(int from, int to)
{
	char data[8192];
	ssize_t n = read(from, data, sizeof(data));

	if (n < 0 && (errno == EINTR || errno == EAGAIN))
		return 0;
	return n > 0 ? agent_write_all(to, data, n) : -1;
}

static int relay(int fd)
{
	struct pollfd fds[2] = { { .fd = 0, .events = POLLIN }, { .fd = fd, .events = POLLIN } };

	for (;;) {
		if (poll(fds, 2, -1) < 0 && errno != EINTR)
			return 1;
		if (fds[1].revents && copy(fd, 1))
			return 0;
		if (fds[0].revents && copy(0, fd))
			return 0;
	}
}

int bridge(const char *path)
{
	int fd = agent_open(path);

	if (fd < 0) {
		fprintf(stderr, "%s: %s\n", path, strerror(errno));
		return 1;
	}
	return relay(fd);
}

int pty(const char *command)
{
	struct winsize size = {
		.ws_row = getenv("LINES") ? atoi(getenv("LINES")) : 24,
		.ws_col = getenv("COLUMNS") ? atoi(getenv("COLUMNS")) : 80,
	};
	int master, status;
	pid_t pid = forkpty(&master, NULL, NULL, &size);

	if (pid < 0) {
		perror("forkpty");
		return 1;
	}
	if (!pid) {
		execl("/bin/sh", "sh", "-c", command, (char *)NULL);
		_exit(127);
	}
	relay(master);
	if (waitpid(pid, &status, 0) < 0)
		return 1;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
