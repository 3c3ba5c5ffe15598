/* SPDX-License-Identifier: Apache-2.0 */
/*
 * intake - which message is taken up next, as long as there is room for it.
 *
 * New mail and mail that is due again take turns, so that neither blocks the
 * other.  News of new files is a hint: what comes while there is no room is
 * dropped, and incoming/ is looked through later: at start, when something
 * was dropped, when cleanup says so, and each minute.
 */
#ifndef QMGR_INTAKE_H
#define QMGR_INTAKE_H

#include "qmgr/qmgr.h"

struct intake *intake_new(struct qmgr *);
void intake_round(struct qmgr *);			    /* takes up what fits */
void intake_news(struct qmgr *, const char *id, bool look); /* a file in incoming/; look at its lock */
/* One that is not yet durable; NULL: there is no room for it just now.  memory: its descriptor, ours to close, or -1. */
struct message *intake_early(struct qmgr *, const char *id, int memory);
void intake_rescan(struct qmgr *);			/* look through incoming/ */
void intake_active_again(struct qmgr *);		/* something was left in active/: look there again, later */
void intake_second(struct qmgr *);			/* called once a second */
bool intake_leave_alone(struct qmgr *, const char *id); /* of a newer format; true: not known so far */
bool intake_settled(const struct qmgr *);		/* nothing is left to look through */

#endif
