/* SPDX-License-Identifier: Apache-2.0 */
/* unionmap:{a:x, b:y} - all tables are asked, and what is found is joined with commas. */
#include "lib/table/nested.h"
#include "lib/table/types.h"

#include <stdlib.h>

enum { RESULT_MAX = 1 << 20 };

static void *
unionmap_open(const char *name, unsigned flags, const struct table_env *env, struct buf *err)
{
	struct nested *t = mem_zero(1, sizeof(*t));

	if (nested_open(t, "unionmap", name, flags, env, err))
		return t;
	free(t);
	return NULL;
}

/* One that fails fails all: half of the recipients of a list are not the list. */
static enum table_result
unionmap_get(void *handle, const char *key, struct arena *mem, const char **value, struct verdict *why)
{
	const struct nested *t = handle;
	enum table_result result = TABLE_ABSENT, r;
	struct buf all = BUF(RESULT_MAX);
	const char *found;

	for (size_t i = 0; i < t->n && result != TABLE_ERROR; i++) {
		if ((r = table_get(t->tables[i], key, mem, &found, why)) == TABLE_ABSENT)
			continue;
		if (r == TABLE_FOUND)
			buf_fmt(&all, "%s%s", result == TABLE_FOUND ? "," : "", found);
		result = r;
	}
	if (!buf_ok(&all)) {
		later(why, "4.3.0", "unionmap: what was found for %.100s is larger than %d bytes", key, RESULT_MAX);
		result = TABLE_ERROR;
	}
	if (result == TABLE_FOUND)
		*value = arena_str(mem, buf_str(&all));
	buf_free(&all);
	return result;
}

static bool
unionmap_patterns(void *handle)
{
	return nested_patterns(handle);
}

static const char *
unionmap_trouble(void *handle)
{
	return nested_trouble(handle);
}

static bool
unionmap_changed(void *handle)
{
	return nested_changed(handle);
}

static void
unionmap_close(void *handle)
{
	nested_close(handle);
	free(handle);
}

const struct table_type table_unionmap = {
	.name = "unionmap",
	.about = "what several tables give, joined with commas",
	.patterns_within = unionmap_patterns,
	.open = unionmap_open,
	.get = unionmap_get,
	.trouble = unionmap_trouble,
	.changed = unionmap_changed,
	.close = unionmap_close,
};
