/* SPDX-License-Identifier: Apache-2.0 */
/* agents_inside - what the files that make up agents share; nobody else includes it. */
#ifndef QMGR_AGENTS_INSIDE_H
#define QMGR_AGENTS_INSIDE_H

#include "qmgr/agents.h"
#include "qmgr/channel.h"

struct pool { /* the workers of one transport */
	struct qmgr *q;
	char *name, *path;
	struct sched_transport *transport;
	bool one_each, waits_for_flush;
	struct list connecting; /* nobody has taken these yet */
	struct list idle;	/* the most recently used first */
	struct list busy;
	struct timer again; /* set: no new connection before */
	long crashes;	    /* seconds in which workers broke off, since one finished */
	long crashed_at;
	bool complained;
};

struct worker {
	struct channel channel;
	struct pool *pool;
	struct list_link link;
	struct list *in; /* connecting, idle or busy */
	struct sched_batch *batch;
	struct message *message;
	size_t answered;
	struct arena mem; /* of the verdicts */
	long since;	  /* in this list */
};

struct agents {
	struct qmgr *q;
	struct hash pools;
	size_t busy;
	struct list graves; /* workers to be freed before the loop waits */
};

struct pool *pool_of(struct qmgr *, const char *transport);
void pool_down(struct pool *, const char *text); /* the transport is dead for transport_retry_time */
void pool_pause(struct pool *, long ms);

/* worker.c */
bool worker_connect(struct pool *); /* false: not now */
void worker_move(struct worker *, struct list *to);
void worker_close(struct worker *);

/* request.c: false: it could not be sent, and the batch is the scheduler's again. */
bool request_send(struct worker *, struct sched_batch *);

/* batch.c */
void batch_verdict(struct worker *); /* a deliver_verdict has come */
void batch_done(struct worker *);    /* deliver_done */
void batch_broken(struct worker *);  /* the agent is gone: what it told counts, the rest is deferred */

#endif
