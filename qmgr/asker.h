/* SPDX-License-Identifier: Apache-2.0 */
/*
 * asker - asks trivial-rewrite where recipients go; many questions at once, no waiting.
 *
 * The answer places the recipient, or decides it.  While the service is away
 * the questions wait, and are asked again when it is back.
 */
#ifndef QMGR_ASKER_H
#define QMGR_ASKER_H

#include "qmgr/message.h"

struct asker *asker_new(struct qmgr *);
void asker_ask(struct qmgr *, struct rcpt *);
void asker_forget(struct qmgr *, struct rcpt *); /* no answer is wanted any more */

#endif
