/* SPDX-License-Identifier: Apache-2.0 */
#include "smtpd/dialogue.h"

#include "lib/base/log.h"
#include "lib/base/text.h"
#include "lib/conf/conf.h"
#include "smtpd/message.h"
#include "smtpd/reply.h"
#include "smtpd/sink.h"
#include "smtpd/words.h"

#include <ctype.h>
#include <string.h>

#define NEED_MAIL   "503 5.5.1 Error: need MAIL command"
#define NEED_RCPT   "503 5.5.1 Error: need RCPT command"
#define NESTED_MAIL "503 5.5.1 Error: nested MAIL command"
#define MAIL_LATE   "503 5.5.1 Error: MAIL after BDAT"
#define RCPT_LATE   "503 5.5.1 Error: RCPT after BDAT"
#define DATA_LATE   "503 5.5.1 Error: DATA after BDAT"
#define NO_RCPTS    "554 5.5.1 Error: no valid recipients"

/*
 * In the order in which the counters are logged.  STARTTLS and AUTH have
 * their places; XCLIENT and XFORWARD are for authorized hosts, of which there
 * are none.  BDAT is welcome everywhere, as its chunk must be read before an
 * answer can be given; message_bdat() looks at the state itself.
 */
/* clang-format off */
const struct verb dialogue_verbs[] = {
	{ "HELO", "helo", greeting_helo, VERB_LAST | VERB_PLAIN | VERB_OFFERED, { 0 } },
	{ "EHLO", "ehlo", greeting_ehlo, VERB_LAST | VERB_PLAIN | VERB_OFFERED, { 0 } },
	{ "XCLIENT", "xclient", other_privileged, VERB_LAST, { 0 } },
	{ "XFORWARD", "xforward", other_privileged, 0, { 0 } },
	{ "STARTTLS", "starttls", other_starttls, VERB_LAST | VERB_PLAIN, { 0 } },
	{ "AUTH", "auth", other_auth, VERB_LAST, { 0 } },
	{ "MAIL", "mail", envelope_mail, VERB_HELO | VERB_OFFERED, {
		[STATE_MAIL] = NESTED_MAIL, [STATE_RCPT] = NESTED_MAIL,
		[STATE_BDAT] = MAIL_LATE, [STATE_SPOILT] = MAIL_LATE } },
	{ "RCPT", "rcpt", envelope_rcpt, VERB_OFFERED, {
		[STATE_CONNECTED] = NEED_MAIL, [STATE_READY] = NEED_MAIL,
		[STATE_BDAT] = RCPT_LATE, [STATE_SPOILT] = NEED_MAIL } },
	{ "DATA", "data", message_data, VERB_LAST | VERB_OFFERED, {
		[STATE_CONNECTED] = NEED_RCPT, [STATE_READY] = NEED_RCPT, [STATE_MAIL] = NO_RCPTS,
		[STATE_BDAT] = DATA_LATE, [STATE_SPOILT] = DATA_LATE } },
	{ "BDAT", "bdat", message_bdat, VERB_BYTES | VERB_OFFERED, { 0 } },
	{ "RSET", "rset", other_rset, VERB_JUNK | VERB_OFFERED, { 0 } },
	{ "NOOP", "noop", other_noop, VERB_LAST | VERB_JUNK | VERB_PLAIN | VERB_OFFERED, { 0 } },
	{ "VRFY", "vrfy", other_vrfy, VERB_LAST | VERB_JUNK | VERB_OFFERED, { 0 } },
	{ "EXPN", "expn", other_expn, VERB_LAST | VERB_JUNK, { 0 } },
	{ "ETRN", "etrn", other_etrn, VERB_LAST | VERB_JUNK | VERB_HELO, { 0 } },
	{ "HELP", "help", other_help, VERB_JUNK | VERB_OFFERED, { 0 } },
	{ "QUIT", "quit", other_quit, VERB_ALWAYS | VERB_PLAIN | VERB_OFFERED, { 0 } },
};
/* clang-format on */
const size_t dialogue_nverbs = NITEMS(dialogue_verbs);
_Static_assert(NITEMS(dialogue_verbs) < VERBS_MAX, "one more counter is that of unknown commands");

enum { SHOWN = 100 };

enum state
dialogue_idle(const struct client *c)
{
	return c->helo != NULL ? STATE_READY : STATE_CONNECTED;
}

