/* SPDX-License-Identifier: Apache-2.0 */
#include "commands/sallyport/table_file.h"

#include "lib/base/mem.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

const char *const postfix_types[] = { "btree", "cdb", "cidr", "dbm", "environ", "fail", "hash", "inline", "internal",
	"ldap", "lmdb", "memcache", "mongodb", "mysql", "netinfo", "nis", "nisplus", "pcre", "pgsql", "pipemap",
	"proxy", "randmap", "regexp", "sdbm", "socketmap", "sqlite", "static", "tcp", "texthash", "unionmap", "unix",
	NULL };

bool
is_postfix_type(const char *name)
{
	for (size_t i = 0; postfix_types[i] != NULL; i++)
		if (strcmp(postfix_types[i], name) == 0)
			return true;
	return false;
}

static const struct row {
	const char *type;
	const char *suffix; /* of the index that is looked into; "": the file itself is */
	bool text;
	bool settings; /* a name without a slash is where its settings begin in main.cf */
} rows[] = {
	{ "btree", ".db", true, false },
	{ "cdb", ".cdb", true, false },
	{ "cidr", "", false, false },
	{ "dbm", ".pag", true, false },
	{ "hash", ".db", true, false },
	{ "ldap", "", false, true },
	{ "lmdb", ".lmdb", true, false },
	{ "memcache", "", false, true },
	{ "mysql", "", false, true },
	{ "pcre", "", false, false },
	{ "pgsql", "", false, true },
	{ "regexp", "", false, false },
	{ "sdbm", ".pag", true, false },
	{ "sqlite", "", false, true },
	{ "texthash", "", true, false },
};

static const struct row *
find(const char *type)
{
	for (size_t i = 0; i < NITEMS(rows); i++)
		if (strcmp(rows[i].type, type) == 0)
			return &rows[i];
	return NULL;
}

bool
table_file_is_one(const char *type)
{
	return find(type) != NULL;
}

bool
table_file_has_text(const char *type)
{
	const struct row *r = find(type);

	return r != NULL && r->text;
}

bool
table_file_needs_path(const char *type)
{
	const struct row *r = find(type);

	return r != NULL && !r->settings;
}

static enum table_file
plain(const char *path, struct stat *st)
{
	if (stat(path, st) < 0)
		return errno == ENOENT ? TABLE_FILE_ABSENT : TABLE_FILE_UNREADABLE;
	if (S_ISDIR(st->st_mode)) {
		errno = EISDIR;
		return TABLE_FILE_UNREADABLE;
	}
	return access(path, R_OK) == 0 ? TABLE_FILE_GOOD : TABLE_FILE_UNREADABLE;
}

static bool
is_older(const struct stat *a, const struct stat *b)
{
	if (a->st_mtim.tv_sec != b->st_mtim.tv_sec)
		return a->st_mtim.tv_sec < b->st_mtim.tv_sec;
	return a->st_mtim.tv_nsec < b->st_mtim.tv_nsec;
}

/* An index alone is enough: some keep the source elsewhere. */
enum table_file
table_file_state(const char *type, const char *path, char **index)
{
	const struct row *r = find(type);
	enum table_file source_state, state;
	struct stat source, made;

	source_state = plain(path, &source);
	if (r == NULL || r->suffix[0] == '\0')
		return source_state;
	*index = mem_fmt("%s%s", path, r->suffix);
	state = plain(*index, &made);
	if (state == TABLE_FILE_ABSENT)
		return source_state == TABLE_FILE_GOOD ? TABLE_FILE_NO_INDEX : TABLE_FILE_ABSENT;
	if (state == TABLE_FILE_GOOD && source_state == TABLE_FILE_GOOD && is_older(&made, &source))
		return TABLE_FILE_STALE;
	return state;
}
