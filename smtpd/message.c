/* SPDX-License-Identifier: Apache-2.0 */
/* DATA and BDAT: the content of a message, and the answer at its end. */
#include "smtpd/message.h"

#include "lib/base/log.h"
#include "lib/base/text.h"
#include "lib/base/time.h"
#include "lib/conf/conf.h"
#include "smtpd/dialogue.h"
#include "smtpd/policy.h"
#include "smtpd/reply.h"
#include "smtpd/sink.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/statvfs.h>

/* What is refused is read on to its end, so that the client hears why; but not for ever. */
enum { DRAIN_MOST = 1 << 30, SPACE_MS = 1000, COMMON_SIZE = 16384, DOTS = 256 };

const char *
message_id(struct client *c)
{
	struct transaction *t = &c->tx;
	const char *id;

	if (t->queue_id == NULL && t->sink != NULL && (id = sink_id(t->sink)) != NULL) {
		t->queue_id = arena_str(&t->mem, id);
		log_info("%s: client=%s", t->queue_id, c->shown);
	}
	return t->queue_id;
}

void
message_reset(struct client *c)
{
	struct arena mem;

	sink_free(&c->tx.sink);
	arena_reset(&c->tx.mem);
	mem = c->tx.mem;
	c->tx = (struct transaction){ .mem = mem };
}

/* The free space, as it was a second ago at the most; LONG_MAX: it cannot be found out. */
static long
free_space(struct free_space *f)
{
	long now = tick_ms(), room = LONG_MAX;
	struct statvfs fs;

	if (f->at != 0 && now - f->at < SPACE_MS)
		return f->bytes;
	if (statvfs(".", &fs) < 0)
		log_warn("look for free space in the queue: %s", strerror(errno)); /* cleanup will meet the truth */
	else if (__builtin_mul_overflow((long)fs.f_bavail, (long)fs.f_frsize, &room))
		room = LONG_MAX;
	f->bytes = room;
	f->at = now;
	return room;
}

enum fate
message_room(struct client *c, long size, struct verdict *why)
{
	const struct conf *cf = c->cf;
	long limit = cf->message_size_limit, want = limit > LONG_MAX / 2 ? LONG_MAX : limit + limit / 2, room;

	if (c->server->pool == NULL)
		return FATE_OK; /* stand-alone: postdrop will see */
	room = free_space(&c->server->space);
	if (cf->queue_minfree > want)
		want = cf->queue_minfree;
	if (room >= want && size <= room - cf->queue_minfree)
		return FATE_OK;
	log_warn("not enough free space in mail queue: %ld bytes < 1.5*message size limit", room);
	return later(why, "4.3.1", "Insufficient system storage");
}

/* ---- reading ---- */

struct intake {
	struct client *c;
	long patience;	/* ms that the client may still take; smtpd_per_request_deadline */
	long discarded; /* bytes that were read for nothing */
};

static bool
refused(const struct client *c)
{
	const struct transaction *t = &c->tx;

	return t->too_big || (c->bare == BARE_REJECT && t->content.found);
}

/* Nothing of it is of use any more; the queue id stays, for the log. */
static void
give_up(struct client *c)
{
	message_id(c);
	sink_free(&c->tx.sink);
}

static void
pass_on(void *ctx, const char *bytes, size_t n)
{
	struct intake *in = ctx;
	struct client *c = in->c;
	struct transaction *t = &c->tx;

	if (c->cf->message_size_limit > 0 && t->content.size > c->cf->message_size_limit && !t->too_big) {
		t->too_big = true;
		log_warn("%s: queue file size limit exceeded", message_id(c) ? c->tx.queue_id : "NOQUEUE");
	}
	if (refused(c)) {
		in->discarded += (long)n;
		if (t->sink != NULL)
			give_up(c);
	} else if (t->sink != NULL) {
		sink_put(t->sink, bytes, n);
	}
}

static struct intake
begin_intake(struct client *c)
{
	return (struct intake){ .c = c, .patience = c->cf->smtpd_timeout * 1000 };
}

/*
 * Some input, waiting for it at most as long as the client may take: for
 * each read, or for the whole of it with credit for every byte.
 */
static const char *
more_input(struct intake *in, size_t *n)
{
	const struct conf *cf = in->c->cf;
	const char *s;
	long began;

	if (conn_buffered(in->c->conn) > 0)
		return conn_peek(in->c->conn, n);
	conn_deadline_ms(in->c->conn, in->patience > 0 ? in->patience : 1);
	if (!cf->smtpd_per_request_deadline)
		return conn_peek(in->c->conn, n);
	began = tick_ms();
	if ((s = conn_peek(in->c->conn, n)) != NULL) {
		in->patience += (long)*n * 1000 / cf->smtpd_min_data_rate - (tick_ms() - began);
		if (in->patience > cf->smtpd_timeout * 1000)
			in->patience = cf->smtpd_timeout * 1000;
	}
	return s;
}