static const struct verb *
find(const char *name)
{
	for (size_t i = 0; i < dialogue_nverbs; i++)
		if (text_same(dialogue_verbs[i].name, name))
			return &dialogue_verbs[i];
	return NULL;
}

/* No reply can help any more; the last words of ours can, after a time-out. */
static bool
lost(struct client *c)
{
	switch (conn_error(c->conn)) {
	case CONN_TIMEOUT:
		conn_forgive(c->conn);
		conn_deadline(c->conn, 5);
		reply(c, "421 4.4.2 %s Error: timeout exceeded", c->cf->myhostname);
		conn_flush(c->conn);
		log_info("timeout after %s from %s", c->where, c->shown);
		break;
	case CONN_TOO_LONG:
		conn_forgive(c->conn);
		conn_deadline(c->conn, 5);
		reply(c, "500 5.5.2 Error: line too long");
		conn_flush(c->conn);
		log_info("too long a line after %s from %s", c->where, c->shown);
		break;
	default:
		log_info("lost connection after %s from %s", c->where, c->shown);
	}
	return false;
}

static bool
too_many_errors(struct client *c)
{
	if (c->errors < c->cf->smtpd_hard_error_limit)
		return false;
	reply(c, "421 4.7.0 %s Error: too many errors", c->cf->myhostname);
	log_info("too many errors after %s from %s", c->where, c->shown);
	return true;
}

/* The input that came too early, as one printable piece. */
static const char *
shown_input(struct client *c)
{
	struct buf b = BUF(4 * SHOWN);
	size_t n;
	const char *s = conn_peek(c->conn, &n), *shown;

	for (size_t i = 0; s != NULL && i < n && i < SHOWN; i++) {
		unsigned char byte = (unsigned char)s[i];

		if (byte == '\r' || byte == '\n')
			buf_puts(&b, byte == '\r' ? "\\r" : "\\n");
		else if (byte < ' ' || byte > 126 || byte == '\\')
			buf_fmt(&b, "\\%03o", byte);
		else
			buf_putc(&b, (char)byte);
	}
	shown = arena_str(&c->scratch, buf_str(&b));
	buf_free(&b);
	return shown;
}

/* RFC 2920: only with EHLO, and not behind certain commands; a script for sendmail -bs may.  False: the client is to go. */
static bool
may_pipeline(struct client *c, const struct verb *v)
{
	if (c->server->pool == NULL)
		return true;
	if (conn_buffered(c->conn) == 0 || (c->esmtp && !(v->flags & VERB_LAST)) ||
	    v->flags & (VERB_ALWAYS | VERB_BYTES))
		return true;
	if (!c->pipelined)
		log_info("improper command pipelining after %s from %s: %s", v->name, c->shown, shown_input(c));
	c->pipelined = true;
	if (!c->cf->smtpd_forbid_unauth_pipelining)
		return true;
	reply(c, "554 5.5.0 Error: SMTP protocol synchronization");
	return false;
}

/* What the line is accused of, before anybody has looked at its words; true: it was answered. */
static bool
bad_line(struct client *c, const struct line *l)
{
	unsigned faults = l->flags & (LINE_BARE_LF | LINE_BARE_CR | LINE_NUL);
	struct occasion o = reply_occasion(c, c->where);

	if (faults && c->bare == BARE_REJECT) {
		reply_log(c, "reject", &o, arena_fmt(&c->scratch, "bare %s received", content_fault(faults)));
		reply(c, "%ld 5.5.2 %s Error: bare %s received", c->cf->smtpd_forbid_bare_newline_reject_code,
		    c->cf->myhostname, content_fault(faults));
		c->hang_up = true;
	} else if (faults & (LINE_BARE_CR | LINE_NUL)) {
		reply(c, "500 5.5.2 Error: bad syntax");
	} else if (l->flags & LINE_LONG) {
		log_warn("%s: request longer than %ld: %.30s...", c->shown, c->cf->line_length_limit, l->s);
		reply(c, "500 5.5.2 Error: line too long");
	} else {
		if (faults && c->bare == BARE_NOTE)
			log_info("%s: bare <LF> received after %s", c->shown, c->where);
		return false;
	}
	return true;
}

static bool
is_utf8(const char *s)
{
	while (*s != '\0') {
		unsigned char lead = (unsigned char)*s++;
		int more = lead < 0x80 ? 0 : lead >= 0xc2 && lead < 0xe0 ? 1 : lead >= 0xe0 && lead < 0xf0 ? 2 : 3;

		if (lead >= 0x80 && (lead < 0xc2 || lead > 0xf4))
			return false;
		for (; more > 0; more--)
			if (((unsigned char)*s++ & 0xc0) != 0x80)
				return false;
	}
	return true;
}

