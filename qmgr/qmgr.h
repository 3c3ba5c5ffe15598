/* SPDX-License-Identifier: Apache-2.0 */
/*
 * qmgr - what the parts of the shell around the scheduler share.
 *
 * One thread, one poll loop.  A part has a struct of its own, made by
 * <part>_new(q) and known to the others through this one.  Before the loop
 * waits, round_end() gives each part its turn: messages are taken up, worked
 * on in small steps, handed to idle workers, and what was said leaves in one write for
 * each connection.
 *
 *	intake		which message is opened next: incoming/, active/ after a start, deferred/ when due
 *	deferred	the index of deferred/, flushing
 *	early		messages that are delivered while their flush waits
 *	message		one message in memory: reading recipients, the end of an attempt
 *	outcome		what became of one recipient: slot, history, log
 *	asker		routes, from trivial-rewrite
 *	agents		workers: connections to delivery agents
 *	bouncer		notices, from bounce
 *	orphans		messages that agents still have from a qmgr that is gone
 *	sync		flushing, in a thread of lib/io's
 *	server		what others ask of us
 */
#ifndef QMGR_QMGR_H
#define QMGR_QMGR_H

#include "lib/base/hash.h"
#include "lib/base/list.h"
#include "lib/conf/conf.h"
#include "lib/io/loop.h"
#include "lib/mail/queuedir.h"
#include "lib/service/accounts.h"
#include "qmgr/retry.h"
#include "qmgr/sched.h"

struct qmgr {
	const struct conf *cf;
	struct accounts accounts;
	struct loop *loop;
	struct queuedir dirs;
	struct retry retry;
	int lock;	 /* queue.lock, for life */
	bool unclean;	 /* the machine went down while qmgr ran: bodies in incoming/ are checked, and other names */
	long started_us; /* only those that were there before */

	struct sched *sched;
	struct hash messages; /* by queue id: all that are in memory */
	size_t most;	      /* of them */
	struct list work;     /* messages that have a step to do */
	struct list dirty;    /* channels that have something to send */
	struct arena scratch; /* strings of one message from another daemon */
	struct timer soon, wake, second, drain;
	bool stopping;

	struct intake *intake;
	struct deferred *deferred;
	struct asker *asker;
	struct agents *agents;
	struct bouncer *bouncer;
	struct orphans *orphans;
	struct sync *sync;
	struct server *server;
};

/* round.c: there is more to do than fits into this round. */
void round_again(struct qmgr *);
/* Has this round lasted long enough?  Others wait. */
bool round_over(const struct qmgr *);

/* settings.c: what the configuration says of one transport. */
void settings_of(void *conf, const char *transport, struct sched_settings *out);
void settings_limits(const struct conf *, struct sched_limits *);
struct retry settings_retry(const struct conf *);

#endif
