/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/table/nested.h"

#include "lib/base/text.h"

#include <stdlib.h>
#include <string.h>

enum { TABLES_MAX = 100 };

struct table *
nested_table(const char *spec, unsigned flags, const struct table_env *env, struct buf *err)
{
	struct table_env within = *env;

	within.depth++;
	return table_open(spec, flags, &within, err);
}

static bool
add_table(struct nested *t, const char *spec, unsigned flags, const struct table_env *env, struct buf *err)
{
	struct table *one;

	if (t->n == TABLES_MAX) {
		buf_fmt(err, "more than %d tables in one", TABLES_MAX);
		return false;
	}
	if ((one = nested_table(spec, flags, env, err)) == NULL)
		return false;
	t->tables = mem_grow(t->tables, t->n + 1, sizeof(one));
	t->tables[t->n++] = one;
	return true;
}

bool
nested_open(
    struct nested *t, const char *type, const char *name, unsigned flags, const struct table_env *env, struct buf *err)
{
	size_t n = strlen(name);
	char *copy, *cursor, *spec;
	bool ok = true;

	*t = (struct nested){ 0 };
	if (n < 2 || name[0] != '{' || name[n - 1] != '}') {
		buf_fmt(err, "%s:%.200s: wanted is %s:{type:name, ...}", type, name, type);
		return false;
	}
	copy = mem_str(name + 1);
	copy[n - 2] = '\0';
	cursor = copy;
	while (ok && (spec = table_spec_next(&cursor)) != NULL)
		ok = add_table(t, spec, flags, env, err);
	if (ok && t->n == 0) {
		buf_fmt(err, "%s:%.200s: wanted is %s:{type:name, ...}", type, name, type);
		ok = false;
	}
	free(copy);
	if (!ok)
		nested_close(t);
	return ok;
}

bool
nested_patterns(const struct nested *t)
{
	for (size_t i = 0; i < t->n; i++)
		if (table_is_patterns(t->tables[i]))
			return true;
	return false;
}

const char *
nested_trouble(const struct nested *t)
{
	const char *why = NULL;

	for (size_t i = 0; why == NULL && i < t->n; i++)
		why = table_trouble(t->tables[i]);
	return why;
}

bool
nested_changed(const struct nested *t)
{
	for (size_t i = 0; i < t->n; i++)
		if (table_changed(t->tables[i]))
			return true;
	return false;
}

void
nested_close(struct nested *t)
{
	for (size_t i = 0; i < t->n; i++)
		table_free(&t->tables[i]);
	free(t->tables);
	*t = (struct nested){ 0 };
}
