/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/table/index.h"

#include "lib/table/map.h"

#include <errno.h>
#include <sys/stat.h>

enum { ENTRY_MAX = 4 << 20 };

static const struct index_format *const formats[] = { &index_hash, &index_btree, &index_lmdb, &index_cdb };

bool
index_load(struct index *ix, struct buf *err)
{
	const char *wrong = "it is no table that is known here";

	for (size_t i = 0; i < NITEMS(formats); i++)
		if (formats[i]->is(ix)) {
			ix->format = formats[i];
			wrong = formats[i]->load(ix);
			break;
		}
	if (wrong != NULL)
		buf_puts(err, wrong);
	return wrong == NULL;
}

static char *
without_nul(struct arena *mem, struct span s)
{
	return arena_strn(mem, (const char *)s.s, s.n > 0 && s.s[s.n - 1] == '\0' ? s.n - 1 : s.n);
}

enum table_result
index_each(const struct index *ix, const struct map *map, table_visit *visit, void *ctx, const char **why)
{
	struct index_cursor at = { .begun = false };
	struct arena mem = ARENA(ENTRY_MAX);
	struct span key, value;
	enum table_result r;

	*why = "";
	while ((r = ix->format->next(ix, &at, &mem, &key, &value, why)) == TABLE_FOUND && !map_torn(map)) {
		char *k = without_nul(&mem, key), *v = without_nul(&mem, value);

		*why = "an entry is too long";
		if (!arena_ok(&mem)) {
			r = TABLE_ERROR;
			break;
		}
		visit(ctx, k, v);
		arena_reset(&mem);
	}
	arena_free(&mem);
	if (map_torn(map)) {
		r = TABLE_ERROR;
		*why = "it was truncated";
	}
	return r;
}

bool
index_each_of(int fd, table_visit *visit, void *ctx, struct buf *err)
{
	struct index ix = { 0 };
	struct map *map = NULL;
	const char *wrong;
	struct stat st;
	bool ok = false;

	if (fstat(fd, &st) < 0 || (map = map_open(fd, ix.size = (size_t)st.st_size, &ix.at)) == NULL)
		buf_puts(err, errno == ENODATA ? "it is empty" : strerror(errno));
	else if (index_load(&ix, err) && !(ok = index_each(&ix, map, visit, ctx, &wrong) == TABLE_ABSENT))
		buf_puts(err, wrong);
	map_close(&map);
	return ok;
}
