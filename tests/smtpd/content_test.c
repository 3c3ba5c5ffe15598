/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The reader of content against one that is too simple to be wrong: the same
 * bytes, cut in every way, in every mode.
 */
#include "lib/base/mem.h"
#include "tests/smtpd/content_simple.h"
#include "tests/support/test.h"

#include <stdlib.h>
#include <string.h>

static const enum bare modes[] = { BARE_NO, BARE_NOTE, BARE_NORMALIZE, BARE_REJECT };

static void
collect(void *ctx, const char *s, size_t n)
{
	buf_add(ctx, s, n);
}

static void
feed(struct content *c, const char *s, size_t n, struct result *r)
{
	size_t used;

	if (c->ended || n == 0)
		return;
	used = content_feed(c, s, n, collect, &r->out);
	assert_true(used <= n);
	assert_true(c->ended || used == n);
	r->used += used;
}

static void
same(const char *s, size_t n, bool dots, enum bare bare, size_t cut1, size_t cut2)
{
	struct result want = { .out = BUF(1 << 20) }, got = { .out = BUF(1 << 20) };
	struct content c = { .dots = dots, .bare = bare };

	content_simple(s, n, dots, bare, &want);
	feed(&c, s, cut1, &got);
	feed(&c, s + cut1, cut2 - cut1, &got);
	feed(&c, s + cut2, n - cut2, &got);
	assert_int_equal(c.ended, want.ended);
	assert_int_equal(got.used, want.used);
	assert_int_equal(got.out.len, want.out.len);
	assert_memory_equal(buf_str(&got.out), buf_str(&want.out), want.out.len);
	assert_int_equal(c.found, want.found);
	assert_int_equal(c.size, (long)want.out.len);
	buf_free(&want.out);
	buf_free(&got.out);
}

/* ---- the tests ---- */

/* All strings of these letters up to a length, each ended by CRLF so that nothing is held back, cut everywhere. */
static void
every_short_input(void **state)
{
	static const char letters[] = { '.', '\r', '\n', 'a', '\0' };
	enum { LONGEST = 6 };
	char s[LONGEST + 2];

	(void)state;
	for (size_t n = 0; n <= LONGEST; n++) {
		size_t all = 1;

		for (size_t i = 0; i < n; i++)
			all *= sizeof(letters);
		for (size_t k = 0; k < all; k++) {
			size_t rest = k, cut1, cut2;

			for (size_t i = 0; i < n; i++, rest /= sizeof(letters))
				s[i] = letters[rest % sizeof(letters)];
			memcpy(s + n, "\r\n", 2);
			cut1 = k % (n + 3);
			cut2 = cut1 + k / 7 % (n + 3 - cut1);
			for (size_t m = 0; m < NITEMS(modes); m++) {
				same(s, n + 2, true, modes[m], cut1, cut2);
				same(s, n + 2, false, modes[m], cut1, cut2);
			}
		}
	}
}

static void
every_cut(void **state)
{
	static const char s[] = "a: b\r\n\r\n..x\r\n.\n.\r\n\r.\r\n\n.y\n..\n\r\r\n.\rz\r\n...\r\n.\r\n.\r\nmore\r\n";
	size_t n = sizeof(s) - 1;

	(void)state;
	for (size_t i = 0; i <= n; i++)
		for (size_t j = i; j <= n; j++)
			for (size_t m = 0; m < NITEMS(modes); m++) {
				same(s, n, true, modes[m], i, j);
				same(s, n, false, modes[m], i, j);
			}
}

/* Long enough for the plain parts to be passed over in blocks: lines of any length, and now and then something odd. */
static void
long_texts(void **state)
{
	static const char *const odd[] = { "\r\n.\r\n", "\r\n..", "\n.\r\n", "\r\n.\n", "\n.\n", "\n", "\r", "\r\r\n",
		".", "\r\n.\r" };
	enum { SIZE = 400 };
	char s[SIZE + 8];

	(void)state;
	srand(4711);
	for (size_t round = 0; round < 10000; round++) {
		size_t line = 3 + (size_t)rand() % 90, n = 100 + (size_t)rand() % 300, cut1, cut2;

		for (size_t i = 0; i < n; i++)
			s[i] = i % line == line - 2 ? '\r' : i % line == line - 1 ? '\n' : 'a';
		for (int k = rand() % 4; k > 0; k--) {
			const char *what = odd[(size_t)rand() % NITEMS(odd)];

			memcpy(s + (size_t)rand() % (n - 8), what, strlen(what));
		}
		if (round % 5 == 0)
			s[(size_t)rand() % n] = '\0';
		memcpy(s + n, "\r\n", 2);
		cut1 = round % 3 == 0 ? 0 : (size_t)rand() % (n + 3);
		cut2 = cut1 + (size_t)rand() % (n + 3 - cut1);
		same(s, n + 2, true, modes[round % NITEMS(modes)], cut1, cut2);
		same(s, n + 2, false, modes[round % NITEMS(modes)], cut1, cut2);
	}
}

struct counted {
	long runs, octets;
};

static void
count_run(void *ctx, const char *s, size_t n)
{
	struct counted *k = ctx;

	(void)s;
	k->runs++;
	k->octets += (long)n;
}

/* What needs no change is not taken apart. */
static void
plain_text_stays_in_one_piece(void **state)
{
	struct content c = { .dots = true, .bare = BARE_REJECT };
	struct buf s = BUF(1 << 20);
	struct counted k = { 0, 0 };

	(void)state;
	for (int i = 0; i < 1000; i++)
		buf_puts(&s, "a line of ordinary length in a message, as there are many\r\n");
	assert_int_equal(content_feed(&c, s.s, s.len, count_run, &k), s.len);
	assert_int_equal(k.runs, 1);
	assert_int_equal(k.octets, s.len);
	assert_int_equal(c.found, 0);
	buf_free(&s);
}

static void
the_last_chunk(void **state)
{
	struct content c = { .bare = BARE_NORMALIZE };
	struct buf out = BUF(100);

	(void)state;
	content_feed(&c, "x\r", 2, collect, &out);
	assert_string_equal(buf_str(&out), "x");
	content_finish(&c, collect, &out);
	assert_string_equal(buf_str(&out), "x\r");
	assert_int_equal(c.found, LINE_BARE_CR);
	content_finish(&c, collect, &out);
	assert_int_equal(out.len, 2);
	buf_free(&out);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_short_input),
		cmocka_unit_test(every_cut),
		cmocka_unit_test(long_texts),
		cmocka_unit_test(plain_text_stays_in_one_piece),
		cmocka_unit_test(the_last_chunk),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
