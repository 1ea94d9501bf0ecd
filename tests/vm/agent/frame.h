/* SPDX-License-Identifier: MIT */
#ifndef LAB_FRAME_H
#define LAB_FRAME_H

#include <stddef.h>

/*
 * To the host:    \n<CRC SEQ TYPE ID BASE64\n
 * From the host:  >CRC TYPE ID BASE64\n
 *
 * CRC is the CRC-32 of what follows it, in hex; SEQ and ID are decimal. A line that is anything
 * else is not a frame. The newline in front ends whatever the kernel left unfinished.
 */
#define FRAME_PAYLOAD 3072
#define FRAME_LINE (FRAME_PAYLOAD / 3 * 4 + 128)

struct request {
	char type;
	unsigned int id;
	size_t len;
	char data[65536];
};

/* Returns the length of the line. */
size_t frame_encode(char *line, unsigned long seq, char type, unsigned int id,
		    const void *data, size_t len);
/* 0, or -1 when the line is no whole frame. */
int frame_decode(const char *line, size_t len, struct request *request);

#endif
