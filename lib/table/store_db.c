/* SPDX-License-Identifier: Apache-2.0 */
/* Berkeley DB files, hash and btree, changed in place; each by one thread at a time, but many may be shared. */
#include "lib/table/store.h"

#include "lib/base/config.h"

#ifdef HAVE_LIBDB
#	include <db.h>
#	include <errno.h>
#	include <pthread.h>

enum { PAGE = 4096, CACHE = 1 << 20 };

/* The library would say more on stderr. */
static void
say_nothing(const DB_ENV *env, const char *prefix, const char *text)
{
	(void)env, (void)prefix, (void)text;
}

static int
flush_nothing(int fd)
{
	(void)fd;
	return 0;
}

static void
set_up(void)
{
	db_env_set_func_fsync(flush_nothing);
}

static void *
create(const char *type, const char *path, size_t octets, const char **why)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	DB *db = NULL;
	int e;

	(void)octets;
	pthread_once(&once, set_up);
	if ((e = db_create(&db, NULL, 0)) == 0) {
		db->set_errcall(db, say_nothing);
		if ((e = db->set_pagesize(db, PAGE)) == 0)
			e = db->set_cachesize(db, 0, CACHE, 1);
		if (e == 0)
			e = db->open(db, NULL, path, NULL, strcmp(type, "hash") == 0 ? DB_HASH : DB_BTREE,
			    DB_CREATE | DB_EXCL, 0600);
		if (e == 0)
			return db;
		db->close(db, DB_NOSYNC);
	}
	*why = db_strerror(e);
	return NULL;
}

static DBT
dbt_of(struct span s)
{
	return (DBT){ .data = (void *)(uintptr_t)s.s, .size = (u_int32_t)s.n + 1 };
}

static enum table_result
result_of(int e, const char **why)
{
	if (e == 0)
		return TABLE_FOUND;
	*why = db_strerror(e);
	return e == DB_NOTFOUND ? TABLE_ABSENT : TABLE_ERROR;
}

static bool
put(void *file, struct span key, struct span value, const char **why)
{
	DB *db = file;
	DBT k = dbt_of(key), v = dbt_of(value);

	return result_of(db->put(db, NULL, &k, &v, 0), why) == TABLE_FOUND;
}

static enum table_result
get(void *file, struct span key, struct span *value, const char **why)
{
	DB *db = file;
	DBT k = dbt_of(key), v = { 0 };
	enum table_result r = result_of(db->get(db, NULL, &k, &v, 0), why);

	if (r == TABLE_FOUND)
		*value = (struct span){ v.data, v.size > 0 ? v.size - 1 : 0 };
	return r;
}

static enum table_result
take_out(void *file, struct span key, const char **why)
{
	DB *db = file;
	DBT k = dbt_of(key);

	return result_of(db->del(db, NULL, &k, 0), why);
}

static bool
write_it(void *file, const char **why)
{
	DB *db = file;

	return result_of(db->sync(db, 0), why) == TABLE_FOUND;
}

static void
close_it(void *file)
{
	DB *db = file;

	db->close(db, DB_NOSYNC);
}

static const struct store_library library = {
	.suffix = "db",
	.fragile = true,
	.create = create,
	.put = put,
	.get = get,
	.remove = take_out,
	.write = write_it,
	.close = close_it,
};

const struct store_library *
store_db(void)
{
	return &library;
}
#else
const struct store_library *
store_db(void)
{
	return NULL;
}
#endif
