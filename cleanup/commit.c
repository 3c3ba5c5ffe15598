/* SPDX-License-Identifier: Apache-2.0 */
/* The last phase: header and envelope are made and written, and the message is durable or was never there. */
#include "cleanup/complete.h"
#include "cleanup/made.h"
#include "cleanup/message.h"
#include "cleanup/news.h"

#include "lib/base/log.h"
#include "lib/base/text.h"
#include "lib/base/time.h"

#include <errno.h>
#include <string.h>

enum { MICROSECONDS = 1000000, PASSING_RCPTS = 10 };

static bool
is_local(const struct message *m)
{
	return strcmp(m->mail.origin, "local") == 0;
}

/* What the mail system itself has to say. */
static bool
is_ours(const struct message *m)
{
	return strcmp(m->mail.origin, "bounce") == 0 || strcmp(m->mail.origin, "notice") == 0;
}

/* ---- header ---- */

/* What stands behind a bare address in the header; NULL: the header is a stranger's, and stays as it is. */
static const char *
header_origin(const struct message *m)
{
	const char *remote = m->cf->remote_header_rewrite_domain;

	return m->mail.rewrite ? m->cf->myorigin : remote[0] != '\0' ? remote : NULL;
}

static void
own_received(struct message *m, struct complete *c)
{
	const bool network = strcmp(m->mail.origin, "network") == 0;
	const struct made_received r = { .helo = m->mail.client_helo,
		.name = m->mail.client_name,
		.addr = m->mail.client_addr,
		.with = m->mail.received_by,
		.by = m->cf->myhostname,
		.mail_name = m->cf->mail_name,
		.id = m->id,
		.rcpt = m->only_rcpt,
		.uid = is_local(m) ? m->mail.uid : -1,
		.seconds = m->arrival_us / MICROSECONDS };
	struct buf b = BUF(16384);
	struct field_text f;

	if (network && m->mail.received_by[0] == '\0')
		return;
	made_received(&b, &r);
	if (!buf_ok(&b)) {
		message_storage(m, ENOMEM, "make the Received: header");
	} else {
		f = field_text(b.s, b.len);
		f.ours = true;
		edits_pass(&m->edits, &f, complete_field, c);
	}
	buf_free(&b);
}

static void
log_ids(const struct message *m, const struct complete *c)
{
	log_info("%s: message-id=%s", m->id, c->message_id[0] != '\0' ? c->message_id : "<>");
	if (c->resent_message_id[0] != '\0')
		log_info("%s: resent-message-id=%s", m->id, c->resent_message_id);
}

/*
 * A loop.  Who can be told by a reply code is told so; a local submitter
 * gets his message back.
 */
static const char too_many_hops[] = "5.4.0 Error: too many hops";

static bool
looping(const struct message *m, const struct complete *c)
{
	/* Our own Received: is one of them. */
	return c->received + m->mail.hops >= m->cf->hopcount_limit || c->delivered >= m->cf->hopcount_limit;
}

/* Received header, edits and completion, into *c and its spool. */
static bool
make_header(struct message *m, struct complete *c)
{
	struct fields_cursor at = FIELDS_CURSOR;
	struct field_text f;

	edits_start(&m->edits);
	own_received(m, c);
	while (message_good(m) && spool_error(c->out) == 0 && fields_next(&m->fields, &at, &f))
		edits_pass(&m->edits, &f, complete_field, c);
	edits_end(&m->edits, complete_field, c);
	complete_end(c);
	fields_cursor_free(&at);
	if (c->why.fate != FATE_OK)
		message_unmapped(m, &c->why);
	if (spool_error(&m->fields) != 0 || spool_error(c->out) != 0)
		message_storage(
		    m, spool_error(c->out) != 0 ? spool_error(c->out) : spool_error(&m->fields), "write the header");
	return message_good(m);
}

/* ---- envelope ---- */

