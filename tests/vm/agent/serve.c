// SPDX-License-Identifier: MIT
/* Commands run side by side, their output and status sent as they come. */
#include "agent.h"
#include "frame.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>

#define CHILDREN 128
#define HISTORY 256

struct child {
	unsigned int id;
	pid_t pid;
	int in, out, err;	/* -1 once closed */
	int ended, status;
	char *backlog;		/* for its stdin: the agent never waits for a child to read */
	size_t backlog_len;
	int in_eof;
};

static struct child children[CHILDREN];
static int device;
static int wakeup[2];
static unsigned int last_id;

/* Frames sent last, in case the host missed some. */
static struct { char *line; size_t len; } history[HISTORY];
static unsigned long next_seq = 1;

static void emit(char type, unsigned int id, const void *data, size_t len)
{
	char line[FRAME_LINE];
	size_t n = frame_encode(line, next_seq, type, id, data, len);
	unsigned int slot = next_seq++ % HISTORY;

	free(history[slot].line);
	history[slot].line = malloc(n);
	history[slot].len = 0;
	if (history[slot].line) {
		memcpy(history[slot].line, line, n);
		history[slot].len = n;
	}
	agent_write_all(device, line, n);
}

static void emit_unnumbered(char type, unsigned int id, const char *text)
{
	char line[FRAME_LINE];

	agent_write_all(device, line, frame_encode(line, 0, type, id, text, strlen(text)));
}

static void resend(unsigned long from)
{
	char text[32];

	for (unsigned long seq = from; seq < next_seq; seq++) {
		if (seq + HISTORY < next_seq || !history[seq % HISTORY].line) {
			emit_unnumbered('L', 0, "frames lost");
			continue;
		}
		agent_write_all(device, history[seq % HISTORY].line, history[seq % HISTORY].len);
	}
	snprintf(text, sizeof(text), "%lu", next_seq);
	emit_unnumbered('N', 0, text);
}

static struct child *find(unsigned int id)
{
	for (int i = 0; i < CHILDREN; i++)
		if (children[i].pid && children[i].id == id)
			return &children[i];
	return NULL;
}

static void set_nonblocking(int fd)
{
	fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
}

static void spawn(struct request *request)
{
	int in[2], out[2], err[2];
	struct child *child = NULL;

	/* The host repeats a request when it saw no answer. */
	if (request->id <= last_id) {
		emit_unnumbered('A', request->id, "");
		return;
	}
	for (int i = 0; i < CHILDREN && !child; i++)
		if (!children[i].pid)
			child = &children[i];
	if (!child || pipe2(in, O_CLOEXEC) || pipe2(out, O_CLOEXEC) || pipe2(err, O_CLOEXEC)) {
		emit('X', request->id, "agent: too many commands", 24);
		return;
	}
	last_id = request->id;
	emit_unnumbered('A', request->id, "");
	memset(child, 0, sizeof(*child));
	child->id = request->id;
	child->pid = fork();
	if (!child->pid) {
		sigset_t none;

		setsid();
		sigemptyset(&none);
		sigprocmask(SIG_SETMASK, &none, NULL);
		signal(SIGPIPE, SIG_DFL);
		signal(SIGCHLD, SIG_DFL);
		dup2(in[0], 0);
		dup2(out[1], 1);
		dup2(err[1], 2);
		execl("/bin/sh", "sh", "-c", request->data, (char *)NULL);
		_exit(127);
	}
	close(in[0]);
	close(out[1]);
	close(err[1]);
	child->in = in[1];
	child->out = out[0];
	child->err = err[0];
	set_nonblocking(child->in);
	set_nonblocking(child->out);
	set_nonblocking(child->err);
	if (child->pid < 0) {
		child->ended = 1;
		child->status = 127 << 8;
		child->pid = 1;
	}
}

static void close_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

static void feed(struct child *child)
{
	while (child->backlog_len && child->in >= 0) {
		ssize_t n = write(child->in, child->backlog, child->backlog_len);

		if (n < 0 && (errno == EAGAIN || errno == EINTR))
			return;
		if (n <= 0) {
			child->backlog_len = 0;
			close_fd(&child->in);
			return;
		}
		child->backlog_len -= n;
		memmove(child->backlog, child->backlog + n, child->backlog_len);
	}
	if (child->in_eof)
		close_fd(&child->in);
}

static void handle(struct request *request)
{
	struct child *child = find(request->id);

	switch (request->type) {
	case 'S':
		spawn(request);
		break;
	case 'I':
		if (child && child->in >= 0) {
			char *more = realloc(child->backlog, child->backlog_len + request->len);

			if (!more)
				break;
			memcpy(more + child->backlog_len, request->data, request->len);
			child->backlog = more;
			child->backlog_len += request->len;
			feed(child);
		}
		break;
	case 'E':
		if (child) {
			child->in_eof = 1;
			feed(child);
		}
		break;
	case 'K':
		/* A child of this instant may not be the leader of its group yet. */
		if (child && !child->ended && kill(-child->pid, atoi(request->data)))
			kill(child->pid, atoi(request->data));
		break;
	case 'R':
		resend(strtoul(request->data, NULL, 10));
		break;
	}
}

