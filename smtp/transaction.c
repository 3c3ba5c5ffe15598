/* SPDX-License-Identifier: Apache-2.0 */
#include "smtp/transaction.h"

#include "lib/base/log.h"
#include "smtp/envelope.h"
#include "smtp/extra.h"
#include "smtp/phase.h"

#include <errno.h>
#include <string.h>

/*
 * Commands whose replies were not read: more could fill the buffers of both
 * sides, and each would wait for the other (RFC 2920 3.1).
 */
enum { UNREAD_MOST = 8192 };

struct expected {
	enum phase phase;
	size_t rcpt; /* of RCPT TO, and of the end of data with LMTP */
};

struct transaction {
	struct delivery *d;
	struct peer *peer;
	struct verdict *why;
	struct reply reply;
	struct expected *queue;
	size_t head, tail, unread; /* unread: bytes of commands */
	size_t accepted;
	bool pipelining, bdat;
	bool mail_ok, mail_refused, go; /* go: the server waits for data */
	bool lost;			/* why says how */
	bool stale;
};

static void
expect(struct transaction *t, enum phase phase, size_t rcpt)
{
	t->queue[t->tail++] = (struct expected){ phase, rcpt };
}

static enum fate
refused(struct transaction *t, enum phase phase)
{
	return phase_refused(phase, &t->reply, t->peer->host, t->peer->name, t->why);
}

/* Nothing was said on this connection since it came out of the cache: its death is no news. */
static bool
may_be_stale(const struct transaction *t)
{
	return t->peer->reused && !t->mail_ok;
}

static void
lose(struct transaction *t, enum phase phase)
{
	t->lost = true;
	t->stale = may_be_stale(t) && (phase == PHASE_RSET || phase == PHASE_MAIL);
	phase_lost(phase, t->peer->conn, &t->reply, t->peer->name, t->why);
}

/* ---- what the replies mean ---- */

static void
got_reset(struct transaction *t, const struct expected *e)
{
	(void)e;
	if (t->reply.code / 100 == 2)
		return;
	/* It is in no state that we know; another connection will do. */
	t->stale = may_be_stale(t);
	t->lost = true;
	refused(t, PHASE_RSET);
}

static void
got_mail(struct transaction *t, const struct expected *e)
{
	(void)e;
	if (t->reply.code / 100 == 2) {
		t->mail_ok = true;
		return;
	}
	if (t->reply.code == 421 && may_be_stale(t)) {
		t->stale = t->lost = true;
		return;
	}
	t->mail_refused = true;
	refused(t, PHASE_MAIL);
	delivery_settle_all(t->d, t->why, false);
}

static void
got_rcpt(struct transaction *t, const struct expected *e)
{
	struct open_recipient *r = &t->d->rcpts[e->rcpt];

	if (!t->mail_ok)
		return;
	if (t->reply.code / 100 == 2) {
		r->accepted = true;
		t->accepted++;
		return;
	}
	/* RFC 5321 4.5.3.1.10: old servers say 552 for too many recipients. */
	if (t->reply.code == 552) {
		t->reply.code = 452;
		t->reply.dsn[0] = '4';
	}
	refused(t, PHASE_RCPT);
	delivery_settle(t->d, e->rcpt, t->why, false);
}

/* A verdict for those that were accepted and wait for one. */
static void
settle_accepted(struct transaction *t, const struct verdict *v, bool last)
{
	for (size_t i = 0; i < t->d->a->n; i++) {
		if (!t->d->rcpts[i].accepted)
			continue;
		t->d->rcpts[i].accepted = false;
		delivery_settle(t->d, i, v, last);
	}
	t->accepted = 0;
}

static void
got_data(struct transaction *t, const struct expected *e)
{
	(void)e;
	t->go = t->reply.code == 354;
	if (t->go || t->accepted == 0)
		return;
	refused(t, PHASE_DATA);
	settle_accepted(t, t->why, false);
}

/*
 * Who reports success to the sender?  A server with DSN does it itself; one
 * without leaves "relayed" to us, unless it delivers for good.
 */
static const char *
success_action(const struct transaction *t)
{
	const struct client *c = t->d->w->client;

	if (c->flags & FLAG_FINAL)
		return "delivered";
	if (t->peer->offer.features & OFFERS_DSN)
		return "transferred";
	return t->d->s->lmtp && t->d->s->cf->lmtp_assume_final ? "delivered" : "relayed";
}

static void
end_verdict(struct transaction *t, struct verdict *v)
{
	if (t->reply.code / 100 != 2) {
		phase_refused(PHASE_END, &t->reply, t->peer->host, t->peer->name, v);
		return;
	}
	fine(v, t->reply.dsn, "%s", reply_text(&t->reply, v->mem));
	v->action = success_action(t);
	v->mta = arena_str(v->mem, t->peer->host);
	v->mta_type = "dns";
	v->diag = v->text;
	v->diag_type = "smtp";
}

static void
got_end(struct transaction *t, const struct expected *e)
{
	struct verdict v = VERDICT(t->why->mem);

	if (t->accepted == 0)
		return;
	end_verdict(t, &v);
	if (!t->d->s->lmtp) {
		settle_accepted(t, &v, false);
		return;
	}
	t->d->rcpts[e->rcpt].accepted = false;
	t->accepted--;
	delivery_settle(t->d, e->rcpt, &v, false);
}

static void (*const got[])(struct transaction *, const struct expected *) = {
	[PHASE_RSET] = got_reset,
	[PHASE_MAIL] = got_mail,
	[PHASE_RCPT] = got_rcpt,
	[PHASE_DATA] = got_data,
	[PHASE_END] = got_end,
};

/* ---- the reader ---- */

