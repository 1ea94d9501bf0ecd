// SPDX-License-Identifier: GPL-2.0-only
/*
 * Faults on demand: the file argo_loopback/argoN in debugfs takes one command a
 * write. Reading the file shows all commands.
 */
#include <linux/debugfs.h>
#include <linux/module.h>
#include <linux/seq_file.h>
#include <linux/string.h>
#include <linux/uaccess.h>

#include "loopback.h"

#define MAX_COMMAND	128
#define MAX_WORDS	6

static const char help[] =
	"fail OP NTH ERRNO [every]   the NTH OP from now gives ERRNO, a number\n"
	"                            (OP: register, unregister, sendv, notify,\n"
	"                            cable)\n"
	"irq drop [N]                the next N interrupts, or all, are lost\n"
	"irq delay [N]               or come with 'irq now'\n"
	"irq deliver                 as they should again\n"
	"irq now                     one that was delayed, or means nothing\n"
	"spoil WHAT PORT PARTNER VALUE\n"
	"                            tx, rx; of the next message len, port, domid, type\n"
	"                            (PARTNER: a number, or any)\n"
	"alloc NTH [every]           the NTH allocation of the hypervisor from now fails\n"
	"mend                        no fault of fail, irq or alloc is left\n"
	"die                         the domain ends; restore brings it back\n"
	"reset                       the hypervisor forgets its rings\n"
	"restore DOMID               as after a save: new id, rings registered again\n";

struct command {
	const char *name;
	unsigned int min_words;
	unsigned int max_words;
	int (*run)(struct loopback_domain *domain, char **words,
		   unsigned int n);
};

static const char * const op_names[] = {
	[HMX_OP_REGISTER] = "register",
	[HMX_OP_UNREGISTER] = "unregister",
	[HMX_OP_SENDV] = "sendv",
	[HMX_OP_NOTIFY] = "notify",
	[HMX_OP_CABLE] = "cable",
};

static const char * const spoil_names[] = {
	[HMX_SPOIL_TX] = "tx",
	[HMX_SPOIL_RX] = "rx",
	[HMX_SPOIL_LEN] = "len",
	[HMX_SPOIL_PORT] = "port",
	[HMX_SPOIL_DOMID] = "domid",
	[HMX_SPOIL_TYPE] = "type",
};

static int is_every(char **words, unsigned int n, unsigned int at, bool *every)
{
	*every = n > at;
	return *every && strcmp(words[at], "every") ? -EINVAL : 0;
}

static int run_fail(struct loopback_domain *domain, char **words,
		    unsigned int n)
{
	int op = match_string(op_names, ARRAY_SIZE(op_names), words[1]);
	u32 nth, err;
	bool every;

	if (op < 0 || kstrtou32(words[2], 0, &nth) || !nth ||
	    kstrtou32(words[3], 0, &err) || !err || err > MAX_ERRNO ||
	    is_every(words, n, 4, &every))
		return -EINVAL;
	hmx_fault_op(domain->hmx, op, nth, every, -(int)err);
	return 0;
}

static int run_irq(struct loopback_domain *domain, char **words,
		   unsigned int n)
{
	u32 count = HMX_ALWAYS;

	if (n > 2 && kstrtou32(words[2], 0, &count))
		return -EINVAL;
	if (!strcmp(words[1], "drop"))
		hmx_fault_irq(domain->hmx, HMX_IRQ_DROP, count);
	else if (!strcmp(words[1], "delay"))
		hmx_fault_irq(domain->hmx, HMX_IRQ_DELAY, count);
	else if (!strcmp(words[1], "deliver") && n == 2)
		hmx_fault_irq(domain->hmx, HMX_IRQ_DELIVER, HMX_ALWAYS);
	else if (!strcmp(words[1], "now") && n == 2)
		hmx_fault_spurious(domain->hmx);
	else
		return -EINVAL;
	return 0;
}

static int run_spoil(struct loopback_domain *domain, char **words,
		     unsigned int n)
{
	int what = match_string(spoil_names, ARRAY_SIZE(spoil_names), words[1]);
	u16 partner = ARGO_DOMID_ANY;
	u32 port, value;

	if (what < 0 || kstrtou32(words[2], 0, &port) ||
	    (strcmp(words[3], "any") && kstrtou16(words[3], 0, &partner)) ||
	    kstrtou32(words[4], 0, &value))
		return -EINVAL;
	return hmx_spoil(domain->hmx, port, partner, what, value);
}

