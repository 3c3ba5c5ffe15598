/* SPDX-License-Identifier: Apache-2.0 */
/* The table of parameters, looked at row by row. */
#include "lib/base/config.h"
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
		if (strcmp(param_name(&conf_params[i - 1]), param_name(&conf_params[i])) >= 0)
			fail_msg("%s stands before %s", param_name(&conf_params[i - 1]), param_name(&conf_params[i]));
	for (size_t i = 0; i < conf_nparams; i++)
		assert_ptr_equal(param_find(param_name(&conf_params[i])), &conf_params[i]);
	assert_null(param_find("nosuch"));
	assert_null(param_find(""));
	assert_null(param_find("zzz"));
}

/* What a row says is what params.def says: places, lengths and order of the texts are right. */
static void
texts(void **state)
{
	static const struct {
		const char *name, *dflt, *note, *who, *doc;
	} want[] = {
/* clang-format off */
#define WORKS ""
#define NO_EFFECT(note) note
#define REFUSED(note) note
#define NOT_BUILT(note) note
#define PARAM(type, name, dflt, least, most, status, who, doc) PARAM_NAMED(type, name, #name, dflt, least, most, status, who, doc)
#define PARAM_NAMED(type, member, name, dflt, least, most, status, who, doc) { name, dflt, status, who, doc },
#include "lib/conf/params.def"
#include "lib/conf/families.def"
		/* clang-format on */
	};

	(void)state;
	assert_int_equal(conf_nparams + param_nfamilies, sizeof(want) / sizeof(want[0]));
	for (size_t i = 0; i < sizeof(want) / sizeof(want[0]); i++) {
		const struct param *p = i < conf_nparams ? &conf_params[i] : &param_families[i - conf_nparams];
		const struct field f = param_field(p);

		assert_string_equal(f.name, want[i].name);
		assert_string_equal(param_name(p), want[i].name);
		assert_string_equal(f.dflt, want[i].dflt);
		assert_string_equal(param_note(p), want[i].note);
		assert_string_equal(param_who(p), want[i].who);
		assert_string_equal(f.doc, want[i].doc);
	}
}

static bool
is_number(const struct field *f)
{
	return f->type == F_INT || f->type == F_SIZE || f->type == F_TIME;
}

/* What works needs no excuse; all else has one, which is no sentence of its own. */
static bool
note_fits(const struct param *p)
{
	const char *note = param_note(p);
	size_t n = strlen(note);

	if (param_status(p) == PARAM_WORKS)
		return n == 0 && *param_who(p) != '\0';
	return n > 2 && note[n - 1] != '.' && note[0] != ' ' &&
	    (param_status(p) != PARAM_NO_EFFECT || *param_who(p) == '\0');
}

/* A text that ends as one sentence, bounds that hold something, programs without surplus blanks. */
static void
described(void **state)
{
	(void)state;
	for (size_t i = 0; i < conf_nparams; i++) {
		const struct field f = param_field(&conf_params[i]);
		const char *who = param_who(&conf_params[i]);
		size_t n = strlen(f.doc), w = strlen(who);

		if (n < 10 || f.doc[n - 1] != '.' || strstr(f.doc, "  ") != NULL)
			fail_msg("%s: \"%s\" is no sentence", f.name, f.doc);
		if (strstr(who, "  ") != NULL || (w > 0 && (who[0] == ' ' || who[w - 1] == ' ')))
			fail_msg("%s: read by \"%s\"", f.name, who);
		if (!note_fits(&conf_params[i]))
			fail_msg("%s: status %d, note \"%s\"", f.name, param_status(&conf_params[i]),
			    param_note(&conf_params[i]));
		if (is_number(&f) ? f.least >= f.most : f.least != 0 || f.most != 0)
			fail_msg("%s: bounds %ld to %ld", f.name, f.least, f.most);
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
nearest(void **state)
{
	static const struct {
		const char *wrote, *meant;
	} cases[] = {
		{ "smptd_banner", "smtpd_banner" },
		{ "mydestinations", "mydestination" },
		{ "smtpd_recipient_restriction", "smtpd_recipient_restrictions" },
		{ "my_own_idea_of_a_name", NULL },
		{ "", NULL },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const char *got = param_nearest(cases[i].wrote);

		if (cases[i].meant == NULL ? got != NULL : got == NULL || strcmp(got, cases[i].meant) != 0)
			fail_msg("%s: %s", cases[i].wrote, got != NULL ? got : "(none)");
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
		    (p != NULL && strcmp(param_name(p), cases[i].suffix) != 0))
			fail_msg("%s is of the family %s", cases[i].name, p != NULL ? param_name(p) : "(none)");
	}
	for (size_t i = 0; i < param_nfamilies; i++) {
		assert_int_equal(param_field(&param_families[i]).dflt[0], '$');
		assert_non_null(param_find(param_field(&param_families[i]).dflt + 1));
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sorted),
		cmocka_unit_test(texts),
		cmocka_unit_test(described),
		cmocka_unit_test(defaults_hold),
		cmocka_unit_test(nearest),
		cmocka_unit_test(families),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
