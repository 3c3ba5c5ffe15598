/* SPDX-License-Identifier: Apache-2.0 */
#include "commands/sendmail/content.h"
#include "lib/base/buf.h"
#include "tests/support/test.h"

#include <string.h>

static void
take(void *ctx, const char *p, size_t n)
{
	buf_add(ctx, p, n);
}

static const struct {
	const char *what;
	int endings;
	bool dots;
	const char *in, *want;
} cases[] = {
	{ "nothing", ENDINGS_ALWAYS, false, "", "" },
	{ "lines", ENDINGS_ALWAYS, false, "a\nbc\n\nd\n", "a\nbc\n\nd\n" },
	{ "no end", ENDINGS_ALWAYS, false, "a\nbc", "a\nbc" },
	{ "a dot ends it", ENDINGS_ALWAYS, false, "a\n.\nb\n", "a\n" },
	{ "at once", ENDINGS_ALWAYS, false, ".\nb\n", "" },
	{ "without a line end", ENDINGS_ALWAYS, false, "a\n.", "a\n" },
	{ "with CRLF", ENDINGS_ALWAYS, false, "a\r\n.\r\nb\r\n", "a\n" },
	{ "with CR at the end", ENDINGS_ALWAYS, false, "a\n.\r", "a\n" },
	{ "not with -i", ENDINGS_ALWAYS, true, "a\n.\nb\n.", "a\n.\nb\n." },
	{ "dots within", ENDINGS_ALWAYS, false, ".a\n..\na.\n. \n.\rb\n", ".a\n..\na.\n. \n.\rb\n" },
	{ "a dot behind text", ENDINGS_ALWAYS, false, "a.\nb", "a.\nb" },
	{ "CRLF always", ENDINGS_ALWAYS, false, "a\nb\r\nc\r\n", "a\nb\nc\n" },
	{ "CR elsewhere", ENDINGS_ALWAYS, false, "a\rb\r\r\n\rc\r", "a\rb\r\n\rc\r" },
	{ "CRLF strict", ENDINGS_STRICT, false, "a\r\nb\r\nc\n", "a\nb\nc\n" },
	{ "CRLF strict, not in the first line", ENDINGS_STRICT, false, "a\nb\r\nc\n", "a\nb\r\nc\n" },
	{ "CRLF never", ENDINGS_NEVER, false, "a\r\nb\r\n.\r\n", "a\r\nb\r\n.\r\n" },
	{ "empty lines", ENDINGS_ALWAYS, false, "\r\n\n\r\n", "\n\n\n" },
};

static void
every_cut(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		size_t n = strlen(cases[i].in);

		for (size_t first = 0; first <= n; first++)
			for (size_t piece = 1; piece <= n + 1; piece++) {
				struct buf out = BUF(4096);
				struct content c = {
					.endings = cases[i].endings, .dots = cases[i].dots, .take = take, .ctx = &out
				};
				size_t some;

				content_feed(&c, cases[i].in, first);
				for (size_t at = first; at < n && !c.ended; at += some) {
					some = n - at < piece ? n - at : piece;
					content_feed(&c, cases[i].in + at, some);
				}
				content_end(&c);
				if (strcmp(buf_str(&out), cases[i].want) != 0)
					fail_msg("%s, cut at %zu, then %zu: \"%s\"", cases[i].what, first, piece,
					    buf_str(&out));
				buf_free(&out);
			}
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(every_cut) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
