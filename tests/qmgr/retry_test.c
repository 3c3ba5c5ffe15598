/* SPDX-License-Identifier: Apache-2.0 */
#include "qmgr/retry.h"

#include "tests/support/test.h"

static const struct retry usual = { .least = 300, .most = 4000, .lifetime = 432000, .lifetime_bounce = 86400 };

static const struct {
	const char *what;
	long arrival, now, want;
} cases[] = {
	{ "the first pause", 1000, 1001, 1301 },
	{ "as long as it is old", 1000, 1400, 1800 },
	{ "twice as old, twice as long", 1000, 1800, 2600 },
	{ "not for ever", 1000, 101000, 105000 },
	{ "just the most", 1000, 5000, 9000 },
	{ "the clock was set back", 5000, 1000, 1300 },
};

static void
pauses(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		if (retry_at(&usual, cases[i].arrival, cases[i].now) != cases[i].want)
			fail_msg("%s: %ld, wanted %ld", cases[i].what, retry_at(&usual, cases[i].arrival, cases[i].now),
			    cases[i].want);
}

static void
doubling(void **state)
{
	static const long wanted[] = { 300, 300, 600, 1200, 2400, 4000, 4000 };
	long arrival = 50000, now = arrival;

	(void)state;
	for (size_t i = 0; i < sizeof(wanted) / sizeof(*wanted); i++) {
		long next = retry_at(&usual, arrival, now);

		assert_int_equal(next - now, wanted[i]);
		now = next;
	}
}

static void
the_end(void **state)
{
	const struct retry once = { .least = 300, .most = 4000, .lifetime = 0, .lifetime_bounce = 0 };

	(void)state;
	assert_false(retry_over(&usual, 0, 431999, false));
	assert_true(retry_over(&usual, 0, 432000, false));
	assert_false(retry_over(&usual, 0, 86399, true));
	assert_true(retry_over(&usual, 0, 86400, true));
	assert_true(retry_over(&once, 7, 7, false)); /* 0: one attempt */
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pauses),
		cmocka_unit_test(doubling),
		cmocka_unit_test(the_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