static void
fill_envelope(const struct message *m, const struct complete *c, struct envelope *e)
{
	const struct cleanup_mail *mail = &m->mail;
	struct lines all = c->lines;

	lines_join(&all, &m->body);
	*e = (struct envelope){ .arrival_us = m->arrival_us,
		.sender = m->sender,
		.origin = mail->origin,
		.ret = m->ret,
		.envid = m->envid,
		.body = mail->body,
		.smtputf8 = mail->smtputf8,
		.requiretls = mail->requiretls,
		.longest_line = all.longest,
		.has_8bit = all.has_8bit,
		.has_dots = all.has_dots,
		.no_last_crlf = m->body.no_last_crlf,
		.client_name = mail->client_name,
		.client_addr = mail->client_addr,
		.client_port = mail->client_port,
		.client_helo = mail->client_helo,
		.protocol = mail->protocol,
		.login = mail->login,
		.login_method = mail->login_method,
		.service = mail->service,
		.rewrite_context = mail->rewrite ? "local" : "remote",
		.uid = mail->uid,
		.filter = m->filter,
		.redirect = m->redirect != NULL ? m->redirect : "",
		.hold_reason = m->hold != NULL ? m->hold : "",
		.verp = mail->verp,
		.probe = "",
		.route_generation = routes_generation(m->shared->routes) };
}

/* smtputf8_autodetect_classes: mail from programs that cannot say that they need it. */
static void
detect_utf8(struct message *m, const struct complete *c)
{
	const struct conf *cf = m->cf;
	bool found = !text_ascii(m->sender) || c->lines.has_8bit;

	if (m->mail.smtputf8 || !cf->smtputf8_enable ||
	    !(text_list_has(cf->smtputf8_autodetect_classes, "all") ||
		(is_local(m) && text_list_has(cf->smtputf8_autodetect_classes, "sendmail"))))
		return;
	for (size_t i = 0; i < m->rcpts.n && !found; i++)
		found = !text_ascii(m->rcpts.list[i].address);
	m->mail.smtputf8 = found;
}

/* ---- commit ---- */

/* Where it goes: what is alike is delivered alike. */
static uint32_t
kind_of(const struct message *m)
{
	uint32_t kind = 0;

	for (size_t i = 0; i < m->rcpts.n; i++) {
		const struct recipient *r = &m->rcpts.list[i];

		kind = crc32c(kind, r->transport, strlen(r->transport) + 1);
		kind = crc32c(kind, r->nexthop, strlen(r->nexthop) + 1);
	}
	return kind;
}

/*
 * Mail from the network, whose sender waits for us: a message that comes from
 * a file lies safe in that file, and pickup has others to bring.  Of many
 * recipients one is always slow.
 */
static bool
may_pass_through(const struct message *m)
{
	return m->cf->deliver_before_flush && strcmp(m->mail.origin, "network") == 0 && m->hold == NULL &&
	    m->rcpts.n <= PASSING_RCPTS;
}

static bool
write_file(struct message *m, struct complete *c)
{
	struct qfile_content content = {
		.attributes = m->attributes, .nattributes = m->nattributes, .rcpts = m->rcpts.list, .nrcpts = m->rcpts.n
	};
	struct envelope envelope;

	/* qmgr keeps one verdict in memory, until there is a file to write it into. */
	m->passes = may_pass_through(m) && news_worth(m->shared->news, kind_of(m));
	if (m->passes && m->rcpts.n == 1)
		qfile_in_memory(m->file);
	detect_utf8(m, c);
	fill_envelope(m, c, &envelope);
	content.envelope = &envelope;
	content.header_len = (size_t)spool_size(c->out);
	content.header = spool_whole(c->out, &content.header_fd);
	if (spool_error(c->out) != 0)
		message_storage(m, spool_error(c->out), "write the header");
	else if (!arena_ok(&m->mem))
		verdict_code(&m->why, 452, "4.5.3", "Error: too many recipients");
	else
		qfile_finish(m->file, &content, &m->why);
	return message_good(m);
}

static void
flush(struct message *m)
{
	long start = now_us();

	qfile_flush(m->file, &m->why);
	news_flushed(m->shared->news, now_us() - start);
}

static enum call_result
offer(struct message *m, struct call *call)
{
	enum call_result result;
	bool in_time;

	if (!m->passes)
		return CALL_FLUSH;
	qfile_show(m->file);
	if (!call_offer(call, m->id, qfile_writer_fd(m->file)))
		return CALL_FLUSH;
	result = call_wait(call, m->id, &in_time);
	news_learn(m->shared->news, kind_of(m), in_time);
	return result;
}

/* What was refused is all that the client wanted. */
static bool
may_refuse(const struct message *m)
{
	return m->cf->refuse_before_flush && m->rcpts.n == 1 && m->redirect == NULL && !m->expanded;
}

