/* SPDX-License-Identifier: Apache-2.0 */
#include "smtpd/content.h"

#include "lib/base/crlf.h"

#include <string.h>

struct feed {
	struct content *c;
	const char *p, *end;
	const char *run; /* from here to p nothing was passed on yet */
	content_out *out;
	void *ctx;
};

static void
put(struct feed *f, const char *s, size_t n)
{
	if (n == 0)
		return;
	f->c->size += (long)n;
	f->out(f->ctx, s, n);
}

/* What was kept so far goes, then text; the next run begins behind p. */
static void
put_instead(struct feed *f, const char *text)
{
	put(f, f->run, (size_t)(f->p - f->run));
	put(f, text, strlen(text));
}

static void
line_done(struct feed *f, bool bare)
{
	f->c->at = AT_START;
	f->c->after_bare = bare;
	if (bare)
		f->c->found |= LINE_BARE_LF;
}

/* Does a line with nothing but a dot end the message? */
static bool
final_dot(const struct content *c, bool bare)
{
	return c->bare == BARE_NO || c->bare == BARE_NOTE || (!bare && !c->after_bare);
}

static void
look_for_bare_cr(struct feed *f, const char *end_of_line, bool has_lf)
{
	const char *cr = f->p;

	while ((cr = memchr(cr, '\r', (size_t)(end_of_line - cr))) != NULL && ++cr < end_of_line)
		f->c->found |= LINE_BARE_CR;
	/* The very last one belongs to the line's end, or is held back. */
	if (cr != NULL && !has_lf)
		f->c->at = AT_CR;
}

/* Lines that are as they should be; false: bytes must be looked at. */
static bool
plain(struct feed *f)
{
	size_t n = crlf_plain(f->p, (size_t)(f->end - f->p));

	if (n == 0)
		return false;
	f->p += n;
	f->c->at = AT_MIDDLE;
	if (f->p[-1] == '\n')
		line_done(f, false);
	return true;
}

static void
odd_line(struct feed *f)
{
	size_t n = (size_t)(f->end - f->p);
	const char *lf = memchr(f->p, '\n', n), *stop = lf != NULL ? lf : f->end;
	bool bare;

	f->c->at = AT_MIDDLE;
	if (memchr(f->p, '\0', (size_t)(stop - f->p)) != NULL)
		f->c->found |= LINE_NUL;
	look_for_bare_cr(f, stop, lf != NULL);
	if (lf == NULL) {
		if (f->c->at == AT_CR) {
			f->p = f->end - 1;
			put_instead(f, "");
			f->run = f->end;
		}
		f->p = f->end;
		return;
	}
	bare = lf == f->p || lf[-1] != '\r';
	f->p = lf;
	if (bare) {
		put_instead(f, "\r\n");
		f->run = lf + 1;
	}
	f->p = lf + 1;
	line_done(f, bare);
}

static void
middle(struct feed *f)
{
	if (!plain(f))
		odd_line(f);
}

static void
after_cr(struct feed *f)
{
	put_instead(f, "\r");
	f->run = f->p;
	f->c->at = AT_MIDDLE;
	if (*f->p != '\n') {
		f->c->found |= LINE_BARE_CR;
		return;
	}
	f->p++;
	line_done(f, false);
}

/* A line end behind the dot, CRLF or LF: the end, or a line of text. */
static void
after_lone_dot(struct feed *f, bool bare)
{
	f->p++;
	f->run = f->p;
	if (bare)
		f->c->found |= LINE_BARE_LF;
	if (final_dot(f->c, bare)) {
		f->c->ended = true;
		return;
	}
	put(f, ".\r\n", 3);
	line_done(f, bare);
}

static void
after_dot(struct feed *f)
{
	if (*f->p == '\n') {
		after_lone_dot(f, true);
	} else if (*f->p == '\r') {
		f->c->at = AT_DOT_CR;
		f->run = ++f->p;
	} else {
		f->c->at = AT_MIDDLE; /* the dot was stuffed */
	}
}

static void
after_dot_cr(struct feed *f)
{
	if (*f->p == '\n') {
		after_lone_dot(f, false);
		return;
	}
	put_instead(f, "\r");
	f->c->found |= LINE_BARE_CR;
	f->c->at = AT_MIDDLE;
}

static void
at_start(struct feed *f)
{
	if (!f->c->dots || *f->p != '.') {
		middle(f);
		return;
	}
	put_instead(f, "");
	f->run = ++f->p;
	f->c->at = AT_DOT;
}

size_t
content_feed(struct content *c, const char *s, size_t n, content_out *out, void *ctx)
{
	static void (*const steps[])(struct feed *) = { [AT_START] = at_start,
		[AT_MIDDLE] = middle,
		[AT_CR] = after_cr,
		[AT_DOT] = after_dot,
		[AT_DOT_CR] = after_dot_cr };
	struct feed f = { c, s, s + n, s, out, ctx };

	while (f.p < f.end && !c->ended)
		steps[c->at](&f);
	put_instead(&f, "");
	return (size_t)(f.p - s);
}

void
content_finish(struct content *c, content_out *out, void *ctx)
{
	struct feed f = { .c = c, .out = out, .ctx = ctx };

	if (c->at != AT_CR)
		return;
	put(&f, "\r", 1);
	c->found |= LINE_BARE_CR;
	c->at = AT_MIDDLE;
}

const char *
content_fault(unsigned found)
{
	return found & LINE_BARE_LF ? "<LF>" : found & LINE_BARE_CR ? "<CR>" : found & LINE_NUL ? "<NUL>" : NULL;
}
