/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/lib/mail/route_sample.h"

static const struct {
	const char *setting, *address, *want;
} forms[] = {
	{ NULL, "", "" },
	{ NULL, "joe", "joe@us.example" },
	{ NULL, "joe@", "joe@us.example" },
	{ NULL, "joe@host", "joe@host" },
	{ "append_dot_mydomain=yes", "joe@host", "joe@host.us.example" },
	{ "append_dot_mydomain=yes", "joe@host.example", "joe@host.example" },
	{ "append_dot_mydomain=yes", "joe@[10.0.0.1]", "joe@[10.0.0.1]" },
	{ "append_at_myorigin=no", "joe", "joe" },
	{ NULL, "joe@host.example.", "joe@host.example" },
	{ NULL, "host!joe", "joe@host" },
	{ "swap_bangpath=no", "host!joe", "host!joe@us.example" },
	{ NULL, "joe%far.example", "joe@far.example" },
	{ "allow_percent_hack=no", "joe%far.example", "joe%far.example@us.example" },
	{ NULL, "\"a%b\"", "\"a%b\"@us.example" },
};

static void
completing(void **state)
{
	(void)state;
	for (size_t i = 0; i < NITEMS(forms); i++) {
		const struct conf *cf = sample_conf((const char *const[SETTINGS_MAX]){ forms[i].setting });
		struct arena mem = ARENA(1 << 16);
		const char *got = route_complete(cf, forms[i].address, cf->myorigin, &mem);

		if (strcmp(got, forms[i].want) != 0)
			fail_msg("\"%s\" with %s: \"%s\"", forms[i].address, forms[i].setting, got);
		conf_free(&cf);
		arena_free(&mem);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(completing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
