/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The way into the queue: a connection to cleanup, taken from the pool for one message.
 *
 * Nothing is said to cleanup before it has to be: a message of ordinary size is
 * kept until its end and then told in one write and answered in one, so that
 * cleanup wakes up once for it; a client that goes away before costs nothing.
 * What has outgrown KEEP or KEEP_RCPTS, and whoever asks for the queue id, begins earlier.
 * Until cleanup has answered, all of it can be said again to another process
 * of cleanup, when a connection that had waited turns out to be dead.
 */
#include "lib/base/log.h"
#include "lib/ipc/cleanup.h"
#include "lib/mail/queueid.h"
#include "smtpd/cleanup_pool.h"
#include "smtpd/message.h"
#include "smtpd/policy.h"
#include "smtpd/sink.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { CHUNK = 65536, KEEP = 49152, KEEP_RCPTS = 1000 };

struct kept_rcpt {
	struct recipient r;
	struct kept_rcpt *next;
};
struct cleanup_sink {
	struct sink base;
	struct client *c;
	struct pooled p;
	bool started; /* what is kept was said, and answered; what comes later is said as it comes */
	bool content; /* the phase of messages is over until the end of the chunks */
	bool end;     /* they are complete, and to be committed with these edits */
	bool done;
	const struct edit *edits;
	char id[QUEUEID_MAX];
	struct kept_rcpt *kept, **last; /* in the transaction's memory */
	size_t nkept;
	struct buf body;
};

static struct cleanup_sink *
of(struct sink *s)
{
	return (struct cleanup_sink *)(void *)s;
}

/* ---- what is said ---- */

static void
put_length(struct cleanup_sink *s, size_t n)
{
	const unsigned char length[4] = { (unsigned char)(n >> 24), (unsigned char)(n >> 16), (unsigned char)(n >> 8),
		(unsigned char)n };

	conn_put(ipc_conn(s->p.ipc), length, sizeof(length));
}

static void
put_chunks(struct cleanup_sink *s, const char *bytes, size_t n)
{
	while (n > 0) {
		size_t some = n < CHUNK ? n : CHUNK;

		put_length(s, some);
		conn_put(ipc_conn(s->p.ipc), bytes, some);
		bytes += some;
		n -= some;
	}
}

static void
send_rcpt(struct cleanup_sink *s, const struct recipient *r)
{
	cleanup_rcpt_send(s->p.ipc,
	    &(struct cleanup_rcpt){
		.address = r->address, .original = r->original, .orcpt = r->orcpt, .notify = r->notify });
}

static void
send_header(struct ipc *i, long index, const char *line, struct arena *mem)
{
	const char *colon = strchr(line, ':');

	cleanup_edit_header_insert_send(i,
	    &(struct cleanup_edit_header_insert){ .index = index,
		.name = arena_strn(mem, line, (size_t)(colon - line)),
		.value = colon + 1 + strspn(colon + 1, " \t") });
}

static void
send_edits(struct cleanup_sink *s, const struct edit *e)
{
	struct ipc *i = s->p.ipc;
	long headers = 0;

	for (; e != NULL; e = e->next) {
		switch (e->wish) {
		case WISH_HOLD:
			cleanup_edit_hold_send(i, &(struct cleanup_edit_hold){ .reason = e->text });
			break;
		case WISH_DISCARD:
			cleanup_edit_discard_send(i, &(struct cleanup_edit_discard){ .reason = e->text });
			break;
		case WISH_FILTER:
			cleanup_edit_filter_send(i, &(struct cleanup_edit_filter){ .destination = e->text });
			break;
		case WISH_REDIRECT:
			cleanup_edit_redirect_send(i, &(struct cleanup_edit_redirect){ .address = e->text });
			break;
		case WISH_BCC:
			cleanup_edit_rcpt_add_send(i, &(struct cleanup_edit_rcpt_add){ .address = e->text });
			break;
		case WISH_PREPEND:
			send_header(i, headers++, e->text, &s->c->tx.mem);
			break;
		}
	}
}

