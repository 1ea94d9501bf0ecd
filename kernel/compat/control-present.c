// SPDX-License-Identifier: GPL-2.0-only
/* Every kernel has this: it must compile. */
#include <linux/module.h>
#include <linux/skbuff.h>
#include <linux/uio.h>

unsigned int probe(const struct sk_buff *skb);

unsigned int probe(const struct sk_buff *skb)
{
	return skb->len;
}
