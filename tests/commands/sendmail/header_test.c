/* SPDX-License-Identifier: Apache-2.0 */
#include "commands/sendmail/header.h"
#include "tests/support/test.h"

#include <string.h>

static const struct {
	const char *what, *in;
	long end; /* -1: not found */
} ends[] = {
	{ "an empty line", "To: a\n\nx", 6 },
	{ "at once", "\nx", 0 },
	{ "not yet", "To: a\n", -1 },
	{ "half a line", "To: a\n\tb", -1 },
	{ "a folded line", "To: a\n b\n\n", 9 },
	{ "text", "To: a\nhello\n", 6 },
	{ "text alone", "hello there\n", 0 },
	{ "a blank at the start", " x: y\n", 0 },
	{ "a mailbox's separator", "From x y 12:00\n>From a\nTo: a\n\n", 29 },
};

static void
where_it_ends(void **state)
{
	(void)state;
	for (size_t i = 0; i < NITEMS(ends); i++)
		for (size_t step = 1; step < 40; step++) {
			size_t from = 0, n = strlen(ends[i].in), len = 0;
			bool found = false;

			/* It comes in pieces, and what has been seen is not looked at again. */
			while (!found && len < n) {
				len = len + step < n ? len + step : n;
				found = header_end(ends[i].in, len, &from);
			}
			assert_int_equal(found ? (long)from : -1, ends[i].end);
		}
}

static const struct {
	const char *what, *in, *want[8];
} cases[] = {
	{ "all three", "To: a\nCc: b\nBcc: c\nFrom: d\nReply-To: e\n", { "a", "b", "c" } },
	{ "in whatever case", "tO : a\nCC:b\n", { "a", "b" } },
	{ "folded, with names and groups", "To: \"x, y\" <a@x>,\n\tfriends: b@x (no, c@x),\n d@x;, e@x\n",
	    { "a@x", "b@x", "d@x", "e@x" } },
	{ "resent", "To: a\nCc: b\nResent-To: c\nResent-Bcc: d\n", { "c", "d" } },
	{ "an empty one", "To:\nCc: b\n", { "b" } },
	{ "the last line has no end", "To: a, b", { "a", "b" } },
	{ "not a header of ours", "X-To: a\nTo-X: b\n", { NULL } },
	{ "nothing", "", { NULL } },
	{ "a null address", "To: <>, a\n", { "a" } },
};

static void
who_is_meant(void **state)
{
	(void)state;
	for (size_t i = 0; i < NITEMS(cases); i++) {
		struct arena mem = ARENA(1 << 20);
		struct addressees a = { .mem = &mem };
		size_t n = 0;

		assert_true(addressees_of(&a, cases[i].in, strlen(cases[i].in)));
		while (n < NITEMS(cases[i].want) && cases[i].want[n] != NULL)
			n++;
		if (a.n != n)
			fail_msg("%s: %zu addressees", cases[i].what, a.n);
		for (size_t k = 0; k < n; k++)
			assert_string_equal(a.list[k], cases[i].want[k]);
		addressees_free(&a);
		arena_free(&mem);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(where_it_ends), cmocka_unit_test(who_is_meant) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
