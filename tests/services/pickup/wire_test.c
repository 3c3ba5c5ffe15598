/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/base/buf.h"
#include "services/pickup/wire.h"
#include "tests/support/test.h"

#include <string.h>

static void
take(void *ctx, const char *p, size_t n)
{
	buf_add(ctx, p, n);
}

static const struct {
	const char *what, *in, *want;
} cases[] = {
	{ "nothing", "", "" },
	{ "lines", "a\n\nb\n", "a\r\n\r\nb\r\n" },
	{ "no end", "a\nb", "a\r\nb" },
	{ "CRLF stays", "a\r\nb\r\n", "a\r\nb\r\n" },
	{ "CR is left to cleanup", "a\rb\r\r\n\r", "a\rb\r\r\n\r" },
	{ "a mailbox's separator", "From x y\nA: 1\n", "A: 1\r\n" },
	{ "a quoted one, and another", ">From x\nFrom y\nA: 1\n", "A: 1\r\n" },
	{ "without an end", "From x", "" },
	{ "nearly one", "From: x\n", "From: x\r\n" },
	{ "nearly a quoted one", ">Fromage\n", ">Fromage\r\n" },
	{ "too short for one", "Fro", "Fro" },
	{ "not at the start", "A: 1\nFrom x\n", "A: 1\r\nFrom x\r\n" },
	{ "an empty line, then one", "\nFrom x\n", "\r\nFrom x\r\n" },
};

static void
every_cut(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		size_t n = strlen(cases[i].in), some;

		for (size_t first = 0; first <= n; first++)
			for (size_t piece = 1; piece <= n + 1; piece++) {
				struct buf out = BUF(4096);
				struct wire w = { .take = take, .ctx = &out };

				wire_feed(&w, cases[i].in, first);
				for (size_t at = first; at < n; at += some) {
					some = n - at < piece ? n - at : piece;
					wire_feed(&w, cases[i].in + at, some);
				}
				wire_end(&w);
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