/* The device's bytes, cut into lines. */
static void take(const char *data, size_t len)
{
	static char line[98304];
	static size_t used;
	static int overlong;
	static struct request request;

	for (size_t i = 0; i < len; i++) {
		if (data[i] == '\n') {
			if (!overlong && !frame_decode(line, used, &request))
				handle(&request);
			used = 0;
			overlong = 0;
		} else if (used < sizeof(line) - 1) {
			line[used++] = data[i];
			line[used] = 0;
		} else {
			overlong = 1;
		}
	}
}

/* One read of a pipe; 0 when there may be more. */
static int drain(struct child *child, int *fd, char type)
{
	char data[FRAME_PAYLOAD];
	ssize_t n;

	if (*fd < 0)
		return -1;
	n = read(*fd, data, sizeof(data));
	if (n < 0 && errno == EINTR)
		return 0;
	if (n < 0 && errno == EAGAIN)
		return -1;
	if (n <= 0) {
		close_fd(fd);
		return -1;
	}
	emit(type, child->id, data, n);
	return 0;
}

static void finish(struct child *child)
{
	char text[16];
	int rc = WIFEXITED(child->status) ? WEXITSTATUS(child->status) : 128 + WTERMSIG(child->status);

	/*
	 * What it wrote is in the pipes already. Their end is not waited for: a process that it left
	 * in the background may hold them for ever, and may even write for ever.
	 */
	for (int i = 0; i < 4096 && !drain(child, &child->out, 'O'); i++)
		;
	for (int i = 0; i < 4096 && !drain(child, &child->err, 'E'); i++)
		;
	close_fd(&child->in);
	close_fd(&child->out);
	close_fd(&child->err);
	free(child->backlog);
	snprintf(text, sizeof(text), "%d", rc);
	emit('X', child->id, text, strlen(text));
	memset(child, 0, sizeof(*child));
}

static void reap(void)
{
	int status;
	pid_t pid;

	/* As process 1 the agent also reaps what others left. */
	while ((pid = waitpid(-1, &status, WNOHANG)) > 0)
		for (int i = 0; i < CHILDREN; i++)
			if (children[i].pid == pid && !children[i].ended) {
				children[i].ended = 1;
				children[i].status = status;
			}
	for (int i = 0; i < CHILDREN; i++)
		if (children[i].pid && children[i].ended)
			finish(&children[i]);
}

static void on_child(int signal)
{
	int saved = errno;

	(void)signal;
	if (write(wakeup[1], "", 1) < 0) {
		/* Full: the loop will wake up anyway. */
	}
	errno = saved;
}

static void serve_once(void)
{
	struct pollfd fds[2 + 3 * CHILDREN];
	char data[16384];
	int n = 0;

	fds[n++] = (struct pollfd){ .fd = device, .events = POLLIN };
	fds[n++] = (struct pollfd){ .fd = wakeup[0], .events = POLLIN };
	for (int i = 0; i < CHILDREN; i++) {
		struct child *child = &children[i];

		if (!child->pid)
			continue;
		fds[n++] = (struct pollfd){ .fd = child->out, .events = POLLIN };
		fds[n++] = (struct pollfd){ .fd = child->err, .events = POLLIN };
		if (child->backlog_len && child->in >= 0)
			fds[n++] = (struct pollfd){ .fd = child->in, .events = POLLOUT };
	}
	if (poll(fds, n, -1) < 0)
		return;
	if (fds[1].revents && read(wakeup[0], data, sizeof(data)) < 0)
		return;
	for (int i = 0; i < CHILDREN; i++) {
		if (!children[i].pid)
			continue;
		drain(&children[i], &children[i].out, 'O');
		drain(&children[i], &children[i].err, 'E');
		feed(&children[i]);
	}
	reap();
	if (fds[0].revents) {
		ssize_t len = read(device, data, sizeof(data));

		if (len > 0)
			take(data, len);
		else if (len == 0 || (errno != EINTR && errno != EAGAIN))
			/* A virtio port reads as ended while no host is connected. */
			usleep(50000);
	}
}

int serve(const char *path)
{
	struct utsname name;

	device = agent_open(path);
	if (device < 0 || pipe2(wakeup, O_CLOEXEC | O_NONBLOCK)) {
		fprintf(stderr, "agent: %s: %s\n", path, strerror(errno));
		return 1;
	}
	signal(SIGPIPE, SIG_IGN);
	signal(SIGCHLD, on_child);
	uname(&name);
	emit('H', 0, name.release, strlen(name.release));
	for (;;)
		serve_once();
}
