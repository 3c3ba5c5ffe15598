/* SPDX-License-Identifier: Apache-2.0 */
#include "qmgr/asker.h"

#include "lib/base/log.h"
#include "lib/base/mem.h"
#include "lib/ipc/rewrite.h"
#include "qmgr/channel.h"
#include "qmgr/outcome.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { ASKED_MOST = 256, AGAIN_MS = 1000 };

/* A question: in the list of those that wait, or in asked[tag % ASKED_MOST]. */
struct question {
	struct list_link link;
	struct rcpt *rcpt; /* NULL: forgotten */
	long tag;	   /* 0: not asked yet */
};

struct asker {
	struct qmgr *q;
	struct channel channel;
	char *path;
	struct list waiting;
	struct question *asked[ASKED_MOST];
	size_t nasked;
	long tag;
	struct timer again;
	bool complained;
};

static void
question_free(struct question *question)
{
	if (question->rcpt != NULL)
		question->rcpt->question = NULL;
	free(question);
}

static void
ask(struct asker *a, struct question *question)
{
	const struct rcpt *r = question->rcpt;
	const struct envelope *from = r->message->envelope;

	question->tag = ++a->tag;
	a->asked[question->tag % ASKED_MOST] = question;
	a->nasked++;
	rewrite_resolve_send(a->channel.ipc,
	    &(struct rewrite_resolve){ .address = r->address,
		.sender = from->sender,
		.client = from->client_addr,
		.login = from->login,
		.tag = question->tag });
}

/* As many as may be under way. */
static void
ask_more(struct asker *a)
{
	struct list_link *l;

	if (a->channel.ipc == NULL)
		return;
	while (a->nasked < ASKED_MOST && a->asked[(a->tag + 1) % ASKED_MOST] == NULL &&
	    (l = list_first(&a->waiting)) != NULL) {
		struct question *question = LIST_OF(struct question, link, l);

		list_remove(&a->waiting, l);
		if (question->rcpt == NULL)
			question_free(question);
		else
			ask(a, question);
	}
	channel_push(&a->channel);
}

static void
complain(struct asker *a, const char *why)
{
	if (!a->complained)
		log_warn("service %s: %s; asking again until it answers", a->path, why);
	a->complained = true;
}

static void
connect_now(void *ctx)
{
	struct asker *a = ctx;

	if (a->channel.ipc != NULL || a->waiting.n == 0)
		return;
	if (channel_connect(&a->channel, a->path, &rewrite_protocol)) {
		ask_more(a);
	} else {
		if (errno != EAGAIN)
			complain(a, strerror(errno));
		loop_timer(a->q->loop, &a->again, AGAIN_MS);
	}
}

/* What was asked is asked again, before the rest. */
static void
gone(void *ctx, const char *why)
{
	struct asker *a = ctx;

	for (long tag = a->tag; tag > 0 && tag > a->tag - ASKED_MOST; tag--) {
		struct question *question = a->asked[tag % ASKED_MOST];

		if (question == NULL || question->tag != tag)
			continue;
		a->asked[tag % ASKED_MOST] = NULL;
		a->nasked--;
		list_push(&a->waiting, &question->link);
	}
	if (a->waiting.n == 0)
		return; /* an idle service has ended: nothing to say about that */
	complain(a, why);
	loop_timer(a->q->loop, &a->again, AGAIN_MS);
}

static void
answer(struct rcpt *r, const struct rewrite_route *route)
{
	if (route->code < 300)
		rcpt_place(
		    r, route->transport, route->nexthop, route->address[0] != '\0' ? route->address : r->address);
	else if (route->code < 500)
		outcome_own(r, 451, route->dsn[0] == '4' ? route->dsn : "4.3.0", route->text);
	else
		outcome_own(r, 550, route->dsn[0] == '5' ? route->dsn : "5.3.0", route->text);
}

static void
message(void *ctx)
{
	struct asker *a = ctx;
	struct arena *mem = &a->q->scratch;
	struct question *question;
	struct rewrite_route route;
	struct rcpt *r;

	if (!rewrite_route_get(a->channel.ipc, mem, &route))
		return;
	question = route.tag > 0 ? a->asked[route.tag % ASKED_MOST] : NULL;
	if (question == NULL || question->tag != route.tag) {
		ipc_fail(a->channel.ipc, "an answer to no question");
		return;
	}
	a->complained = false;
	a->asked[route.tag % ASKED_MOST] = NULL;
	a->nasked--;
	r = question->rcpt;
	question_free(question);
	if (r != NULL)
		answer(r, &route);
	arena_reset(mem);
	ask_more(a);
}

struct asker *
asker_new(struct qmgr *q)
{
	struct asker *a = mem_zero(1, sizeof(*a));

	a->q = q;
	a->path = mem_fmt("private/%s", q->cf->rewrite_service_name);
	a->channel =
	    (struct channel){ .loop = q->loop, .dirty = &q->dirty, .message = message, .gone = gone, .ctx = a };
	list_init(&a->waiting);
	a->again = (struct timer){ .run = connect_now, .ctx = a };
	return a;
}

void
asker_ask(struct qmgr *q, struct rcpt *r)
{
	struct asker *a = q->asker;
	struct question *question = mem_zero(1, sizeof(*question));

	question->rcpt = r;
	r->question = question;
	list_append(&a->waiting, &question->link);
	if (a->channel.ipc != NULL)
		ask_more(a);
	else if (a->again.at == 0)
		connect_now(a);
}

void
asker_forget(struct qmgr *q, struct rcpt *r)
{
	struct question *question = r->question;

	if (question == NULL)
		return;
	question->rcpt = NULL;
	r->question = NULL;
	if (question->tag == 0) {
		list_remove(&q->asker->waiting, &question->link);
		free(question);
	}
}
