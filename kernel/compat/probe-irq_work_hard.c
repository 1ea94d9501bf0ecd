// SPDX-License-Identifier: GPL-2.0-only
#include <linux/irq_work.h>

void probe(struct irq_work *work, void (*fn)(struct irq_work *));

void probe(struct irq_work *work, void (*fn)(struct irq_work *))
{
	*work = IRQ_WORK_INIT_HARD(fn);
}
