/* SPDX-License-Identifier: Apache-2.0 */
/*
 * unix:passwd.byname, unix:group.byname - the system's user database.
 *
 * The value is the entry in the form of passwd(5) or group(5), without the
 * password.  Only the proxymap service opens it: name service modules open
 * files and sockets that a jail does not have.
 */
#include "lib/table/types.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { ENTRY_MAX = 65536 };

typedef enum table_result getter(const char *key, char *room, struct arena *, const char **value, struct verdict *why);

static enum table_result
failed(int err, const char *map, const char *key, struct verdict *why)
{
	/* getpwnam_r(3): what "not found" looks like differs between modules. */
	if (err == 0 || err == ENOENT || err == ESRCH || err == EBADF || err == EPERM)
		return TABLE_ABSENT;
	later(why, "4.3.0", "unix:%s lookup of %s: %s", map, key, strerror(err));
	return TABLE_ERROR;
}

static enum table_result
get_user(const char *key, char *room, struct arena *mem, const char **value, struct verdict *why)
{
	struct passwd entry, *p = NULL;
	int err = getpwnam_r(key, &entry, room, ENTRY_MAX, &p);

	if (p == NULL)
		return failed(err, "passwd.byname", key, why);
	*value = arena_fmt(
	    mem, "%s:x:%u:%u:%s:%s:%s", p->pw_name, p->pw_uid, p->pw_gid, p->pw_gecos, p->pw_dir, p->pw_shell);
	return TABLE_FOUND;
}

static enum table_result
get_group(const char *key, char *room, struct arena *mem, const char **value, struct verdict *why)
{
	struct buf members = BUF(ENTRY_MAX);
	struct group entry, *g = NULL;
	int err = getgrnam_r(key, &entry, room, ENTRY_MAX, &g);

	if (g == NULL)
		return failed(err, "group.byname", key, why);
	for (char **m = g->gr_mem; *m != NULL; m++)
		buf_fmt(&members, "%s%s", members.len > 0 ? "," : "", *m);
	*value = arena_fmt(mem, "%s:x:%u:%s", g->gr_name, g->gr_gid, buf_str(&members));
	buf_free(&members);
	return TABLE_FOUND;
}

static const struct map {
	const char *name;
	getter *get;
} maps[] = { { "passwd.byname", get_user }, { "group.byname", get_group } };

static void *
unix_open(const char *name, unsigned flags, const struct table_env *env, struct buf *err)
{
	(void)flags, (void)env;
	for (size_t i = 0; i < NITEMS(maps); i++)
		if (strcmp(maps[i].name, name) == 0)
			return (void *)(uintptr_t)&maps[i];
	buf_fmt(err, "unix:%.100s: there are unix:passwd.byname and unix:group.byname", name);
	return NULL;
}

static enum table_result
unix_get(void *handle, const char *key, struct arena *mem, const char **value, struct verdict *why)
{
	const struct map *m = handle;
	char *room = mem_alloc(ENTRY_MAX);
	enum table_result r = m->get(key, room, mem, value, why);

	free(room);
	return r;
}

static void
unix_close(void *handle)
{
	(void)handle;
}

const struct table_type table_unix = {
	.name = "unix",
	.about = "the system's users and groups, through proxymap",
	.proxied = true,
	.open = unix_open,
	.get = unix_get,
	.close = unix_close,
};
