/* SPDX-License-Identifier: Apache-2.0 */
/* One question's way to its answer. */
#include "lib/base/log.h"
#include "lib/base/mem.h"
#include "lib/base/time.h"
#include "lib/net/dns.h"
#include "services/resolver/local.h"
#include "services/resolver/rdata.h"
#include "services/resolver/resolver.h"

#include <stdlib.h>
#include <string.h>

/* RFC 1035 4.1.1 */
enum { RCODE_OK = 0, RCODE_FORMAT = 1, RCODE_FAILED = 2, RCODE_NO_NAME = 3, RCODE_NOT_US = 4, RECORDS_MAX = 5000 };

static void
answer_code(struct client *c, long tag, int rcode, const char *text)
{
	client_answer(c, &(struct resolver_answer){ .tag = tag, .rcode = rcode, .text = text }, NULL, 0);
}

static void
forget(struct question *q)
{
	struct resolver *r = q->r;

	backend_cancel(&q->lookup);
	list_remove(&r->questions, &q->link);
	if (q->client != NULL)
		q->client->questions--;
	free(q->name);
	free(q);
	if (r->ending && r->questions.n == 0)
		resolver_over(r);
}

static void
fail(struct question *q, const char *text)
{
	if (q->client != NULL)
		answer_code(q->client, q->tag, RCODE_FAILED, text);
	forget(q);
}

/* The oldest question has waited long enough; the next one is due later. */
static void
time_out(void *ctx)
{
	struct resolver *r = ctx;
	struct list_link *first;
	long now = loop_now(r->loop);

	while ((first = list_first(&r->questions)) != NULL) {
		struct question *q = LIST_OF(struct question, link, first);

		if (q->due_ms > now) {
			loop_timer(r->loop, &r->question_timer, q->due_ms - now);
			return;
		}
		fail(q, "no answer from the name servers in time");
	}
}

/* What is wrong with a record is wrong with it alone; if nothing is left, the answer is. */
static size_t
decode(const struct question *q, const struct ub_result *u, struct arena *mem, struct resolver_record *out)
{
	size_t n = 0;

	for (size_t i = 0; u->data != NULL && u->data[i] != NULL && i < RECORDS_MAX; i++)
		if (u->len[i] >= 0 &&
		    rdata_decode(q->type, (const unsigned char *)u->data[i], (size_t)u->len[i], mem, &out[n]))
			n++;
	return n;
}

static size_t
count(const struct ub_result *u)
{
	size_t n = 0;

	while (u->data != NULL && u->data[n] != NULL && n < RECORDS_MAX)
		n++;
	return n;
}

/* "mx.example." without its dot. */
static const char *
without_dot(const char *name, struct arena *mem)
{
	size_t n = name != NULL ? strlen(name) : 0;

	return n > 0 ? arena_strn(mem, name, name[n - 1] == '.' ? n - 1 : n) : "";
}

static void
send_result(const struct question *q, const struct ub_result *u)
{
	struct arena mem = ARENA(8 << 20);
	struct resolver_record *records = arena_alloc(&mem, (count(u) + 1) * sizeof(*records));
	struct resolver_answer a = { .tag = q->tag,
		.rcode = u->nxdomain ? RCODE_NO_NAME : u->rcode,
		.secure = u->secure,
		.ttl = u->ttl > 0 ? u->ttl : 0,
		.canonical = without_dot(u->canonname, &mem) };
	size_t n = 0;

	if (u->bogus) {
		a = (struct resolver_answer){ .tag = q->tag,
			.rcode = RCODE_FAILED,
			.bogus = true,
			.text = u->why_bogus != NULL ? u->why_bogus : "DNSSEC validation failure" };
	} else if (u->rcode == RCODE_OK && u->havedata) {
		n = decode(q, u, &mem, records);
		if (n == 0 || !arena_ok(&mem))
			a = (struct resolver_answer){
				.tag = q->tag, .rcode = RCODE_FAILED, .text = "malformed answer"
			};
		if (!arena_ok(&mem))
			n = 0;
	} else if (u->rcode != RCODE_OK && u->rcode != RCODE_NO_NAME) {
		a.ttl = 0;
		a.text = u->rcode == RCODE_FAILED ? "the name servers failed" : "the name servers refused";
	}
	client_answer(q->client, &a, records, n);
	arena_free(&mem);
}

static void
came(void *ctx, const struct ub_result *result, const char *problem)
{
	struct question *q = ctx;

	if (result == NULL) {
		fail(q, problem);
		return;
	}
	if (q->client != NULL)
		send_result(q, result);
	forget(q);
}

static void
go(struct question *q)
{
	struct resolver *r = q->r;

	if (r->answers != NULL)
		backend_ask(r->answers, q->name, q->type, &q->lookup);
	else if (!upstream_probing(r))
		fail(q, "no name server is configured");
}

void
questions_go(struct resolver *r)
{
	LIST_EACH (struct question, q, link, &r->questions)
		if (q->lookup.backend == NULL)
			go(q);
}

static void
remember(struct client *c, const struct resolver_ask *ask, int type)
{
	struct resolver *r = c->r;
	struct question *q = mem_zero(1, sizeof(*q));

	*q = (struct question){ .r = r,
		.client = c,
		.tag = ask->tag,
		.due_ms = loop_now(r->loop) + r->timeout_ms,
		.type = type,
		.name = mem_str(ask->name),
		.lookup = { .done = came, .ctx = q } };
	list_append(&r->questions, &q->link);
	c->questions++;
	if (r->questions.n == 1) {
		r->question_timer.run = time_out;
		r->question_timer.ctx = r;
		loop_timer(r->loop, &r->question_timer, r->timeout_ms);
	}
	go(q);
}

void
question_begin(struct client *c, const struct resolver_ask *ask)
{
	int type = rdata_type(ask->type);
	const char *value;

	if (type < 0)
		answer_code(c, ask->tag, RCODE_NOT_US, "unknown record type");
	else if (!dns_name_ok(ask->name))
		answer_code(c, ask->tag, RCODE_FORMAT, "not a domain name");
	else if (local_answer(ask->name, ask->type, &value))
		client_answer(c, &(struct resolver_answer){ .tag = ask->tag, .ttl = 3600 },
		    &(struct resolver_record){ .value = value }, value != NULL);
	else if (c->questions >= CLIENT_QUESTIONS || c->r->questions.n >= QUESTIONS_MAX)
		answer_code(c, ask->tag, RCODE_FAILED, "too many questions at once");
	else
		remember(c, ask, type);
}

void
questions_orphan(struct resolver *r, const struct client *c)
{
	LIST_EACH (struct question, q, link, &r->questions)
		if (q->client == c)
			q->client = NULL;
}
