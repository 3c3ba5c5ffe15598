/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/mail/header.h"
#include "tests/support/test.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

static const struct {
	const char *line;
	size_t n;
	bool field, folded;
} lines[] = {
	{ "Subject: x", 10, true, false },
	{ "Subject:", 8, true, false },
	{ "S:x", 3, true, false },
	{ "Subject : x", 11, true, false },
	{ "Subject \t: x", 12, true, false },
	{ "X-!#$%&'*+-.^_`|~09: x", 22, true, false },
	{ "a;b\"c: x", 8, true, false },
	{ "Subject: x\r\n", 12, true, false },
	{ "", 0, false, false },
	{ ":", 1, false, false },
	{ ": x", 3, false, false },
	{ "Subject", 7, false, false },
	{ "Subject:", 7, false, false },
	{ "Sub ject: x", 11, false, false },
	{ " Subject: x", 11, false, true },
	{ "\tx", 2, false, true },
	{ " ", 1, false, true },
	{ "S\xc3\xbc: x", 6, false, false },
	{ "S\0: x", 5, false, false },
	{ "S\x7f: x", 5, false, false },
	{ "From joe Mon Jan  1 00:00:00 2026", 33, false, false },
	{ ">From joe", 9, false, false },
	{ "\r\n", 2, false, false },
};

static void
kinds_of_lines(void **state)
{
	(void)state;
	for (size_t i = 0; i < NITEMS(lines); i++) {
		if (header_is_field(lines[i].line, lines[i].n) != lines[i].field ||
		    header_is_folded(lines[i].line, lines[i].n) != lines[i].folded)
			fail_msg("%s", lines[i].line);
	}
}

static void
is_written(const struct header *h, const char *want)
{
	struct buf out = BUF(1 << 20);

	header_write(h, &out);
	if (strcmp(buf_str(&out), want) != 0)
		fail_msg("%s\nis not\n%s", buf_str(&out), want);
	assert_int_equal(header_size(h), out.len);
	buf_free(&out);
}

/* fields: how many; written: NULL is the same again. */
static const struct {
	const char *bytes;
	size_t fields;
	const char *written;
} sections[] = {
	{ "", 0, NULL },
	{ "a: b\r\n", 1, NULL },
	{ "a: b", 1, "a: b\r\n" },
	{ "a: b\r\nc: d\r\n", 2, NULL },
	{ "a: b\r\n c\r\n\td\r\ne: f\r\n", 2, NULL },
	{ "a:\r\n b\r\n", 1, NULL },
	{ "a: b\r\n \r\nc: d\r\n", 2, NULL },
	{ "From joe\r\na: b\r\n", 2, NULL },
	{ "nonsense\r\n folded\r\na: b\r\n", 2, NULL },
	{ " folded at first\r\na: b\r\n", 2, NULL },
	{ "a: b\nc: d\r\n", 1, NULL },
	{ "a: b\rc: d\r\n", 1, NULL },
	{ "a: b\n c\r\n", 1, NULL },
	{ "a: b\r\r\nc: d\r\n", 2, NULL },
	{ "a: b\n", 1, "a: b\n\r\n" },
	{ "a: b\r", 1, "a: b\r\r\n" },
	{ "\r\n", 0, "" },
	{ "a: b\r\n\r\nc: d\r\n", 2, "a: b\r\nc: d\r\n" },
	{ "\r\n\r\na: b\r\n\r\n", 1, "a: b\r\n" },
	{ "a: b\r\n\r\n c\r\n", 2, "a: b\r\n c\r\n" },
	{ "A: 1\r\na: 2\r\nA : 3\r\n", 3, NULL },
};

static void
parse_and_write(void **state)
{
	(void)state;
	for (size_t i = 0; i < NITEMS(sections); i++) {
		struct header h = HEADER(1000);

		assert_true(header_parse(&h, sections[i].bytes, strlen(sections[i].bytes)));
		if (h.n != sections[i].fields)
			fail_msg("%s: %zu fields", sections[i].bytes, h.n);
		is_written(&h, sections[i].written != NULL ? sections[i].written : sections[i].bytes);
		header_free(&h);
	}
}

