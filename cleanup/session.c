/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The dialogue of lib/ipc/cleanup.def as a table: message, what it does, the
 * phases in which it is welcome.  A handler gives the next phase.
 */
#include "cleanup/message.h"
#include "cleanup/news.h"

#include "lib/base/log.h"
#include "lib/base/time.h"

#include <unistd.h>

enum phase { IDLE, ENVELOPE, EDITS };
#define IN(phase) (1u << (phase))

enum { CHUNK_MAX = 1 << 28, SCRATCH = 2 * IPC_MESSAGE_MAX };

struct dialogue {
	struct ipc *ipc;
	const struct cleanup *shared;
	const struct conf *cf;
	struct message m;     /* from cleanup_mail to the answer */
	struct arena scratch; /* strings that nobody needs any more */
	long last_us;	      /* of the last queue id */
};

/* Where the strings of the current message go: an envelope that is refused, or too large, keeps none. */
static struct arena *
strings(struct dialogue *d)
{
	struct message *m = &d->m;

	if (message_good(m) && m->mem.max - m->mem.used < SCRATCH) {
		verdict_code(&m->why, 452, "4.5.3", "Error: too many recipients");
		message_failed(m);
	}
	return message_good(m) ? &m->mem : &d->scratch;
}

static enum phase
on_mail(struct dialogue *d)
{
	struct message *m = &d->m;
	char id[QUEUEID_MAX];
	long us = now_us();

	if (us == d->last_us)
		us++; /* two messages of one thread must not share an id */
	d->last_us = us;
	queueid_make(us, (unsigned long)gettid(), id);
	message_begin(m, d->shared, d->cf, id);
	log_doing("message %s", id);
	if (!cleanup_mail_get(d->ipc, &m->mem, &m->mail))
		return ENVELOPE; /* the connection's error ends the session */
	message_start(m);
	cleanup_started_send(d->ipc, &(struct cleanup_started){ .queue_id = message_good(m) ? m->id : "" });
	return ENVELOPE;
}

static enum phase
on_rcpt(struct dialogue *d)
{
	struct cleanup_rcpt rcpt;

	if (cleanup_rcpt_get(d->ipc, strings(d), &rcpt))
		message_rcpt(&d->m, &rcpt);
	return ENVELOPE;
}

static enum phase
on_attribute(struct dialogue *d)
{
	struct cleanup_attribute a;

	if (cleanup_attribute_get(d->ipc, strings(d), &a))
		message_attribute(&d->m, a.name, a.value);
	return ENVELOPE;
}

/* One chunk; false: it was the last, or the connection failed. */
static bool
chunk(struct dialogue *d, struct conn *c)
{
	unsigned char head[4];
	const char *bytes;
	size_t left, n;

	conn_deadline(c, d->cf->ipc_timeout);
	if (!conn_read(c, head, sizeof(head)))
		return false;
	left = (size_t)head[0] << 24 | (size_t)head[1] << 16 | (size_t)head[2] << 8 | head[3];
	if (left > CHUNK_MAX)
		ipc_fail(d->ipc, "content chunk of %zu bytes", left);
	if (left == 0 || !ipc_ok(d->ipc))
		return false;
	for (; left > 0; left -= n) {
		if ((bytes = conn_peek(c, &n)) == NULL)
			return false;
		if (n > left)
			n = left;
		message_content(&d->m, bytes, n);
		conn_eat(c, n);
	}
	return true;
}

static enum phase
chunks(struct dialogue *d)
{
	while (chunk(d, ipc_conn(d->ipc)))
		;
	if (ipc_ok(d->ipc))
		message_content_end(&d->m);
	return EDITS;
}

static enum phase
on_content(struct dialogue *d)
{
	struct cleanup_content nothing;

	if (!cleanup_content_get(d->ipc, &d->scratch, &nothing))
		return EDITS;
	message_content_begin(&d->m);
	return chunks(d);
}