static int run_alloc(struct loopback_domain *domain, char **words,
		     unsigned int n)
{
	bool every;
	u32 nth;

	if (kstrtou32(words[1], 0, &nth) || !nth ||
	    is_every(words, n, 2, &every))
		return -EINVAL;
	hmx_fault_alloc(domain->loopback->engine, nth, every);
	return 0;
}

static int run_mend(struct loopback_domain *domain, char **words,
		    unsigned int n)
{
	unsigned int op;

	for (op = 0; op < ARRAY_SIZE(op_names); op++)
		hmx_fault_op(domain->hmx, op, 0, false, 0);
	hmx_fault_irq(domain->hmx, HMX_IRQ_DELIVER, HMX_ALWAYS);
	hmx_fault_alloc(domain->loopback->engine, 0, false);
	return 0;
}

static int run_die(struct loopback_domain *domain, char **words,
		   unsigned int n)
{
	hmx_domain_destroy(domain->hmx);
	return 0;
}

static int run_reset(struct loopback_domain *domain, char **words,
		     unsigned int n)
{
	hmx_domain_soft_reset(domain->hmx);
	return 0;
}

static int run_restore(struct loopback_domain *domain, char **words,
		       unsigned int n)
{
	u16 id;
	int rc;

	if (kstrtou16(words[1], 0, &id))
		return -EINVAL;
	mutex_lock(&domain->restore_lock);
	rc = hmx_domain_restore(domain->hmx, id);
	if (!rc)
		argo_hv_restored(domain->hv);
	mutex_unlock(&domain->restore_lock);
	return rc;
}

static const struct command commands[] = {
	{ "fail", 4, 5, run_fail },
	{ "irq", 2, 3, run_irq },
	{ "spoil", 5, 5, run_spoil },
	{ "alloc", 2, 3, run_alloc },
	{ "mend", 1, 1, run_mend },
	{ "die", 1, 1, run_die },
	{ "reset", 1, 1, run_reset },
	{ "restore", 2, 2, run_restore },
};

static int run_command(struct loopback_domain *domain, char *text)
{
	char *words[MAX_WORDS], *word;
	unsigned int n = 0, i;

	while ((word = strsep(&text, " \t\n"))) {
		if (!*word)
			continue;
		if (n == MAX_WORDS)
			return -EINVAL;
		words[n++] = word;
	}
	if (!n)
		return -EINVAL;
	for (i = 0; i < ARRAY_SIZE(commands); i++) {
		const struct command *command = &commands[i];

		if (strcmp(command->name, words[0]))
			continue;
		if (n < command->min_words || n > command->max_words)
			return -EINVAL;
		return command->run(domain, words, n);
	}
	return -EINVAL;
}

static ssize_t control_write(struct file *file, const char __user *from,
			     size_t count, loff_t *pos)
{
	struct seq_file *seq = file->private_data;
	char text[MAX_COMMAND];
	int rc;

	if (count >= sizeof(text))
		return -EINVAL;
	if (copy_from_user(text, from, count))
		return -EFAULT;
	text[count] = 0;
	rc = run_command(seq->private, text);
	return rc ?: count;
}

static int control_show(struct seq_file *seq, void *unused)
{
	seq_puts(seq, help);
	return 0;
}

static int control_open(struct inode *inode, struct file *file)
{
	return single_open(file, control_show, inode->i_private);
}

static const struct file_operations control_fops = {
	.owner = THIS_MODULE,
	.open = control_open,
	.release = single_release,
	.read = seq_read,
	.llseek = seq_lseek,
	.write = control_write,
};

/**
 * loopback_control_init() - create the control file of a domain
 * @domain: the domain, registered with core
 *
 * The file is removed with its directory.
 *
 * Context: may sleep.
 */
void loopback_control_init(struct loopback_domain *domain)
{
	debugfs_create_file(domain->device, 0600, domain->loopback->dir, domain,
			    &control_fops);
}