static void
finding(void **state)
{
	static const char bytes[] = "A: 1\r\nab: x\r\na: 2\r\nA : 3\r\nFrom a: 4\r\n";
	struct header h = HEADER(1000);
	struct arena mem = ARENA(10000);

	(void)state;
	assert_true(header_parse(&h, bytes, strlen(bytes)));
	assert_int_equal(header_count(&h, "A"), 3);
	assert_int_equal(header_count(&h, "AB"), 1);
	assert_int_equal(header_count(&h, "b"), 0);
	assert_int_equal(header_count(&h, ""), 0);
	assert_int_equal(header_count(&h, "From a"), 0);
	assert_string_equal(header_body(header_find(&h, "a", 1), &mem), "1");
	assert_string_equal(header_body(header_find(&h, "a", 2), &mem), "2");
	assert_string_equal(header_body(header_find(&h, "a", 3), &mem), "3");
	assert_null(header_find(&h, "a", 4));
	assert_null(header_find(&h, "a", 0));
	assert_null(header_find(&h, "", 1));
	arena_free(&mem);
	header_free(&h);
}

static const struct {
	const char *field;
	size_t n;
	const char *body;
} bodies[] = {
	{ "a: b", 4, "b" },
	{ "a:b", 3, "b" },
	{ "a:", 2, "" },
	{ "a:  \t b c ", 10, "b c " },
	{ "a: b\r\n c\r\n\td", 12, "b c\td" },
	{ "a:\r\n b", 6, "b" },
	{ "a: \r\n \tb\r\n ", 11, "b " },
	{ "a: b:c", 6, "b:c" },
	{ "a: b\r\nc", 7, "b\r\nc" },
	{ "a: b\0c", 6, "b?c" },
	{ "nonsense", 8, "nonsense" },
};

static void
body_of_a_field(void **state)
{
	struct arena mem = ARENA(10000);

	(void)state;
	for (size_t i = 0; i < NITEMS(bodies); i++) {
		struct header_field f = { bodies[i].field, bodies[i].n, bodies[i].field[0] == 'a' ? 1 : 0 };

		assert_string_equal(header_body(&f, &mem), bodies[i].body);
	}
	arena_free(&mem);
}

static void
edits(void **state)
{
	static const char bytes[] = "a: 1\r\nb: 2\r\n 2\r\na: 3\r\n";
	struct header h = HEADER(200);

	(void)state;
	assert_true(header_parse(&h, bytes, strlen(bytes)));
	assert_true(header_insert(&h, 0, "Received", "from x\r\n\tby y"));
	assert_true(header_insert(&h, 2, "c", "between"));
	assert_true(header_insert(&h, 99, "d", "last"));
	assert_true(header_append(&h, "e", " more"));
	is_written(
	    &h, "Received: from x\r\n\tby y\r\na: 1\r\nc: between\r\nb: 2\r\n 2\r\na: 3\r\nd: last\r\ne: more\r\n");
	assert_true(header_change(&h, "A", 2, "4"));
	assert_true(header_change(&h, "B", 1, ""));
	assert_true(header_change(&h, "a", 3, "5"));
	header_delete(&h, header_find(&h, "received", 1));
	header_delete(&h, header_find(&h, "e", 1));
	is_written(&h, "a: 1\r\nc: between\r\nB: \r\nA: 4\r\nd: last\r\na: 5\r\n");
	while (h.n > 0)
		header_delete(&h, &h.fields[0]);
	is_written(&h, "");
	header_free(&h);
}