static void
read_one(struct transaction *t)
{
	const struct expected *e = &t->queue[t->head++];

	conn_deadline(t->peer->conn, phase_timeout(e->phase, t->d->s));
	if (!reply_read(t->peer->conn, &t->reply)) {
		lose(t, e->phase);
		return;
	}
	if (t->reply.code == 421)
		t->peer->leaving = true;
	got[e->phase](t, e);
}

static bool
read_all(struct transaction *t)
{
	while (t->head < t->tail && !t->lost)
		read_one(t);
	t->unread = 0;
	return !t->lost;
}

/* ---- the writer ---- */

static bool
command(struct transaction *t, struct buf *b, enum phase phase, size_t rcpt)
{
	conn_deadline(t->peer->conn, phase_timeout(phase, t->d->s));
	conn_put(t->peer->conn, b->s, b->len);
	expect(t, phase, rcpt);
	t->unread += b->len;
	buf_clear(b);
	return (t->pipelining && t->unread < UNREAD_MOST) || read_all(t);
}

static bool
send_mail(struct transaction *t, struct buf *b)
{
	if (t->peer->needs_reset) {
		buf_puts(b, "RSET\r\n");
		if (!command(t, b, PHASE_RSET, 0))
			return false;
		t->peer->needs_reset = false;
	}
	envelope_mail(b, &t->d->wire, t->d->size, &t->peer->offer, t->d->s->send_dummy_mail_auth);
	return command(t, b, PHASE_MAIL, 0);
}

/* RCPT TO for each open recipient, until MAIL FROM is known to be refused. */
static bool
send_rcpts(struct transaction *t, struct buf *b)
{
	for (size_t i = 0; i < t->d->a->n; i++) {
		if (t->mail_refused)
			break;
		if (t->d->rcpts[i].settled)
			continue;
		envelope_rcpt(b, &t->d->wire_rcpts[i], &t->peer->offer);
		if (!command(t, b, PHASE_RCPT, i))
			return false;
	}
	return true;
}

static bool
send_envelope(struct transaction *t)
{
	struct buf b = BUF(ENVELOPE_LINE);
	bool ok = send_mail(t, &b) && send_rcpts(t, &b);

	/* With pipelining DATA goes out before it is known that anybody is accepted. */
	if (ok && !t->bdat && !t->mail_refused && (t->pipelining || t->accepted > 0)) {
		buf_puts(&b, "DATA\r\n");
		ok = command(t, &b, PHASE_DATA, 0);
	}
	buf_free(&b);
	return read_all(t) && ok;
}

/* The message did not get out whole: it must not look as if it had. */
static bool
broken_off(struct transaction *t)
{
	int error = errno;

	lose(t, PHASE_BODY);
	if (t->d->content.unreadable)
		later(t->why, "4.3.0", "read queue file: %s", strerror(error));
	return false;
}

static bool
send_data(struct transaction *t)
{
	struct conn *c = t->peer->conn;

	t->d->content.stuff = true;
	if (t->accepted > 0 && !content_send(&t->d->content, c, t->d->s->data_xfer_timeout))
		return broken_off(t);
	conn_deadline(c, t->d->s->data_xfer_timeout);
	conn_puts(c, ".\r\n");
	return conn_flush(c) || broken_off(t);
}

static bool
send_chunk(struct transaction *t)
{
	struct conn *c = t->peer->conn;

	t->d->content.stuff = false;
	conn_fmt(c, "BDAT %ld LAST\r\n", t->d->size);
	if (!content_send(&t->d->content, c, t->d->s->data_xfer_timeout))
		return broken_off(t);
	return conn_flush(c) || broken_off(t);
}

static void
expect_end(struct transaction *t)
{
	if (!t->d->s->lmtp) {
		expect(t, PHASE_END, 0);
		return;
	}
	/* Nobody can say what an LMTP server answers that took DATA for no recipient at all. */
	if (t->accepted == 0)
		t->peer->leaving = true;
	for (size_t i = 0; i < t->d->a->n; i++)
		if (t->d->rcpts[i].accepted)
			expect(t, PHASE_END, i);
}

/* The message, or nothing but its end when DATA was said yes to and nobody is there to have it. */
static void
send_message(struct transaction *t)
{
	agent_flush(t->d->a);
	if (!(t->bdat ? send_chunk(t) : send_data(t)))
		return;
	t->peer->deliveries++;
	expect_end(t);
	/* Without a reply it may have arrived: no other server gets it in this attempt. */
	if (!read_all(t))
		settle_accepted(t, t->why, true);
}

static enum transaction_end
end(struct transaction *t)
{
	for (size_t i = 0; i < t->d->a->n; i++)
		t->d->rcpts[i].accepted = false;
	if (t->stale)
		return TRANSACTION_STALE;
	return t->lost ? TRANSACTION_LOST : TRANSACTION_DONE;
}

enum transaction_end
transaction_run(struct delivery *d, struct peer *p, struct verdict *why)
{
	struct transaction t = { .d = d,
		.peer = p,
		.why = why,
		.reply = REPLY,
		.queue = arena_alloc(d->a->mem, (2 * d->a->n + 4) * sizeof(struct expected)),
		.pipelining = p->offer.features & OFFERS_PIPELINING,
		.bdat = p->offer.features & OFFERS_CHUNKING };

	if (t.queue == NULL) {
		later(why, "4.3.0", "out of memory for one delivery");
		return TRANSACTION_LOST;
	}
	if (send_envelope(&t) && t.mail_ok && (t.accepted > 0 || t.go))
		send_message(&t);
	else
		p->needs_reset = true;
	reply_free(&t.reply);
	return end(&t);
}
