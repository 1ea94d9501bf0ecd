// SPDX-License-Identifier: GPL-2.0-only
/*
 * Rules: which domain may use which port of which domain, as the policy of a
 * hypervisor would say it. What no rule allows is denied.
 */
#include "locks.h"

#define SPACES		" \t\r"

enum {
	RIGHT_SEND = 1u << 0,
	RIGHT_REGISTER = 1u << 1,
	RIGHT_REGISTER_ANY = 1u << 2,
};

static const struct {
	const char *name;
	u32 right;
} right_names[] = {
	{ "send", RIGHT_SEND },
	{ "register", RIGHT_REGISTER },
	{ "register-any", RIGHT_REGISTER_ANY },
};

/**
 * struct rule - what one line allows
 * @source: domain that sends, or ARGO_DOMID_ANY
 * @owner: domain that the ports belong to, or ARGO_DOMID_ANY
 * @first: the first of the ports
 * @last: the last of the ports
 * @rights: RIGHT_*
 */
struct rule {
	u16 source;
	u16 owner;
	u32 first;
	u32 last;
	u32 rights;
};

/**
 * struct hmx_rules - a table of rules, which does not change
 * @n: number of rules
 * @rules: the rules, in no order that matters
 */
struct hmx_rules {
	u32 n;
	struct rule rules[];
};

/* Take the next word off @text. Return: NULL if there is none. */
static char *next_word(char **text)
{
	char *word;

	do {
		word = strsep(text, SPACES);
	} while (word && !*word);
	return word;
}

static bool parse_domain(char *word, u16 *domid)
{
	*domid = ARGO_DOMID_ANY;
	if (!word)
		return false;
	if (!strcmp(word, "any"))
		return true;
	return !kstrtou16(word, 10, domid) &&
	       *domid < ARGO_DOMID_FIRST_RESERVED;
}

static bool parse_ports(char *word, struct rule *rule)
{
	char *first = strsep(&word, "-");

	if (!first || kstrtou32(first, 10, &rule->first))
		return false;
	rule->last = rule->first;
	return !word || (!kstrtou32(word, 10, &rule->last) &&
			 rule->first <= rule->last);
}

static u32 parse_right(const char *word)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(right_names); i++)
		if (!strcmp(word, right_names[i].name))
			return right_names[i].right;
	return 0;
}

/* Return: NULL, or what is wrong with the line behind the word allow. */
static const char *parse_rule(char *line, struct rule *rule)
{
	char *word;
	u32 right;

	if (!parse_domain(next_word(&line), &rule->source))
		return "the source is the id of a domain, or any";
	if (!parse_domain(next_word(&line), &rule->owner))
		return "the owner is the id of a domain, or any";
	if (!parse_ports(next_word(&line), rule))
		return "the ports are FIRST-LAST, or one number";
	rule->rights = 0;
	while ((word = next_word(&line))) {
		right = parse_right(word);
		if (!right)
			return "the rights are send, register, register-any";
		rule->rights |= right;
	}
	if (!rule->rights)
		return "a right is missing";
	if (rule->rights & RIGHT_REGISTER_ANY && rule->source != ARGO_DOMID_ANY)
		return "register-any is for the source any";
	return NULL;
}

/* Return: NULL, or what is wrong with @line. */
static const char *parse_line(char *line, struct hmx_rules *rules, bool *off)
{
	char *words = strsep(&line, "#");
	char *word = next_word(&words);
	const char *wrong;

	if (!word)
		return NULL;
	if (!strcmp(word, "off")) {
		*off = true;
		return next_word(&words) ? "nothing follows off" : NULL;
	}
	if (strcmp(word, "allow"))
		return "a rule begins with allow";
	wrong = parse_rule(words, &rules->rules[rules->n]);
	if (!wrong)
		rules->n++;
	return wrong;
}

static size_t count_lines(const char *text)
{
	size_t n = 1;

	for (; *text; text++)
		n += *text == '\n';
	return n;
}

