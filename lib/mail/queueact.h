/* SPDX-License-Identifier: Apache-2.0 */
/*
 * queueact - what an administrator does to a message that nobody has in memory.
 *
 *	if (queue_action_by_name("hold", &act))
 *		result = queue_act(&dirs, act, queue_action_places(act), id, &acted);
 *
 * For whoever holds the queue's lock: qmgr, for what it has not taken up;
 * postsuper, when qmgr does not run.  A file in incoming/ that is
 * being written, or in active/ that an agent has (flock), is left alone: ACT_BUSY.
 */
#ifndef MAIL_QUEUEACT_H
#define MAIL_QUEUEACT_H

#include "lib/mail/queuedir.h"

enum queue_action {
	ACT_DELETE,
	ACT_HOLD,    /* to hold/ */
	ACT_RELEASE, /* from hold/ to deferred/, due at once */
	ACT_EXPIRE,  /* mark it as too old, due at once; stays in hold/ if it is there */
	ACT_EXPIRE_RELEASE,
	ACT_ASIDE, /* to hold/, or stay there: postsuper is about to enter it anew */
	ACTIONS,
};
const char *queue_action_name(enum queue_action); /* "delete" ... as in qmgr_admin */
bool queue_action_by_name(const char *, enum queue_action *);

/* Bits 1 << enum queue: where the action looks when nobody says where; and where else it may be told to look. */
unsigned queue_action_places(enum queue_action);
unsigned queue_action_more_places(enum queue_action);

enum act_result {
	ACT_DONE,
	ACT_ABSENT, /* not in these queues */
	ACT_BUSY,
	ACT_FAILED, /* errno */
};
const char *act_result_text(enum act_result); /* "no such message" ...: also what qmgr answers */
struct acted {
	enum queue where;      /* the message is now (ACT_DELETE: was) */
	char left[QUEUE_PATH]; /* the path that it has no more; "": it stayed */
};
enum act_result
queue_act(const struct queuedir *, enum queue_action, unsigned places, const char *id, struct acted *out);
/* The same for a file whose place is known. */
enum act_result queue_act_on(
    const struct queuedir *, enum queue_action, enum queue in, const char *path, const char *id, struct acted *out);

#endif
