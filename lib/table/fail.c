/* SPDX-License-Identifier: Apache-2.0 */
/* fail:name - each look-up fails; to see what becomes of mail then. */
#include "lib/table/types.h"

#include <stdlib.h>

static void *
fail_open(const char *name, unsigned flags, const struct table_env *env, struct buf *err)
{
	(void)flags, (void)env, (void)err;
	return mem_str(name);
}

static enum table_result
fail_get(void *handle, const char *key, struct arena *mem, const char **value, struct verdict *why)
{
	(void)mem, (void)value;
	later(why, "4.3.0", "fail:%s: lookup of %.200s always fails", (const char *)handle, key);
	return TABLE_ERROR;
}

const struct table_type table_fail = {
	.name = "fail",
	.about = "fails, for tests",
	.open = fail_open,
	.get = fail_get,
	.close = free,
};
