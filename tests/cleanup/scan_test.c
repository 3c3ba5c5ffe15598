/* SPDX-License-Identifier: Apache-2.0 */
#include "cleanup/lines.h"
#include "cleanup/scan.h"
#include "tests/support/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* What a scan gives: fields as "[text]", the body as it is. */
static void
got_field(void *ctx, const char *text, size_t n)
{
	struct buf *b = ctx;

	buf_putc(b, '[');
	buf_add(b, text, n);
	buf_putc(b, ']');
}

static void
got_body(void *ctx, const char *bytes, size_t n)
{
	buf_add(ctx, bytes, n);
}

static void
run(struct buf *out, const char *in, size_t n, size_t piece, size_t first, long limit, bool replace)
{
	const struct scan_to to = { .field = got_field, .body = got_body, .ctx = out };
	struct scan s;
	size_t some;

	buf_clear(out);
	scan_begin(&s, &to, limit, replace);
	for (size_t at = 0; at < n; at += some) {
		some = at == 0 && first > 0 ? first : piece;
		if (some > n - at)
			some = n - at;
		scan_feed(&s, in + at, some);
	}
	assert_true(scan_end(&s));
	scan_free(&s);
}

static const struct {
	const char *what, *in, *want;
} cases[] = {
	{ "nothing at all", "", "" },
	{ "a usual message", "A: 1\r\nB: 2\r\n\r\nbody\r\n", "[A: 1][B: 2]body\r\n" },
	{ "folded lines belong to their field", "A: 1\r\n 2\r\n\t3\r\nB: 4\r\n\r\nx\r\n",
	    "[A: 1\r\n 2\r\n\t3][B: 4]x\r\n" },
	{ "a line of blanks is a folded line", "A: 1\r\n \r\nB: 2\r\n\r\nx", "[A: 1\r\n ][B: 2]x" },
	{ "no header", "\r\nbody\r\n", "body\r\n" },
	{ "no body", "A: 1\r\n\r\n", "[A: 1]" },
	{ "no empty line, no body", "A: 1\r\n", "[A: 1]" },
	{ "the last line has no end", "A: 1", "[A: 1]" },
	{ "a folded last line has no end", "A: 1\r\n 2", "[A: 1\r\n 2]" },
	{ "the body has no end", "A: 1\r\n\r\nbody", "[A: 1]body" },
	{ "a missing empty line costs no text", "A: 1\r\nhello there\r\nmore\r\n", "[A: 1]hello there\r\nmore\r\n" },
	{ "text alone is all body", "hello there\r\nA: 1\r\n", "hello there\r\nA: 1\r\n" },
	{ "a blank at the start folds nothing", " A: 1\r\n\r\nx", " A: 1\r\n\r\nx" },
	{ "an empty name is no field", "A: 1\r\n: x\r\n\r\n", "[A: 1]: x\r\n\r\n" },
	{ "blanks before the colon (RFC 5322 4.5)", "A : 1\r\n\r\nx", "[A : 1]x" },
	{ "a mailbox's separator", "From joe Tue Nov 24\r\nA: 1\r\n\r\nx", "[From joe Tue Nov 24][A: 1]x" },
	{ "a quoted one", ">From joe Tue Nov 24\r\nA: 1\r\n\r\nx", "[>From joe Tue Nov 24][A: 1]x" },
	{ "not the first line", "A: 1\r\nFrom joe 12:00\r\n\r\nx", "[A: 1]From joe 12:00\r\n\r\nx" },
	{ "empty lines in the body", "A: 1\r\n\r\n\r\n\r\nx\r\n\r\n", "[A: 1]\r\n\r\nx\r\n\r\n" },
	{ "dots are text", "A: 1\r\n\r\n.\r\n..\r\n", "[A: 1].\r\n..\r\n" },
	{ "a stray LF", "A: 1\r\n\r\na\nb\r\n", "[A: 1]a b\r\n" },
	{ "a stray CR", "A: 1\r\n\r\na\rb\r\n", "[A: 1]a b\r\n" },
	{ "LF CR", "A: 1\r\n\r\na\n\rb\r\n", "[A: 1]a  b\r\n" },
	{ "CR CR LF", "A: 1\r\n\r\na\r\r\nb", "[A: 1]a \r\nb" },
	{ "a CR at the end", "A: 1\r\n\r\na\r", "[A: 1]a " },
	{ "strays alone", "\r\r\n\n\r", " \r\n  " },
	{ "a smuggled end", "A: 1\r\n\r\na\n.\r\nMAIL FROM:<>\r\n", "[A: 1]a .\r\nMAIL FROM:<>\r\n" },
	{ "strays in a header make no second field", "A: 1\nB: 2\rC: 3\r\n\r\nx", "[A: 1 B: 2 C: 3]x" },
};