/* Whatever a filter sends as a value, it is one field. */
static const struct {
	const char *name, *body, *written; /* NULL: refused */
} put_in[] = {
	{ "a", "b\nc", "a: b\r\n c\r\n" },
	{ "a", "b\n\tc", "a: b\r\n\tc\r\n" },
	{ "a", "b\r\nSubject: c", "a: b\r\n Subject: c\r\n" },
	{ "a", "b\r\n\r\nbody", "a: b\r\n body\r\n" },
	{ "a", "b\rc", "a: b\r\n c\r\n" },
	{ "a", "b\n\n\n", "a: b\r\n" },
	{ "a", "\nb", "a: \r\n b\r\n" },
	{ "a", "\n", "a: \r\n" },
	{ "a", "", "a: \r\n" },
	{ "a", "\tb", "a:\tb\r\n" },
	{ "", "b", NULL },
	{ "a b", "c", NULL },
	{ "a:", "c", NULL },
	{ "a\n", "c", NULL },
	{ "\xc3\xa4", "c", NULL },
};

static void
nothing_is_smuggled_in(void **state)
{
	(void)state;
	for (size_t i = 0; i < NITEMS(put_in); i++) {
		struct header h = HEADER(1000), again = HEADER(1000);
		struct buf out = BUF(1000);
		bool good = put_in[i].written != NULL;

		assert_int_equal(header_insert(&h, 0, put_in[i].name, put_in[i].body), good);
		is_written(&h, good ? put_in[i].written : "");
		header_write(&h, &out);
		assert_true(header_parse(&again, buf_str(&out), out.len));
		assert_int_equal(again.n, good);
		buf_free(&out);
		header_free(&h);
		header_free(&again);
	}
}

static void
limits(void **state)
{
	struct header h = HEADER(20);

	(void)state;
	assert_false(header_parse(&h, "123456789012345678901", 21));
	assert_false(header_parse(&h, "12345678901234567890", 20));
	assert_true(header_parse(&h, "12345678901234", 14));
	assert_int_equal(header_size(&h), 16);
	assert_false(header_parse(&h, "a:b\r\n", 5));
	assert_false(header_append(&h, "a", "b"));
	assert_int_equal(header_size(&h), 16);
	header_free(&h);
	assert_true(header_append(&h, "a", "123456789012345"));
	assert_false(header_change(&h, "a", 1, "1234567890123456"));
	assert_false(header_append(&h, "a", ""));
	assert_true(header_change(&h, "a", 1, "12345678901"));
	assert_true(header_size(&h) == 16 && h.n == 1);
	assert_true(header_change(&h, "b", 7, "") == false && header_change(&h, "a", 1, ""));
	header_free(&h);
}

/* Time grows with the length alone. */
static void
no_attack_by_number(void **state)
{
	static const char *const units[] = { "a:b\r\n", "a:\r\n ", "a\r\n", "\r\n", "\n", "\r", ":", "a", " ", "a \r\n",
		"\r\n " };
	enum { SIZE = 8 << 20 };
	char *bytes = mem_alloc(SIZE);

	(void)state;
	for (size_t i = 0; i < NITEMS(units); i++) {
		struct header h = HEADER(SIZE + 2);
		struct buf out = BUF(SIZE + 2);
		clock_t start = clock();

		for (size_t k = 0; k < SIZE; k++)
			bytes[k] = units[i][k % strlen(units[i])];
		assert_true(header_parse(&h, bytes, SIZE));
		assert_null(header_find(&h, "none", 1));
		header_write(&h, &out);
		assert_true(buf_ok(&out) && out.len == header_size(&h));
		if ((clock() - start) / CLOCKS_PER_SEC >= 30) /* what is quadratic takes hours */
			fail_msg("unit %zu is slow", i);
		buf_free(&out);
		header_free(&h);
	}
	free(bytes);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(kinds_of_lines),
		cmocka_unit_test(parse_and_write),
		cmocka_unit_test(finding),
		cmocka_unit_test(body_of_a_field),
		cmocka_unit_test(edits),
		cmocka_unit_test(nothing_is_smuggled_in),
		cmocka_unit_test(limits),
		cmocka_unit_test(no_attack_by_number),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
