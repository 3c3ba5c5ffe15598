/* SPDX-License-Identifier: Apache-2.0 */
/* Lists of names, files and tables, as in mydestination and relay_domains. */
#include "lib/base/log.h"
#include "lib/base/text.h"
#include "lib/io/file.h"
#include "lib/table/table.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

enum { PATTERNS_MAX = 100000, FILES_DEEP = 8, FILE_MAX = 16 << 20 };

struct pattern {
	bool negated;
	char *name; /* lower case; or NULL: a table */
	struct table *table;
};
struct match_list {
	struct pattern *patterns;
	size_t n;
	bool parent;
};

static bool add_words(struct match_list *, char *words, int deep, const struct table_env *, struct buf *err);

static bool
add_file(struct match_list *l, const char *path, int deep, const struct table_env *env, struct buf *err)
{
	struct buf text = BUF(FILE_MAX);
	bool ok = false;

	if (deep >= FILES_DEEP)
		buf_fmt(err, "%s: pattern files name each other too deeply", path);
	else if (!file_read(AT_FDCWD, path, &text))
		buf_fmt(err, "open file %s: %s", path, strerror(errno));
	else
		ok = text.len == 0 || add_words(l, text.s, deep + 1, env, err);
	buf_free(&text);
	return ok;
}

static bool
add_pattern(struct match_list *l, char *word, int deep, const struct table_env *env, struct buf *err)
{
	struct pattern p = { 0 };

	for (; *word == '!'; word++)
		p.negated = !p.negated;
	if (*word == '/' && !p.negated)
		return add_file(l, word, deep, env, err);
	if (l->n >= PATTERNS_MAX) {
		buf_fmt(err, "more than %d patterns in one list", PATTERNS_MAX);
		return false;
	}
	if (strchr(word, ':') != NULL && *word != '[') {
		if ((p.table = table_open(word, TABLE_FOLD | TABLE_REGEXP_OK, env, err)) == NULL)
			return false;
	} else {
		text_lower(word);
		p.name = mem_str(word);
	}
	if ((l->n & (l->n - 1)) == 0)
		l->patterns = mem_grow(l->patterns, l->n ? l->n * 2 : 8, sizeof(p));
	l->patterns[l->n++] = p;
	return true;
}

static bool
add_words(struct match_list *l, char *words, int deep, const struct table_env *env, struct buf *err)
{
	char *line, *word;

	while ((line = text_word(&words, "\n")) != NULL) {
		if (line[strspn(line, " \t\r")] == '#')
			continue;
		while ((word = table_word_next(&line)) != NULL)
			if (!add_pattern(l, word, deep, env, err))
				return false;
	}
	return true;
}

struct match_list *
match_list_open(const char *patterns, bool parent, const struct table_env *env, struct buf *err)
{
	struct match_list *l = mem_zero(1, sizeof(*l));
	char *copy = mem_str(patterns);

	l->parent = parent;
	if (!add_words(l, copy, 0, env, err))
		match_list_free(&l);
	free(copy);
	return l;
}

/* example.com, .example.com for what is below it, and below as well when the parent matches. */
static bool
name_matches(const struct match_list *l, const char *pattern, const char *name)
{
	size_t n = strlen(name), m = strlen(pattern);

	if (strcmp(pattern, name) == 0)
		return true;
	if (n <= m)
		return false;
	if (pattern[0] == '.')
		return !l->parent && strcmp(name + n - m, pattern) == 0;
	return l->parent && name[n - m - 1] == '.' && strcmp(name + n - m, pattern) == 0;
}

static enum table_result
in_table(const struct match_list *l, struct table *t, const char *name, struct arena *mem, struct verdict *why)
{
	enum table_result r;
	const char *value, *dot = name;

	if ((r = table_get(t, name, mem, &value, why)) != TABLE_ABSENT || name[0] == '[' || table_is_patterns(t))
		return r;
	while ((dot = strchr(dot, '.')) != NULL && dot[1] != '\0') {
		r = table_get(t, l->parent ? dot + 1 : dot, mem, &value, why);
		if (r != TABLE_ABSENT)
			return r;
		dot++;
	}
	return TABLE_ABSENT;
}

static enum table_result
match_one(const struct match_list *l, const struct pattern *p, const char *name, bool exact, struct arena *mem,
    struct verdict *why)
{
	const char *value;

	if (p->name != NULL)
		return (exact ? strcmp(p->name, name) == 0 : name_matches(l, p->name, name)) ? TABLE_FOUND
											     : TABLE_ABSENT;
	return exact ? table_get(p->table, name, mem, &value, why) : in_table(l, p->table, name, mem, why);
}

static enum table_result
search(struct match_list *l, const char *given, bool exact, struct arena *mem, struct verdict *why)
{
	char *name = arena_str(mem, given);

	if (name[0] == '\0')
		return TABLE_ABSENT;
	text_lower(name);
	for (size_t i = 0; i < l->n; i++) {
		const struct pattern *p = &l->patterns[i];
		enum table_result r = match_one(l, p, name, exact, mem, why);

		if (r == TABLE_ERROR)
			return r;
		if (r == TABLE_FOUND)
			return p->negated ? TABLE_ABSENT : TABLE_FOUND;
	}
	return TABLE_ABSENT;
}

enum table_result
match_list_get(struct match_list *l, const char *name, struct arena *mem, struct verdict *why)
{
	return search(l, name, false, mem, why);
}

enum table_result
match_list_get_exact(struct match_list *l, const char *name, struct arena *mem, struct verdict *why)
{
	return search(l, name, true, mem, why);
}

bool
match_list_changed(struct match_list *l)
{
	for (size_t i = 0; i < l->n; i++)
		if (l->patterns[i].table != NULL && table_changed(l->patterns[i].table))
			return true;
	return false;
}

void
match_list_free(struct match_list **lp)
{
	struct match_list *l = *lp;

	if (l == NULL)
		return;
	for (size_t i = 0; i < l->n; i++) {
		free(l->patterns[i].name);
		table_free(&l->patterns[i].table);
	}
	free(l->patterns);
	free(l);
	*lp = NULL;
}
