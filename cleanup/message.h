/* SPDX-License-Identifier: Apache-2.0 */
/*
 * message - one message on its way into the queue.
 *
 *	struct message m;
 *	message_begin(&m, shared, cf, id);	(then m.mail is to be filled)
 *	message_start(&m);			(the queue file is there)
 *	message_rcpt(&m, &rcpt); ...
 *	message_content_begin(&m), message_content(&m, bytes, n) ..., message_content_end(&m);
 *	message_edit_...(&m, ...);
 *	message_commit(&m, call, &done);	(durable or delivered when done.code is 250)
 *	message_end(&m);			(not committed: nothing is left behind)
 *
 * The first trouble sticks: it is the answer to the commit, and from then on
 * nothing is stored any more.
 */
#ifndef CLEANUP_MESSAGE_H
#define CLEANUP_MESSAGE_H

#include "cleanup/cleanup.h"
#include "cleanup/edits.h"
#include "cleanup/lines.h"
#include "cleanup/rcpts.h"
#include "cleanup/scan.h"
#include "lib/ipc/cleanup.h"
#include "lib/mail/qfile.h"
#include "lib/mail/queueid.h"

enum { MESSAGE_MEMORY = 64 << 20 /* for the envelope */, MESSAGE_WORDS = 16384 };

struct message {
	const struct cleanup *shared;
	const struct conf *cf;
	struct arena mem;   /* strings of envelope and edits */
	struct arena words; /* of the verdict */
	struct verdict why; /* the first trouble */
	char id[QUEUEID_MAX];
	long arrival_us;

	struct cleanup_mail mail;
	const char *sender, *ret, *envid;		/* as edited */
	const char *hold, *redirect, *filter, *discard; /* NULL or ""; what edits ask for */
	struct rcpts rcpts;				/* as given; from message_map() on those to deliver to */
	const char *only_rcpt; /* that the client gave, as given; NULL: several, who must not learn of each other */
	bool expanded;	       /* others get it, or more, than the client named */
	struct qfile_attribute *attributes;
	size_t nattributes;
	struct edits edits;

	struct qfile_writer *file;
	struct scan scan;
	struct spool fields; /* the header as received */
	struct lines body;
	long received;	/* octets of content */
	bool passes;	/* qmgr is asked whether it can be delivered at once */
	bool delivered; /* to all, before it was durable: there is no file any more */
	bool refused;	/* by the next hop, while the client still waited */
};

void message_begin(struct message *, const struct cleanup *, const struct conf *, const char *id);
void message_start(struct message *);
void message_end(struct message *);
bool message_good(const struct message *);

void message_rcpt(struct message *, const struct cleanup_rcpt *);
void message_attribute(struct message *, const char *name, const char *value);

void message_content_begin(struct message *);
void message_body_again(struct message *); /* another body follows instead of the first */
void message_content(struct message *, const char *bytes, size_t n);
void message_content_end(struct message *);

/* A reason from edits.h, or NULL for none. */
void message_edited(struct message *, const char *wrong);
void message_edit_sender(struct message *, const struct cleanup_edit_sender *);
void message_edit_rcpt_delete(struct message *, const char *address);
void message_edit_redirect(struct message *, const char *address);
void message_edit_filter(struct message *, const char *destination);
void message_edit_hold(struct message *, const char *reason);
void message_edit_discard(struct message *, const char *reason);

/* NULL: none, or this message is not for it (receive_override_options). */
struct rewriter *message_rewriter(const struct message *);
/* The tables' say about sender and recipients, and who gets copies: rcpts are final then. */
void message_map(struct message *);
/* A table failed, or a mapping has no end: the message cannot be taken now. */
void message_unmapped(struct message *, const struct verdict *);

/* True: there is a file that qmgr should hear of.  Strings of *done live as long as the message. */
struct call;
bool message_commit(struct message *, struct call *, struct cleanup_done *);

/* m->why has been filled: let go of the disk. */
void message_failed(struct message *);
/* An errno of the file system. */
void message_storage(struct message *, int error, const char *what);

#endif
