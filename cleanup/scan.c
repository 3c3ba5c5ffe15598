/* SPDX-License-Identifier: Apache-2.0 */
#include "cleanup/scan.h"

#include "lib/base/crlf.h"
#include "lib/mail/header.h"

#include <limits.h>
#include <string.h>

/*
 * A line of which so much has come is judged without waiting for its end: its
 * name and colon would be there (a line of mail has 998 octets).
 */
enum { UNDECIDED_MAX = 1000, FIELD_MOST = 16 << 20 };

void
scan_begin(struct scan *s, const struct scan_to *to, long field_limit, bool replace)
{
	memset(s, 0, sizeof(*s));
	s->to = *to;
	s->replace = replace;
	s->line = (struct buf)BUF(UNDECIDED_MAX + 2);
	s->field = (struct buf)BUF((size_t)(field_limit < FIELD_MOST ? field_limit : FIELD_MOST));
}

void
scan_body_only(struct scan *s)
{
	s->state = SCAN_BODY;
}

static bool
mbox_line(const char *p, size_t n)
{
	if (n > 0 && p[0] == '>')
		p++, n--;
	return n >= 5 && memcmp(p, "From ", 5) == 0;
}

static void
add_to_field(struct scan *s, const char *p, size_t n)
{
	size_t room = s->field.max - s->field.len;

	if (s->cut)
		return;
	if (n > room) {
		s->cut = true;
		n = room;
	}
	buf_add(&s->field, p, n);
}

static void
give_field(struct scan *s)
{
	size_t n = s->field.len;

	while (n > 0 && (s->field.s[n - 1] == '\n' || s->field.s[n - 1] == '\r'))
		n--;
	if (n > 0) {
		s->fields++;
		s->to.field(s->to.ctx, s->field.s, n);
	}
	s->failed |= !buf_ok(&s->field);
	buf_clear(&s->field);
	s->cut = false;
}

static void
give_body(struct scan *s, const char *p, size_t n)
{
	if (n > 0)
		s->to.body(s->to.ctx, p, n);
}

/* A whole line with its CRLF, or the first part of a long one: what is it? */
static void
judge(struct scan *s, bool whole)
{
	const char *p = s->line.s;
	size_t n = s->line.len, text = whole ? n - 2 : n;
	bool first = s->fields == 0 && s->field.len == 0;

	s->state = whole ? SCAN_LINE : SCAN_FIELD;
	if (text == 0) {
		give_field(s);
		s->state = SCAN_BODY;
	} else if (s->field.len > 0 && header_is_folded(p, text)) {
		add_to_field(s, p, n);
	} else if (mbox_line(p, text) ? first : header_is_field(p, text)) {
		give_field(s);
		add_to_field(s, p, n);
	} else {
		give_field(s);
		s->state = SCAN_BODY;
		give_body(s, p, n);
	}
	buf_clear(&s->line);
}

/* The LF of the next CRLF; before is the byte in front of p. */
static const char *
crlf(const char *p, size_t n, char before)
{
	const char *lf, *from = p, *end = p + n;

	for (; (lf = memchr(from, '\n', (size_t)(end - from))) != NULL; from = lf + 1)
		if ((lf > p ? lf[-1] : before) == '\r')
			break;
	return lf;
}

/* Gather a line until it is whole or can be judged; how much of the piece was taken. */
static size_t
line_piece(struct scan *s, const char *p, size_t n)
{
	size_t room = s->line.max - s->line.len, used = n < room ? n : room;
	const char *lf = crlf(p, used, s->last);

	if (lf != NULL)
		used = (size_t)(lf - p) + 1;
	buf_add(&s->line, p, used);
	if (!buf_ok(&s->line))
		s->failed = true;
	else if (lf != NULL)
		judge(s, true);
	else if (s->line.len > UNDECIDED_MAX)
		judge(s, false);
	return used;
}

/* The rest of a long line. */
static size_t
field_piece(struct scan *s, const char *p, size_t n)
{
	const char *lf = crlf(p, n, s->last);
	size_t used = lf != NULL ? (size_t)(lf - p) + 1 : n;

	add_to_field(s, p, used);
	if (lf != NULL)
		s->state = SCAN_LINE;
	return used;
}

static void
take(struct scan *s, const char *p, size_t n)
{
	size_t used;

	for (; n > 0 && !s->failed; p += used, n -= used) {
		if (s->state == SCAN_BODY) {
			give_body(s, p, n);
			return;
		}
		used = s->state == SCAN_LINE ? line_piece(s, p, n) : field_piece(s, p, n);
		s->last = p[used - 1];
	}
}

/*
 * Strays become blanks.  From p on nothing is open: the byte before is no CR.
 * The next LF is looked for only once it has been passed, or a stream of CRs
 * would cost the square of its length.
 */
static void
replace_strays(struct scan *s, const char *p, const char *end)
{
	const char *run = p, *lf = NULL, *cr, *stray;
	size_t plain;

	while (p < end) {
		if ((plain = crlf_plain(p, (size_t)(end - p))) > 0) {
			p += plain;
			continue;
		}
		if ((lf == NULL || lf < p) && (lf = memchr(p, '\n', (size_t)(end - p))) == NULL)
			lf = end;
		cr = memchr(p, '\r', (size_t)(lf - p));
		if (cr == NULL && lf == end)
			break;
		if (cr != NULL && cr + 1 == lf && lf < end) {
			p = lf + 1;
			continue;
		}
		stray = cr != NULL ? cr : lf;
		take(s, run, (size_t)(stray - run));
		if (cr != NULL && cr + 1 == end) {
			s->held = true;
			return;
		}
		take(s, " ", 1);
		p = run = stray + 1;
	}
	take(s, run, (size_t)(end - run));
}

void
scan_feed(struct scan *s, const char *p, size_t n)
{
	if (n == 0)
		return;
	if (!s->replace) {
		take(s, p, n);
		return;
	}
	if (s->held) {
		s->held = false;
		if (*p == '\n') {
			take(s, "\r\n", 2);
			p++, n--;
		} else {
			take(s, " ", 1);
		}
	}
	replace_strays(s, p, p + n);
}

bool
scan_end(struct scan *s)
{
	if (s->held)
		take(s, " ", 1);
	s->held = false;
	/* A last line without its end, of a message that has no body. */
	if (s->state == SCAN_LINE && s->line.len > 0)
		judge(s, false);
	give_field(s);
	return !s->failed;
}

void
scan_free(struct scan *s)
{
	buf_free(&s->line);
	buf_free(&s->field);
}
