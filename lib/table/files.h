/* SPDX-License-Identifier: Apache-2.0 */
/*
 * files - where the index of a file-backed table lies, how it is locked, and whether it is older than its source.
 *
 * hash:/etc/x and btree:/etc/x are in /etc/x.db, lmdb:/etc/x in /etc/x.lmdb, cdb:/etc/x in
 * /etc/x.cdb.  Without Berkeley DB, hash and btree are names for lmdb, or for cdb.  What
 * is there already in .db is read all the same.
 *
 * Locks are those of Postfix's tools: flock(2) on .db, record locks on .lmdb (they
 * belong to the open file, so threads of a process exclude each other, too), none on .cdb.
 * Nobody waits longer than FILES_PATIENCE: who may read a file may lock it, too.
 */
#ifndef TABLE_FILES_H
#define TABLE_FILES_H

#include "lib/conf/conf.h"

enum { FILES_PATIENCE = 10 }; /* seconds */

enum file_lock { FILE_UNLOCKED, FILE_FLOCK, FILE_RECORD };

struct file_kind {
	const char *suffix;
	enum file_lock lock;
	const char *library; /* by which it is made; NULL: configure found none */
};

bool files_type(const char *type);		      /* is it file-backed? */
const struct file_kind *files_made(const char *type); /* what a table of that type is made as; library may be NULL */
char *files_path(const char *type, const char *name, const struct file_kind **); /* the file to read; the caller's */

bool files_lock(int fd, const struct file_kind *, bool exclusive, int seconds); /* false: errno; EAGAIN: time is up */
void files_unlock(int fd, const struct file_kind *);

/*
 * The file of that name as it is now, for us alone: after waiting for its lock it may be another one.  *fd is -1 where
 * there is none, or a link.  False: *err, also when it is no regular file.
 */
bool files_claim(int dir, const char *file, const struct file_kind *, int seconds, int *fd, struct buf *err);

/*
 * Is the index older than its source?  A warning, or with table_rebuild = auto
 * postmap (postalias for the tables of alias_maps and alias_database) makes it
 * anew: it does so with the rights of the source's owner, when it is root who asks.
 */
void files_freshen(const char *type, const char *name, const char *path, const struct conf *);

/* The command that makes it: postalias for a table of alias_maps or alias_database, else postmap. */
const char *files_maker(const struct conf *, const char *spec);

#endif
