/* SPDX-License-Identifier: GPL-2.0-only */
/* Copying the struct arguments of uapi/linux/argo.h. */
#ifndef _ARGO_CHAR_ARGUMENTS_H
#define _ARGO_CHAR_ARGUMENTS_H

#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/uaccess.h>

/*
 * Copy a struct of @known bytes from the caller. Its first field is the size of
 * the struct as the caller knows it. Return: that size, -EFAULT, -EINVAL.
 */
static inline int argo_get_arg(void *arg, size_t known, size_t min,
			       const void __user *from)
{
	u32 size;
	int rc;

	if (get_user(size, (const u32 __user *)from))
		return -EFAULT;
	if (size < min || size > PAGE_SIZE)
		return -EINVAL;
	rc = copy_struct_from_user(arg, known, from, size);
	/* The caller uses a field that this kernel does not know. */
	if (rc == -E2BIG)
		return -EINVAL;
	return rc ?: size;
}

/* Copy a struct of @known bytes back. argo_get_arg() returned @size. */
static inline int argo_put_arg(void __user *to, const void *arg, size_t known,
			       int size)
{
	return copy_to_user(to, arg, min_t(size_t, known, size)) ? -EFAULT : 0;
}

#endif /* _ARGO_CHAR_ARGUMENTS_H */