static void
every_cut(void **state)
{
	struct buf out = BUF(1 << 20);

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		size_t n = strlen(cases[i].in);

		for (size_t piece = 1; piece <= n + 1; piece++)
			for (size_t first = 0; first < n; first++) {
				run(&out, cases[i].in, n, piece, first, 102400, true);
				if (strcmp(buf_str(&out), cases[i].want) != 0)
					fail_msg("%s, pieces of %zu after %zu: \"%s\"", cases[i].what, piece, first,
					    buf_str(&out));
			}
	}
	buf_free(&out);
}

static void
strays_stay_when_told(void **state)
{
	static const char in[] = "A: 1\r\nB: 2\nC: 3\r\n\r\na\nb\rc\r\n\r";
	struct buf out = BUF(1024);

	(void)state;
	for (size_t piece = 1; piece <= sizeof(in); piece++) {
		run(&out, in, sizeof(in) - 1, piece, 0, 102400, false);
		assert_string_equal(buf_str(&out), "[A: 1][B: 2\nC: 3]a\nb\rc\r\n\r");
	}
	buf_free(&out);
}

/* A field of n bytes, then another, then text. */
static char *
long_field(size_t n, size_t *len)
{
	char *s = malloc(n + 64);

	memcpy(s, "Long: ", 6);
	memset(s + 6, 'x', n - 6);
	*len = n + (size_t)sprintf(s + n, "\r\n more\r\nB: 2\r\n\r\nbody\r\n");
	return s;
}

static void
header_size_limit_cuts(void **state)
{
	static const size_t sizes[] = { 50, 99, 100, 101, 998, 999, 1000, 1001, 1002, 1003, 5000 };
	struct buf out = BUF(1 << 20);

	(void)state;
	for (size_t i = 0; i < sizeof(sizes) / sizeof(*sizes); i++)
		for (size_t piece = 1; piece < 1100; piece += piece < 8 ? 1 : 131) {
			size_t n, field;
			char *in = long_field(sizes[i], &n);
			const char *end;

			run(&out, in, n, piece, 0, 100, true);
			end = strchr(buf_str(&out), ']');
			assert_non_null(end);
			field = (size_t)(end - buf_str(&out)) - 1;
			/* Cut at the limit, never in the middle of a line's end, and the rest is there. */
			assert_true(field <= 100 && field >= (sizes[i] < 100 ? sizes[i] : 98));
			assert_string_equal(end, "][B: 2]body\r\n");
			free(in);
		}
	buf_free(&out);
}

static void
a_long_line_is_not_lost(void **state)
{
	struct buf out = BUF(1 << 20);
	char in[4096];

	(void)state;
	memset(in, 'y', sizeof(in));
	memcpy(in + sizeof(in) - 4, ": z", 4);
	for (size_t piece = 1; piece < sizeof(in); piece += 97) {
		/* No colon within a line's length: this is text. */
		run(&out, in, sizeof(in) - 1, piece, 0, 100, true);
		assert_int_equal(out.len, sizeof(in) - 1);
		assert_memory_equal(out.s, in, sizeof(in) - 1);
	}
	buf_free(&out);
}

