/* SPDX-License-Identifier: Apache-2.0 */
/*
 * make - making a file-backed table, for postmap and postalias alone: it is linked with the libraries.
 *
 *	struct make m = MAKE("hash", "/etc/postfix/virtual", SOURCE_MAP);
 *	if (!make_begin(&m, &err) || ... || !make_finish(&m, &err)) ...
 *	make_free(&m);
 *
 * make_begin() pins the folder and locks the table that is there, so that two of us work one
 * behind the other.  The new one grows in a folder of its own beside it, mode 0700, which nobody else
 * can reach into; it is flushed, and takes the old one's place, owner and mode with
 * one rename.  Who reads sees all of the old or all of the new one.  No link is followed.
 *
 * Who we are is the caller's to decide first: make_owner() says who should do it.  When it says root, because folder and source
 * are root's, roots_only makes sure that they still are once they are open: a user may have changed folders meanwhile.
 */
#ifndef TABLE_MAKE_H
#define TABLE_MAKE_H

#include "lib/table/entries.h"
#include "lib/table/files.h"
#include "lib/table/source.h"

#include <sys/types.h>

enum make_repeats { REPEATS_WARN, REPEATS_REPLACE, REPEATS_IGNORE }; /* a key that is there already */

typedef void make_progress(void *ctx, size_t done, size_t all);

struct make {
	const char *type, *name;
	enum source_format format;
	enum make_repeats repeats;
	bool nul, no_nul;	 /* -N, -n; neither: what the format usually has */
	bool roots_only;	 /* folder and source must be root's */
	bool default_mode;	 /* 0644, whatever the source's is */
	size_t buffer;		 /* berkeley_db_create_buffer_size */
	make_progress *progress; /* NULL: nobody wants to know */
	void *progress_ctx;
	/* Below: make's own. */
	const struct file_kind *kind;
	char *folder, *file, *scratch;
	const char *source; /* its name in the folder */
	int here, dir, old, work;
	mode_t mode;
	uid_t uid;
	gid_t gid;
	struct entries entries;
	struct arena mem; /* what came from the old table */
};
/* clang-format off */
#define MAKE(type_, name_, format_) { .type = (type_), .name = (name_), .format = (format_), .buffer = 16 << 20, \
	.here = -1, .dir = -1, .old = -1, .work = -1, .mem = ARENA(SOURCE_MAX) }
/* clang-format on */

/*
 * The owner of the source (of the index, when there is no source); where that is root, the folder's.
 * may_be_new: there may be neither, and then it is the folder's, too.
 */
bool make_owner(const char *type, const char *name, bool may_be_new, uid_t *, gid_t *, struct buf *err);

bool make_begin(struct make *, struct buf *err);
bool make_source(struct make *, struct source *, struct buf *err); /* opens it, where the index will be */
bool make_old(struct make *, struct buf *err); /* with the entries of the table that is there, if there is one */
void make_put(struct make *, const struct source *, const char *key, const char *value); /* both stay the caller's */
bool make_remove(struct make *, const char *key);
bool make_finish(struct make *, struct buf *err);
void make_free(struct make *);

/* For the writers: a new file of that name in the working directory, with what is left of the entries. */
typedef bool make_writer(struct make *, const char *file, bool with_nul, struct buf *err);
make_writer make_db, make_lmdb, make_cdb;
void make_tell(struct make *, size_t done); /* now and then */

#endif
