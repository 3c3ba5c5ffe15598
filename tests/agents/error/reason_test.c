/* SPDX-License-Identifier: Apache-2.0 */
#include "agents/error/reason.h"

#include "tests/support/test.h"

static void
reasons(void **state)
{
	static const struct {
		const char *nexthop, *service, *dsn, *text;
		enum fate fate;
	} cases[] = {
		{ "5.1.1 user unknown", "error", "5.1.1", "user unknown", FATE_NEVER },
		{ "mail is not wanted", "error", "5.0.0", "mail is not wanted", FATE_NEVER },
		{ "4.7.1 wait", "error", "5.7.1", "wait", FATE_NEVER },
		{ "4.7.1 wait", "retry", "4.7.1", "wait", FATE_LATER },
		{ "5.1.1 user unknown", "retry", "4.1.1", "user unknown", FATE_LATER },
		{ "down for the weekend", "retry", "4.0.0", "down for the weekend", FATE_LATER },
		{ "5.1.1", "error", "5.1.1", "mail is not deliverable", FATE_NEVER },
		{ "5.1.1  ", "error", "5.1.1", "mail is not deliverable", FATE_NEVER },
		{ "", "error", "5.0.0", "mail is not deliverable", FATE_NEVER },
		{ "5.1 short", "error", "5.0.0", "5.1 short", FATE_NEVER },
		{ "100% full %s\n", "error", "5.0.0", "100% full %s?", FATE_NEVER },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct arena mem = ARENA(8192);
		struct verdict v = VERDICT(&mem);

		print_message("%s %s\n", cases[i].service, cases[i].nexthop);
		reason_verdict(cases[i].nexthop, cases[i].service, &v);
		assert_int_equal(v.fate, cases[i].fate);
		assert_string_equal(v.dsn, cases[i].dsn);
		assert_string_equal(v.text, cases[i].text);
		arena_free(&mem);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(reasons) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
