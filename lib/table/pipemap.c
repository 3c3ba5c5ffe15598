/* SPDX-License-Identifier: Apache-2.0 */
/* pipemap:{a:x, b:y} - what the first table gives is the key for the next one; the last one gives the result. */
#include "lib/table/nested.h"
#include "lib/table/types.h"

#include <stdlib.h>

static void *
pipemap_open(const char *name, unsigned flags, const struct table_env *env, struct buf *err)
{
	struct nested *t = mem_zero(1, sizeof(*t));

	if (nested_open(t, "pipemap", name, flags, env, err))
		return t;
	free(t);
	return NULL;
}

static enum table_result
pipemap_get(void *handle, const char *key, struct arena *mem, const char **value, struct verdict *why)
{
	const struct nested *t = handle;
	const char *found = key;

	for (size_t i = 0; i < t->n; i++) {
		enum table_result r = table_get(t->tables[i], found, mem, &found, why);

		if (r != TABLE_FOUND)
			return r;
	}
	*value = found;
	return TABLE_FOUND;
}

static bool
pipemap_patterns(void *handle)
{
	return nested_patterns(handle);
}

static const char *
pipemap_trouble(void *handle)
{
	return nested_trouble(handle);
}

static bool
pipemap_changed(void *handle)
{
	return nested_changed(handle);
}

static void
pipemap_close(void *handle)
{
	nested_close(handle);
	free(handle);
}

const struct table_type table_pipemap = {
	.name = "pipemap",
	.about = "tables in a row, each asked for what the one before gave",
	.patterns_within = pipemap_patterns,
	.open = pipemap_open,
	.get = pipemap_get,
	.trouble = pipemap_trouble,
	.changed = pipemap_changed,
	.close = pipemap_close,
};
