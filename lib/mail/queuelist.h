/* SPDX-License-Identifier: Apache-2.0 */
/*
 * queuelist - the queue as its files tell it: messages, who still waits for them, and why.
 *
 *	static bool show(void *ctx, const struct showq_message *m) { ... }
 *	static bool show_rcpt(void *ctx, const struct showq_rcpt *r) { ... }
 *	queue_list("", &(struct queue_lister){ show, show_rcpt, ctx });
 *
 * For whoever may read the files: showq, and root's postqueue while the mail
 * system is stopped.  A bounded number of files is open at a time, recipients
 * come in slices: memory does not grow with the queue.  It is a picture of a queue that moves: a
 * message may be seen twice, or be missed.  After each message come exactly
 * nrcpt recipients.  What is damaged is for qmgr to deal with, and left out.
 */
#ifndef MAIL_QUEUELIST_H
#define MAIL_QUEUELIST_H

#include "lib/ipc/showq.h"

/* False: enough, the listing ends there.  Strings live until the function returns. */
struct queue_lister {
	bool (*message)(void *ctx, const struct showq_message *);
	bool (*rcpt)(void *ctx, const struct showq_rcpt *);
	void *ctx;
};

/* id "": all of it.  False: a lister had enough. */
bool queue_list(const char *id, const struct queue_lister *);

#endif
