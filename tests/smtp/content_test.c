/* SPDX-License-Identifier: Apache-2.0 */
/* What leaves for the server, compared with the rules said in the simplest way: whole message, byte by byte. */
#include "smtp/content.h"

#include "lib/base/mem.h"
#include "tests/support/test.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { PIECE = 65536, MOST = 1 << 22 };

struct reader {
	struct conn *conn;
	struct buf got;
};

static void *
read_all(void *arg)
{
	struct reader *r = arg;
	const char *s;
	size_t n;

	conn_deadline(r->conn, 20);
	while ((s = conn_peek(r->conn, &n)) != NULL) {
		buf_add(&r->got, s, n);
		conn_eat(r->conn, n);
	}
	return NULL;
}

static int
store(struct deliver_request *r, const struct buf *header, const struct buf *body)
{
	char name[] = "/tmp/content_test.XXXXXX";
	int fd = mkstemp(name);

	assert_true(fd >= 0);
	unlink(name);
	r->body_at = 64;
	r->body_len = (long)body->len;
	r->header_at = 64 + r->body_len;
	r->header_len = (long)header->len;
	assert_int_equal(pwrite(fd, buf_str(body), body->len, r->body_at), body->len);
	assert_int_equal(pwrite(fd, buf_str(header), header->len, r->header_at), header->len);
	return fd;
}

/* The facts that cleanup writes into the envelope. */
static void
look(struct deliver_request *r, const struct buf *part, bool body)
{
	size_t start = 0;

	for (size_t i = 0; i <= part->len; i++) {
		bool end = i == part->len || (part->s[i] == '\n' && i > 0 && part->s[i - 1] == '\r');
		size_t n = end && i < part->len ? i - 1 - start : i - start;

		/* A dot behind a bare LF counts: some server may take that for a line end. */
		if (i < part->len && part->s[i] == '.' && (i == 0 || part->s[i - 1] == '\n'))
			r->has_dots = true;
		if (!end)
			continue;
		if ((long)n > r->longest_line)
			r->longest_line = (long)n;
		start = i + 1;
	}
	if (body && part->len > 0 && (part->len < 2 || memcmp(part->s + part->len - 2, "\r\n", 2) != 0))
		r->no_last_crlf = true;
}

static void
reference(const char *in, size_t n, size_t limit, bool stuff, struct buf *out)
{
	size_t column = 0;

	for (size_t i = 0; i < n; i++) {
		bool at_end = in[i] == '\r' && i + 1 < n && in[i + 1] == '\n';

		if (stuff && in[i] == '.' && (i == 0 || in[i - 1] == '\n'))
			buf_putc(out, '.');
		if (at_end || in[i] == '\n') {
			buf_putc(out, in[i]);
			if (in[i] == '\n')
				column = 0;
			continue;
		}
		if (limit > 0 && column == limit) {
			buf_puts(out, "\r\n ");
			column = 1;
		}
		buf_putc(out, in[i]);
		column++;
	}
}

static void
check(const struct buf *header, const struct buf *body, size_t limit, bool stuff, const char *extra)
{
	struct deliver_request r = { 0 };
	struct content c = { .request = &r, .line_limit = (long)limit, .stuff = stuff, .extra = extra };
	struct buf whole = BUF(MOST), want = BUF(2 * MOST);
	struct reader reader = { .got = BUF(2 * MOST) };
	struct conn *pair[2];
	pthread_t thread;

	look(&r, header, false);
	look(&r, body, true);
	c.file = store(&r, header, body);
	buf_puts(&whole, extra != NULL ? extra : "");
	buf_add(&whole, buf_str(header), header->len);
	buf_puts(&whole, "\r\n");
	buf_add(&whole, buf_str(body), body->len);
	if (r.no_last_crlf)
		buf_puts(&whole, "\r\n");
	reference(whole.s, whole.len, limit, stuff, &want);

	assert_true(conn_pair(pair));
	reader.conn = pair[1];
	assert_int_equal(pthread_create(&thread, NULL, read_all, &reader), 0);
	assert_true(content_send(&c, pair[0], 10));
	assert_true(conn_flush(pair[0]));
	conn_free(&pair[0]);
	pthread_join(thread, NULL);
	assert_int_equal(reader.got.len, want.len);
	assert_memory_equal(buf_str(&reader.got), buf_str(&want), want.len);
	if (!stuff)
		assert_int_equal(content_size(&c), want.len);
	conn_free(&pair[1]);
	close(c.file);
	buf_free(&whole);
	buf_free(&want);
	buf_free(&reader.got);
}

static void
check_all(const char *header, const char *body, size_t n)
{
	struct buf h = BUF(MOST), b = BUF(MOST);

	buf_puts(&h, header);
	buf_add(&b, body, n);
	for (int stuff = 0; stuff < 2; stuff++) {
		check(&h, &b, 0, stuff, NULL);
		check(&h, &b, 20, stuff, NULL);
		check(&h, &b, 998, stuff, "Return-Path: <a@b.test>\r\n");
	}
	buf_free(&h);
	buf_free(&b);
}

