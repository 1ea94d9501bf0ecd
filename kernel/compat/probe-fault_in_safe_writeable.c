// SPDX-License-Identifier: GPL-2.0-only
#include <linux/pagemap.h>

size_t probe(const char __user *p);

size_t probe(const char __user *p)
{
	return fault_in_safe_writeable(p, 1);
}
