/* SPDX-License-Identifier: Apache-2.0 */
/*
 * agents - workers: connections to delivery agents, and what they are given to do.
 *
 * A transport's agents listen on private/<transport>.  A connection that an
 * agent has taken (it said hello) is a worker; an idle one is used again, the
 * most recently used first.  A batch goes to a worker only when that is
 * idle, so that what is urgent then goes first.  When agents are few, a handful
 * of connections wait for one of them.
 */
#ifndef QMGR_AGENTS_H
#define QMGR_AGENTS_H

#include "qmgr/message.h"

struct agents *agents_new(struct qmgr *);
void agents_dispatch(struct qmgr *); /* batches to idle workers, and new connections where they are wanted */
void agents_tidy(struct qmgr *);     /* now and then: closes workers that nobody needed for long */
size_t agents_busy(const struct qmgr *);
void agents_lock(struct message *); /* it has a file now: whoever has the message in memory gets the lock, too */

/* Of one transport: */
bool agents_name_ok(const char *transport);			   /* can it be the name of a service? */
bool agents_one_each(struct qmgr *, const char *transport);	   /* destination_recipient_limit is 1 */
bool agents_waits_for_flush(struct qmgr *, const char *transport); /* defer_transports has it */

#endif
