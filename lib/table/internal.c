/* SPDX-License-Identifier: Apache-2.0 */
/*
 * internal:name - a table in the memory of one process, empty at first and gone with it.
 *
 * Shared between threads: one mutex.  What is put must fit: past its limit a
 * put fails, so that whoever fills it notices.
 */
#include "lib/base/hash.h"
#include "lib/table/types.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

enum { ENTRIES_MAX = 1000000, BYTES_MAX = 256 << 20 };

struct internal {
	pthread_mutex_t lock;
	struct hash entries;
	size_t bytes;
	char *name;
};

static void *
internal_open(const char *name, unsigned flags, const struct table_env *env, struct buf *err)
{
	struct internal *t = mem_zero(1, sizeof(*t));

	(void)flags, (void)env, (void)err;
	pthread_mutex_init(&t->lock, NULL);
	t->name = mem_str(name);
	return t;
}

static enum table_result
internal_get(void *handle, const char *key, struct arena *mem, const char **value, struct verdict *why)
{
	struct internal *t = handle;
	enum table_result r = TABLE_ABSENT;
	const char *found;

	(void)why;
	pthread_mutex_lock(&t->lock);
	if ((found = hash_get(&t->entries, key)) != NULL) {
		*value = arena_str(mem, found);
		r = TABLE_FOUND;
	}
	pthread_mutex_unlock(&t->lock);
	return r;
}

static bool
internal_put(void *handle, const char *key, const char *value, struct verdict *why)
{
	struct internal *t = handle;
	size_t more = strlen(key) + strlen(value);
	char *old;
	bool ok;

	pthread_mutex_lock(&t->lock);
	if ((ok = t->entries.n < ENTRIES_MAX && more <= BYTES_MAX - t->bytes)) {
		t->bytes += more;
		if ((old = hash_put(&t->entries, key, mem_str(value))) != NULL)
			t->bytes -= strlen(key) + strlen(old);
		free(old);
	}
	pthread_mutex_unlock(&t->lock);
	if (!ok)
		later(why, "4.3.0", "internal:%s is full", t->name);
	return ok;
}

static enum table_result
internal_remove(void *handle, const char *key, struct verdict *why)
{
	struct internal *t = handle;
	char *old;

	(void)why;
	pthread_mutex_lock(&t->lock);
	if ((old = hash_remove(&t->entries, key)) != NULL)
		t->bytes -= strlen(key) + strlen(old);
	pthread_mutex_unlock(&t->lock);
	free(old);
	return old != NULL ? TABLE_FOUND : TABLE_ABSENT;
}

struct pair {
	const char *key, *value;
};

/* All are copied first: the visitor may change the table. */
static bool
internal_each(void *handle, table_visit *visit, void *ctx, struct verdict *why)
{
	struct internal *t = handle;
	struct arena mem = ARENA(2L * BYTES_MAX);
	struct pair *pairs;
	size_t n = 0;
	bool ok;

	pthread_mutex_lock(&t->lock);
	pairs = mem_zero(t->entries.n + 1, sizeof(*pairs));
	HASH_EACH (e, &t->entries)
		pairs[n++] = (struct pair){ arena_str(&mem, e->key), arena_str(&mem, e->value) };
	pthread_mutex_unlock(&t->lock);
	ok = arena_ok(&mem);
	for (size_t i = 0; ok && i < n; i++)
		visit(ctx, pairs[i].key, pairs[i].value);
	if (!ok)
		later(why, "4.3.0", "internal:%s is too large to be told", t->name);
	free(pairs);
	arena_free(&mem);
	return ok;
}

static void
internal_close(void *handle)
{
	struct internal *t = handle;

	hash_free(&t->entries, free);
	pthread_mutex_destroy(&t->lock);
	free(t->name);
	free(t);
}

const struct table_type table_internal = {
	.name = "internal",
	.about = "in memory, empty at first",
	.open = internal_open,
	.get = internal_get,
	.each = internal_each,
	.put = internal_put,
	.remove = internal_remove,
	.close = internal_close,
};