/* It still waits, so it can be told, and nobody needs a notice. */
static void
refuse(struct message *m, struct call *call)
{
	const struct call_refusal *r = call_refusal(call);

	verdict_code(&m->why, r->code >= 550 && r->code <= 554 ? r->code : 554, r->dsn[0] == '5' ? r->dsn : "5.0.0",
	    "%s", r->text);
	m->refused = true;
}

/*
 * All is written.  Either it is delivered to all, which is as good as any disk,
 * or between here and the answer nothing happens but the flush.
 */
static bool
make_durable(struct message *m, struct call *call)
{
	const enum call_result result = offer(m, call);

	if (result == CALL_DELIVERED) {
		m->delivered = true;
		qfile_leave(m->file);
	} else if (result == CALL_REFUSED && may_refuse(m)) {
		refuse(m, call);
	} else {
		flush(m);
	}
	if (message_good(m))
		return true;
	message_failed(m); /* the file goes first */
	call_failed(call, m->id, m->refused);
	return false;
}

static bool
store(struct message *m, struct call *call, long *size)
{
	struct spool header = SPOOL(m->shared->incoming);
	struct complete c = { .cf = m->cf,
		.drop = &m->shared->drop,
		.origin = header_origin(m),
		.rewriter = message_rewriter(m),
		.add_missing = header_origin(m) != NULL || is_ours(m) || m->cf->always_add_missing_headers,
		.id = m->id,
		.sender = m->sender,
		.full_name = m->mail.full_name,
		.arrival = m->arrival_us / MICROSECONDS,
		.out = &header,
		.mem = ARENA(COMPLETE_MEMORY),
		.why = VERDICT(&m->words) };

	if (make_header(m, &c)) {
		log_ids(m, &c);
		if (looping(m, &c) && !is_local(m))
			verdict_code(&m->why, 554, "5.4.0", "%s", too_many_hops + strlen("5.4.0 "));
		else if (looping(m, &c))
			rcpts_fail(&m->rcpts, m->cf, too_many_hops);
		else
			rcpts_route(&m->rcpts, m->shared->routes,
			    &(struct route_query){
				.sender = m->sender, .client = m->mail.client_addr, .login = m->mail.login },
			    &m->mem);
	}
	*size = spool_size(&header) + 2 + m->body.total;
	if (message_good(m))
		write_file(m, &c);
	complete_free(&c);
	spool_free(&header);
	return message_good(m) && make_durable(m, call);
}

static void
log_refusal(const struct message *m)
{
	const struct cleanup_mail *mail = &m->mail;
	const char *to = m->rcpts.n > 0 ? m->rcpts.list[0].address : "";

	if (m->refused)
		log_info("%s: refused: %s[%s] was told: %d %s %s", m->id, mail->client_name, mail->client_addr,
		    m->why.code, m->why.dsn, m->why.text);
	else if (m->why.fate == FATE_NEVER)
		log_info("%s: reject: content from %s[%s]: %d %s %s; from=<%s> to=<%s> proto=%s helo=<%s>", m->id,
		    mail->client_name[0] != '\0' ? mail->client_name : "local",
		    mail->client_addr[0] != '\0' ? mail->client_addr : "local", m->why.code, m->why.dsn, m->why.text,
		    mail->sender, to, mail->protocol, mail->client_helo);
	else
		log_warn("%s: not stored: %d %s %s", m->id, m->why.code, m->why.dsn, m->why.text);
}

bool
message_commit(struct message *m, struct call *call, struct cleanup_done *done)
{
	long size = 0;

	*done = (struct cleanup_done){ .code = 250, .dsn = "2.0.0", .queue_id = m->id };
	if (message_good(m) && m->discard == NULL) {
		message_map(m);
		if (message_good(m))
			store(m, call, &size);
	}
	if (!message_good(m)) {
		log_refusal(m);
		*done = (struct cleanup_done){ .code = m->why.code, .dsn = m->why.dsn, .text = m->why.text };
		message_failed(m);
		return false;
	}
	done->size = size;
	done->nrcpt = (long)m->rcpts.n;
	done->text = arena_fmt(&m->words, "Ok: queued as %s", m->id);
	done->slow = call_slow(call);
	if (m->discard != NULL)
		log_info("%s: discard: %s; from=<%s>", m->id, m->discard, m->sender);
	else if (m->hold != NULL)
		log_info("%s: hold: %s; from=<%s>", m->id, m->hold, m->sender);
	/* The lock goes first, so that qmgr does not take the file for one that is being written. */
	if (!m->delivered)
		message_failed(m);
	return m->discard == NULL && !m->delivered;
}