static enum phase
on_edit_body(struct dialogue *d)
{
	struct cleanup_edit_body nothing;

	if (!cleanup_edit_body_get(d->ipc, &d->scratch, &nothing))
		return EDITS;
	message_body_again(&d->m);
	return chunks(d);
}

static enum phase
on_header_add(struct dialogue *d)
{
	struct cleanup_edit_header_add e;

	if (cleanup_edit_header_add_get(d->ipc, &d->scratch, &e) && message_good(&d->m))
		message_edited(&d->m, edits_add(&d->m.edits, e.name, e.value, &d->m.mem));
	return EDITS;
}

static enum phase
on_header_insert(struct dialogue *d)
{
	struct cleanup_edit_header_insert e;

	if (cleanup_edit_header_insert_get(d->ipc, &d->scratch, &e) && message_good(&d->m))
		message_edited(&d->m, edits_insert(&d->m.edits, e.index, e.name, e.value, &d->m.mem));
	return EDITS;
}

static enum phase
on_header_change(struct dialogue *d)
{
	struct cleanup_edit_header_change e;

	if (cleanup_edit_header_change_get(d->ipc, &d->scratch, &e) && message_good(&d->m))
		message_edited(&d->m, edits_change(&d->m.edits, e.index, e.name, e.value, &d->m.mem));
	return EDITS;
}

static enum phase
on_edit_sender(struct dialogue *d)
{
	struct cleanup_edit_sender e;

	if (cleanup_edit_sender_get(d->ipc, strings(d), &e) && message_good(&d->m))
		message_edit_sender(&d->m, &e);
	return EDITS;
}

static enum phase
on_rcpt_add(struct dialogue *d)
{
	struct cleanup_edit_rcpt_add e;

	if (cleanup_edit_rcpt_add_get(d->ipc, strings(d), &e))
		message_rcpt(&d->m,
		    &(struct cleanup_rcpt){
			.address = e.address, .original = "", .orcpt = e.orcpt, .notify = e.notify });
	return EDITS;
}

static enum phase
on_rcpt_delete(struct dialogue *d)
{
	struct cleanup_edit_rcpt_delete e;

	if (cleanup_edit_rcpt_delete_get(d->ipc, &d->scratch, &e))
		message_edit_rcpt_delete(&d->m, e.address);
	return EDITS;
}

static enum phase
on_hold(struct dialogue *d)
{
	struct cleanup_edit_hold e;

	if (cleanup_edit_hold_get(d->ipc, strings(d), &e) && message_good(&d->m))
		message_edit_hold(&d->m, e.reason);
	return EDITS;
}

static enum phase
on_redirect(struct dialogue *d)
{
	struct cleanup_edit_redirect e;

	if (cleanup_edit_redirect_get(d->ipc, strings(d), &e) && message_good(&d->m))
		message_edit_redirect(&d->m, e.address);
	return EDITS;
}

static enum phase
on_filter(struct dialogue *d)
{
	struct cleanup_edit_filter e;

	if (cleanup_edit_filter_get(d->ipc, strings(d), &e) && message_good(&d->m))
		message_edit_filter(&d->m, e.destination);
	return EDITS;
}

static enum phase
on_discard(struct dialogue *d)
{
	struct cleanup_edit_discard e;

	if (cleanup_edit_discard_get(d->ipc, strings(d), &e) && message_good(&d->m))
		message_edit_discard(&d->m, e.reason);
	return EDITS;
}

static enum phase
over(struct dialogue *d)
{
	message_end(&d->m);
	log_doing("no message");
	return IDLE;
}

static enum phase
on_commit(struct dialogue *d)
{
	struct cleanup_commit nothing;
	struct cleanup_done done;
	struct call *call;
	bool stored;

	if (!cleanup_commit_get(d->ipc, &d->scratch, &nothing))
		return over(d);
	call = news_call(d->shared->news);
	stored = message_commit(&d->m, call, &done);
	cleanup_done_send(d->ipc, &done);
	ipc_flush(d->ipc); /* whoever waits for the answer comes first */
	if (stored)
		call_tell(call, d->m.id);
	news_over(d->shared->news, &call);
	return over(d);
}

