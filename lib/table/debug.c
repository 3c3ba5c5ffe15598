/* SPDX-License-Identifier: Apache-2.0 */
/* debug:type:name - the same table; each look-up, and what came of it, is logged. */
#include "lib/base/log.h"
#include "lib/table/nested.h"
#include "lib/table/types.h"

static void *
debug_open(const char *name, unsigned flags, const struct table_env *env, struct buf *err)
{
	return nested_table(name, flags, env, err);
}

static enum table_result
debug_get(void *handle, const char *key, struct arena *mem, const char **value, struct verdict *why)
{
	enum table_result r = table_get(handle, key, mem, value, why);

	switch (r) {
	case TABLE_FOUND:
		log_info("table %s: lookup of \"%s\" gave \"%s\"", table_spec(handle), key, *value);
		break;
	case TABLE_ABSENT:
		log_info("table %s: lookup of \"%s\": not found", table_spec(handle), key);
		break;
	case TABLE_ERROR:
		log_info("table %s: lookup of \"%s\" failed: %s", table_spec(handle), key, why->text);
		break;
	}
	return r;
}

static bool
debug_patterns(void *handle)
{
	return table_is_patterns(handle);
}

static bool
debug_each(void *handle, table_visit *visit, void *ctx, struct verdict *why)
{
	return table_each(handle, visit, ctx, why);
}

static bool
debug_where(void *handle, const char *key, const char **file, int *line)
{
	return table_where(handle, key, file, line);
}

static const char *
debug_trouble(void *handle)
{
	return table_trouble(handle);
}

static bool
debug_changed(void *handle)
{
	return table_changed(handle);
}

static void
debug_close(void *handle)
{
	struct table *t = handle;

	table_free(&t);
}

const struct table_type table_debug = {
	.name = "debug",
	.about = "another table, with each look-up logged",
	.patterns_within = debug_patterns,
	.open = debug_open,
	.get = debug_get,
	.each = debug_each,
	.where = debug_where,
	.trouble = debug_trouble,
	.changed = debug_changed,
	.close = debug_close,
};
