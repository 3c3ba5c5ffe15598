/* SPDX-License-Identifier: Apache-2.0 */
/*
 * early - messages that are delivered while their flush still waits (deliver_before_flush).
 *
 * cleanup has written all of the file, and asks on its connection: can it go
 * at once?  The message is taken up like any other, but its file stays in
 * incoming/, where one that a power failure spoils is known to be nobody's.
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
	bool asked;		 /* the flush */
};

void early_offered(struct early *, const char *id);
bool early_committed(struct qmgr *, const char *id); /* false: no message that waits; news, then */
void early_failed(struct early *, const char *id, bool refused);
void early_left(struct early *); /* its connection is gone */

/* A refusal for good; of the only recipient the client may hear itself. */
void early_refused(struct message *, const struct history *);
void early_ask(struct message *);     /* nothing happens when its file is durable */
void early_removed(struct message *); /* it was delivered to all, and the file is gone */
void early_forget(struct message *);  /* it leaves memory in another way */

#endif
