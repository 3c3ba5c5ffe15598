/* SPDX-License-Identifier: Apache-2.0 */
/* environ:anything - the environment of the process: NAME gives its value.  Nothing of ours changes it once tables are open. */
#include "lib/table/types.h"

#include <stdlib.h>

static void *
environ_open(const char *name, unsigned flags, const struct table_env *env, struct buf *err)
{
	(void)flags, (void)env, (void)err;
	return mem_str(name);
}

static enum table_result
environ_get(void *handle, const char *key, struct arena *mem, const char **value, struct verdict *why)
{
	const char *found = getenv(key);

	(void)handle, (void)why;
	if (found == NULL)
		return TABLE_ABSENT;
	*value = arena_str(mem, found);
	return TABLE_FOUND;
}

const struct table_type table_environ = {
	.name = "environ",
	.about = "the environment of the process",
	.open = environ_open,
	.get = environ_get,
	.close = free,
};
