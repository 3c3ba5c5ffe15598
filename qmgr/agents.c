/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/base/log.h"
#include "lib/base/mem.h"
#include "lib/base/text.h"
#include "qmgr/agents_inside.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

/* Connections that wait for an agent, and the longest name that a socket's path has room for. */
enum { CONNECTING_MOST = 5, NAME_MAX_ = 80 };

struct agents *
agents_new(struct qmgr *q)
{
	struct agents *a = mem_zero(1, sizeof(*a));

	a->q = q;
	a->pools = (struct hash)HASH(false);
	list_init(&a->graves);
	return a;
}

bool
agents_name_ok(const char *s)
{
	size_t n = 0;

	for (; isalnum((unsigned char)s[n]) || (n > 0 && s[n] != '\0' && strchr("._-+", s[n]) != NULL); n++)
		;
	return n > 0 && n <= NAME_MAX_ && s[n] == '\0';
}

static bool
in_list(const char *list, const char *word)
{
	char *copy = mem_str(list), *cursor = copy, *w;
	bool found = false;

	while (!found && (w = text_word(&cursor, TEXT_LIST)) != NULL)
		found = strcmp(w, word) == 0;
	free(copy);
	return found;
}

static void
may_connect_again(void *ctx)
{
	(void)ctx; /* the timer is not set any more: that is all, before the loop waits we look */
}

struct pool *
pool_of(struct qmgr *q, const char *transport)
{
	struct pool *p = hash_get(&q->agents->pools, transport);
	struct sched_settings settings;

	if (p != NULL)
		return p;
	settings_of((void *)(uintptr_t)q->cf, transport, &settings);
	p = mem_zero(1, sizeof(*p));
	p->q = q;
	p->name = mem_str(transport);
	p->path = mem_fmt("private/%s", transport);
	p->one_each = settings.batch == 1;
	p->waits_for_flush = in_list(q->cf->defer_transports, transport);
	list_init(&p->connecting);
	list_init(&p->idle);
	list_init(&p->busy);
	p->again = (struct timer){ .run = may_connect_again, .ctx = p };
	hash_put(&q->agents->pools, transport, p);
	return p;
}

bool
agents_one_each(struct qmgr *q, const char *transport)
{
	return pool_of(q, transport)->one_each;
}

bool
agents_waits_for_flush(struct qmgr *q, const char *transport)
{
	return pool_of(q, transport)->waits_for_flush;
}

size_t
agents_busy(const struct qmgr *q)
{
	return q->agents->busy;
}

void
pool_pause(struct pool *p, long ms)
{
	loop_timer(p->q->loop, &p->again, ms);
}

void
pool_down(struct pool *p, const char *text)
{
	struct sched_trouble trouble = { "4.3.0", (char *)(uintptr_t)text };
	long ms = p->q->cf->transport_retry_time * 1000;

	sched_transport_down(p->q->sched, p->transport, &trouble, ms, loop_now(p->q->loop));
	for (struct list_link *l; (l = list_first(&p->connecting)) != NULL;)
		worker_close(LIST_OF(struct worker, link, l));
	p->crashes = 0;
}

static void
dispatch(struct pool *p)
{
	struct qmgr *q = p->q;
	struct sched_batch *b;
	struct list_link *l;

	while (
	    (l = list_first(&p->idle)) != NULL && (b = sched_take(q->sched, p->transport, loop_now(q->loop))) != NULL)
		if (!request_send(LIST_OF(struct worker, link, l), b))
			return;
	if (p->again.at != 0)
		return;
	while (p->connecting.n < CONNECTING_MOST && p->connecting.n < sched_open(p->transport) &&
	    sched_wants(p->transport, loop_now(q->loop)))
		if (!worker_connect(p))
			return;
}

static void
bury(struct agents *a)
{
	for (struct list_link *l; (l = list_first(&a->graves)) != NULL;) {
		struct worker *w = LIST_OF(struct worker, link, l);

		list_remove(&a->graves, l);
		arena_free(&w->mem);
		free(w);
	}
}

void
agents_dispatch(struct qmgr *q)
{
	bury(q->agents);
	if (q->stopping)
		return;
	for (struct sched_transport *t = NULL; (t = sched_transport_next(q->sched, t)) != NULL;) {
		void **owner = sched_transport_owner(t);

		if (!sched_wants(t, loop_now(q->loop)))
			continue;
		if (*owner == NULL) {
			*owner = pool_of(q, sched_transport_name(t));
			((struct pool *)*owner)->transport = t;
		}
		dispatch(*owner);
	}
}

void
agents_tidy(struct qmgr *q)
{
	long now = loop_now(q->loop);

	HASH_EACH (e, &q->agents->pools) {
		struct pool *p = e->value;
		struct list_link *l;

		/* The last in the list has been idle for longest. */
		while ((l = list_last(&p->idle)) != NULL &&
		    now - LIST_OF(struct worker, link, l)->since > q->cf->max_idle * 1000)
			worker_close(LIST_OF(struct worker, link, l));
		/* Nobody takes a connection, and nobody is at work, either. */
		l = list_first(&p->connecting);
		if (l != NULL && p->busy.n == 0 &&
		    now - LIST_OF(struct worker, link, l)->since > q->cf->qmgr_ipc_timeout * 1000) {
			log_warn("transport %s: no delivery agent answers on %s", p->name, p->path);
			pool_down(p, "mail transport unavailable");
		}
	}
}
