/* SPDX-License-Identifier: Apache-2.0 */
/*
 * commit - making files durable; the one place where that is decided.
 *
 * Everybody who promises durability calls this module, so that the strategy
 * (one flush each, shared flushes, a log) can change without a caller noticing.
 *
 *	if (!commit_file(fd))		(durable when true; any thread)
 *		... errno
 *
 * commit_queue: for a poll loop that must not wait (qmgr).  Descriptors are
 * handed over and flushed by a thread of the module, in batches, at most
 * interval_ms after they came; the queue is for one process, the descriptors
 * are duplicated.  A folder that something has left is handed over by its name, and
 * has a descriptor only while it is flushed, so that any number can wait.  A failed
 * flush is reported through the callback in commit_queue_poll(), which the loop calls when
 * commit_queue_fd() is readable.
 */
#ifndef IO_COMMIT_H
#define IO_COMMIT_H

#include <stdbool.h>

bool commit_file(int fd);    /* all of it, with its owner and mode */
bool commit_content(int fd); /* bytes and length: cheaper, for a file whose mode is what it was made with */
bool commit_folder(int fd);

struct commit_queue;
struct commit_queue *commit_queue_new(long interval_ms);
void commit_queue_add(struct commit_queue *, int fd, void *ctx);
void commit_queue_add_folder(struct commit_queue *, const char *path, void *ctx); /* path: until it is flushed */
int commit_queue_fd(const struct commit_queue *);
void commit_queue_poll(struct commit_queue *, void (*done)(void *ctx, int error));
void commit_queue_wait(struct commit_queue *); /* until all that was added is flushed */
void commit_queue_free(struct commit_queue **);

#endif
