/* SPDX-License-Identifier: Apache-2.0 */
/* Several tables, searched in order. */
#include "lib/base/text.h"
#include "lib/table/table.h"

#include <stdlib.h>
#include <string.h>

enum { TABLES_MAX = 1000 };

struct table_list {
	struct table **tables;
	size_t n;
};

char *
table_word_next(char **cursor)
{
	char *start = *cursor + strspn(*cursor, TEXT_LIST), *s;
	int depth = 0;

	if (*start == '\0')
		return NULL;
	for (s = start; *s != '\0'; s++) {
		if (*s == '{')
			depth++;
		else if (*s == '}' && depth > 0)
			depth--;
		else if (depth == 0 && strchr(TEXT_LIST, *s) != NULL)
			break;
	}
	*cursor = *s != '\0' ? s + 1 : s;
	*s = '\0';
	return start;
}

char *
table_spec_next(char **cursor)
{
	char *word = table_word_next(cursor);
	size_t n = word != NULL ? strlen(word) : 0;

	if (n < 2 || word[0] != '{' || word[n - 1] != '}')
		return word;
	word[n - 1] = '\0';
	return text_trim(word + 1);
}

struct table_list *
table_list_open(const char *specs, unsigned flags, const struct table_env *env, struct buf *err)
{
	struct table_list *l = mem_zero(1, sizeof(*l));
	char *copy = mem_str(specs), *cursor = copy, *spec;

	while ((spec = table_spec_next(&cursor)) != NULL) {
		struct table *t = NULL;

		if (l->n >= TABLES_MAX)
			buf_fmt(err, "more than %d tables in one list", TABLES_MAX);
		else
			t = table_open(spec, flags, env, err);
		if (t == NULL) {
			table_list_free(&l);
			break;
		}
		l->tables = mem_grow(l->tables, l->n + 1, sizeof(struct table *));
		l->tables[l->n++] = t;
	}
	free(copy);
	return l;
}

enum table_result
table_list_find(struct table_list *l, const char *key, bool whole, struct arena *mem, const char **value,
    const struct table **which, struct verdict *why)
{
	for (size_t i = 0; i < l->n; i++) {
		enum table_result r = TABLE_ABSENT;

		if (whole || !table_is_patterns(l->tables[i]))
			r = table_get(l->tables[i], key, mem, value, why);
		if (r != TABLE_ABSENT) {
			*which = l->tables[i];
			return r;
		}
	}
	return TABLE_ABSENT;
}

enum table_result
table_list_get(struct table_list *l, const char *key, struct arena *mem, const char **value, struct verdict *why)
{
	const struct table *which;

	return table_list_find(l, key, true, mem, value, &which, why);
}

size_t
table_list_size(const struct table_list *l)
{
	return l->n;
}

bool
table_list_changed(struct table_list *l)
{
	for (size_t i = 0; i < l->n; i++)
		if (table_changed(l->tables[i]))
			return true;
	return false;
}

void
table_list_free(struct table_list **lp)
{
	struct table_list *l = *lp;

	if (l == NULL)
		return;
	for (size_t i = 0; i < l->n; i++)
		table_free(&l->tables[i]);
	free(l->tables);
	free(l);
	*lp = NULL;
}
