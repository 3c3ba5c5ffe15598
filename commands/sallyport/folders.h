/* SPDX-License-Identifier: Apache-2.0 */
/*
 * folders - the queue's folders and a few files: what they must be like, and making them so.
 *
 * Everything is done through descriptors that were opened without following
 * links, so that nobody can put something else in the way in between.
 */
#ifndef SALLYPORT_FOLDERS_H
#define SALLYPORT_FOLDERS_H

#include "lib/conf/conf.h"
#include "lib/service/accounts.h"

/* Called for each fault: path, what is wrong and what to do about it. */
enum folders_fate {
	FOLDERS_FATAL,	/* the suite cannot run so */
	FOLDERS_WRONG,	/* a command cannot do its work */
	FOLDERS_ABSENT, /* it is not there, but folders_make() makes it */
};
typedef void folders_fault(void *ctx, enum folders_fate, const char *path, const char *what);

/* Makes what is missing; what is there stays as it is.  False: *err. */
bool folders_make(const struct conf *, const struct accounts *, struct buf *err);

/* Compares all that is there with what it must be. */
void folders_check(const struct conf *, const struct accounts *, folders_fault *, void *ctx);

/* Owners and modes to what they must be, for files in the queue and set-gid commands too. */
void folders_repair(const struct conf *, const struct accounts *, folders_fault *, void *ctx);

#endif
