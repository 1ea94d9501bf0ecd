/* SPDX-License-Identifier: MIT */
#ifndef LAB_AGENT_H
#define LAB_AGENT_H

#include <stddef.h>

/* Opens a device for both directions, raw when it is a terminal. */
int agent_open(const char *path);
int agent_write_all(int fd, const char *data, size_t len);

int serve(const char *path);
int bridge(const char *path);
int pty(const char *command);

#endif
