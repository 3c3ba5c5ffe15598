/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/table/rule_pattern.h"

#include "lib/base/text.h"
#include "lib/net/addr.h"

#include <stdlib.h>
#include <string.h>

struct alternative {
	bool out; /* a ! stands before it */
	char *text;
	struct addr_net net; /* RULE_CLIENT, but for words */
};
struct rule_pattern {
	enum rule_kind kind;
	struct alternative *list;
	size_t n;
	bool some_in;
};

static bool
is_word(enum rule_kind kind, const char *text)
{
	return strcmp(text, "*") == 0 || (kind != RULE_ADDRESS && text_same(text, "none"));
}

static bool
add(struct rule_pattern *p, char *word, const char **wrong)
{
	struct alternative a = { .out = word[0] == '!' };
	struct buf err = BUF(500);
	bool ok = true;

	word += a.out;
	if (word[0] == '\0') {
		*wrong = "nothing stands after the !";
		return false;
	}
	if (p->kind == RULE_CLIENT && !is_word(p->kind, word)) {
		ok = addr_net_parse(&a.net, word, &err);
		buf_free(&err);
	}
	if (!ok) {
		*wrong = "expected an address or network, as 192.0.2.0/24 (host bits 0), * or none";
		return false;
	}
	a.text = mem_str(word);
	text_lower(a.text);
	p->some_in = p->some_in || !a.out;
	p->list = mem_grow(p->list, p->n + 1, sizeof(a));
	p->list[p->n++] = a;
	return true;
}

struct rule_pattern *
rule_pattern_parse(enum rule_kind kind, const char *text, const char **wrong)
{
	struct rule_pattern *p = mem_zero(1, sizeof(*p));
	char *copy = mem_str(text), *cursor = copy, *word;
	bool ok = true;

	p->kind = kind;
	while (ok && (word = text_word(&cursor, ",")) != NULL)
		ok = add(p, word, wrong);
	if (ok && p->n == 0) {
		*wrong = "a condition needs a value; for no sender that is <>, for no client or login it is none";
		ok = false;
	}
	if (!ok)
		rule_pattern_free(&p);
	free(copy);
	return p;
}

/* user@domain, with or without an extension; user@ for any domain. */
static bool
whole_matches(const char *pattern, const char *address, const char *at, const char *delimiters)
{
	const char *pattern_at = strrchr(pattern, '@');
	size_t user = (size_t)(pattern_at - pattern), local = (size_t)(at - address);

	if (pattern_at[1] != '\0' && !text_same(pattern_at + 1, at + 1))
		return false;
	if (user > local || strncasecmp(pattern, address, user) != 0)
		return false;
	return user == local || strchr(delimiters, address[user]) != NULL;
}

static bool
address_matches(const char *pattern, const char *address, const char *delimiters)
{
	const char *at = strrchr(address, '@'), *domain = at != NULL ? at + 1 : "";

	if (strcmp(pattern, "<>") == 0 || strcmp(pattern, "*") == 0)
		return (strcmp(address, "<>") == 0) == (pattern[0] == '<');
	if (pattern[0] == '.')
		return strlen(domain) > strlen(pattern) && text_ends(domain, pattern);
	if (pattern[0] == '@' || strchr(pattern, '@') == NULL)
		return domain[0] != '\0' && text_same(domain, pattern + (pattern[0] == '@'));
	return at != NULL && whole_matches(pattern, address, at, delimiters);
}

static bool
fits(const struct rule_pattern *p, const struct alternative *a, const char *value, const char *delimiters)
{
	struct addr client;

	if (p->kind == RULE_ADDRESS)
		return address_matches(a->text, value, delimiters);
	if (is_word(p->kind, a->text))
		return (value[0] == '\0') == (a->text[0] != '*');
	if (p->kind == RULE_LOGIN)
		return text_same(a->text, value);
	return addr_parse(&client, value, 0) && addr_net_has(&a->net, &client);
}

bool
rule_pattern_match(const struct rule_pattern *p, const char *value, const char *delimiters)
{
	bool in = !p->some_in;

	for (size_t i = 0; i < p->n; i++) {
		bool fit = (!in || p->list[i].out) && fits(p, &p->list[i], value, delimiters);

		if (fit && p->list[i].out)
			return false;
		in = in || fit;
	}
	return in;
}

void
rule_pattern_free(struct rule_pattern **pp)
{
	struct rule_pattern *p = *pp;

	if (p == NULL)
		return;
	for (size_t i = 0; i < p->n; i++)
		free(p->list[i].text);
	free(p->list);
	free(p);
	*pp = NULL;
}
