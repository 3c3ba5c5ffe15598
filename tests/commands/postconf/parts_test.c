/* SPDX-License-Identifier: Apache-2.0 */
/* Fields and -o settings of services, changed in place. */
#include "tests/commands/postconf/run.h"

static const char before[] = "# first\na inet n - n - - smtpd -o x=1 -o { y = 2 } -v\n  # among\n  -o z=3\n\n# next\n"
			     "b unix - - - - - pipe\n argv=/x -o y ${q}\nbroken\n";

/* What becomes of the service a. */
static const struct {
	const char *what;
	char mode;
	enum what action;
	const char *args[3];
	const char *after; /* NULL: status 1 and the file as before; "": as before */
	const char *err;
} cases[] = {
	{ "a column", 'F', EDIT, { "a/inet/process_limit=10" },
	    "  # among\na          inet  n       -       n       -       10      smtpd\n    -o x=1\n    -o y=2\n    -v\n    -o z=3\n",
	    "" },
	{ "a command", 'F', EDIT, { "a/inet/command=smtp  -v" },
	    "  # among\na          inet  n       -       n       -       -       smtp -v\n", "" },
	{ "two columns", 'F', EDIT, { "a/inet/service=c", "a/inet/chroot=y" },
	    "  # among\nc          inet  n       -       y       -       -       smtpd\n    -o x=1\n    -o y=2\n    -v\n    -o z=3\n",
	    "" },
	{ "a setting", 'P', EDIT, { "a/inet/y=q" },
	    "  # among\na          inet  n       -       n       -       -       smtpd\n    -o x=1\n    -o y=q\n    -v\n    -o z=3\n",
	    "" },
	{ "a new setting, with blanks", 'P', EDIT, { "a/*/relayhost=p  q" },
	    "  # among\na          inet  n       -       n       -       -       smtpd\n    -o x=1\n    -o y=2\n    -v\n    -o z=3\n"
	    "    -o {relayhost=p  q}\n",
	    "" },
	{ "a setting goes", 'P', REMOVE, { "a/inet/x", "a/inet/z" },
	    "  # among\na          inet  n       -       n       -       -       smtpd\n    -o y=2\n    -v\n", "" },
	{ "no such service", 'F', EDIT, { "c/inet/chroot=y" }, "", "unmatched service_name/type: \"c/inet/chroot=y\"" },
	{ "no such field", 'F', EDIT, { "a/inet/limit=1" }, NULL, "invalid service attribute name: \"limit\"" },
	{ "no such flag", 'F', EDIT, { "a/inet/chroot=x" }, NULL, "invalid chroot field \"x\"" },
	{ "two words", 'F', EDIT, { "a/inet/chroot=y n" }, NULL, "invalid chroot field \"y n\"" },
	{ "an empty field", 'F', EDIT, { "a/inet/chroot=" }, NULL, "one word is wanted" },
	{ "an empty command", 'F', EDIT, { "a/inet/command= " }, NULL, "invalid command field" },
	{ "no field", 'F', EDIT, { "a/inet=x" }, NULL, "-Fe requires service_name/type/field_name" },
	{ "any parameter", 'P', EDIT, { "a/inet/*=x" }, NULL, "does not accept wild-card parameter name" },
	{ "no parameter", 'P', REMOVE, { "a/inet" }, NULL, "-Pe or -PX requires service_name/type/parameter" },
	{ "an unknown parameter", 'P', EDIT, { "a/inet/relayhots=x" }, NULL, "did you mean \"relayhost\"?" },
	{ "a broken line", 'P', EDIT, { "*/*/biff=no", "broken/*/biff=no" }, "-", "" },
};

static void
changes_parts(void **state)
{
	static const char rest[] = "\n# next\nb unix - - - - - pipe\n argv=/x -o y ${q}\nbroken\n";
	static struct result result;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct conf_dir d = conf_dir_make("own = $x $y $z\n", before);
		struct request r = {
			.dir = d.path, .mode = cases[i].mode, .what = cases[i].action, .args = (char **)cases[i].args
		};
		char want[4096], *now;

		while (r.nargs < 3 && cases[i].args[r.nargs] != NULL)
			r.nargs++;
		run(edit_parts, r, &result);
		now = conf_dir_read(&d, "master.cf");
		snprintf(want, sizeof(want), "# first\n%s%s", cases[i].after != NULL ? cases[i].after : "", rest);
		if (result.status != (cases[i].after == NULL) || strstr(result.err, cases[i].err) == NULL)
			fail_msg("%s: status %d, %s", cases[i].what, result.status, result.err);
		if (cases[i].after == NULL || cases[i].after[0] == '\0')
			assert_string_equal(now, before);
		else if (cases[i].after[0] != '-' && strcmp(now, want) != 0)
			fail_msg("%s: the file is now\n%s", cases[i].what, now);
		else if (cases[i].after[0] == '-')
			assert_non_null(strstr(now, "pipe\n    -o biff=no\n    argv=/x -o y ${q}\nbroken\n"));
		free(now);
		conf_dir_remove(&d);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(changes_parts) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
