/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/service/environment.h"
#include "tests/support/test.h"

#include <stdlib.h>
#include <unistd.h>

static void
only_what_is_named_stays(void **state)
{
	(void)state;
	setenv("KEPT", "as it was", 1);
	setenv("LD_PRELOAD", "/tmp/evil.so", 1);
	setenv("IFS", "x", 1);
	setenv("LANG", "de_DE", 1);
	environment_keep("KEPT, ABSENT LANG=C\tFIXED=a=b { BLANKS=two words } EMPTY=");
	assert_string_equal(getenv("KEPT"), "as it was");
	assert_string_equal(getenv("LANG"), "C");
	assert_string_equal(getenv("FIXED"), "a=b");
	assert_string_equal(getenv("BLANKS"), "two words");
	assert_string_equal(getenv("EMPTY"), "");
	assert_null(getenv("ABSENT"));
	assert_null(getenv("LD_PRELOAD"));
	assert_null(getenv("IFS"));
}

static void
nothing_at_all(void **state)
{
	(void)state;
	setenv("X", "1", 1);
	environment_keep("");
	assert_true(environ == NULL || environ[0] == NULL);
}

int
main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(only_what_is_named_stays),
		cmocka_unit_test(nothing_at_all) };

	cmocka_set_message_output(CM_OUTPUT_TAP); /* the variable that says so goes away */
	return cmocka_run_group_tests(tests, NULL, NULL);
}
