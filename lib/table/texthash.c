/* SPDX-License-Identifier: Apache-2.0 */
/*
 * texthash:/file - the source of a table, read whole at start; no index to forget.
 *
 * Lines as postmap(1) has them: key, white space, value; a line that starts
 * with white space continues the one before; # comments.  A key may be quoted,
 * and a colon may follow it, so that an aliases(5) file is read as it is.
 */
#include "lib/base/hash.h"
#include "lib/base/log.h"
#include "lib/base/text.h"
#include "lib/io/file.h"
#include "lib/table/types.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { FILE_MAX = 256 << 20 };

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

/* The key's end, past quotes; the key itself without them is copied to the front. */
static char *
take_key(char *line, char **key)
{
	char *from = line, *to = line;
	bool quoted = false;

	for (; *from != '\0'; from++) {
		if (*from == '"')
			quoted = !quoted;
		else if (*from == '\\' && quoted && from[1] != '\0')
			*to++ = *++from;
		else if (!quoted && (*from == ' ' || *from == '\t'))
			break;
		else if (!quoted && *from == ':' && (from[1] == ' ' || from[1] == '\t' || from[1] == '\0'))
			break;
		else
			*to++ = *from;
	}
	from += *from != '\0';
	*to = '\0';
	*key = line;
	from += strspn(from, " \t");
	if (*from == ':' && (from[1] == ' ' || from[1] == '\t'))
		from++;
	return from;
}

static void
add_line(struct texthash *t, char *line, int number, unsigned flags)
{
	char *key, *value = text_trim(take_key(line, &key));

	if (*key == '\0' || *value == '\0') {
		if (!t->quiet)
			log_warn("%s, line %d: expected format: key whitespace value", t->path, number);
		return;
	}
	if (flags & TABLE_FOLD)
		text_lower(key);
	if (hash_get(&t->entries, key) != NULL) {
		if (!t->quiet)
			log_warn("%s, line %d: duplicate entry: \"%s\", the first one counts", t->path, number, key);
		return;
	}
	hash_put(&t->entries, key, mem_str(value));
}

/* One logical line: the lines that start with white space belong to the one before. */
static char *
next_logical(char **cursor, int *number)
{
	char *start = *cursor, *end = start, *next;

	if (*start == '\0')
		return NULL;
	for (;;) {
		end += strcspn(end, "\n");
		++*number;
		next = *end != '\0' ? end + 1 : end;
		if (*end == '\0' || (*next != ' ' && *next != '\t'))
			break;
		if (next[strspn(next, " \t\r")] == '\n')
			break;
		*end = ' ';
	}
	*end = '\0';
	*cursor = next;
	return start;
}

static bool
read_entries(struct texthash *t, char *text, unsigned flags)
{
	char *line;
	int number = 0, first = 1;

	while ((line = next_logical(&text, &number)) != NULL) {
		char *s = line + strspn(line, " \t\r");

		if (*s != '\0' && *s != '#') {
			if (s == line)
				add_line(t, s, first, flags);
			else if (!t->quiet)
				log_warn("%s, line %d: line starts with white space, but there is none to continue",
				    t->path, first);
		}
		first = number + 1;
	}
	return true;
}

static void *
texthash_open(const char *name, unsigned flags, const struct table_env *env, struct buf *err)
{
	struct texthash *t = mem_zero(1, sizeof(*t));
	struct buf text = BUF(FILE_MAX);

	t->quiet = env->trial;
	t->entries = (struct hash)HASH(false);
	t->path = mem_str(name);
	if (stat(name, &t->seen) < 0 || !file_read(AT_FDCWD, name, &text)) {
		buf_fmt(err, "open texthash:%s: %s", name, errno == EFBIG ? "larger than 256 MB" : strerror(errno));
		texthash_close(t);
		t = NULL;
	} else if (text.len > 0) {
		if (memchr(text.s, '\0', text.len) != NULL && !t->quiet)
			log_warn("%s: what follows a NUL byte is not read", name);
		read_entries(t, text.s, flags);
	}
	buf_free(&text);
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
	.changed = texthash_changed,
	.close = texthash_close,
};
