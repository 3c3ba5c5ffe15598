/* SPDX-License-Identifier: Apache-2.0 */
/* static:value - every key has this value; static:{a value with blanks}. */
#include "lib/table/types.h"

#include <stdlib.h>
#include <string.h>

static void *
static_open(const char *name, unsigned flags, const struct table_env *env, struct buf *err)
{
	size_t n = strlen(name);
	char *copy = mem_str(name), *text = copy, *value;

	(void)flags, (void)env, (void)err;
	if (n >= 2 && name[0] == '{' && name[n - 1] == '}') {
		copy[n - 1] = '\0';
		text = copy + 1 + strspn(copy + 1, " \t\r\n");
		for (n = strlen(text); n > 0 && strchr(" \t\r\n", text[n - 1]) != NULL; n--)
			text[n - 1] = '\0';
	}
	value = mem_str(text);
	free(copy);
	return value;
}

static enum table_result
static_get(void *handle, const char *key, struct arena *mem, const char **value, struct verdict *why)
{
	(void)key, (void)why;
	*value = arena_str(mem, handle);
	return TABLE_FOUND;
}

const struct table_type table_static = {
	.name = "static",
	.about = "the same value for every key",
	.open = static_open,
	.get = static_get,
	.close = free,
};
