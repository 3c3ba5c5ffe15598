/* SPDX-License-Identifier: Apache-2.0 */
/*
 * deferred - what waits in deferred/, when it is due, and how to hurry it.
 *
 * The mtime of a file is its next attempt; the index (index.h) is a hint.  A
 * file is due when its mtime has come, or when it was last changed before
 * somebody asked for everything to be tried (flush): after an attempt it has
 * been changed since, so that a flush tries each message once, however long it takes.
 */
#ifndef QMGR_DEFERRED_H
#define QMGR_DEFERRED_H

#include "qmgr/qmgr.h"

struct deferred *deferred_new(struct qmgr *);
void deferred_round(struct qmgr *); /* a slice of what is being looked through */
void deferred_add(struct qmgr *, const char *id, long at, uint64_t domains); /* a file was put there */
void deferred_postpone(struct qmgr *, const char *id);			     /* an agent still has it */
/* The next message that is due; flags for message_open().  False: none now. */
bool deferred_due(struct qmgr *, char id[QUEUEID_MAX], char path[QUEUE_PATH], unsigned *flags);
long deferred_next(const struct qmgr *); /* seconds since 1970; -1: nothing waits */

void deferred_flush(struct qmgr *);
bool deferred_flush_one(struct qmgr *, const char *id);	       /* false: no such file there */
size_t deferred_flush_site(struct qmgr *, const char *domain); /* known now; others may be found while looking */
bool deferred_settled(const struct qmgr *);		       /* nothing is left to look through */

#endif
