/* SPDX-License-Identifier: Apache-2.0 */
/*
 * texthash:/file - the source of a table, read whole at start; no index to forget.
 *
 * Lines as postmap(1) has them, and a colon may follow the key, so that an
 * aliases(5) file is read as it is.
 */
#include "lib/base/hash.h"
#include "lib/base/log.h"
#include "lib/table/source.h"
#include "lib/table/types.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

struct texthash {
	struct hash entries;
	char *path;
	struct stat seen;
	bool quiet;
};

static void
texthash_close(void *handle)
{
	struct texthash *t = handle;

	hash_free(&t->entries, free);
	free(t->path);
	free(t);
}

/* The first of two entries counts. */
static void
add_entry(struct texthash *t, const struct source *s, const char *key, const char *value)
{
	if (hash_get(&t->entries, key) == NULL)
		hash_put(&t->entries, key, mem_str(value));
	else if (!t->quiet)
		log_warn("%s, line %d: duplicate entry: \"%s\", the first one counts", t->path, s->line, key);
}

static void *
texthash_open(const char *name, unsigned flags, const struct table_env *env, struct buf *err)
{
	struct texthash *t = mem_zero(1, sizeof(*t));
	struct source s = SOURCE(name, SOURCE_EITHER, flags & TABLE_FOLD);
	char *key, *value;

	s.utf8 = flags & TABLE_UTF8;
	s.quiet = t->quiet = env->trial != NULL || env->complain != NULL;
	t->entries = (struct hash)HASH(false);
	t->path = mem_str(name);
	if (source_open(&s, err)) {
		while (source_next(&s, &key, &value))
			add_entry(t, &s, key, value);
		t->seen = s.seen;
	} else {
		texthash_close(t);
		t = NULL;
	}
	source_free(&s);
	return t;
}

static enum table_result
texthash_get(void *handle, const char *key, struct arena *mem, const char **value, struct verdict *why)
{
	struct texthash *t = handle;
	const char *found = hash_get(&t->entries, key);

	(void)why;
	if (found == NULL)
		return TABLE_ABSENT;
	*value = arena_str(mem, found);
	return TABLE_FOUND;
}

static bool
texthash_each(void *handle, table_visit *visit, void *ctx, struct verdict *why)
{
	(void)why;
	return types_each(&((struct texthash *)handle)->entries, visit, ctx);
}

static bool
texthash_changed(void *handle)
{
	struct texthash *t = handle;
	struct stat st;

	/* A file that is gone for a moment is being replaced: what was read stays good until it is back. */
	return stat(t->path, &st) == 0 &&
	    (st.st_ino != t->seen.st_ino || st.st_dev != t->seen.st_dev || st.st_size != t->seen.st_size ||
		st.st_mtim.tv_sec != t->seen.st_mtim.tv_sec || st.st_mtim.tv_nsec != t->seen.st_mtim.tv_nsec);
}

const struct table_type table_texthash = {
	.name = "texthash",
	.about = "a text file, read at start",
	.open = texthash_open,
	.get = texthash_get,
	.each = texthash_each,
	.changed = texthash_changed,
	.close = texthash_close,
};
