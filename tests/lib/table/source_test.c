/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/table/source.h"

#include "lib/base/log.h"

#include "tests/support/test.h"

#include <string.h>

static bool
no_log(enum log_level level, const char *line)
{
	(void)level, (void)line;
	return true;
}

/* What comes out, "key=value;" each, is what Debian's postmap and postalias 3.7 say. */
static const struct {
	enum source_format format;
	const char *text, *wanted;
	int left_out;
} cases[] = {
	{ SOURCE_MAP, "", "", 0 },
	{ SOURCE_MAP, "a one\nB two words  \r\n", "a=one;b=two words;", 0 },
	{ SOURCE_MAP, "a one\n# comment\n  two\n\n\t three\nb x", "a=one  two\t three;b=x;", 0 },
	{ SOURCE_MAP, "a\n b\nc\n", "a=b;", 1 },
	{ SOURCE_MAP, "  a b\nc d\n", "c=d;", 1 },
	{ SOURCE_MAP, "\"q r\" three\n\"A\\\"b c\" v\n", "\"q r\"=three;\"a\\\"b c\"=v;", 0 },
	{ SOURCE_MAP, "\"x\"y z\" w\nfoo\\ bar v\n", "\"x\"y=z\" w;foo\\ bar=v;", 0 },
	{ SOURCE_MAP, "\"unter x\na b\n", "a=b;", 1 },
	{ SOURCE_MAP, "c: colon\n\xff bad\nx \xfe\n", "c:=colon;", 2 },
	{ SOURCE_EITHER, "c: colon\nd:e f\n\"q r\": x\n\"s t\" : y\n\"u v\" w\n",
	    "c=colon;d:e=f;q r=x;s t=y;\"u v\"=w;", 0 },
	{ SOURCE_EITHER, "empty:\nlast: without line end", "last=without line end;", 1 },
	{ SOURCE_ALIASES, "a: b,c , d\nX : y\nw:x\r\nc d: e\n", "a=b, c, d;x=y;w=x;c d=e;", 0 },
	{ SOURCE_ALIASES, "\"a\\\"b c\": v\n\"Q: w\": z\nfoo\\ bar: v\n", "a\"b c=v;q: w=z;foo bar=v;", 0 },
	{ SOURCE_ALIASES, "bad\nno colon\nroot:\n foo\n:include: x\n", "root=foo;", 3 },
	{ SOURCE_ALIASES, "g@h: i\nj: \"a b\"@c, |\"x y\"\n", "j=\"a b\"@c, |\"x y\";", 1 },
	{ SOURCE_ALIASES, "c: \"|prog a, b\", :include:/x, /f, \\esc\n", "c=\"|prog a, b\", :include:/x, /f, esc;", 0 },
	{ SOURCE_ALIASES, "b : x,  y,z (comment, too) <u@v>\n", "b=x, y, z (comment, too) <u@v>;", 0 },
};

static void
sources(void **state)
{
	(void)state;
	for (size_t i = 0; i < NITEMS(cases); i++) {
		struct source s = SOURCE("test", cases[i].format, true);
		struct buf out = BUF(10000);
		char *key, *value;

		s.utf8 = true;
		assert_true(source_take(&s, cases[i].text));
		while (source_next(&s, &key, &value))
			buf_fmt(&out, "%s=%s;", key, value);
		if (strcmp(buf_str(&out), cases[i].wanted) != 0 || (int)s.left_out != cases[i].left_out)
			fail_msg("case %zu: %s (%lu left out)", i, buf_str(&out), s.left_out);
		source_free(&s);
		buf_free(&out);
	}
}

static void
line_numbers(void **state)
{
	struct source s = SOURCE("test", SOURCE_MAP, true);
	static const int wanted[] = { 2, 4, 8 };
	char *key, *value;
	size_t n = 0;

	(void)state;
	assert_true(source_take(&s, "# c\na b\n\nc d\n e\n# f\n\tg\nh i\n"));
	while (source_next(&s, &key, &value))
		assert_int_equal(s.line, wanted[n++]);
	assert_int_equal(n, NITEMS(wanted));
	source_free(&s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(sources), cmocka_unit_test(line_numbers) };

	log_open("", "source_test", no_log);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
