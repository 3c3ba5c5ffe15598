/* SPDX-License-Identifier: Apache-2.0 */
/*
 * queuedir - the folders of the queue: where a message's file is, moving it, looking through them.
 *
 *	struct queuedir d;
 *	queuedir_init(&d, cf);
 *	if (queuedir_find(&d, QUEUE_DEFERRED, id, path))	("deferred/A/4g9x...")
 *		queuedir_move(&d, path, QUEUE_ACTIVE, id, path);
 *
 *	struct queuescan *s = queuescan_open(QUEUE_DEFERRED);
 *	while (queuescan_next(s, &found))
 *		... found.id, found.path ...
 *	queuescan_free(&s);
 *
 * Paths are relative to the queue directory, where the daemons work.  New
 * files go to as many levels of subfolders as hash_queue_names and
 * hash_queue_depth say; files at any other level are found all the same,
 * so that a change of those needs no repair.  incoming/ is always flat.
 *
 * Whoever moves or removes files holds the queue's lock: qmgr for its life,
 * postsuper while qmgr does not run.
 */
#ifndef MAIL_QUEUEDIR_H
#define MAIL_QUEUEDIR_H

#include "lib/conf/conf.h"
#include "lib/mail/queueid.h"

enum queue {
	QUEUE_INCOMING,
	QUEUE_ACTIVE,
	QUEUE_DEFERRED,
	QUEUE_HOLD,
	QUEUE_CORRUPT,
	QUEUE_MAILDROP,
	QUEUES,
};
extern const char *const queue_names[QUEUES];
bool queue_by_name(const char *name, enum queue *out);

enum { QUEUE_DEPTH_MAX = 16, QUEUE_PATH = 16 + 2 * QUEUE_DEPTH_MAX + QUEUEID_MAX };

struct queuedir {
	int depth[QUEUES];
};
void queuedir_init(struct queuedir *, const struct conf *);

/* Where a new file goes.  id must be queueid_ok(). */
void queuedir_path(const struct queuedir *, enum queue, const char *id, char out[QUEUE_PATH]);

/* Where it is; false: not in that queue. */
bool queuedir_find(const struct queuedir *, enum queue, const char *id, char out[QUEUE_PATH]);

/*
 * From a path into another queue; *out is where it went.  Missing subfolders
 * are made.  False: errno (EEXIST: another file has that name there).
 */
bool queuedir_move(const struct queuedir *, const char *from, enum queue to, const char *id, char out[QUEUE_PATH]);

struct queuescan_found {
	char id[QUEUEID_MAX]; /* "": the name is no queue id, see path */
	char path[QUEUE_PATH + 256];
};
struct queuescan;
struct queuescan *queuescan_open(enum queue);
/* False: the end.  A folder that cannot be read is logged and left out.  Files that come meanwhile may be missed. */
bool queuescan_next(struct queuescan *, struct queuescan_found *out);
void queuescan_free(struct queuescan **);

/*
 * queue.lock, exclusively.  -1: *holder says that another process has it
 * (EWOULDBLOCK) or what else is wrong.  The lock goes away with the descriptor.
 */
int queue_lock(struct buf *holder);

#endif
