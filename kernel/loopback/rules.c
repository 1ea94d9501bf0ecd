// SPDX-License-Identifier: GPL-2.0-only
/*
 * Who may use which port: the file argo_loopback/rules in debugfs. A write
 * replaces all rules, a read gives the text that was written last, and how many
 * operations of each domain were denied.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/debugfs.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/seq_file.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/uaccess.h>

#include "loopback.h"

/* Thousands of rules. */
#define MAX_TEXT	(256 * 1024)
/* Denials of one domain that are logged in a period, as by a patched Xen. */
#define LOG_BURST	10
#define LOG_PERIOD	(5 * HZ)

static const char * const right_names[] = {
	[HMX_ACCESS_REGISTER_SINGLE] = "register",
	[HMX_ACCESS_REGISTER_ANY] = "register-any",
	[HMX_ACCESS_SEND] = "send",
	[HMX_ACCESS_QUERY] = "send",
};

/**
 * loopback_denied() - count and log that the rules denied an operation
 * @domain: domain that asked for it
 * @question: the operation
 *
 * Context: any but the hard interrupt.
 */
void loopback_denied(struct loopback_domain *domain,
		     const struct hmx_access *question)
{
	atomic64_inc(&domain->denials);
	if (!__ratelimit(&domain->denials_log))
		return;
	if (question->src_domid == ARGO_DOMID_ANY)
		pr_info("denied { %s } for any source, owner=d%u port=%u\n",
			right_names[question->op], question->dst_domid,
			question->dst_port);
	else
		pr_info("denied { %s } for source=d%u owner=d%u port=%u\n",
			right_names[question->op], question->src_domid,
			question->dst_domid, question->dst_port);
}

/**
 * loopback_denied_init() - no operation of a domain was denied yet
 * @domain: the domain
 */
void loopback_denied_init(struct loopback_domain *domain)
{
	atomic64_set(&domain->denials, 0);
	ratelimit_state_init(&domain->denials_log, LOG_PERIOD, LOG_BURST);
}

/* Put the rules of @text in the place of the old ones, or change nothing. */
static int replace_rules(struct loopback *loopback, char *text)
{
	struct hmx_rules_error error = {};
	char *kept = kstrdup(text, GFP_KERNEL);
	struct hmx_rules *rules;

	if (!kept)
		return -ENOMEM;
	rules = hmx_rules_parse(text, &error);
	if (IS_ERR(rules)) {
		if (PTR_ERR(rules) == -EINVAL)
			pr_info("rules, line %u: %s; the rules stay as they were\n",
				error.line, error.wrong);
		kfree(kept);
		return PTR_ERR(rules);
	}
	mutex_lock(&loopback->rules_lock);
	hmx_engine_set_rules(loopback->engine, rules);
	swap(loopback->rules, kept);
	mutex_unlock(&loopback->rules_lock);
	kfree(kept);
	return 0;
}

static ssize_t rules_write(struct file *file, const char __user *from,
			   size_t count, loff_t *pos)
{
	struct seq_file *seq = file->private_data;
	char *text;
	int rc;

	/* A second write would replace the first half by the second. */
	if (*pos) {
		pr_info("rules: all have to come in one write\n");
		return -EINVAL;
	}
	if (count > MAX_TEXT)
		return -E2BIG;
	text = memdup_user_nul(from, count);
	if (IS_ERR(text))
		return PTR_ERR(text);
	rc = replace_rules(seq->private, text);
	kfree(text);
	if (rc)
		return rc;
	*pos += count;
	return count;
}

static int rules_show(struct seq_file *seq, void *unused)
{
	struct loopback *loopback = seq->private;
	struct loopback_domain *domain;
	unsigned int i;

	mutex_lock(&loopback->rules_lock);
	seq_printf(seq, "%s\n", loopback->rules ?: "off");
	mutex_unlock(&loopback->rules_lock);
	for (i = 0; i < loopback->n; i++) {
		domain = &loopback->domains[i];
		seq_printf(seq, "# %s: %llu denied\n", domain->device,
			   (u64)atomic64_read(&domain->denials));
	}
	return 0;
}

static int rules_open(struct inode *inode, struct file *file)
{
	return single_open(file, rules_show, inode->i_private);
}

static const struct file_operations rules_fops = {
	.owner = THIS_MODULE,
	.open = rules_open,
	.release = single_release,
	.read = seq_read,
	.llseek = seq_lseek,
	.write = rules_write,
};

/**
 * loopback_rules_init() - create the file of the rules
 * @loopback: the hypervisor
 *
 * The file is removed with its directory.
 *
 * Context: may sleep.
 */
void loopback_rules_init(struct loopback *loopback)
{
	debugfs_create_file("rules", 0600, loopback->dir, loopback,
			    &rules_fops);
}
