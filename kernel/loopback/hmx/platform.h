/* SPDX-License-Identifier: GPL-2.0-only */
/* Headers of the platform that the engine runs on: the kernel or a process. */
#ifndef _HMX_PLATFORM_H
#define _HMX_PLATFORM_H

#ifdef __KERNEL__
#include <linux/bug.h>
#include <linux/compiler.h>
#include <linux/err.h>
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/list.h>
#include <linux/lockdep.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/string.h>
#include <linux/types.h>
#else
#include "hmx_user.h"
#endif

#endif /* _HMX_PLATFORM_H */
