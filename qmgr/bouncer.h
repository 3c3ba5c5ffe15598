/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bouncer - asks bounce to tell the sender about recipients that failed.
 *
 * A few requests at a time.  Each ends in message_notified(); when bounce
 * cannot be reached or cannot enter the notice, the message is deferred with
 * its debt, and the next attempt asks again.
 */
#ifndef QMGR_BOUNCER_H
#define QMGR_BOUNCER_H

#include "qmgr/message.h"

struct bouncer *bouncer_new(struct qmgr *);
void bouncer_ask(struct qmgr *, struct message *);
size_t bouncer_busy(const struct qmgr *); /* requests under way */

#endif
