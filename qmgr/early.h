/* SPDX-License-Identifier: Apache-2.0 */
/*
 * early - messages that are delivered while their flush still waits (deliver_before_flush).
 *
 * cleanup has written all of the message, and asks on its connection: can it go
 * at once?  It is taken up like any other, but its file stays in incoming/,
 * where one that a power failure spoils is known to be nobody's.  One with a
 * single recipient has no file at all, but lies in memory, sealed, and comes
 * as a descriptor: what passes through then costs no file system anything.
 * From there on exactly one of these ends it:
 *
 *	all recipients got it: the file is removed, early_removed() says so, and cleanup answers 250
 *	cleanup does not wait any longer, flushes, and brings the news: early_committed(), into active/
 *	cleanup cannot flush: early_failed(), the client was told 4xx, what is not yet handed out is dropped
 *	its only recipient was refused, and cleanup has told the client so: early_failed(), and no notice
 *	cleanup goes away: nobody was told anything; it goes on as if it had been committed
 *
 * Until then nothing may be done that outlasts the file: no notice, no
 * deferring, no hold (message_step() waits).  Slots and history may be
 * written: they are in the same file, and share its fate.  What needs the file
 * durable says early_ask(), and cleanup flushes at once.
 *
 * In memory nothing can be written; the verdict is kept until there is a file
 * (early_keep()).  And once cleanup has been told to make it, or has said that
 * it waits no longer, "delivered" would come too late: the file would be found
 * and delivered once more.  So then the message ends only with its file.  Its
 * agent gets the lock then, which tells the next qmgr, should this one be killed,
 * that an agent is at work; only before, such a delivery may be repeated (G2).
 */
#ifndef QMGR_EARLY_H
#define QMGR_EARLY_H

#include "qmgr/channel.h"
#include "qmgr/qmgr.h"

struct history;
struct message;

struct early { /* a connection on which one message can wait */
	struct qmgr *q;
	struct channel *channel;
	struct message *message; /* NULL: none */
	bool asked;		 /* the flush: cleanup has its answer */
	struct kept *kept;	 /* the verdict on one in memory; NULL: none yet */
};

void early_offered(struct early *, const char *id, int memory); /* a descriptor, or -1: it is in incoming/ */
void early_waited(struct early *, const char *id);
bool early_committed(struct qmgr *, const char *id); /* false: no message that waits; news, then */
void early_failed(struct early *, const char *id, bool refused);
void early_left(struct early *); /* its connection is gone */

/* A refusal for good; of the only recipient the client may hear itself. */
void early_refused(struct message *, const struct history *);
void early_ask(struct message *);     /* nothing happens when its file is durable */
void early_removed(struct message *); /* it was delivered to all, and the file is gone */
void early_forget(struct message *);  /* it leaves memory in another way */
bool early_in_memory(const struct message *);
void early_keep(struct message *, const struct history *);

#endif