static struct hmx_rules *fail(struct hmx_rules *rules,
			      struct hmx_rules_error *error, u32 line,
			      const char *wrong)
{
	error->line = line;
	error->wrong = wrong;
	kvfree(rules);
	return ERR_PTR(-EINVAL);
}

/**
 * hmx_rules_parse() - make a table of its text
 * @text: lines, each one rule, or a comment behind '#'; changed
 * @error: says what is wrong with the text, where that is -EINVAL
 *
 *	allow SOURCE OWNER FIRST-LAST RIGHT...
 *
 * SOURCE and OWNER are ids of domains, or any. The rights are send (SOURCE may
 * send to these ports of OWNER, and ask about them), register (OWNER may
 * register rings with the partner SOURCE) and register-any (OWNER may register
 * wildcard rings).
 *
 * Context: may sleep.
 * Return: the table; NULL, which allows all, for a text without a rule, or with
 * the only word off; or an ERR_PTR: -EINVAL, -ENOMEM.
 */
struct hmx_rules *hmx_rules_parse(char *text, struct hmx_rules_error *error)
{
	struct hmx_rules *rules;
	const char *wrong;
	bool off = false;
	u32 number = 0;
	char *line;

	/* A struct hmx_rules is no larger than one rule more. */
	rules = kvmalloc_array(count_lines(text) + 1, sizeof(rules->rules[0]),
			       GFP_KERNEL);
	if (!rules)
		return ERR_PTR(-ENOMEM);
	rules->n = 0;
	while ((line = strsep(&text, "\n"))) {
		number++;
		wrong = parse_line(line, rules, &off);
		if (!wrong && off && rules->n)
			wrong = "off stands alone";
		if (wrong)
			return fail(rules, error, number, wrong);
	}
	if (rules->n)
		return rules;
	kvfree(rules);
	return NULL;
}

/**
 * hmx_rules_free() - free a table that no engine has
 * @rules: the table, or NULL
 */
void hmx_rules_free(struct hmx_rules *rules)
{
	kvfree(rules);
}

static u32 right_for(enum hmx_access_op op)
{
	switch (op) {
	case HMX_ACCESS_SEND:
	case HMX_ACCESS_QUERY:
		return RIGHT_SEND;
	case HMX_ACCESS_REGISTER_SINGLE:
		return RIGHT_REGISTER;
	case HMX_ACCESS_REGISTER_ANY:
		return RIGHT_REGISTER_ANY;
	case HMX_ACCESS_ENABLE:
		break;
	}
	return 0;
}

static bool rule_is_for(const struct rule *rule,
			const struct hmx_access *question)
{
	return (rule->source == ARGO_DOMID_ANY ||
		rule->source == question->src_domid) &&
	       (rule->owner == ARGO_DOMID_ANY ||
		rule->owner == question->dst_domid) &&
	       rule->first <= question->dst_port &&
	       rule->last >= question->dst_port;
}

/**
 * hmx_rules_allow() - does a table allow an operation?
 * @rules: the table, or NULL
 * @question: the operation
 */
bool hmx_rules_allow(const struct hmx_rules *rules,
		     const struct hmx_access *question)
{
	const u32 right = right_for(question->op);
	u32 i;

	if (!rules || !right)
		return true;
	for (i = 0; i < rules->n; i++)
		if (rules->rules[i].rights & right &&
		    rule_is_for(&rules->rules[i], question))
			return true;
	return false;
}

/**
 * hmx_engine_set_rules() - put a table in the place of an engine's
 * @engine: the engine
 * @rules: the table, which is the engine's from now on, or NULL
 *
 * Each operation that begins afterwards is under the new rules. Rings that are
 * registered stay, also where their registration would be denied now.
 *
 * Context: may sleep.
 */
void hmx_engine_set_rules(struct hmx_engine *engine, struct hmx_rules *rules)
{
	write_lock_bh(&engine->l1);
	swap(engine->rules, rules);
	write_unlock_bh(&engine->l1);
	hmx_rules_free(rules);
}