static void
small(void **state)
{
	static const char *const bodies[] = { "", "\r\n", ".\r\n", "..\r\n", ".", "\r\n.\r\n", "a\r\n.b\r\n..c\r\n",
		"no end", "a\r\n.", "a\rb.\r\n\r.\r\n", ".\r\n.\r\n.\r\n", "x\r\n\r\n\r\n.y",
		"12345678901234567890\r\n", "123456789012345678901\r\n",
		"1234567890123456789012345678901234567890123\r\n", "1234567890123456789\r.12345\r\n" };

	(void)state;
	for (size_t i = 0; i < sizeof(bodies) / sizeof(*bodies); i++) {
		print_message("%s\n", bodies[i]);
		check_all("Subject: x\r\nX: y\r\n", bodies[i], strlen(bodies[i]));
		check_all(".odd: x\r\n", bodies[i], strlen(bodies[i]));
		check_all("", bodies[i], strlen(bodies[i]));
	}
}

/* Line ends, dots and long lines at every place around the end of a piece. */
static void
boundaries(void **state)
{
	static const char *const marks[] = { "\r\n.\r\n", "\r\n..x", "\r\n", "\r\n\r\n.", "\n.", "\r." };
	static char body[PIECE + 2048];

	(void)state;
	for (size_t m = 0; m < sizeof(marks) / sizeof(*marks); m++) {
		for (int off = -8; off <= 3; off++) {
			size_t at = (size_t)(PIECE + off);

			for (size_t i = 0; i < sizeof(body); i += 64)
				memcpy(
				    body + i, "..............................................................\r\n", 64);
			memcpy(body + at, marks[m], strlen(marks[m]));
			check_all("Subject: x\r\n", body, sizeof(body));
			memset(body, 'x', sizeof(body));
			memcpy(body + at, marks[m], strlen(marks[m]));
			check_all("Subject: x\r\n", body, sizeof(body) - 1);
		}
	}
}

/* Characters of UTF-8 stay whole where a line is broken, and nothing is lost. */
static void
utf8(void **state)
{
	static const char *const units[] = { "\xc3\xa9", "\xe2\x82\xac", "\xf0\x9f\x98\x80", "\x80" };

	(void)state;
	for (size_t u = 0; u < sizeof(units) / sizeof(*units); u++) {
		for (size_t lead = 0; lead < 4; lead++) {
			struct deliver_request r = { .longest_line = 500 };
			struct content c = { .request = &r, .line_limit = 20 };
			struct reader reader = { .got = BUF(MOST) };
			struct buf h = BUF(100), b = BUF(MOST), joined = BUF(MOST);
			struct conn *pair[2];

			for (size_t i = 0; i < lead; i++)
				buf_putc(&b, 'a');
			for (int i = 0; i < 100; i++)
				buf_puts(&b, units[u]);
			buf_puts(&b, "\r\n");
			c.file = store(&r, &h, &b);
			assert_true(conn_pair(pair));
			reader.conn = pair[1];
			assert_true(content_send(&c, pair[0], 10) && conn_flush(pair[0]));
			conn_free(&pair[0]);
			read_all(&reader);
			for (char *s = reader.got.s + 2, *end; (end = strstr(s, "\r\n")) != NULL; s = end + 2) {
				assert_true(end - s <= 20);
				s += *s == ' ';
				if (u < 3)
					assert_false((s[0] & 0xc0) == 0x80);
				buf_add(&joined, s, (size_t)(end - s));
			}
			buf_puts(&joined, "\r\n");
			assert_string_equal(buf_str(&joined), buf_str(&b));
			conn_free(&pair[1]);
			close(c.file);
			buf_free(&h);
			buf_free(&b);
			buf_free(&joined);
			buf_free(&reader.got);
		}
	}
}

/* A file that ends before it should is our trouble, and told as such. */
static void
short_file(void **state)
{
	struct deliver_request r = {
		.header_at = 0, .header_len = 10, .body_at = 10, .body_len = 1 << 20, .has_dots = true
	};
	struct content c = { .request = &r, .stuff = true };
	char name[] = "/tmp/content_test.XXXXXX";
	struct conn *pair[2];

	(void)state;
	assert_true((c.file = mkstemp(name)) >= 0);
	unlink(name);
	assert_int_equal(write(c.file, "Subject:\r\nhello\r\n", 17), 17);
	assert_true(conn_pair(pair));
	assert_false(content_send(&c, pair[0], 1));
	assert_true(c.unreadable);
	assert_int_equal(errno, ENODATA);
	conn_free(&pair[0]);
	conn_free(&pair[1]);
	close(c.file);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(small),
		cmocka_unit_test(boundaries),
		cmocka_unit_test(utf8),
		cmocka_unit_test(short_file),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
