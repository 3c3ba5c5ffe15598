/* SPDX-License-Identifier: Apache-2.0 */
/* LMDB files, changed in place: one transaction from the first change until all is written. */
#include "lib/table/store.h"

#include "lib/base/config.h"
#include "lib/base/mem.h"

#ifdef HAVE_LIBLMDB
#	include <lmdb.h>
#	include <stdlib.h>

/* Only room for addresses; nothing that we keep a cache of needs more, and all must have a limit. */
static const size_t map_least = (size_t)1 << 30, map_times = 4;

struct file {
	MDB_env *env;
	MDB_dbi dbi;
	MDB_txn *txn; /* NULL: nothing has changed */
};

static void
close_it(void *handle)
{
	struct file *f = handle;

	if (f->txn != NULL)
		mdb_txn_abort(f->txn);
	mdb_env_close(f->env);
	free(f);
}

static bool
done(int e, const char **why)
{
	if (e != 0)
		*why = e == MDB_BAD_VALSIZE ? "the key is longer than LMDB can keep" : mdb_strerror(e);
	return e == 0;
}

static int
begin(struct file *f)
{
	return f->txn != NULL ? 0 : mdb_txn_begin(f->env, NULL, 0, &f->txn);
}

static void *
create(const char *type, const char *path, size_t octets, const char **why)
{
	struct file *f = mem_zero(1, sizeof(*f));
	int e = mdb_env_create(&f->env);

	(void)type;
	if (!done(e, why)) {
		free(f);
		return NULL;
	}
	/* The locks are those of files.h. */
	if ((e = mdb_env_set_mapsize(f->env, map_least + octets * map_times)) != 0 ||
	    (e = mdb_env_open(f->env, path, MDB_NOSUBDIR | MDB_NOLOCK, 0600)) != 0 || (e = begin(f)) != 0 ||
	    (e = mdb_dbi_open(f->txn, NULL, 0, &f->dbi)) != 0) {
		done(e, why);
		close_it(f);
		return NULL;
	}
	return f;
}

static MDB_val
val_of(struct span s)
{
	return (MDB_val){ s.n + 1, (void *)(uintptr_t)s.s };
}

static bool
put(void *handle, struct span key, struct span value, const char **why)
{
	struct file *f = handle;
	MDB_val k = val_of(key), v = val_of(value);
	int e = begin(f);

	return done(e == 0 ? mdb_put(f->txn, f->dbi, &k, &v, 0) : e, why);
}

static enum table_result
result_of(int e, const char **why)
{
	return e == MDB_NOTFOUND || e == MDB_BAD_VALSIZE ? TABLE_ABSENT : done(e, why) ? TABLE_FOUND : TABLE_ERROR;
}

/* In a transaction of its own, whose end leaves the value where it is: nobody else changes the file. */
static enum table_result
get(void *handle, struct span key, struct span *value, const char **why)
{
	struct file *f = handle;
	MDB_val k = val_of(key), v;
	MDB_txn *txn;
	enum table_result r = result_of(mdb_txn_begin(f->env, NULL, MDB_RDONLY, &txn), why);

	if (r != TABLE_FOUND)
		return r;
	if ((r = result_of(mdb_get(txn, f->dbi, &k, &v), why)) == TABLE_FOUND)
		*value = (struct span){ v.mv_data, v.mv_size > 0 ? v.mv_size - 1 : 0 };
	mdb_txn_abort(txn);
	return r;
}

static enum table_result
take_out(void *handle, struct span key, const char **why)
{
	struct file *f = handle;
	MDB_val k = val_of(key);
	int e = begin(f);

	return result_of(e == 0 ? mdb_del(f->txn, f->dbi, &k, NULL) : e, why);
}

static bool
write_it(void *handle, const char **why)
{
	struct file *f = handle;
	MDB_txn *txn = f->txn;

	f->txn = NULL;
	return txn == NULL || done(mdb_txn_commit(txn), why);
}

static const struct store_library library = {
	.suffix = "lmdb",
	.create = create,
	.put = put,
	.get = get,
	.remove = take_out,
	.write = write_it,
	.close = close_it,
};

const struct store_library *
store_lmdb(void)
{
	return &library;
}
#else
const struct store_library *
store_lmdb(void)
{
	return NULL;
}
#endif