/* The connection is lost, or must be: the log tells how far we came. */
static void
broken_off(struct client *c, const char *command)
{
	snprintf(c->where_bytes, sizeof(c->where_bytes), "%s (%ld bytes)", command, c->tx.content.size);
	c->where = c->where_bytes;
}

/* False: the connection is lost. */
static bool
read_data(struct intake *in)
{
	struct client *c = in->c;
	const char *s;
	size_t n;

	while (!c->tx.content.ended && in->discarded < DRAIN_MOST) {
		if ((s = more_input(in, &n)) == NULL)
			return false;
		conn_eat(c->conn, content_feed(&c->tx.content, s, n, pass_on, in));
	}
	if (!c->tx.content.ended)
		c->hang_up = true;
	return true;
}

/* One chunk; last: nothing of the line that it ends in may be held back. */
static bool
read_chunk(struct intake *in, long left, bool last)
{
	struct client *c = in->c;
	const char *s;
	size_t n;

	while (left > 0 && in->discarded < DRAIN_MOST) {
		if ((s = more_input(in, &n)) == NULL)
			return false;
		if (n > (size_t)left)
			n = (size_t)left;
		content_feed(&c->tx.content, s, n, pass_on, in);
		conn_eat(c->conn, n);
		left -= (long)n;
	}
	if (left > 0)
		c->hang_up = true;
	if (last)
		content_finish(&c->tx.content, pass_on, in);
	return true;
}

/* A chunk that nobody wants; false: the connection is lost, or it is not worth reading on. */
static bool
drain_chunk(struct client *c, long left)
{
	struct intake in = begin_intake(c);
	size_t n;

	if (left > DRAIN_MOST) {
		c->hang_up = true;
		return true;
	}
	while (left > 0) {
		if (more_input(&in, &n) == NULL)
			return false;
		if (n > (size_t)left)
			n = (size_t)left;
		conn_eat(c->conn, n);
		left -= (long)n;
	}
	return true;
}

/* ---- the end ---- */

static bool
refuse_faults(struct client *c, const char *where)
{
	const char *fault = content_fault(c->tx.content.found);
	struct occasion o = reply_occasion(c, where);

	if (c->bare != BARE_REJECT || fault == NULL)
		return false;
	reply_log(c, "reject", &o, arena_fmt(&c->scratch, "bare %s received", fault));
	reply(c, "%ld 5.5.2 %s Error: bare %s received", c->cf->smtpd_forbid_bare_newline_reject_code,
	    c->cf->myhostname, fault);
	return true;
}

/* cleanup's queue id was told to the log at once, that of postdrop comes with the answer. */
static void
accepted(struct client *c, const char *bdat_bytes, const struct verdict *answer)
{
	const char *id = c->tx.queue_id != NULL ? c->tx.queue_id : c->server->pool == NULL ? answer->text : "";

	c->errors = c->junk = 0;
	c->where = "END-OF-MESSAGE";
	reply(c, "250 2.0.0 Ok:%s queued%s%s", bdat_bytes, id[0] != '\0' ? " as " : "", id);
}

/* The message is here altogether.  Whatever comes of it, the transaction is over (RFC 5321 4.1.1.4). */
static enum state
end_of_message(struct client *c, const char *bdat_bytes)
{
	struct transaction *t = &c->tx;
	struct verdict why = VERDICT(&c->scratch);

	if (t->content.found & LINE_BARE_LF && c->bare == BARE_NOTE)
		log_info("%s: bare <LF> received from %s", message_id(c) ? t->queue_id : "NOQUEUE", c->shown);
	if (refuse_faults(c, "END-OF-MESSAGE")) {
		/* it was answered */
	} else if (t->too_big) {
		reply(c, "552 5.3.4 Error: message file too big");
	} else if (policy_end_of_data(c, &why) != FATE_OK) {
		reply_verdict(c, &why);
	} else {
		log_as_of(now_us()); /* the log hears of it before what cleanup has to say */
		sink_commit(t->sink, t->edits.first, &why);
		message_id(c);
		log_as_of(0);
		if (why.fate == FATE_OK)
			accepted(c, bdat_bytes, &why);
		else
			reply_verdict(c, &why);
	}
	message_reset(c);
	if (conn_buffered(c->conn) == 0)
		conn_expect(c->conn, 0);
	return dialogue_idle(c);
}