static void
send_mail(struct cleanup_sink *s)
{
	struct client *c = s->c;
	const struct transaction *t = &c->tx;

	cleanup_mail_send(s->p.ipc,
	    &(struct cleanup_mail){ .sender = t->sender,
		.origin = "network",
		.rewrite = t->rewrite,
		.arrival_us = t->began_us,
		.ret = t->ret,
		.envid = t->envid,
		.body = t->body,
		.size_hint = t->size,
		.client_name = c->name,
		.client_addr = c->host,
		.client_port = c->port,
		.client_helo = c->helo != NULL ? c->helo : "",
		.protocol = client_protocol(c),
		.service = c->service,
		.uid = -1,
		.filter = c->cf->content_filter,
		.received_by = client_protocol(c),
		.overrides = c->cf->receive_override_options });
}

static void
send_end(struct cleanup_sink *s)
{
	put_length(s, 0);
	send_edits(s, s->edits);
	cleanup_commit_send(s->p.ipc, &(struct cleanup_commit){});
}

/* All that is known so far. */
static void
say(struct cleanup_sink *s)
{
	send_mail(s);
	for (struct kept_rcpt *k = s->kept; k != NULL; k = k->next)
		send_rcpt(s, &k->r);
	if (!s->content)
		return;
	cleanup_content_send(s->p.ipc, &(struct cleanup_content){});
	put_chunks(s, buf_str(&s->body), s->body.len);
	if (s->end)
		send_end(s);
}

/* ---- what is heard ---- */

static bool
hear_started(struct cleanup_sink *s)
{
	struct cleanup_started started;

	if (!cleanup_started_read(s->p.ipc, &s->c->tx.mem, &started))
		return false;
	if (queueid_ok(started.queue_id))
		snprintf(s->id, sizeof(s->id), "%s", started.queue_id);
	return true;
}

/* A connection that had waited may be one to a process that has gone.  False: then there is no other. */
static bool
another_one(struct cleanup_sink *s)
{
	struct verdict why = VERDICT(&s->c->tx.mem);
	struct pooled fresh;

	if (s->p.messages == 0 || !arena_ok(&s->c->tx.mem) || !cleanup_pool_take(s->c->server->pool, &fresh, &why))
		return false;
	ipc_free(&s->p.ipc);
	s->p = fresh;
	ipc_timeout(s->p.ipc, s->c->cf->ipc_timeout);
	return true;
}

static void
begin(struct cleanup_sink *s)
{
	do
		say(s);
	while (!hear_started(s) && another_one(s));
	s->started = true;
	buf_free(&s->body);
}

static const char *
cleanup_id(struct sink *base)
{
	struct cleanup_sink *s = of(base);

	if (!s->started)
		begin(s);
	return s->id[0] != '\0' ? s->id : NULL;
}

/* ---- what smtpd has to tell ---- */

static void
keep_rcpt(struct cleanup_sink *s, const struct recipient *r)
{
	struct arena *mem = &s->c->tx.mem;
	struct kept_rcpt *k = arena_alloc(mem, sizeof(*k));

	if (k == NULL)
		return; /* the arena remembers */
	k->r = (struct recipient){ arena_str(mem, r->address), arena_str(mem, r->original), arena_str(mem, r->orcpt),
		arena_str(mem, r->notify) };
	*s->last = k;
	s->last = &k->next;
	s->nkept++;
}

static void
cleanup_rcpt_out(struct sink *base, const struct recipient *r)
{
	struct cleanup_sink *s = of(base);

	if (!s->started && s->nkept == KEEP_RCPTS)
		message_id(s->c);
	if (s->started)
		send_rcpt(s, r);
	else
		keep_rcpt(s, r);
}

static void
cleanup_content_out(struct sink *base)
{
	struct cleanup_sink *s = of(base);

	s->content = true;
	if (s->started)
		cleanup_content_send(s->p.ipc, &(struct cleanup_content){});
}

