// SPDX-License-Identifier: GPL-2.0-only
/* No kernel has this: it must not compile. */
#include <linux/skbuff.h>

unsigned int probe(const struct sk_buff *skb);

unsigned int probe(const struct sk_buff *skb)
{
	return argo_no_such_function(skb);
}
