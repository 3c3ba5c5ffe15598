/* SPDX-License-Identifier: Apache-2.0 */
/* compatibility_level, and the defaults that depend on it. */
#include "lib/conf/level.h"

#include "lib/base/mem.h"
#include "lib/conf/params.h"
#include "tests/lib/conf/conf_dir.h"
#include "tests/support/test.h"

#include <stdio.h>
#include <string.h>

#define CONDITION "${{$compatibility_level} <level {"

static void
levels(void **state)
{
	static const char *const good[] = { "0", "1", "2", "3.6", "3.11", "3.12", "3.6.1", "99", "003.006" };
	static const char *const bad[] = { "", "x", "3.", ".3", "3.6.1.2", "-1", "3.6x", " 3.6", "3,6", "3..6",
		"9999999999", "+3" };

	(void)state;
	for (size_t i = 0; i < NITEMS(good); i++)
		if (!level_ok(good[i]))
			fail_msg("\"%s\" is a level", good[i]);
	for (size_t i = 0; i < NITEMS(bad); i++)
		if (level_ok(bad[i]))
			fail_msg("\"%s\" is no level", bad[i]);
}

/* The list of defaults that depend on the level is what the table of parameters says. */
static void
complete(void **state)
{
	size_t found = 0;

	(void)state;
	for (size_t i = 0; i < conf_nparams; i++) {
		const char *dflt = param_field(&conf_params[i]).dflt, *at = strstr(dflt, CONDITION);
		char want[64];

		if (at == NULL)
			continue;
		if (found == level_ndefaults || strcmp(level_defaults[found].name, param_name(&conf_params[i])) != 0)
			fail_msg("%s: is not in the list, or not in its place", param_name(&conf_params[i]));
		snprintf(want, sizeof(want), CONDITION "%s} ?", level_defaults[found].level);
		if (strncmp(at, want, strlen(want)) != 0)
			fail_msg("%s: \"%s\" does not change at %s", level_defaults[found].name, dflt,
			    level_defaults[found].level);
		assert_true(level_ok(level_defaults[found].level));
		found++;
	}
	assert_int_equal(found, level_ndefaults);
}

static const struct {
	const char *main_cf;
	bool below_1, below_3_6, below_newest, appends, networks;
} cases[] = {
	{ "", true, true, true, true, true },
	{ "compatibility_level = 0\n", true, true, true, true, true },
	{ "compatibility_level = 1\n", false, true, true, false, true },
	{ "compatibility_level = 2\n", false, true, true, false, false },
	{ "compatibility_level = 3.6\n", false, false, true, false, false },
	{ "compatibility_level = 3.9\n", false, false, true, false, false },
	{ "compatibility_level = 3.11\n", false, false, false, false, false },
	{ "compatibility_level = 3.12\n", false, false, false, false, false },
	{ "append_dot_mydomain = yes\n", true, true, true, false, true },
	{ "mynetworks_style = subnet\n", true, true, true, true, false },
	{ "compatibility_level = $mine\nmine = 2.1\n", false, true, true, false, false },
};

static void
decides(void **state)
{
	(void)state;
	for (size_t i = 0; i < NITEMS(cases); i++) {
		struct conf_dir d = conf_dir_make(cases[i].main_cf, "");
		struct conf_args a = { .dir = d.path };
		struct buf err = BUF(4096);
		const struct conf *cf = conf_load(&a, &err);

		if (cf == NULL)
			fail_msg("case %zu: %s", i, buf_str(&err));
		assert_int_equal(level_below(cf, "1"), cases[i].below_1);
		assert_int_equal(level_below(cf, "3.6"), cases[i].below_3_6);
		assert_int_equal(level_below(cf, LEVEL_NEWEST), cases[i].below_newest);
		assert_int_equal(level_decides(cf, "append_dot_mydomain"), cases[i].appends);
		assert_int_equal(level_decides(cf, "mynetworks_style"), cases[i].networks);
		conf_free(&cf);
		buf_free(&err);
		conf_dir_remove(&d);
	}
}

static void
malformed(void **state)
{
	struct conf_dir d = conf_dir_make("\ncompatibility_level = 3.6.\n", "");
	struct conf_args a = { .dir = d.path };
	struct buf err = BUF(4096);

	(void)state;
	assert_null(conf_load(&a, &err));
	assert_true(strstr(buf_str(&err),
	    "main.cf, line 2: compatibility_level: malformed compatibility level: \"3.6.\" (3.6 or 3.6.1 is wanted)"));
	buf_free(&err);
	conf_dir_remove(&d);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(levels),
		cmocka_unit_test(complete),
		cmocka_unit_test(decides),
		cmocka_unit_test(malformed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