enum state
message_data(struct client *c, char *args)
{
	struct verdict why = VERDICT(&c->scratch);
	struct intake in = begin_intake(c);

	if (args[0] != '\0') {
		reply(c, "501 5.5.4 Syntax: DATA");
		return c->state;
	}
	if (policy_data(c, "DATA", &why) != FATE_OK) {
		reply_verdict(c, &why);
		message_reset(c);
		return dialogue_idle(c);
	}
	c->tx.content = (struct content){ .dots = true, .bare = c->bare };
	sink_content(c->tx.sink);
	conn_expect(c->conn, c->tx.size > 0 ? (size_t)c->tx.size + DOTS : COMMON_SIZE);
	reply(c, "354 End data with <CR><LF>.<CR><LF>");
	if (!read_data(&in)) {
		broken_off(c, "DATA");
		c->failed = true;
		message_reset(c);
		return dialogue_idle(c);
	}
	return end_of_message(c, "");
}

/* "123", "123 LAST"; false: neither. */
static bool
parse_bdat(char *args, long *size, bool *last)
{
	char *number = text_word(&args, " \t"), *word = text_word(&args, " \t");

	*last = word != NULL;
	return number != NULL && text_number(number, 0, LONG_MAX, size) && (word == NULL || text_same(word, "LAST")) &&
	    text_word(&args, " \t") == NULL;
}

/* Why a chunk is refused before it is read; NULL: it is welcome. */
static const char *
chunk_refusal(struct client *c, long size, bool last)
{
	struct verdict why = VERDICT(&c->scratch);
	long limit = c->cf->message_size_limit;

	switch (c->state) {
	case STATE_RCPT:
	case STATE_BDAT:
		break;
	case STATE_SPOILT:
		return arena_fmt(&c->scratch, "551 5.0.0 Discarded %ld bytes after earlier error", size);
	case STATE_MAIL:
		return "554 5.5.1 Error: no valid recipients";
	default:
		return "503 5.5.1 Error: need RCPT command";
	}
	if (size == 0 && !last) {
		log_warn("%s: null BDAT request from %s", message_id(c) ? c->tx.queue_id : "NOQUEUE", c->shown);
		return "551 5.7.1 Null BDAT request";
	}
	if (limit > 0 && (size > limit || c->tx.content.size > limit - size)) {
		log_warn("%s: BDAT request from %s exceeds message size limit",
		    message_id(c) ? c->tx.queue_id : "NOQUEUE", c->shown);
		return "552 5.3.4 Chunk exceeds message size limit";
	}
	if (c->state == STATE_RCPT && policy_data(c, "BDAT", &why) != FATE_OK)
		return arena_fmt(&c->scratch, "%d %s %s", why.code, why.dsn, why.text);
	return NULL;
}

/* Behind a refused chunk others follow, perhaps already under way; only the last one ends the matter. */
static enum state
spoilt(struct client *c, bool last)
{
	message_reset(c);
	return last ? dialogue_idle(c) : STATE_SPOILT;
}

static enum state
take_chunk(struct client *c, long size, bool last)
{
	struct intake in = begin_intake(c);

	if (c->state == STATE_RCPT) {
		c->tx.content = (struct content){ .bare = c->bare };
		sink_content(c->tx.sink);
	}
	if (!read_chunk(&in, size, last)) {
		broken_off(c, "BDAT");
		c->failed = true;
		return spoilt(c, false);
	}
	if (last)
		return end_of_message(c, arena_fmt(&c->scratch, " %ld bytes", c->tx.content.size));
	if (refuse_faults(c, "BDAT content"))
		return spoilt(c, false);
	if (c->tx.too_big) {
		reply(c, "552 5.3.4 Error: message file too big");
		return spoilt(c, false);
	}
	reply(c, "250 2.0.0 Ok: %ld bytes", size);
	return STATE_BDAT;
}

enum state
message_bdat(struct client *c, char *args)
{
	const char *shown = arena_str(&c->scratch, args), *why;
	long size;
	bool last;

	if (c->ehlo_discard & EHLO_CHUNKING) {
		reply(c, "521 " REPLY_NOT_OFFERED);
		return STATE_BYE;
	}
	if (!parse_bdat(args, &size, &last)) {
		/* Where the next command begins nobody knows. */
		log_warn("%s: malformed BDAT command syntax from %s: BDAT %.100s",
		    message_id(c) ? c->tx.queue_id : "NOQUEUE", c->shown, shown);
		reply(c, "521 5.5.4 Syntax: BDAT count [LAST]");
		return STATE_BYE;
	}
	if ((why = chunk_refusal(c, size, last)) == NULL)
		return take_chunk(c, size, last);
	if (!drain_chunk(c, size)) {
		broken_off(c, "BDAT");
		c->failed = true;
		return spoilt(c, last);
	}
	reply(c, "%s", why);
	return spoilt(c, last);
}
