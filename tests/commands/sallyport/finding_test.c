/* SPDX-License-Identifier: Apache-2.0 */
#include "commands/sallyport/finding.h"
#include "commands/sallyport/report.h"
#include "lib/base/mem.h"
#include "tests/support/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct spot nowhere, main3 = { "/etc/x/main.cf", 3 }, main20 = { "/etc/x/main.cf", 20 };

/* Messages of the library have their place and their remedy in them. */
static const struct {
	const char *message, *file, *text, *remedy;
	int line;
} told[] = {
	{ "/etc/x/master.cf, line 12: seven columns; write eight", "/etc/x/master.cf", "seven columns", "write eight",
	    12 },
	{ "/etc/x/master.cf, line 12: seven columns", "/etc/x/master.cf", "seven columns", "", 12 },
	{ "seven columns; write eight; then reload", "/etc/x/main.cf", "seven columns", "write eight; then reload", 3 },
	{ "one\ntwo", "/etc/x/main.cf", "one", "", 3 },
	{ "/etc/x/master.cf, line x: y", "/etc/x/main.cf", "/etc/x/master.cf, line x: y", "", 3 },
	{ "/a, line 0: y", "/etc/x/main.cf", "/a, line 0: y", "", 3 },
	{ "a, line 5: y", "/etc/x/main.cf", "a, line 5: y", "", 3 },
	{ "tab\there", "/etc/x/main.cf", "tab?here", "", 3 },
	{ "", "/etc/x/main.cf", "", "", 3 },
};

static void
messages_have_places(void **state)
{
	(void)state;
	for (size_t i = 0; i < NITEMS(told); i++) {
		struct findings f = FINDINGS;

		finding_told(&f, FINDING_setting_invalid, main3, told[i].message);
		assert_int_equal(f.n, 1);
		assert_string_equal(f.all[0].file, told[i].file);
		assert_string_equal(f.all[0].text, told[i].text);
		assert_string_equal(f.all[0].remedy, told[i].remedy);
		assert_int_equal(f.all[0].line, told[i].line);
		findings_free(&f);
	}
}

static void
the_gravest_first_and_each_once(void **state)
{
	static const enum finding_code order[] = { FINDING_folder, FINDING_relay_open, FINDING_table_missing,
		FINDING_table_missing, FINDING_table_missing, FINDING_setting_unused, FINDING_service_ignored };
	struct findings f = FINDINGS;

	(void)state;
	finding_add(&f, FINDING_service_ignored, main3, "", "a");
	finding_add(&f, FINDING_table_missing, main20, "", "%s", "b");
	finding_add(&f, FINDING_setting_unused, main3, "", "c");
	finding_add(&f, FINDING_table_missing, main3, "", "z");
	finding_add(&f, FINDING_table_missing, main3, "again", "z");
	finding_add(&f, FINDING_table_missing, main3, "", "d");
	finding_add(&f, FINDING_folder, nowhere, "", "e");
	finding_add(&f, FINDING_relay_open, main20, "", "f");
	findings_sort(&f);
	assert_int_equal(f.n, NITEMS(order));
	for (size_t i = 0; i < NITEMS(order); i++)
		assert_int_equal(f.all[i].code, order[i]);
	assert_string_equal(f.all[2].text, "d");
	assert_string_equal(f.all[3].text, "z");
	assert_int_equal(f.all[4].line, 20);
	assert_null(f.all[0].file);
	assert_int_equal(f.count[SEVERITY_FATAL], 1);
	assert_int_equal(f.count[SEVERITY_ERROR], 4);
	assert_int_equal(f.count[SEVERITY_WARNING], 1);
	assert_int_equal(f.count[SEVERITY_NOTE], 1);
	findings_free(&f);
	assert_int_equal(f.n, 0);
}

