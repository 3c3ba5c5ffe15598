/* SPDX-License-Identifier: Apache-2.0 */
/* The table of parameters, looked at row by row. */
#include "lib/conf/params.h"
#include "lib/service/defaults.h"
#include "tests/support/test.h"

#include <string.h>

static void
sorted(void **state)
{
	(void)state;
	assert_true(conf_nparams > 500);
	for (size_t i = 1; i < conf_nparams; i++)
		if (strcmp(conf_params[i - 1].field.name, conf_params[i].field.name) >= 0)
			fail_msg("%s stands before %s", conf_params[i - 1].field.name, conf_params[i].field.name);
	for (size_t i = 0; i < conf_nparams; i++)
		assert_ptr_equal(param_find(conf_params[i].field.name), &conf_params[i]);
	assert_null(param_find("nosuch"));
	assert_null(param_find(""));
	assert_null(param_find("zzz"));
}

static bool
is_number(const struct param *p)
{
	return p->field.type == F_INT || p->field.type == F_SIZE || p->field.type == F_TIME;
}

/* A text that ends as one sentence, bounds that hold something, programs without surplus blanks. */
static void
described(void **state)
{
	(void)state;
	for (size_t i = 0; i < conf_nparams; i++) {
		const struct param *p = &conf_params[i];
		size_t n = strlen(p->field.doc), w = strlen(p->who);

		if (n < 10 || p->field.doc[n - 1] != '.' || strstr(p->field.doc, "  ") != NULL)
			fail_msg("%s: \"%s\" is no sentence", p->field.name, p->field.doc);
		if (strstr(p->who, "  ") != NULL || (w > 0 && (p->who[0] == ' ' || p->who[w - 1] == ' ')))
			fail_msg("%s: read by \"%s\"", p->field.name, p->who);
		if (is_number(p) ? p->field.least >= p->field.most : p->field.least != 0 || p->field.most != 0)
			fail_msg("%s: bounds %ld to %ld", p->field.name, p->field.least, p->field.most);
		assert_non_null(p->field.dflt);
	}
}

/* conf_load() parses every value and checks its bounds: so every default, calm and under stress, at each level. */
static void
defaults_hold(void **state)
{
	static const char *const levels[] = { "compatibility_level=0", "compatibility_level=1", "compatibility_level=2",
		"compatibility_level=3.6", "compatibility_level=3.11" };

	(void)state;
	defaults_register();
	for (size_t i = 0; i < sizeof(levels) / sizeof(levels[0]); i++) {
		for (int stress = 0; stress < 2; stress++) {
			struct conf_args a = { .dir = "/nonexistent",
				.defaults_only = true,
				.stress = stress,
				.overrides = &levels[i],
				.noverrides = 1 };
			struct buf err = BUF(4096);
			const struct conf *cf = conf_load(&a, &err);

			if (cf == NULL)
				fail_msg("%s, stress %d: %s", levels[i], stress, buf_str(&err));
			assert_int_equal(cf->smtpd_timeout, stress ? 10 : 300);
			assert_int_equal(cf->smtpd_hard_error_limit, stress ? 1 : 20);
			assert_int_equal(cf->append_dot_mydomain, i == 0);
			assert_int_equal(cf->smtputf8_enable, i > 0);
			assert_string_equal(cf->mynetworks_style, i < 2 ? "subnet" : "host");
			conf_free(&cf);
			assert_null(cf);
			buf_free(&err);
		}
	}
}

static void
families(void **state)
{
	static const struct {
		const char *name, *suffix;
	} cases[] = {
		{ "smtp-amavis_destination_recipient_limit", "_destination_recipient_limit" },
		{ "x_recipient_limit", "_recipient_limit" },
		{ "x_destination_rate_delay", "_destination_rate_delay" },
		{ "x_transport_rate_delay", "_transport_rate_delay" },
		{ "x_initial_destination_concurrency", "_initial_destination_concurrency" },
		{ "x_time_limit", "_time_limit" },
		{ "_time_limit", NULL },
		{ "time_limit", NULL },
		{ "x_time_limits", NULL },
		{ "", NULL },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct param *p = param_family(cases[i].name);

		if ((p == NULL) != (cases[i].suffix == NULL) ||
		    (p != NULL && strcmp(p->field.name, cases[i].suffix) != 0))
			fail_msg("%s is of the family %s", cases[i].name, p != NULL ? p->field.name : "(none)");
	}
	for (size_t i = 0; i < param_nfamilies; i++) {
		assert_int_equal(param_families[i].field.dflt[0], '$');
		assert_non_null(param_find(param_families[i].field.dflt + 1));
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sorted),
		cmocka_unit_test(described),
		cmocka_unit_test(defaults_hold),
		cmocka_unit_test(families),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
