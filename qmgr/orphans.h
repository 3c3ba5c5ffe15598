/* SPDX-License-Identifier: Apache-2.0 */
/*
 * orphans - messages in active/ or incoming/ that agents still have from a qmgr that is gone.
 *
 * Their files are locked.  They are left alone until the lock is free; the
 * verdicts that the agents offer meanwhile are recorded.  An offer counts only
 * while somebody holds the file's lock: an agent keeps it until its offer was
 * answered, and without it nobody has anything to tell.
 */
#ifndef QMGR_ORPHANS_H
#define QMGR_ORPHANS_H

#include "lib/ipc/qmgr.h"
#include "qmgr/qmgr.h"

struct orphans *orphans_new(struct qmgr *);
void orphan_add(struct qmgr *, enum queue, const char *id, const char *path);
bool orphan_known(const struct qmgr *, const char *id);
void orphans_second(struct qmgr *); /* those that are free are taken up */
void orphan_offer(struct qmgr *, const struct qmgr_offer *, struct qmgr_answer *);

#endif