static void
a_list_ends(void **state)
{
	struct findings f = FINDINGS;

	(void)state;
	for (int i = 0; i < FINDINGS_MOST + 7; i++)
		finding_add(&f, FINDING_setting_unused, (struct spot){ "/x", i + 1 }, "", "x");
	assert_int_equal(f.n, FINDINGS_MOST);
	assert_int_equal(f.lost, 7);
	assert_int_equal(f.count[SEVERITY_WARNING], FINDINGS_MOST + 7);
	findings_free(&f);
}

static void
severities_go_down(void **state)
{
	(void)state;
	for (int i = 1; i < FINDING_CODES; i++) {
		assert_true(finding_severity((enum finding_code)i) >= finding_severity((enum finding_code)(i - 1)));
		assert_true(finding_title((enum finding_code)i)[0] != '\0');
	}
	assert_string_equal(finding_name(FINDING_relay_open), "relay_open");
}

static char *
written(void (*report)(FILE *, const char *, const struct findings *), const struct findings *f)
{
	char *text = NULL;
	size_t n;
	FILE *out = open_memstream(&text, &n);

	assert_non_null(out);
	report(out, "/etc/x", f);
	assert_int_equal(fclose(out), 0);
	return text;
}

static void
people_get_one_screen(void **state)
{
	struct findings f = FINDINGS;
	char *text;

	(void)state;
	text = written(report_text, &f);
	assert_string_equal(text, "/etc/x: nothing to report\n");
	free(text);
	finding_add(&f, FINDING_table_missing, main3, "make it", "a");
	finding_add(&f, FINDING_table_missing, main20, "make it", "b");
	finding_add(&f, FINDING_folder, (struct spot){ "/var/x", 0 }, "", "c");
	for (int i = 1; i <= 30; i++)
		finding_add(&f, FINDING_setting_unused, (struct spot){ "/etc/x/main.cf", i }, "drop it", "d%d", i);
	findings_sort(&f);
	text = written(report_text, &f);
	assert_string_equal(text,
	    "fatal: the mail system does not start\n"
	    "  /var/x: c\n"
	    "errors: a part fails, or is dangerous\n"
	    "  main.cf:3: a\n"
	    "  main.cf:20: b\n"
	    "      -> make it\n"
	    "warnings: hardly what was meant\n"
	    "  main.cf:1: d1\n"
	    "  main.cf:2: d2\n"
	    "  main.cf:3: d3\n"
	    "  main.cf:4: d4\n"
	    "      -> drop it\n"
	    "  and 26 more: a setting that nothing reads; main.cf:5, main.cf:6, main.cf:7, main.cf:8, main.cf:9, "
	    "main.cf:10, main.cf:11, main.cf:12, main.cf:13, main.cf:14, main.cf:15, main.cf:16, ...\n"
	    "/etc/x: 1 fatal error, 2 errors, 30 warnings\n");
	free(text);
	findings_free(&f);
}

static void
programs_get_json(void **state)
{
	struct findings f = FINDINGS;
	char *text;

	(void)state;
	finding_add(&f, FINDING_table_missing, main3, "make \"it\"", "a");
	finding_add(&f, FINDING_accounts_single, nowhere, "", "b");
	findings_sort(&f);
	text = written(report_json, &f);
	assert_string_equal(text,
	    "{\"version\": 1, \"config_directory\": \"/etc/x\", \"counts\": {\"fatal\": 0, \"error\": 1, \"warning\": 0, "
	    "\"note\": 1}, \"findings\": [{\"severity\": \"error\", \"code\": \"table_missing\", \"file\": "
	    "\"/etc/x/main.cf\", \"line\": 3, \"text\": \"a\", \"remedy\": \"make \\\"it\\\"\"}, {\"severity\": \"note\", "
	    "\"code\": \"accounts_single\", \"file\": \"\", \"line\": 0, \"text\": \"b\", \"remedy\": \"\"}]}\n");
	free(text);
	findings_free(&f);
}

int
main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(messages_have_places),
		cmocka_unit_test(the_gravest_first_and_each_once), cmocka_unit_test(a_list_ends),
		cmocka_unit_test(severities_go_down), cmocka_unit_test(people_get_one_screen),
		cmocka_unit_test(programs_get_json) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
