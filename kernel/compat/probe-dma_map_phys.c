// SPDX-License-Identifier: GPL-2.0-only
#include <linux/dma-map-ops.h>

bool probe(const struct dma_map_ops *ops);

bool probe(const struct dma_map_ops *ops)
{
	return ops->map_phys;
}
