/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store - a table in a file that is changed entry by entry: hash, btree and lmdb for who writes; it is linked with the libraries.
 *
 *	const struct table_env env = { .cf = cf, .writers = store_types };
 *	t = table_open("btree:/var/lib/sallyport/verify_cache", TABLE_WRITE, &env, &err);
 *
 * The libraries die of a damaged file, so they see only what this process has written itself: whatever lies
 * there at first, or has been changed by somebody else since, is read by index.h and put into a
 * new file, which takes its place.  Each change is made under the lock that readers respect, and is in the file when it
 * is over: Postfix's tools and ours may read it at any time.
 *
 * What becomes of it when the process or the machine dies:
 *	lmdb		Each change is flushed to the disk, and none is ever half there.
 *	hash, btree	Nothing is flushed, so changes cost little; but a file that nobody closed in order may be half
 *			changed and look whole.  The sticky bit says of it that it is open (ls shows "T"), and a lock that
 *			somebody is there to close it: who finds it open and nobody there begins anew, with an
 *			empty table and a warning.  These are caches.
 * A file that is damaged, or full of nonsense, is begun anew likewise.
 *
 * Shared between threads: a lock is held during each operation.
 */
#ifndef TABLE_STORE_H
#define TABLE_STORE_H

#include "lib/table/index.h"

extern const struct table_type *const store_types[]; /* for table_env, NULL at the end */

/* One of the libraries.  Keys and values are without NUL, and kept with one. */
struct store_library {
	const char *suffix; /* of its files */
	bool fragile;	    /* nothing is flushed: see above */
	/* An empty file, which is not there yet; octets: what will be put into it at first.  NULL: *why. */
	void *(*create)(const char *type, const char *path, size_t octets, const char **why);
	bool (*put)(void *, struct span key, struct span value, const char **why);
	enum table_result (*get)(void *, struct span key, struct span *value, const char **why);
	enum table_result (*remove)(void *, struct span key, const char **why);
	bool (*write)(void *, const char **why); /* what was put and removed is in the file now */
	void (*close)(void *);			 /* what was not written is forgotten */
};
/* NULL: configure found none. */
const struct store_library *store_db(void), *store_lmdb(void);

#endif
