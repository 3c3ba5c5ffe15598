/* SPDX-License-Identifier: Apache-2.0 */
/*
 * postsuper - what the files of this command share.
 *
 * While qmgr runs it is asked; otherwise we hold the queue's lock and do it
 * ourselves, with the same code (lib/mail/queueact.h).
 */
#ifndef POSTSUPER_POSTSUPER_H
#define POSTSUPER_POSTSUPER_H

#include "lib/ipc/qmgr.h"
#include "lib/mail/queueact.h"

struct super {
	const struct conf *cf;
	struct queuedir dirs;
	struct ipc *qmgr; /* NULL: it does not run */
	int lock;	  /* held then */
	unsigned places;  /* queues that were named; 0: none */
	bool failed;
};

/* How it went with one message. */
enum outcome { SUPER_DONE, SUPER_ABSENT, SUPER_BUSY, SUPER_FAILED };

/* act.c */
void super_open(struct super *); /* finds qmgr or takes the lock; ends the process when neither works */
enum outcome super_act(struct super *, enum queue_action, const char *id);
long super_act_all(struct super *, enum queue_action); /* how many */

/* requeue.c: the message is entered anew through cleanup, and only then removed. */
enum outcome super_requeue(struct super *, const char *id);
long super_requeue_all(struct super *);

#endif
