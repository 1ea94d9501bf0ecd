// SPDX-License-Identifier: MIT
#include "frame.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

static uint32_t crc32(const char *data, size_t len)
{
	uint32_t crc = ~0u;

	while (len--) {
		crc ^= (unsigned char)*data++;
		for (int bit = 0; bit < 8; bit++)
			crc = crc >> 1 ^ (crc & 1 ? 0xedb88320u : 0);
	}
	return ~crc;
}

static size_t base64_encode(char *out, const unsigned char *in, size_t len)
{
	char *start = out;

	for (size_t i = 0; i < len; i += 3) {
		uint32_t v = (uint32_t)in[i] << 16;

		if (i + 1 < len)
			v |= (uint32_t)in[i + 1] << 8;
		if (i + 2 < len)
			v |= in[i + 2];
		*out++ = digits[v >> 18];
		*out++ = digits[v >> 12 & 63];
		*out++ = i + 1 < len ? digits[v >> 6 & 63] : '=';
		*out++ = i + 2 < len ? digits[v & 63] : '=';
	}
	return out - start;
}

static long base64_decode(char *out, size_t room, const char *in, size_t len)
{
	uint32_t v = 0;
	unsigned int bits = 0;
	size_t n = 0;

	for (size_t i = 0; i < len && in[i] != '='; i++) {
		const char *digit = memchr(digits, in[i], 64);

		if (!digit)
			return -1;
		v = v << 6 | (uint32_t)(digit - digits);
		bits += 6;
		if (bits >= 8) {
			if (n == room)
				return -1;
			bits -= 8;
			out[n++] = (char)(v >> bits);
		}
	}
	return (long)n;
}

size_t frame_encode(char *line, unsigned long seq, char type, unsigned int id,
		    const void *data, size_t len)
{
	char crc[16];
	/* "\n<" and eight digits, filled in when the rest is known. */
	size_t n = 10;

	n += sprintf(line + n, " %lu %c %u ", seq, type, id);
	n += base64_encode(line + n, data, len);
	sprintf(crc, "\n<%08x", crc32(line + 10, n - 10));
	memcpy(line, crc, 10);
	line[n++] = '\n';
	return n;
}

int frame_decode(const char *line, size_t len, struct request *request)
{
	int used = 0;
	unsigned int crc;
	long n;

	if (len < 12 || line[0] != '>')
		return -1;
	if (sscanf(line, ">%8x %c %u %n", &crc, &request->type, &request->id, &used) < 3 || !used)
		return -1;
	if (crc32(line + 9, len - 9) != crc)
		return -1;
	n = base64_decode(request->data, sizeof(request->data) - 1, line + used, len - used);
	if (n < 0)
		return -1;
	request->len = n;
	request->data[n] = 0;
	return 0;
}
