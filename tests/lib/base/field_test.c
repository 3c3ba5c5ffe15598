/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/base/field.h"
#include "tests/support/test.h"

static const struct {
	const char *dflt, *text;
	long want; /* -1: refused */
} times[] = {
	{ "300s", "5", 5 },
	{ "5d", "5", 432000 },
	{ "300s", "5m", 300 },
	{ "300s", "2h", 7200 },
	{ "300s", "1w", 604800 },
	/* "${old_name?{$old_name}:{1}}h", where the old name has a unit already. */
	{ "1h", "5mh", 300 },
	{ "1h", "7dms", 604800 },
	{ "1s", "x", -1 },
	{ "1s", "5x", -1 },
	{ "1s", "5xh", -1 },
	{ "1s", "5 m", -1 },
	{ "1s", "-5m", -1 },
	{ "1s", "m", -1 },
	{ "1s", "", -1 },
	{ "1s", "99999999999999999999h", -1 },
	{ "1s", "9223372036854775807m", -1 },
};

static void
test_times(void **state)
{
	(void)state;
	for (size_t i = 0; i < NITEMS(times); i++) {
		const struct field f = { .name = "wait", .type = F_TIME, .dflt = times[i].dflt };
		struct arena mem = ARENA(4096);
		const char *why = NULL;
		long seconds = -1;

		assert_int_equal(field_parse(&f, times[i].text, &mem, &seconds, &why), times[i].want >= 0);
		assert_int_equal(seconds, times[i].want);
		assert_true((why != NULL) == (times[i].want < 0));
		arena_free(&mem);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_times),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