static void
a_stream_of_strays_is_fast(void **state)
{
	struct buf out = BUF(1 << 22);
	size_t n = 1 << 20;
	char *in = malloc(n);
	clock_t start = clock();

	(void)state;
	memset(in, '\r', n);
	run(&out, in, n, n, 0, 102400, true);
	assert_int_equal(out.len, n);
	/* The square of it would take minutes. */
	assert_true(clock() - start < 60 * CLOCKS_PER_SEC);
	free(in);
	buf_free(&out);
}

/* What is passed over in blocks must be what is looked at byte by byte. */
static void
long_texts(void **state)
{
	static const char odd[] = "\r\n\r\n\n\r.";
	enum { SIZE = 400 };
	struct buf whole = BUF(4096), bytes = BUF(4096);
	char s[SIZE];

	(void)state;
	srand(4711);
	for (int round = 0; round < 10000; round++) {
		size_t line = 3 + (size_t)rand() % 90, n = 1 + (size_t)rand() % SIZE;

		for (size_t i = 0; i < n; i++)
			s[i] = i % line == line - 2 ? '\r' : i % line == line - 1 ? '\n' : 'a';
		for (int k = rand() % 6; k > 0; k--)
			s[(size_t)rand() % n] = odd[(size_t)rand() % sizeof(odd)];
		run(&whole, s, n, 1 + (size_t)rand() % n, (size_t)rand() % n, 102400, true);
		run(&bytes, s, n, 1, 0, 102400, true);
		assert_int_equal(whole.len, bytes.len);
		assert_memory_equal(buf_str(&whole), buf_str(&bytes), bytes.len);
	}
	buf_free(&whole);
	buf_free(&bytes);
}

static void
body_only(void **state)
{
	struct buf out = BUF(1024);
	const struct scan_to to = { .field = got_field, .body = got_body, .ctx = &out };
	struct scan s;

	(void)state;
	scan_begin(&s, &to, 100, true);
	scan_body_only(&s);
	scan_feed(&s, "A: 1\r\n\r\nx", 9);
	assert_true(scan_end(&s));
	scan_free(&s);
	assert_string_equal(buf_str(&out), "A: 1\r\n\r\nx");
	buf_free(&out);
}

static const struct {
	const char *in;
	long longest;
	bool has_8bit, has_dots, no_last_crlf;
} facts[] = {
	{ "", 0, false, false, false },
	{ "a\r\n", 1, false, false, false },
	{ "\r\n\r\n", 0, false, false, false },
	{ "a\r\nbcd\r\ne", 3, false, false, true },
	{ "abcdefgh", 8, false, false, true },
	{ ".a\r\n", 2, false, true, false },
	{ "a.\r\n.", 2, false, true, true },
	{ "a.b\r\nc.\r\n", 3, false, false, false },
	{ "0123456789\xff\r\n", 11, true, false, false },
	{ "\x80", 1, true, false, true },
	{ "0123456\x80"
	  "9\r\n",
	    9, true, false, false },
	{ "\r\n.\r\n", 1, false, true, false },
};

static void
lines_at_every_cut(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(facts) / sizeof(*facts); i++) {
		size_t n = strlen(facts[i].in);

		for (size_t cut = 0; cut <= n; cut++)
			for (size_t again = cut; again <= n; again++) {
				struct lines l = LINES;

				lines_add(&l, facts[i].in, cut);
				lines_add(&l, facts[i].in + cut, again - cut);
				lines_add(&l, facts[i].in + again, n - again);
				lines_end(&l);
				assert_int_equal(l.total, n);
				assert_int_equal(l.longest, facts[i].longest);
				assert_int_equal(l.has_8bit, facts[i].has_8bit);
				assert_int_equal(l.has_dots, facts[i].has_dots);
				assert_int_equal(l.no_last_crlf, facts[i].no_last_crlf);
			}
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_cut),
		cmocka_unit_test(strays_stay_when_told),
		cmocka_unit_test(header_size_limit_cuts),
		cmocka_unit_test(a_long_line_is_not_lost),
		cmocka_unit_test(a_stream_of_strays_is_fast),
		cmocka_unit_test(long_texts),
		cmocka_unit_test(body_only),
		cmocka_unit_test(lines_at_every_cut),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
