/* SPDX-License-Identifier: Apache-2.0 */
#include "smtpd/words.h"

#include "lib/base/log.h"
#include "lib/base/text.h"
#include "lib/base/token.h"

#include <regex.h>
#include <stdlib.h>
#include <string.h>

struct expression {
	regex_t re;
	bool negated;
};
struct word {
	char *name;	     /* or NULL */
	struct table *table; /* or NULL */
	struct expression *expressions;
	size_t n;
};
struct words {
	struct word *list;
	size_t n;
};

/* The end of /expression/, where "\/" stands for a slash; cuts it out. */
static char *
cut_expression(char *s)
{
	for (; *s != '\0' && *s != '/'; s++)
		if (*s == '\\' && s[1] != '\0')
			s++;
	if (*s == '\0')
		return NULL;
	*s = '\0';
	return s + 1;
}

static bool
add_expression(struct word *w, char *item, struct buf *err)
{
	struct expression x = { .negated = item[0] == '!' };
	char *start = item + x.negated, *flags, why[200];
	int options = REG_EXTENDED | REG_NOSUB | REG_ICASE, code;

	if (*start != '/' || (flags = cut_expression(++start)) == NULL) {
		buf_fmt(err, "\"%.100s\" is not /expression/ text", item);
		return false;
	}
	for (; *flags != '\0' && strchr(TEXT_LIST, *flags) == NULL; flags++) {
		if (*flags == 'i')
			options ^= REG_ICASE;
		else if (*flags == 'x')
			options ^= REG_EXTENDED;
	}
	if ((code = regcomp(&x.re, start, options)) != 0) {
		regerror(code, &x.re, why, sizeof(why));
		buf_fmt(err, "/%.100s/: %s", start, why);
		return false;
	}
	w->expressions = mem_grow(w->expressions, w->n + 1, sizeof(x));
	w->expressions[w->n++] = x;
	return true;
}

static bool
add_expressions(struct word *w, const char *braces, struct buf *err)
{
	char *copy = mem_str(braces), *cursor = copy, *inside, *item;
	bool ok = true;

	if ((inside = token_next(&cursor)) != NULL && braces[0] == '{') {
		while (ok && (item = token_next(&inside)) != NULL)
			ok = add_expression(w, item, err);
	} else {
		buf_fmt(err, "wanted is regexp:{ {/expression/ text} ... }");
		ok = false;
	}
	free(copy);
	return ok;
}

static bool
add_word(struct words *l, const char *text, const struct table_env *env, struct buf *err)
{
	struct word w = { 0 };
	bool ok = true;

	if (text_starts(text, "regexp:"))
		ok = add_expressions(&w, text + strlen("regexp:"), err);
	else if (strchr(text, ':') != NULL)
		ok = (w.table = table_open(text, TABLE_FOLD, env, err)) != NULL;
	else
		w.name = mem_str(text);
	l->list = mem_grow(l->list, l->n + 1, sizeof(w));
	l->list[l->n++] = w;
	return ok;
}

struct words *
words_open(const char *parameter, const char *list, const struct table_env *env, struct buf *err)
{
	struct words *l = mem_zero(1, sizeof(*l));
	char *copy = mem_str(list), *cursor = copy, *text;
	bool ok = true;

	while (ok && (text = token_next(&cursor)) != NULL) {
		struct buf why = BUF(1024);

		if (!(ok = add_word(l, text, env, &why)))
			buf_fmt(err, "%s: %s", parameter, buf_str(&why));
		buf_free(&why);
	}
	free(copy);
	if (!ok)
		words_free(&l);
	return l;
}

static bool
fits(const struct word *w, const char *word)
{
	for (size_t i = 0; i < w->n; i++)
		if ((regexec(&w->expressions[i].re, word, 0, NULL, 0) == 0) != w->expressions[i].negated)
			return true;
	return false;
}

static bool
in_table(const struct word *w, const char *word, struct arena *mem)
{
	struct verdict why = VERDICT(mem);
	const char *value;

	switch (table_get(w->table, word, mem, &value, &why)) {
	case TABLE_FOUND:
		return true;
	case TABLE_ERROR:
		log_warn("%s: %s", table_spec(w->table), why.text);
		return false;
	case TABLE_ABSENT:
		break;
	}
	return false;
}

bool
words_has(const struct words *l, const char *word, struct arena *mem)
{
	for (size_t i = 0; i < l->n; i++) {
		const struct word *w = &l->list[i];

		if (w->name != NULL	   ? text_same(w->name, word)
			: w->table != NULL ? in_table(w, word, mem)
					   : fits(w, word))
			return true;
	}
	return false;
}

static void
free_word(struct word *w)
{
	for (size_t i = 0; i < w->n; i++)
		regfree(&w->expressions[i].re);
	free(w->expressions);
	table_free(&w->table);
	free(w->name);
}

void
words_free(struct words **lp)
{
	struct words *l = *lp;

	if (l == NULL)
		return;
	for (size_t i = 0; i < l->n; i++)
		free_word(&l->list[i]);
	free(l->list);
	free(l);
	*lp = NULL;
}
