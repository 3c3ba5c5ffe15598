/* SPDX-License-Identifier: Apache-2.0 */
/* Berkeley DB files, hash and btree, as Postfix's postmap makes them. */
#include "lib/table/make.h"

#include "lib/base/config.h"

#ifdef HAVE_LIBDB
#	include <db.h>
#	include <errno.h>
#	include <string.h>

enum { PAGE = 4096, PAGE_HEAD = 32, ENTRY_HEAD = 8, CACHE_MOST = 256 << 20 };

/* The whole file fits: then each page is written once. */
static bool
set_up(struct make *m, DB *db)
{
	size_t entries = m->entries.left, octets = m->entries.octets + entries * (ENTRY_HEAD + 2);
	size_t cache = octets * 2 > m->buffer ? octets * 2 : m->buffer;
	size_t each = entries > 0 ? octets / entries : PAGE;

	if (cache > CACHE_MOST)
		cache = CACHE_MOST;
	if (db->set_pagesize(db, PAGE) != 0 || db->set_cachesize(db, 0, (u_int32_t)cache, 1) != 0)
		return false;
	if (strcmp(m->type, "hash") != 0 || entries < PAGE || each >= PAGE / 4)
		return true;
	return db->set_h_ffactor(db, (u_int32_t)((PAGE - PAGE_HEAD) / (each + ENTRY_HEAD))) == 0 &&
	    db->set_h_nelem(db, (u_int32_t)entries) == 0;
}

static int
put_all(struct make *m, DB *db, bool with_nul)
{
	int e = 0;

	for (size_t i = 0; e == 0 && i < m->entries.n; i++) {
		const struct entry *x = &m->entries.all[i];
		DBT key = { .data = (void *)(uintptr_t)x->key, .size = x->key_length + with_nul };
		DBT value = { .data = (void *)(uintptr_t)x->value, .size = x->value_length + with_nul };

		if (x->value != NULL)
			e = db->put(db, NULL, &key, &value, 0);
		make_tell(m, i + 1);
	}
	return e;
}

/* The library would say more on stderr. */
static void
say_nothing(const DB_ENV *env, const char *prefix, const char *text)
{
	(void)env, (void)prefix, (void)text;
}

bool
make_db(struct make *m, const char *file, bool with_nul, struct buf *err)
{
	DB *db;
	int e = db_create(&db, NULL, 0), closed;

	if (e != 0) {
		buf_fmt(err, "Berkeley DB: %s", db_strerror(e));
		return false;
	}
	db->set_errcall(db, say_nothing);
	if (!set_up(m, db))
		e = EINVAL;
	if (e == 0)
		e = db->open(
		    db, NULL, file, NULL, strcmp(m->type, "hash") == 0 ? DB_HASH : DB_BTREE, DB_CREATE | DB_EXCL, 0600);
	if (e == 0)
		e = put_all(m, db, with_nul);
	closed = db->close(db, 0); /* writes what is not written yet */
	if (e == 0)
		e = closed;
	if (e != 0)
		buf_fmt(err, "write %s: %s", m->file, db_strerror(e));
	return e == 0;
}
#else
bool
make_db(struct make *m, const char *file, bool with_nul, struct buf *err)
{
	(void)file, (void)with_nul;
	buf_fmt(err, "%s: built without Berkeley DB", m->name);
	return false;
}
#endif
