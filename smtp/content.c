/* SPDX-License-Identifier: Apache-2.0 */
#include "smtp/content.h"

#include "lib/base/mem.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { PIECE = 65536, LIMIT_LEAST = 16 };

/* Where bytes go, line by line: to a conn, or only counted. */
struct filter {
	struct conn *conn; /* NULL: count */
	long count;
	size_t limit, column; /* text of the current line that is out already */
	bool stuff, within;   /* within: some of the line is out, be it a CR */
	bool cr;	      /* the last byte was a CR that is not counted as text: a LF may follow */
};

static void
put(struct filter *f, const char *s, size_t n)
{
	f->count += (long)n;
	if (f->conn != NULL)
		conn_put(f->conn, s, n);
}

static bool
continues(char c)
{
	return ((unsigned char)c & 0xc0) == 0x80;
}

/* How many bytes of a text that is too long fit on the line, without splitting a character. */
static size_t
fitting(const struct filter *f, const char *s)
{
	size_t room = f->column < f->limit ? f->limit - f->column : 0, n = room;

	while (n > 0 && room - n < 3 && continues(s[n]))
		n--;
	return continues(s[n]) ? room : n;
}

/* Part of one line: text bytes of n are to be counted, the rest is its end. */
static void
put_line(struct filter *f, const char *s, size_t n, size_t text)
{
	if (f->stuff && !f->within && *s == '.')
		put(f, ".", 1);
	f->within = true;
	while (f->limit > 0 && f->column + text > f->limit) {
		size_t some = fitting(f, s);

		put(f, s, some);
		put(f, "\r\n ", 3);
		f->column = 1;
		s += some;
		n -= some;
		text -= some;
	}
	put(f, s, n);
	f->column += text;
}

static void
filter_bytes(struct filter *f, const char *s, size_t n)
{
	const char *end = s + n;

	while (s < end) {
		const char *nl = memchr(s, '\n', (size_t)(end - s)), *next = nl != NULL ? nl + 1 : end;
		size_t text = (size_t)(next - s) - (nl != NULL);

		if (f->cr && *s != '\n')
			f->column++;
		/* The CR of a line's end is no text, also where the LF comes with the next piece. */
		f->cr = text > 0 && s[text - 1] == '\r';
		text -= f->cr;
		put_line(f, s, (size_t)(next - s), text);
		if (nl != NULL) {
			f->column = 0;
			f->within = f->cr = false;
		}
		s = next;
	}
}

static bool
filter_file(struct content *c, struct filter *f, long at, long n, long seconds)
{
	char *bytes = mem_alloc(PIECE);

	while (n > 0 && (f->conn == NULL || conn_error(f->conn) == CONN_OK)) {
		ssize_t r = pread(c->file, bytes, n < PIECE ? (size_t)n : PIECE, at);

		if (r < 0 && errno == EINTR)
			continue;
		if (r <= 0) {
			errno = r < 0 ? errno : ENODATA;
			c->unreadable = true;
			break;
		}
		if (f->conn != NULL)
			conn_deadline(f->conn, seconds);
		filter_bytes(f, bytes, (size_t)r);
		at += r;
		n -= r;
	}
	free(bytes);
	return n == 0 && (f->conn == NULL || conn_error(f->conn) == CONN_OK);
}

static bool
filter_all(struct content *c, struct filter *f, long seconds)
{
	const struct deliver_request *r = c->request;

	if (c->extra != NULL)
		filter_bytes(f, c->extra, strlen(c->extra));
	if (c->header != NULL)
		filter_bytes(f, c->header, c->header_len);
	else if (!filter_file(c, f, r->header_at, r->header_len, seconds))
		return false;
	filter_bytes(f, "\r\n", 2);
	if (!filter_file(c, f, r->body_at, r->body_len, seconds))
		return false;
	if (r->no_last_crlf)
		filter_bytes(f, "\r\n", 2);
	return true;
}

static size_t
limit_of(const struct content *c)
{
	if (c->line_limit == 0 || c->request->longest_line <= c->line_limit)
		return 0;
	return c->line_limit < LIMIT_LEAST ? LIMIT_LEAST : (size_t)c->line_limit;
}

static long
header_len(const struct content *c)
{
	return c->header != NULL ? (long)c->header_len : c->request->header_len;
}

long
content_size(struct content *c)
{
	const struct deliver_request *r = c->request;
	struct filter f = { .limit = limit_of(c) };

	if (f.limit > 0)
		return filter_all(c, &f, 0) ? f.count : -1;
	return (c->extra != NULL ? (long)strlen(c->extra) : 0) + header_len(c) + 2 + r->body_len +
	    (r->no_last_crlf ? 2 : 0);
}

/* In pieces that end where those of the file's pages do, each with a deadline of its own. */
static bool
send_file(struct content *c, struct conn *conn, long at, long n, long seconds)
{
	for (long some; n > 0; at += some, n -= some) {
		some = PIECE - at % PIECE;
		some = some < n ? some : n;
		conn_deadline(conn, seconds);
		if (!conn_sendfile(conn, c->file, at, (size_t)some))
			return false;
	}
	return true;
}

bool
content_send(struct content *c, struct conn *conn, long seconds)
{
	const struct deliver_request *r = c->request;
	struct filter f = { .conn = conn, .limit = limit_of(c), .stuff = c->stuff && r->has_dots };

	if (f.limit > 0 || f.stuff)
		return filter_all(c, &f, seconds);
	if (c->extra != NULL)
		conn_puts(conn, c->extra);
	conn_deadline(conn, seconds);
	if (c->header != NULL)
		conn_put(conn, c->header, c->header_len);
	else if (!send_file(c, conn, r->header_at, r->header_len, seconds))
		return false;
	conn_puts(conn, "\r\n");
	if (!send_file(c, conn, r->body_at, r->body_len, seconds))
		return false;
	if (r->no_last_crlf)
		conn_puts(conn, "\r\n");
	return conn_error(conn) == CONN_OK;
}
