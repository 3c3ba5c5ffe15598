/* SPDX-License-Identifier: Apache-2.0 */
/*
 * outcome - what became of one recipient: its slot, the history, the log, the message's counts.
 *
 * A verdict is on record (in the file; not yet flushed) before an agent hears
 * that it may forget it.  One case needs no record at all: when all that a
 * message had left was delivered at once, its file goes away, and that says it.
 */
#ifndef QMGR_OUTCOME_H
#define QMGR_OUTCOME_H

#include "qmgr/message.h"

/* The recipient leaves memory with this verdict; time_us and number are filled in here. */
void outcome(struct rcpt *, struct history *, bool record);

/* The same, decided by qmgr itself: it says so in the log, in the agents' words. */
void outcome_own(struct rcpt *, int code, const char *dsn, const char *text);

/* Only slot and history: also for messages that are not in memory. */
bool outcome_record(const struct conf *, struct qfile *, size_t number, struct history *);

#endif