static void
cleanup_put(struct sink *base, const char *bytes, size_t n)
{
	struct cleanup_sink *s = of(base);

	if (!s->started && s->body.len + n <= KEEP) {
		buf_add(&s->body, bytes, n);
		return;
	}
	message_id(s->c); /* the log hears of it before cleanup can have a line of its own */
	put_chunks(s, bytes, n);
}

static void
cleanup_flush_out(struct sink *base)
{
	struct cleanup_sink *s = of(base);

	if (s->started)
		ipc_flush(s->p.ipc);
}

static enum fate
cleanup_commit_out(struct sink *base, const struct edit *edits, struct verdict *why)
{
	struct cleanup_sink *s = of(base);
	struct cleanup_done done;

	s->edits = edits;
	s->end = true;
	if (!arena_ok(&s->c->tx.mem))
		return later(why, "4.3.0", "Error: out of memory for one message");
	if (s->started)
		send_end(s);
	else
		begin(s);
	if (!cleanup_done_read(s->p.ipc, &s->c->tx.mem, &done)) {
		log_warn("%s: cleanup: %s", s->id[0] != '\0' ? s->id : "NOQUEUE", ipc_why(s->p.ipc));
		return later(why, "4.3.0", "Error: queue file write error");
	}
	s->done = true;
	cleanup_pool_give(s->c->server->pool, &s->p, done.slow);
	if (done.code < 200 || done.code > 599 || strlen(done.dsn) >= sizeof(why->dsn)) {
		log_warn("%s: cleanup: answer with code %ld and status %.20s", s->id, done.code, done.dsn);
		return later(why, "4.3.0", "Error: queue file write error");
	}
	return verdict_code(why, (int)done.code, done.dsn, "%s", done.text);
}

/* Nothing but the envelope was sent: the connection is as good as new after cleanup's answer. */
static void
take_back(struct cleanup_sink *s)
{
	struct cleanup_done done;

	cleanup_abort_send(s->p.ipc, &(struct cleanup_abort){});
	if (cleanup_done_read(s->p.ipc, &s->c->tx.mem, &done))
		cleanup_pool_give(s->c->server->pool, &s->p, done.slow);
}

static void
cleanup_free(struct sink *base)
{
	struct cleanup_sink *s = of(base);

	if (!s->started)
		cleanup_pool_give(s->c->server->pool, &s->p, cleanup_pool_slow(s->c->server->pool));
	else if (!s->done && !s->content && ipc_ok(s->p.ipc))
		take_back(s);
	/* In the middle of the content the end of the connection says it best. */
	ipc_free(&s->p.ipc);
	buf_free(&s->body);
	free(s);
}

static const struct sink_kind cleanup_kind = {
	.rcpt = cleanup_rcpt_out,
	.content = cleanup_content_out,
	.put = cleanup_put,
	.flush = cleanup_flush_out,
	.id = cleanup_id,
	.commit = cleanup_commit_out,
	.free = cleanup_free,
};

struct sink *
sink_cleanup_open(struct client *c, struct verdict *why)
{
	struct cleanup_sink *s = mem_zero(1, sizeof(*s));
	struct verdict trouble = VERDICT(&c->tx.mem);

	s->base.kind = &cleanup_kind;
	s->c = c;
	s->last = &s->kept;
	s->body = (struct buf)BUF(KEEP);
	if (cleanup_pool_slow(c->server->pool))
		nanosleep(&(struct timespec){ .tv_sec = c->cf->in_flow_delay }, NULL);
	if (!cleanup_pool_take(c->server->pool, &s->p, &trouble)) {
		log_warn("%s", trouble.text);
		later(why, "4.3.0", "Error: queue file write error");
		free(s);
		return NULL;
	}
	ipc_timeout(s->p.ipc, c->cf->ipc_timeout);
	return &s->base;
}
