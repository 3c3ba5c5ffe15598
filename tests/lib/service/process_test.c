/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/service/process.h"
#include "tests/support/test.h"

#include <limits.h>

static const struct {
	const char *what;
	long sessions, share;
	enum fullness before, want;
} cases[] = {
	{ "nothing to do", 0, 100, ROOMY, ROOMY },
	{ "a tenth is left", 90, 100, ROOMY, NEARLY_FULL },
	{ "a little more than that", 89, 100, ROOMY, ROOMY },
	{ "it stays so for a while", 80, 100, NEARLY_FULL, NEARLY_FULL },
	{ "and ends at two tenths", 79, 100, NEARLY_FULL, ROOMY },
	{ "full", 100, 100, NEARLY_FULL, FULL },
	{ "one less", 99, 100, FULL, NEARLY_FULL },
	{ "many less at once", 10, 100, FULL, ROOMY },
	{ "one at a time", 1, 1, ROOMY, FULL },
	{ "and free again", 0, 1, FULL, ROOMY },
	{ "a few are never nearly full", 8, 9, ROOMY, ROOMY },
	{ "ten are", 9, 10, ROOMY, NEARLY_FULL },
};

static void
fullness(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		print_message("# %s\n", cases[i].what);
		assert_int_equal(process_fullness(cases[i].sessions, cases[i].share, cases[i].before), cases[i].want);
	}
}

static void
sessions_until_retirement(void **state)
{
	(void)state;
	assert_int_equal(process_most_sessions(100, 1), 100);
	assert_int_equal(process_most_sessions(100, 100), 10000);
	assert_int_equal(process_most_sessions(0, 100), 0);
	assert_int_equal(process_most_sessions(LONG_MAX, 100), LONG_MAX);
}

int
main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(fullness), cmocka_unit_test(sessions_until_retirement) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
