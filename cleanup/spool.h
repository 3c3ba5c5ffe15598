/* SPDX-License-Identifier: Apache-2.0 */
/*
 * spool - bytes that stay in memory while they are few, and go to an unlinked file when they are not.
 *
 * A header section is of no use to anybody until it is complete, and a
 * hostile one has as many megabytes as a message may have.
 *
 *	struct spool s = SPOOL(incoming_fd);
 *	spool_add(&s, bytes, n);
 *	struct spool_cursor at = { 0 };
 *	while (spool_read(&s, &at, bytes, n)) ...
 *	spool_free(&s);
 *
 * Errors stick: spool_error() is an errno, 0 when all is well.
 */
#ifndef CLEANUP_SPOOL_H
#define CLEANUP_SPOOL_H

#include "lib/base/buf.h"

enum { SPOOL_MEMORY = 1 << 20 };

struct spool {
	struct buf mem; /* what is not in the file; behind it */
	int dir;	/* folder for the file */
	int fd;		/* -1: none */
	long in_file;	/* bytes there */
	int error;
};
/* clang-format off */
#define SPOOL(folder) { .mem = BUF(SPOOL_MEMORY), .dir = (folder), .fd = -1 }
/* clang-format on */

void spool_add(struct spool *, const void *, size_t n);
long spool_size(const struct spool *);
int spool_error(const struct spool *);

/* Bytes from the start on, through a buffer of the cursor's own. */
struct spool_cursor {
	long at;
	struct buf ahead; /* read ahead from the file */
	long ahead_at;
};
/* False: fewer than n are left, or a read failed (spool_error()). */
bool spool_read(struct spool *, struct spool_cursor *, void *, size_t n);
void spool_cursor_free(struct spool_cursor *);

/* The whole as a pointer, or, when it was spilled, in the file alone: then NULL and *fd. */
const char *spool_whole(struct spool *, int *fd);
void spool_free(struct spool *); /* empty, and good again */

#endif
