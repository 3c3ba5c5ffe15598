/* SPDX-License-Identifier: Apache-2.0 */
/* What an agent says of a batch: verdicts are kept until it is done with all, then recorded, then acknowledged. */
#include "lib/base/log.h"
#include "lib/base/mem.h"
#include "lib/base/time.h"
#include "lib/ipc/deliver.h"
#include "qmgr/agents_inside.h"
#include "qmgr/outcome.h"

#include <string.h>

/* An agent that always hands a recipient back is not asked for ever. */
enum { HANDED_BACK_MOST = 3 };

static struct rcpt *
rcpt_of(const struct worker *w, long number)
{
	LIST_EACH (struct sched_rcpt, s, link, &w->batch->rcpts) {
		struct rcpt *r = LIST_OF(struct rcpt, sched, s);

		if (r->number == number)
			return r;
	}
	return NULL;
}

void
batch_verdict(struct worker *w)
{
	struct deliver_verdict v;
	struct rcpt *r;

	if (!deliver_verdict_get(w->channel.ipc, &w->mem, &v))
		return;
	if ((r = rcpt_of(w, v.number)) == NULL || r->verdict != NULL || v.code < 200 || v.code > 599 ||
	    (v.code >= 300 && v.code < 400) || (r->verdict = arena_alloc(&w->mem, sizeof(*r->verdict))) == NULL) {
		ipc_fail(w->channel.ipc, "a verdict that makes no sense");
		return;
	}
	*r->verdict = (struct history){ .time_us = now_us(),
		.code = v.code,
		.dsn = v.dsn,
		.action = v.action,
		.text = v.text,
		.mta = v.mta,
		.mta_type = v.mta_type,
		.diag = v.diag,
		.diag_type = v.diag_type };
	/* Answered ones stand last, so that the next verdict, which nearly always is for the next one, is found first. */
	list_remove(&w->batch->rcpts, &r->sched.link);
	list_append(&w->batch->rcpts, &r->sched.link);
	w->answered++;
	/* What was not tried goes to another worker at once. */
	if (v.retry_at_once && v.code >= 400 && r->handed_back < HANDED_BACK_MOST) {
		r->handed_back++;
		r->verdict->code = 0;
	}
}

/*
 * Must the verdicts go into the file?  Not when they are the last of all, and
 * all good: then the file is removed at once, before the agent hears that it may
 * forget them.
 */
static bool
must_record(const struct worker *w)
{
	const struct message *m = w->message;

	if (m->busy > 1 || m->unread > 0 || m->open > 0 || m->owed > 0 || m->wish != WISH_NONE ||
	    m->rcpts.n != w->batch->rcpts.n)
		return true;
	LIST_EACH (struct sched_rcpt, s, link, &w->batch->rcpts) {
		const struct rcpt *r = LIST_OF(struct rcpt, sched, s);

		if (r->verdict == NULL || r->verdict->code == 0 || r->verdict->code >= 400)
			return true;
	}
	return false;
}

/* Everything that has a verdict leaves; what is left was not tried. */
static void
take_verdicts(struct worker *w)
{
	bool record = must_record(w);

	LIST_EACH (struct sched_rcpt, s, link, &w->batch->rcpts) {
		struct rcpt *r = LIST_OF(struct rcpt, sched, s);

		if (r->verdict != NULL && r->verdict->code != 0) {
			outcome(r, r->verdict, record);
		} else {
			r->where = RCPT_SCHEDULED;
			r->verdict = NULL;
		}
	}
}

/* The batch is over for the scheduler and for its message, which may be gone afterwards. */
static void
batch_over(struct worker *w, enum sched_result result, const struct sched_trouble *trouble)
{
	struct message *m = w->message;
	struct qmgr *q = m->q;

	sched_done(q->sched, w->batch, result, trouble, loop_now(q->loop));
	w->batch = NULL;
	w->message = NULL;
	arena_reset(&w->mem);
	q->agents->busy--;
	m->busy--;
	if (m->wish != WISH_NONE)
		message_asked(m, m->wish); /* what came back untried */
	message_step(m);
}

void
batch_done(struct worker *w)
{
	struct sched_trouble trouble = { "4.4.1", NULL };
	enum sched_result result = SCHED_GOOD;
	struct deliver_done done;

	if (!deliver_done_get(w->channel.ipc, &w->mem, &done))
		return;
	if (w->answered < w->batch->rcpts.n) {
		ipc_fail(w->channel.ipc, "done, but not with all recipients");
		return;
	}
	take_verdicts(w);
	if (done.site_down) {
		result = SCHED_BAD;
		if (done.site_dsn[0] == '4' && strlen(done.site_dsn) < sizeof(trouble.dsn))
			memcpy(trouble.dsn, done.site_dsn, strlen(done.site_dsn) + 1);
		trouble.text = arena_fmt(&w->mem, "delivery temporarily suspended: %s", done.site_text);
	}
	if (w->batch->rcpts.n > 0)
		result = SCHED_AGAIN;
	w->pool->crashes = 0;
	batch_over(w, result, &trouble);
	deliver_ack_send(w->channel.ipc, &(struct deliver_ack){});
	channel_push(&w->channel);
	worker_move(w, &w->pool->idle);
}

void
batch_broken(struct worker *w)
{
	LIST_EACH (struct sched_rcpt, s, link, &w->batch->rcpts) {
		struct rcpt *r = LIST_OF(struct rcpt, sched, s);

		if (r->verdict == NULL)
			outcome_own(r, 451, "4.3.0", "unknown mail transport error");
	}
	take_verdicts(w);
	batch_over(w, SCHED_AGAIN, NULL);
}
