/* SPDX-License-Identifier: Apache-2.0 */
/* The way into the queue: a connection to cleanup, taken from the pool for one message. */
#include "lib/base/log.h"
#include "lib/ipc/cleanup.h"
#include "lib/mail/queueid.h"
#include "smtpd/cleanup_pool.h"
#include "smtpd/restrict.h"
#include "smtpd/sink.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { CHUNK = 65536 };

struct kept_rcpt {
	struct recipient r;
	struct kept_rcpt *next;
};
struct cleanup_sink {
	struct sink base;
	struct client *c;
	struct pooled p;
	bool started; /* the answer to cleanup_mail was read */
	bool content; /* chunks are on their way: the phase of messages is over until their end */
	bool bytes;   /* some are */
	bool done;
	char id[QUEUEID_MAX];
	/* What to say once more when a connection that waited turns out to be dead; in the transaction's memory. */
	struct kept_rcpt *kept, **last;
};

static struct cleanup_sink *
of(struct sink *s)
{
	return (struct cleanup_sink *)(void *)s;
}

static void
put_length(struct cleanup_sink *s, size_t n)
{
	const unsigned char length[4] = { (unsigned char)(n >> 24), (unsigned char)(n >> 16), (unsigned char)(n >> 8),
		(unsigned char)n };

	conn_put(ipc_conn(s->p.ipc), length, sizeof(length));
}

static void
send_rcpt(struct cleanup_sink *s, const struct recipient *r)
{
	cleanup_rcpt_send(s->p.ipc,
	    &(struct cleanup_rcpt){
		.address = r->address, .original = r->original, .orcpt = r->orcpt, .notify = r->notify });
}

static void
keep(struct cleanup_sink *s, const struct recipient *r)
{
	struct arena *mem = &s->c->tx.mem;
	struct kept_rcpt *k = arena_alloc(mem, sizeof(*k));

	if (k == NULL)
		return;
	k->r = (struct recipient){ arena_str(mem, r->address), arena_str(mem, r->original), arena_str(mem, r->orcpt),
		arena_str(mem, r->notify) };
	*s->last = k;
	s->last = &k->next;
}

static void
cleanup_rcpt_out(struct sink *base, const struct recipient *r)
{
	struct cleanup_sink *s = of(base);

	if (!s->started && s->p.messages > 0)
		keep(s, r);
	send_rcpt(s, r);
}

static void
cleanup_content_out(struct sink *base)
{
	cleanup_content_send(of(base)->p.ipc, &(struct cleanup_content){});
	of(base)->content = true;
}

static void
cleanup_put(struct sink *base, const char *bytes, size_t n)
{
	struct cleanup_sink *s = of(base);

	s->bytes = true;
	while (n > 0) {
		size_t some = n < CHUNK ? n : CHUNK;

		put_length(s, some);
		conn_put(ipc_conn(s->p.ipc), bytes, some);
		bytes += some;
		n -= some;
	}
}

static void
cleanup_flush_out(struct sink *base)
{
	ipc_flush(of(base)->p.ipc);
}

static void send_mail(struct cleanup_sink *);

/*
 * The connection had waited, and cleanup's process was gone when we used it:
 * everything but the content can be said again, to another one.  False: not
 * here.
 */
static bool
begin_again(struct cleanup_sink *s)
{
	struct verdict why = VERDICT(&s->c->tx.mem);
	struct pooled fresh;

	if (s->p.messages == 0 || s->bytes || !arena_ok(&s->c->tx.mem))
		return false;
	do {
		if (!cleanup_pool_take(s->c->server->pool, &fresh, &why))
			return false;
		ipc_free(&s->p.ipc);
		s->p = fresh;
		ipc_timeout(s->p.ipc, s->c->cf->ipc_timeout);
		send_mail(s);
		for (struct kept_rcpt *k = s->kept; k != NULL; k = k->next)
			send_rcpt(s, &k->r);
		if (s->content)
			cleanup_content_send(s->p.ipc, &(struct cleanup_content){});
	} while (!ipc_flush(s->p.ipc) && s->p.messages > 0);
	return ipc_ok(s->p.ipc);
}

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

static void
read_started(struct cleanup_sink *s)
{
	bool heard = hear_started(s);

	while (!heard && begin_again(s))
		heard = hear_started(s);
	s->started = true;
}

static const char *
cleanup_id(struct sink *base)
{
	struct cleanup_sink *s = of(base);

	if (!s->started)
		read_started(s);
	return s->id[0] != '\0' ? s->id : NULL;
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

static enum fate
cleanup_commit_out(struct sink *base, const struct edit *edits, struct verdict *why)
{
	struct cleanup_sink *s = of(base);
	struct cleanup_done done;

	if (!s->started && !s->bytes)
		read_started(s); /* as long as it can be said again */
	put_length(s, 0);
	s->content = false;
	send_edits(s, edits);
	cleanup_commit_send(s->p.ipc, &(struct cleanup_commit){});
	if (!s->started)
		read_started(s);
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
static bool
take_back(struct cleanup_sink *s)
{
	struct cleanup_done done;

	cleanup_abort_send(s->p.ipc, &(struct cleanup_abort){});
	if (!s->started)
		read_started(s);
	if (!cleanup_done_read(s->p.ipc, &s->c->tx.mem, &done))
		return false;
	cleanup_pool_give(s->c->server->pool, &s->p, done.slow);
	return true;
}

static void
cleanup_free(struct sink *base)
{
	struct cleanup_sink *s = of(base);

	s->bytes = true; /* nothing is said again */
	/* In the middle of the content the end of the connection says it best. */
	if (!s->done && s->p.ipc != NULL && (s->content || !ipc_ok(s->p.ipc) || !take_back(s)))
		ipc_free(&s->p.ipc);
	ipc_free(&s->p.ipc);
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

static void
send_mail(struct cleanup_sink *s)
{
	struct client *c = s->c;
	const struct transaction *t = &c->tx;

	cleanup_mail_send(s->p.ipc,
	    &(struct cleanup_mail){ .sender = t->sender,
		.origin = "network",
		.rewrite = restrict_rewrites(c),
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

struct sink *
sink_cleanup_open(struct client *c, struct verdict *why)
{
	struct cleanup_sink *s = mem_zero(1, sizeof(*s));
	struct verdict trouble = VERDICT(&c->tx.mem);

	s->base.kind = &cleanup_kind;
	s->c = c;
	s->last = &s->kept;
	if (cleanup_pool_slow(c->server->pool))
		nanosleep(&(struct timespec){ .tv_sec = c->cf->in_flow_delay }, NULL);
	if (!cleanup_pool_take(c->server->pool, &s->p, &trouble)) {
		log_warn("%s", trouble.text);
		later(why, "4.3.0", "Error: queue file write error");
		free(s);
		return NULL;
	}
	ipc_timeout(s->p.ipc, c->cf->ipc_timeout);
	send_mail(s);
	return &s->base;
}
