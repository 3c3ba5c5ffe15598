/* SPDX-License-Identifier: Apache-2.0 */
/* LMDB files.  The map is only room for addresses; when it was too small, all is done once more with a larger one. */
#include "lib/table/make.h"

#include "lib/base/config.h"

#ifdef HAVE_LIBLMDB
#	include <errno.h>
#	include <lmdb.h>
#	include <string.h>
#	include <unistd.h>

enum { MAP_FIRST = 16 << 20, MAP_TIMES = 8, KEY_SHOWN = 60 };

static const struct entry *
put_all(struct make *m, MDB_txn *txn, MDB_dbi dbi, bool with_nul, int *e)
{
	const struct entry *x = NULL;

	for (size_t i = 0; *e == 0 && i < m->entries.n; i++) {
		x = &m->entries.all[i];
		if (x->value != NULL) {
			MDB_val key = { x->key_length + with_nul, (void *)(uintptr_t)x->key };
			MDB_val value = { x->value_length + with_nul, (void *)(uintptr_t)x->value };

			*e = mdb_put(txn, dbi, &key, &value, MDB_APPEND);
		}
		make_tell(m, i + 1);
	}
	return x;
}

static int
try_with(struct make *m, MDB_env *env, const char *file, size_t map, bool with_nul, const struct entry **at)
{
	MDB_txn *txn = NULL;
	MDB_dbi dbi;
	int e;

	if ((e = mdb_env_set_mapsize(env, map)) != 0 ||
	    (e = mdb_env_open(env, file, MDB_NOSUBDIR | MDB_NOLOCK | MDB_NOSYNC, 0600)) != 0 ||
	    (e = mdb_txn_begin(env, NULL, 0, &txn)) != 0)
		return e;
	if ((e = mdb_dbi_open(txn, NULL, 0, &dbi)) == 0)
		*at = put_all(m, txn, dbi, with_nul, &e);
	if (e != 0)
		mdb_txn_abort(txn);
	else
		e = mdb_txn_commit(txn);
	return e;
}

bool
make_lmdb(struct make *m, const char *file, bool with_nul, struct buf *err)
{
	size_t map = MAP_FIRST + m->entries.octets * 2 + m->entries.n * 32;
	const struct entry *at = NULL;
	int e = MDB_MAP_FULL;

	for (int times = 0; e == MDB_MAP_FULL && times < MAP_TIMES; times++, map *= 2) {
		MDB_env *env;

		if (unlink(file) < 0 && errno != ENOENT)
			e = errno;
		else if ((e = mdb_env_create(&env)) == 0) {
			e = try_with(m, env, file, map, with_nul, &at);
			mdb_env_close(env);
		}
	}
	if (e == MDB_BAD_VALSIZE && at != NULL)
		buf_fmt(err, "%s: the key \"%.*s...\" is longer than LMDB can keep", m->name, KEY_SHOWN, at->key);
	else if (e != 0)
		buf_fmt(err, "write %s: %s", m->file, mdb_strerror(e));
	return e == 0;
}
#else
bool
make_lmdb(struct make *m, const char *file, bool with_nul, struct buf *err)
{
	(void)file, (void)with_nul;
	buf_fmt(err, "%s: built without LMDB", m->name);
	return false;
}
#endif
