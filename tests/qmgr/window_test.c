/* SPDX-License-Identifier: Apache-2.0 */
#include "qmgr/window.h"

#include "tests/support/test.h"

#include <stdio.h>
#include <string.h>

static void
feedback_texts(void **state)
{
	static const struct {
		const char *text;
		bool ok;
		double amount;
		int divided;
	} cases[] = {
		{ "1", true, 1, FEEDBACK_PLAIN },
		{ "0", true, 0, FEEDBACK_PLAIN },
		{ "0.25", true, 0.25, FEEDBACK_PLAIN },
		{ ".5", true, 0.5, FEEDBACK_PLAIN },
		{ "1/4", true, 0.25, FEEDBACK_PLAIN },
		{ "1/concurrency", true, 1, FEEDBACK_BY_N },
		{ "0.5/concurrency", true, 0.5, FEEDBACK_BY_N },
		{ "1/sqrt_concurrency", true, 1, FEEDBACK_BY_ROOT },
		{ "", false, 0, 0 },
		{ "-1", false, 0, 0 },
		{ "2", false, 0, 0 },
		{ "nan", false, 0, 0 },
		{ "1/0", false, 0, 0 },
		{ "1/", false, 0, 0 },
		{ "1/concurrent", false, 0, 0 },
		{ "1x", false, 0, 0 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct feedback f = { .amount = -7 };

		assert_int_equal(feedback_parse(cases[i].text, &f), cases[i].ok);
		assert_true(f.amount == (cases[i].ok ? cases[i].amount : -7));
		if (cases[i].ok)
			assert_int_equal(f.divided, cases[i].divided);
	}
}

/*
 * What a window does with a sequence of deliveries: '+' good, '-' bad, each
 * with as many running as the window allows.  The wanted sizes are those after each
 * step, 'X' is death.  From SCHEDULER_README.
 */
static const struct {
	const char *what;
	long initial, most;
	const char *up, *down;
	long cohorts;
	const char *steps, *sizes;
} cases[] = {
	{ "one up for each good one", 2, 5, "1", "1", 1, "+++++", "3 4 5 5 5" },
	{ "a whole round for one up", 3, 20, "1/concurrency", "1", 1, "+++++++", "3 3 4 4 4 4 5" },
	{ "a fixed fraction", 1, 20, "1/4", "1", 1, "++++++++", "1 1 1 2 2 2 2 3" },
	{ "one bad is no death", 5, 20, "1", "1", 1, "-", "4" },
	{ "a round of bad ones is", 5, 20, "1", "1", 1, "-----", "4 3 2 X" },
	{ "good ones between them help", 5, 20, "1", "1", 1, "--+--+--", "4 3 4 3 2 3 2 1" },
	{ "alone: the second", 1, 20, "1", "1", 1, "--", "1 X" },
	{ "down at the start of a sequence", 4, 20, "0", "1/4", 9, "--------", "3 3 3 3 2 2 2 2" },
	{ "two rounds when so configured", 2, 20, "1", "0", 2, "-----", "2 2 2 2 X" },
	{ "never dead", 2, 20, "1", "1", 0, "------", "1 1 1 1 1 1" },
	{ "no limit", 3, 0, "1", "1", 1, "+++", "4 5 6" },
	{ "not above the limit from birth", 5, 2, "1", "1", 1, "+", "2" },
	{ "up undoes what down had begun", 4, 20, "1", "1/2", 9, "-+-", "3 4 3" },
	{ "square root", 4, 20, "1/sqrt_concurrency", "1", 1, "++++", "4 5 5 5" },
};

static void
sequences(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct window_limits l = {
			.initial = cases[i].initial, .most = cases[i].most, .cohorts = cases[i].cohorts
		};
		char got[128] = "";
		struct window w;
		size_t n = 0;

		assert_true(feedback_parse(cases[i].up, &l.up) && feedback_parse(cases[i].down, &l.down));
		window_start(&w, &l);
		for (const char *step = cases[i].steps; *step != '\0'; step++) {
			if (*step == '-' && window_bad(&w, &l)) {
				n += (size_t)snprintf(got + n, sizeof(got) - n, "%sX", n > 0 ? " " : "");
				break;
			}
			if (*step == '+')
				window_good(&w, &l, w.size);
			n += (size_t)snprintf(got + n, sizeof(got) - n, "%s%ld", n > 0 ? " " : "", w.size);
		}
		if (strcmp(got, cases[i].sizes) != 0)
			fail_msg("%s: %s gives %s, wanted %s", cases[i].what, cases[i].steps, got, cases[i].sizes);
	}
}

static void
an_empty_window_does_not_grow(void **state)
{
	struct window_limits l = {
		.initial = 2, .most = 100, .cohorts = 1, .up = { .amount = 1 }, .down = { .amount = 1 }
	};
	struct window w;

	(void)state;
	window_start(&w, &l);
	for (int i = 0; i < 50; i++)
		window_good(&w, &l, 1);
	assert_int_equal(w.size, 3); /* one that runs, and the two that it started with */
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(feedback_texts),
		cmocka_unit_test(sequences),
		cmocka_unit_test(an_empty_window_does_not_grow),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
