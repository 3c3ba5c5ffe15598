/* SPDX-License-Identifier: Apache-2.0 */
/* inline:{ key=value, { key = text with blanks } } - a table within main.cf. */
#include "lib/base/fold.h"
#include "lib/base/hash.h"
#include "lib/base/text.h"
#include "lib/table/types.h"

#include <stdlib.h>
#include <string.h>

static bool
add_entry(struct hash *h, char *item, unsigned flags, struct buf *err)
{
	char *equals = strchr(item, '='), *key, *value, *old, *folded = NULL;

	if (equals == NULL || equals == item) {
		buf_fmt(err, "\"%.200s\" is not key=value", item);
		return false;
	}
	*equals = '\0';
	key = text_trim(item);
	value = text_trim(equals + 1);
	if (flags & TABLE_FOLD)
		key = folded = fold_case(key, flags & TABLE_UTF8);
	if ((old = hash_put(h, key, mem_str(value))) != NULL)
		buf_fmt(err, "key \"%.200s\" is there twice", key);
	free(folded);
	free(old);
	return old == NULL;
}

static void
inline_close(void *handle)
{
	hash_free(handle, free);
	free(handle);
}

static void *
inline_open(const char *name, unsigned flags, const struct table_env *env, struct buf *err)
{
	struct hash *h = mem_zero(1, sizeof(*h));
	size_t n = strlen(name);
	char *copy = mem_str(name), *cursor = copy + 1, *item;
	bool ok = true;

	(void)env;
	if (n < 2 || name[0] != '{' || name[n - 1] != '}') {
		buf_fmt(err, "inline:%.200s: wanted is inline:{ key=value, ... }", name);
		ok = false;
	} else {
		copy[n - 1] = '\0';
		while (ok && (item = text_item(&cursor, TEXT_LIST)) != NULL)
			ok = add_entry(h, item, flags, err);
		if (ok && h->n == 0) {
			buf_fmt(err, "inline:%.200s: an empty table is not useful", name);
			ok = false;
		}
	}
	free(copy);
	if (!ok) {
		inline_close(h);
		return NULL;
	}
	return h;
}

static enum table_result
inline_get(void *handle, const char *key, struct arena *mem, const char **value, struct verdict *why)
{
	const char *found = hash_get(handle, key);

	(void)why;
	if (found == NULL)
		return TABLE_ABSENT;
	*value = arena_str(mem, found);
	return TABLE_FOUND;
}

static bool
inline_each(void *handle, table_visit *visit, void *ctx, struct verdict *why)
{
	(void)why;
	return types_each(handle, visit, ctx);
}

const struct table_type table_inline = {
	.name = "inline",
	.about = "a table within the parameter's value",
	.open = inline_open,
	.get = inline_get,
	.each = inline_each,
	.close = inline_close,
};