/* "Subject: hello" is not SMTP, but what a web browser was talked into, or a message without an envelope. */
static bool
looks_like_header(const char *word)
{
	const char *colon = strchr(word, ':');

	return colon != NULL && colon > word;
}

/* A list of commands could not be asked: neither that it has this one nor that it has not is known. */
static enum state
unknowable(struct client *c)
{
	reply(c, "451 4.3.0 Error: temporary lookup failure");
	c->errors++;
	return c->state;
}

static enum state
unknown(struct client *c, const char *line, const char *word)
{
	enum table_result forbidden;

	c->where = "UNKNOWN";
	c->counts[dialogue_nverbs]++;
	forbidden = looks_like_header(word) ? TABLE_FOUND : words_get(c->server->forbidden, word, &c->scratch);
	if (forbidden == TABLE_ERROR)
		return unknowable(c);
	if (forbidden == TABLE_FOUND) {
		log_warn("non-SMTP command from %s: %.100s", c->shown, line);
		reply(c, "221 2.7.0 Error: I can break rules, too. Goodbye.");
		c->failed = true;
		return STATE_BYE;
	}
	reply(c, "500 5.5.2 Error: command not recognized");
	return c->state;
}

static enum state
run(struct client *c, const struct verb *v, char *args)
{
	const char *refused = v->refused[c->state];

	c->where = v->name;
	if (!may_pipeline(c, v))
		return STATE_BYE;
	if (c->state == STATE_DENIED && !(v->flags & VERB_ALWAYS))
		reply(c, "503 5.7.0 Error: access denied for %s", c->shown);
	else if (c->server->must_encrypt && !(v->flags & VERB_PLAIN))
		reply(c, "530 5.7.0 Must issue a STARTTLS command first");
	else if (v->flags & VERB_HELO && c->helo == NULL && c->cf->smtpd_helo_required)
		reply(c, "503 5.5.1 Error: send HELO/EHLO first");
	else if (refused != NULL)
		reply(c, "%s", refused);
	else
		return v->run(c, args);
	return c->state;
}

static void
account(struct client *c, const struct verb *v)
{
	size_t i = v != NULL ? (size_t)(v - dialogue_verbs) : dialogue_nverbs;

	if (c->failed)
		c->errors++;
	else
		c->successes[i]++;
	if (v != NULL && v->flags & VERB_JUNK && ++c->junk > c->cf->smtpd_junk_command_limit && !c->failed)
		c->errors++;
}

static enum state
command(struct client *c, struct line *l)
{
	const char *whole = arena_str(&c->scratch, l->s);
	char *cursor = text_trim(l->s), *word = text_word(&cursor, " \t");
	const struct verb *v;
	enum table_result noop;
	enum state next;

	if (word == NULL) {
		reply(c, "500 5.5.2 Error: bad syntax");
		c->errors++;
		return c->state;
	}
	if (!is_utf8(whole)) {
		reply(c, "500 5.5.2 Error: bad UTF-8 syntax");
		c->errors++;
		return c->state;
	}
	if ((noop = words_get(c->server->noop, word, &c->scratch)) == TABLE_ERROR)
		return unknowable(c);
	if (noop == TABLE_FOUND) {
		reply(c, "250 2.0.0 Ok");
		return c->state;
	}
	if ((v = find(word)) != NULL) {
		c->counts[v - dialogue_verbs]++;
		next = run(c, v, text_trim(cursor));
	} else {
		next = unknown(c, whole, word);
	}
	account(c, v);
	return next;
}

bool
dialogue_step(struct client *c)
{
	struct line line;

	arena_reset(&c->scratch);
	c->failed = c->hang_up = false;
	if (too_many_errors(c))
		return false;
	if (c->tx.sink != NULL && conn_buffered(c->conn) == 0)
		sink_flush(c->tx.sink);
	conn_deadline(c->conn, c->cf->smtpd_timeout);
	if (!conn_line(c->conn, (size_t)c->cf->line_length_limit, &line))
		return lost(c);
	if (!bad_line(c, &line))
		c->state = command(c, &line);
	else
		c->errors++;
	if (c->hang_up)
		c->state = STATE_BYE;
	return c->state != STATE_BYE;
}
