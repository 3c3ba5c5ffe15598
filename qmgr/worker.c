/* SPDX-License-Identifier: Apache-2.0 */
/* One connection to a delivery agent. */
#include "lib/base/log.h"
#include "lib/base/mem.h"
#include "lib/ipc/deliver.h"
#include "qmgr/agents_inside.h"

#include <errno.h>
#include <string.h>

/* Verdicts of one batch; pauses after a full backlog, and after an agent that died before its hello. */
enum { VERDICTS_MAX = 64 << 20, BACKLOG_MS = 50, START_FAILED_MS = 1000 };

void
worker_move(struct worker *w, struct list *to)
{
	if (w->in != NULL)
		list_remove(w->in, &w->link);
	w->in = to;
	/* The most recently used first; those that wait to be taken, in their order. */
	if (to == &w->pool->idle)
		list_push(to, &w->link);
	else
		list_append(to, &w->link);
	w->since = loop_now(w->pool->q->loop);
}

/* Freed before the loop waits: it may be one of its own callbacks that runs now. */
void
worker_close(struct worker *w)
{
	must_hold(w->batch == NULL);
	channel_close(&w->channel);
	worker_move(w, &w->pool->q->agents->graves);
}

static void
met(void *ctx)
{
	struct worker *w = ctx;

	w->pool->complained = false;
	worker_move(w, &w->pool->idle);
}

static void
message(void *ctx)
{
	struct worker *w = ctx;

	if (w->batch == NULL)
		ipc_fail(w->channel.ipc, "a message without a request");
	else if (deliver_verdict_is(w->channel.ipc))
		batch_verdict(w);
	else if (deliver_done_is(w->channel.ipc))
		batch_done(w);
	else
		ipc_fail(w->channel.ipc, "an unexpected message");
}

/* In how many different seconds workers broke off without one finishing: one crash ends many at once. */
static void
crashed(struct pool *p)
{
	long now = loop_now(p->q->loop) / 1000;

	if (p->crashed_at != now)
		p->crashes++;
	p->crashed_at = now;
	if (p->crashes >= 3) {
		log_warn("transport %s: its delivery agents keep breaking off; resting for %ld s", p->name,
		    p->q->cf->transport_retry_time);
		pool_down(p, "unknown mail transport error");
	}
}

static void
gone(void *ctx, const char *why)
{
	struct worker *w = ctx;
	struct pool *p = w->pool;

	if (w->in == &p->busy) {
		log_warn("%s: transport %s: %s -- see a previous warning/fatal/panic logfile record for the problem "
			 "description",
		    w->message->id, p->name, why);
		batch_broken(w);
		crashed(p);
	} else if (w->in == &p->connecting) {
		/* A process that could not start; master says why, and how soon it tries again. */
		pool_pause(p, START_FAILED_MS);
	} else if (strcmp(why, "lost connection") != 0) {
		log_warn("transport %s: %s", p->name, why);
	}
	worker_close(w);
}

bool
worker_connect(struct pool *p)
{
	struct worker *w = mem_zero(1, sizeof(*w));
	struct qmgr *q = p->q;

	w->pool = p;
	w->mem = (struct arena)ARENA(VERDICTS_MAX);
	w->channel = (struct channel){
		.loop = q->loop, .dirty = &q->dirty, .message = message, .met = met, .gone = gone, .ctx = w
	};
	if (channel_connect(&w->channel, p->path, &deliver_protocol)) {
		worker_move(w, &p->connecting);
		return true;
	}
	if (errno == EAGAIN || errno == EMFILE || errno == ENFILE) {
		pool_pause(p, BACKLOG_MS);
	} else {
		if (!p->complained)
			log_warn("connect to transport %s: %s", p->path, strerror(errno));
		p->complained = true;
		pool_down(p, "mail transport unavailable");
	}
	worker_close(w);
	return false;
}
