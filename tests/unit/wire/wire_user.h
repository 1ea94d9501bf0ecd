/* SPDX-License-Identifier: MIT */
/* What the kernel's wire.h take from it, for user space; the names are the kernel's, because the code that uses them
 * is. */
#pragma once

#include <linux/types.h>
#include <linux/virtio_vsock.h>

#include <endian.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

typedef uint8_t u8;
typedef uint16_t u16;
typedef uint32_t u32;
typedef uint64_t u64;

#define le16_to_cpu le16toh
#define le32_to_cpu le32toh
#define le64_to_cpu le64toh
