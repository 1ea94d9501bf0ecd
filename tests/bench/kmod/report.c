// SPDX-License-Identifier: GPL-2.0-only
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/kernel.h>
#include <linux/module.h>
#include <linux/moduleparam.h>
#include <linux/string.h>

#include "bench.h"

/* Read with the parameter lock held, so written with it too. */
static char results[1024];

void bench_report(const char *fmt, ...)
{
	struct va_format vaf = { .fmt = fmt };
	size_t used;
	va_list args;

	va_start(args, fmt);
	vaf.va = &args;
	pr_info("%pV\n", &vaf);
	va_end(args);

	va_start(args, fmt);
	kernel_param_lock(THIS_MODULE);
	used = strlen(results);
	used += vscnprintf(results + used, sizeof(results) - used, fmt, args);
	scnprintf(results + used, sizeof(results) - used, "\n");
	kernel_param_unlock(THIS_MODULE);
	va_end(args);
}

/* For sort(): u64s, the shortest time first. */
int bench_compare_ns(const void *a, const void *b)
{
	u64 left = *(const u64 *)a, right = *(const u64 *)b;

	return left < right ? -1 : left > right;
}

static int results_get(char *buffer, const struct kernel_param *kp)
{
	return scnprintf(buffer, PAGE_SIZE, "%s", results);
}

static const struct kernel_param_ops results_ops = { .get = results_get };

module_param_cb(results, &results_ops, NULL, 0444);
MODULE_PARM_DESC(results, "what was measured, a line each (read only)");
