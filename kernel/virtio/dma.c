// SPDX-License-Identifier: GPL-2.0-only
/*
 * A descriptor holds the physical address of memory of this domain, which
 * phys_to_virt() turns back. In a Xen domain virtio asks the DMA API for it,
 * whose own answer may be a machine address or that of a bounce buffer. No
 * device ever sees it, so nothing is mapped, flushed or bounced.
 */
#include <linux/dma-map-ops.h>
#include <linux/gfp.h>
#include <linux/mm.h>
#include <linux/scatterlist.h>

#include "virtio.h"

#if !defined(CONFIG_DMA_OPS) && !defined(CONFIG_ARCH_HAS_DMA_OPS)
#error "virtio_argo needs DMA operations of a device's own, which CONFIG_XEN selects"
#endif

static void *alloc_memory(struct device *dev, size_t size, dma_addr_t *handle,
			  gfp_t gfp, unsigned long attrs)
{
	void *memory = alloc_pages_exact(size, gfp | __GFP_ZERO);

	if (memory)
		*handle = virt_to_phys(memory);
	return memory;
}

static void free_memory(struct device *dev, size_t size, void *memory,
			dma_addr_t handle, unsigned long attrs)
{
	free_pages_exact(memory, size);
}

#ifdef ARGO_HAVE_DMA_MAP_PHYS
static dma_addr_t map_phys(struct device *dev, phys_addr_t phys, size_t size,
			   enum dma_data_direction dir, unsigned long attrs)
{
	return phys;
}

static void unmap_phys(struct device *dev, dma_addr_t handle, size_t size,
		       enum dma_data_direction dir, unsigned long attrs)
{
}
#else
static dma_addr_t map_page(struct device *dev, struct page *page,
			   unsigned long offset, size_t size,
			   enum dma_data_direction dir, unsigned long attrs)
{
	return page_to_phys(page) + offset;
}

static void unmap_page(struct device *dev, dma_addr_t handle, size_t size,
		       enum dma_data_direction dir, unsigned long attrs)
{
}
#endif

static int map_sg(struct device *dev, struct scatterlist *list, int n,
		  enum dma_data_direction dir, unsigned long attrs)
{
	struct scatterlist *sg;
	int i;

	for_each_sg(list, sg, n, i) {
		sg_dma_address(sg) = sg_phys(sg);
		sg_dma_len(sg) = sg->length;
	}
	return n;
}

static int is_supported(struct device *dev, u64 mask)
{
	return 1;
}

/*
 * Drivers that know no better limit their segments by this. So a request of a
 * usual number of segments is no larger than what the back end takes.
 */
static size_t max_mapping_size(struct device *dev)
{
	return virtio_argo_max_segment(dev_get_drvdata(dev));
}

static const struct dma_map_ops ops = {
	.alloc = alloc_memory,
	.free = free_memory,
#ifdef ARGO_HAVE_DMA_MAP_PHYS
	.map_phys = map_phys,
	.unmap_phys = unmap_phys,
#else
	.map_page = map_page,
	.unmap_page = unmap_page,
#endif
	.map_sg = map_sg,
	.dma_supported = is_supported,
	.max_mapping_size = max_mapping_size,
};

/**
 * virtio_argo_dma_init() - give a virtio device's parent its DMA operations
 * @dev: the parent, whose driver data are the struct virtio_argo_dev
 *
 * Return: 0, or an errno.
 */
int virtio_argo_dma_init(struct device *dev)
{
	set_dma_ops(dev, &ops);
	return dma_coerce_mask_and_coherent(dev, DMA_BIT_MASK(64));
}
