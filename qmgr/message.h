/* SPDX-License-Identifier: Apache-2.0 */
/*
 * message - one message that qmgr has taken up: a file in active/, and in memory some of its recipients.
 *
 * An attempt: recipients are read in slices, each gets a route, waits in the
 * scheduler, goes to an agent in a batch, and is decided (outcome.h).  When
 * none is left, what the attempt has left behind is dealt with in stages:
 * a message that is too old has its open recipients fail, bounce is asked for
 * a notice about those that failed, and then the file is removed, or deferred.
 *
 * Every wait is a callback: message_wake() puts it into the list of those that
 * have a step to do, message_step() does one and is short.
 */
#ifndef QMGR_MESSAGE_H
#define QMGR_MESSAGE_H

#include "lib/mail/qfile.h"
#include "qmgr/qmgr.h"

enum stage {
	STAGE_TRYING,	/* recipients are read, routed, delivered */
	STAGE_EXPIRING, /* too old: open recipients fail, slice by slice */
	STAGE_NOTICE,	/* bounce has been asked */
	STAGE_NOTIFIED, /* slots are marked, slice by slice */
	STAGE_LEAVING,	/* next step: the file is removed or deferred */
};
enum wish { WISH_NONE, WISH_DELETE, WISH_HOLD, WISH_FORGET }; /* the administrator's, and early.h's */

struct message {
	struct qmgr *q;
	char id[QUEUEID_MAX], path[QUEUE_PATH]; /* in active/, while early in incoming/ */
	struct qfile *file;
	const struct envelope *envelope;
	struct sched_message sched;
	struct list_link work;	 /* in qmgr.work */
	struct list_link notice; /* the bouncer's */
	struct list rcpts;	 /* in memory */
	enum stage stage;
	enum wish wish;
	size_t next;	  /* slot that is looked at next */
	long unread;	  /* open ones from there on */
	size_t busy;	  /* batches that agents have */
	size_t open;	  /* recipients that this attempt leaves open */
	size_t owed;	  /* failed ones whose sender has not been told */
	uint64_t domains; /* of those that it leaves open (index.h) */
	long active_us;	  /* when it was taken up */
	bool routes_fresh;
	bool flushed; /* somebody asked for it: defer_transports does not count */
	bool expired;
	struct sync_entry *sync;
	struct early *early; /* NULL: its file is durable */
	bool in_memory;	     /* file is none of the queue */
};

enum rcpt_where { RCPT_ASKING, RCPT_SCHEDULED, RCPT_SENT };

struct rcpt {
	struct sched_rcpt sched;
	struct list_link link; /* in message.rcpts */
	struct message *message;
	enum rcpt_where where;
	long number; /* slot */
	unsigned attempts, handed_back;
	struct question *question; /* the asker's */
	char *address, *original, *orcpt, *notify, *nexthop;
	struct history *verdict; /* while its batch runs; in the worker's memory */
};

enum opened {
	OPENED,
	OPEN_NOT,  /* it is gone, was set aside, or is left alone; the log says why */
	OPEN_BUSY, /* somebody holds its lock */
};
enum open_flags {
	OPEN_NEWS = 1,	  /* cleanup told us: no need to look at the lock */
	OPEN_FLUSHED = 2, /* asked for: see flushed */
	OPEN_EARLY = 4,	  /* not durable: it stays in incoming/ */
};
enum opened message_open(struct qmgr *, enum queue from, const char *path, const char *id, unsigned flags);

/* The descriptor is taken over. */
enum opened message_from_memory(struct qmgr *, int fd, const char *path, const char *id);
/* What was in memory has a file now; false: it has none, or it cannot be opened. */
bool message_reopen(struct message *);

struct message *message_of(struct qmgr *, const char *id); /* in memory; NULL: not */
void message_wake(struct message *);
void message_step(struct message *); /* may free it */
void message_asked(struct message *, enum wish);
/*
 * That wish at once, unless an answer must come before; a deletion's file goes at once all the same.  It may free the
 * message.  False, with errno: it failed.
 */
bool message_grant(struct message *);
void message_to_active(struct message *);	  /* it was early */
void message_notified(struct message *, bool ok); /* bounce's answer */
void messages_refill(struct qmgr *);		  /* recipients may be read now; called once a second */

/* message_read.c */
void message_read(struct message *); /* a slice, as far as there is room */

/* route.c */
void rcpt_route(struct rcpt *, const struct recipient *); /* the first time */
void
rcpt_place(struct rcpt *, const char *transport, const char *nexthop, const char *address); /* into the scheduler */
void rcpt_forget_route(struct rcpt *);
void rcpt_free(struct rcpt *); /* it leaves memory */

/* finish.c */
void message_finish(struct message *); /* the stages behind STAGE_TRYING; may free it */
void message_free(struct message *);

#endif
