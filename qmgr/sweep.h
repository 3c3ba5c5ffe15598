/* SPDX-License-Identifier: Apache-2.0 */
/* sweep - what postsuper asks for: one thing done to one message, or to all in some queues, in small steps. */
#ifndef QMGR_SWEEP_H
#define QMGR_SWEEP_H

#include "lib/ipc/qmgr.h"
#include "lib/mail/queueact.h"
#include "qmgr/qmgr.h"

struct sweep;
/* NULL: *answer has it all, done or refused; else it goes on with sweep_step(). */
struct sweep *sweep_start(struct qmgr *, const struct qmgr_admin *, struct qmgr_answer *);
bool sweep_step(struct sweep *, struct qmgr_answer *); /* true: *answer is complete */
void sweep_free(struct sweep **);

#endif