static enum phase
on_abort(struct dialogue *d)
{
	struct cleanup_abort e;

	if (!cleanup_abort_get(d->ipc, &d->scratch, &e))
		return over(d);
	if (e.reason[0] != '\0')
		log_info("%s: %s", d->m.id, e.reason);
	cleanup_done_send(d->ipc, &(struct cleanup_done){ .code = 250, .dsn = "2.0.0", .text = "Ok: forgotten" });
	return over(d);
}

/* The client has nothing to take back, but it is told that nothing is there. */
static enum phase
on_abort_idle(struct dialogue *d)
{
	struct cleanup_abort e;

	if (cleanup_abort_get(d->ipc, &d->scratch, &e))
		cleanup_done_send(
		    d->ipc, &(struct cleanup_done){ .code = 250, .dsn = "2.0.0", .text = "Ok: nothing to forget" });
	return IDLE;
}

static const struct request {
	const struct msg *(*msg)(void);
	enum phase (*run)(struct dialogue *); /* the next phase */
	unsigned when;
} requests[] = {
	{ cleanup_mail_msg, on_mail, IN(IDLE) },
	{ cleanup_rcpt_msg, on_rcpt, IN(ENVELOPE) },
	{ cleanup_attribute_msg, on_attribute, IN(ENVELOPE) },
	{ cleanup_content_msg, on_content, IN(ENVELOPE) },
	{ cleanup_edit_header_add_msg, on_header_add, IN(EDITS) },
	{ cleanup_edit_header_insert_msg, on_header_insert, IN(EDITS) },
	{ cleanup_edit_header_change_msg, on_header_change, IN(EDITS) },
	{ cleanup_edit_body_msg, on_edit_body, IN(EDITS) },
	{ cleanup_edit_sender_msg, on_edit_sender, IN(EDITS) },
	{ cleanup_edit_rcpt_add_msg, on_rcpt_add, IN(EDITS) },
	{ cleanup_edit_rcpt_delete_msg, on_rcpt_delete, IN(EDITS) },
	{ cleanup_edit_hold_msg, on_hold, IN(EDITS) },
	{ cleanup_edit_redirect_msg, on_redirect, IN(EDITS) },
	{ cleanup_edit_filter_msg, on_filter, IN(EDITS) },
	{ cleanup_edit_discard_msg, on_discard, IN(EDITS) },
	{ cleanup_commit_msg, on_commit, IN(EDITS) },
	{ cleanup_abort_msg, on_abort, IN(ENVELOPE) | IN(EDITS) },
	{ cleanup_abort_msg, on_abort_idle, IN(IDLE) },
};

static enum phase
serve(struct dialogue *d, enum phase now, const char *name)
{
	for (size_t i = 0; i < NITEMS(requests); i++)
		if (requests[i].when & IN(now) && ipc_is(d->ipc, requests[i].msg()))
			return requests[i].run(d);
	ipc_fail(d->ipc, "unexpected message %.40s", name);
	return now;
}

void
cleanup_session(struct session *s)
{
	struct dialogue d = { .shared = s->state, .cf = s->cf, .scratch = ARENA(SCRATCH) };
	enum phase now = IDLE;
	const char *name;

	d.ipc = ipc_serve(s->conn, &cleanup_protocol);
	s->conn = NULL; /* the ipc's now */
	ipc_timeout(d.ipc, s->cf->ipc_timeout);
	while ((now != IDLE || !service_ending() || conn_buffered(ipc_conn(d.ipc)) > 0) &&
	    (name = ipc_next(d.ipc)) != NULL) {
		now = serve(&d, now, name);
		arena_reset(&d.scratch);
	}
	if (conn_error(ipc_conn(d.ipc)) == CONN_PROTOCOL)
		log_warn("client of the cleanup service: %s", ipc_why(d.ipc));
	if (now != IDLE)
		over(&d);
	arena_free(&d.scratch);
	ipc_free(&d.ipc);
}
