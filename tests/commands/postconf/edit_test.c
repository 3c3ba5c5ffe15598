/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/commands/postconf/run.h"

#include <sys/stat.h>

/* The file before, what is asked for, the file after; NULL: status 1 and the file as before. */
static const struct {
	const char *what, *before;
	enum what action;
	const char *args[4];
	const char *after, *err;
} parameters[] = {
	{ "replace", "a = 1\nb = 2\n", EDIT, { "a=3" }, "a = 3\nb = 2\n", "" },
	{ "append", "a = 1\n", EDIT, { "biff=2" }, "a = 1\nbiff = 2\n",
	    "DIR/main.cf, line 2: biff: bad boolean value" },
	{ "append to a last line without end", "a = 1", EDIT, { "biff=no" }, "a = 1\nbiff = no\n", "" },
	{ "into an empty file", "", EDIT, { "relayhost=2", "biff=no" }, "relayhost = 2\nbiff = no\n", "" },
	{ "blanks around =", "a=1\n", EDIT, { "  a  =  x y " }, "a = x y\n", "" },
	{ "an empty value", "a = 1\n", EDIT, { "a=" }, "a =\n", "" },
	{ "= in the value", "a = 1\n", EDIT, { "a=b=c" }, "a = b=c\n", "" },
	{ "several lines", "a = 1,\n  2,\n\t3\nb = 2\n", EDIT, { "a=4" }, "a = 4\nb = 2\n", "" },
	{ "comments stay", "# x\na = 1,\n# y\n\n  2\n# z\nb = 2\n", EDIT, { "a=4" }, "# x\na = 4\n# y\n\n# z\nb = 2\n",
	    "" },
	{ "no longer name", "ab = 1\na = 2\n", EDIT, { "a=3" }, "ab = 1\na = 3\n", "" },
	{ "not in a comment", "#biff = 1\n", EDIT, { "biff=no" }, "#biff = 1\nbiff = no\n", "" },
	{ "not in a continuation", "b = 1\n  biff = 2\n", EDIT, { "biff=no" }, "b = 1\n  biff = 2\nbiff = no\n", "" },
	{ "CRLF elsewhere stays", "a = 1\r\nb = 2\r\n", EDIT, { "a=3" }, "a = 3\nb = 2\r\n", "" },
	{ "twice asked", "a = 1\n", EDIT, { "a=2", "a=3" }, "a = 3\n", "warning: ignoring earlier request: 'a = 2'" },
	{ "twice asked, new", "", EDIT, { "relayhost=2", "relayhost=3" }, "relayhost = 3\n",
	    "ignoring earlier request" },
	{ "twice there", "a = 1\nb = 1\na = 2\n  3\n", EDIT, { "a=4" }, "a = 4\nb = 1\n",
	    "DIR/main.cf: multiple entries for \"a\"; that in line 3 was taken out" },
	{ "a bad value is told", "", EDIT, { "smtpd_timeout=5x" }, "smtpd_timeout = 5x\n",
	    "DIR/main.cf, line 1: smtpd_timeout: bad time value" },
	{ "a typing error", "a = 1\n", EDIT, { "biff=no", "smptd_banner=x" }, NULL,
	    "fatal: smptd_banner=x: unknown parameter; did you mean \"smtpd_banner\"?; nothing was changed" },
	{ "like nothing else", "a = 1\n", EDIT, { "no_such_thing_at_all=x" }, NULL,
	    "fatal: no_such_thing_at_all=x: unknown parameter; nothing was changed" },
	{ "one's own, used in main.cf", "relayhost = ${own?x}\n", EDIT, { "own=x" }, "relayhost = ${own?x}\nown = x\n",
	    "" },
	{ "one's own, used by what is set", "", EDIT, { "own=x", "relayhost=$own" }, "own = x\nrelayhost = $own\n",
	    "" },
	{ "one's own class", "smtpd_restriction_classes = own, other\n", EDIT, { "other=permit" },
	    "smtpd_restriction_classes = own, other\nother = permit\n", "" },
	{ "a table's settings", "virtual_alias_maps = proxy:ldap:accounts\n", EDIT, { "accounts_server_host=h" },
	    "virtual_alias_maps = proxy:ldap:accounts\naccounts_server_host = h\n", "" },
	{ "not another table's", "virtual_alias_maps = ldap:/etc/accounts, nildap:foo\n", EDIT, { "foo_server_host=h" },
	    NULL, "unknown parameter" },
	{ "a service's", "", EDIT, { "nosuch_destination_rate_delay=1s" }, NULL, "unknown parameter" },
	{ "a name of old", "", EDIT, { "smtpd_use_tls=yes" }, "smtpd_use_tls = yes\n",
	    "warning: smtpd_use_tls=yes: support for parameter \"smtpd_use_tls\" will be removed; instead, specify "
	    "\"smtpd_tls_security_level\"" },
	{ "remove", "a = 1\n  2\n# c\nb = 2\n", REMOVE, { "a", "nosuch" }, "# c\nb = 2\n", "" },
	{ "comment out", "a = 1\n  2\n# c\n  3\nb = 2\n", COMMENT_OUT, { "a" }, "#a = 1\n#  2\n# c\n#  3\nb = 2\n",
	    "" },
	{ "nothing to do", "a = 1", REMOVE, { "b" }, "a = 1", "" },
	{ "no =", "a = 1\n", EDIT, { "biff=2", "a" }, NULL, "fatal: a: missing '='" },
	{ "no name", "a = 1\n", EDIT, { "=a" }, NULL, "fatal: =a: missing parameter name" },
	{ "blank in the name", "a = 1\n", EDIT, { "a b=c" }, NULL, "fatal: a b=c: missing '=' after" },
	{ "dollar in the name", "a = 1\n", EDIT, { "$a=c" }, NULL, "fatal: $a=c: a parameter name cannot have '$'" },
	{ "line feed", "a = 1\n", EDIT, { "a=1\nb=2" }, NULL, "accepts no multi-line input" },
	{ "comment", "a = 1\n", EDIT, { "#a=1" }, NULL, "accepts no comment input" },
	{ "remove nothing", "a = 1\n", REMOVE, { " " }, NULL, "requires non-blank parameter names" },
	{ "no file", NULL, EDIT, { "biff=no" }, NULL, "fatal: open DIR/main.cf: No such file or directory" },
};

static const struct {
	const char *what, *before;
	enum what action;
	const char *args[4];
	const char *after, *err;
} services[] = {
	{ "append", "# c\n", EDIT, { "2525/inet=2525 inet n - n - - smtpd" },
	    "# c\n2525       inet  n       -       n       -       -       smtpd\n", "" },
	{ "replace", "a unix - - - - - x\n  -o b=c\n# c\n  -o d=e\nb unix - - - - - x\n", EDIT,
	    { "a/unix=a unix - - - - - y -o { f = g  h } -v i" },
	    "a          unix  -       -       -       -       -       y\n    -o {f=g  h}\n    -v i\n# c\n"
	    "b unix - - - - - x\n",
	    "" },
	{ "the type counts", "smtp inet n - - - - smtpd\nsmtp unix - - - - - smtp\n", REMOVE, { "smtp/inet" },
	    "smtp unix - - - - - smtp\n", "" },
	{ "any type", "smtp inet n - - - - smtpd\nsmtp unix - - - - - smtp\na unix - - - - - b\n", REMOVE, { "smtp/*" },
	    "a unix - - - - - b\n", "" },
	{ "a name with colons", "[::1]:25 inet n - - - - smtpd\n", REMOVE, { "[::1]:25/inet" }, "", "" },
	{ "comment out", "a unix - - - - - x\n  -o b=c\n", COMMENT_OUT, { "a/unix" },
	    "#a unix - - - - - x\n#  -o b=c\n", "" },
	{ "twice there", "a unix - - - - - x\nb unix - - - - - x\na unix - - - - - y\n", EDIT,
	    { "a/unix=a unix n - - - - z" },
	    "a          unix  n       -       -       -       -       z\nb unix - - - - - x\n",
	    "DIR/master.cf, line 3: this service was there more than once; kept once" },
	{ "no type", "a unix - - - - - x\n", REMOVE, { "a" }, NULL, "requires service_name/type" },
	{ "too few columns", "a unix - - - - - x\n", EDIT, { "a/unix=a unix - - -" }, NULL,
	    "5 columns, but 8 are wanted" },
	{ "bad column", "a unix - - - - - x\n", EDIT, { "a/unix=a unix x - - - - y" }, NULL,
	    "invalid private field \"x\"" },
	{ "no =", "a unix - - - - - x\n", EDIT, { "a/unix" }, NULL, "missing '='" },
};

/* DIR in want is the folder's path. */
static bool
tells(const char *text, const char *want, const char *dir)
{
	char full[512];
	const char *at = strstr(want, "DIR");

	if (at == NULL)
		return strstr(text, want) != NULL && (*want != '\0' || *text == '\0');
	snprintf(full, sizeof(full), "%.*s%s%s", (int)(at - want), want, dir, at + 3);
	return strstr(text, full) != NULL;
}

static void
check(const char *what, const char *file, int (*function)(const struct request *), const char *before, enum what action,
    const char *const *args, const char *after, const char *err)
{
	struct conf_dir d = conf_dir_make(NULL, NULL);
	struct request r = {
		.dir = d.path, .mode = function == edit_main ? 'p' : 'M', .what = action, .args = (char **)args
	};
	static struct result result;
	char *now;

	if (before != NULL)
		conf_dir_write(&d, file, before, strlen(before));
	while (r.nargs < 4 && args[r.nargs] != NULL)
		r.nargs++;
	run(function, r, &result);
	if (result.status != (after == NULL))
		fail_msg("%s: status %d, %s", what, result.status, result.err);
	if (!tells(result.err, err, d.path))
		fail_msg("%s: told \"%s\"", what, result.err);
	if (before != NULL) {
		now = conf_dir_read(&d, file);
		if (strcmp(now, after != NULL ? after : before) != 0)
			fail_msg("%s: the file is now\n%s", what, now);
		free(now);
	}
	conf_dir_remove(&d);
}

static void
edits_parameters(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(parameters) / sizeof(parameters[0]); i++)
		check(parameters[i].what, "main.cf", edit_main, parameters[i].before, parameters[i].action,
		    parameters[i].args, parameters[i].after, parameters[i].err);
}

static void
edits_services(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(services) / sizeof(services[0]); i++)
		check(services[i].what, "master.cf", edit_services, services[i].before, services[i].action,
		    services[i].args, services[i].after, services[i].err);
}

/* Mode and a symbolic link stay; an edit that changes nothing leaves the file alone. */
static void
keeps_the_file(void **state)
{
	struct conf_dir d = conf_dir_make("a = 1\n", NULL), elsewhere = conf_dir_make(NULL, NULL);
	char path[256], other[256], *args[] = { "a=1" }, *text;
	struct request r = { .dir = elsewhere.path, .mode = 'p', .what = EDIT, .args = args, .nargs = 1 };
	static struct result result;
	struct stat before, after;

	(void)state;
	snprintf(path, sizeof(path), "%s/main.cf", d.path);
	snprintf(other, sizeof(other), "%s/main.cf", elsewhere.path);
	assert_int_equal(chmod(path, 0640), 0);
	assert_int_equal(symlink(path, other), 0);
	assert_int_equal(stat(path, &before), 0);
	run(edit_main, r, &result);
	assert_int_equal(result.status, 0);
	assert_int_equal(stat(path, &after), 0);
	assert_int_equal(before.st_ino, after.st_ino);
	args[0] = "a=2";
	run(edit_main, r, &result);
	assert_int_equal(result.status, 0);
	assert_int_equal(lstat(other, &after), 0);
	assert_true(S_ISLNK(after.st_mode));
	assert_int_equal(stat(path, &after), 0);
	assert_int_equal(after.st_mode & 07777, 0640);
	assert_true(before.st_ino != after.st_ino);
	text = conf_dir_read(&d, "main.cf");
	assert_string_equal(text, "a = 2\n");
	free(text);
	conf_dir_remove(&elsewhere);
	conf_dir_remove(&d);
}

/* Many at once: no change is lost. */
static void
at_once(void **state)
{
	enum { MANY = 8 };
	struct conf_dir d = conf_dir_make("relayhost = $p0 $p1 $p2 $p3 $p4 $p5 $p6 $p7\n", NULL);
	char *text, want[32];
	pid_t pids[MANY];

	(void)state;
	for (int i = 0; i < MANY; i++) {
		fflush(NULL);
		if ((pids[i] = fork()) == 0) {
			struct arena mem = ARENA(1 << 20);
			char change[32], *args[] = { change };
			struct request r = {
				.dir = d.path, .mode = 'p', .what = EDIT, .args = args, .nargs = 1, .mem = &mem
			};

			alarm(30);
			snprintf(change, sizeof(change), "p%d=%d", i, i);
			_exit(edit_main(&r));
		}
	}
	for (int i = 0; i < MANY; i++) {
		int status;

		assert_int_equal(waitpid(pids[i], &status, 0), pids[i]);
		assert_int_equal(status, 0);
	}
	text = conf_dir_read(&d, "main.cf");
	for (int i = 0; i < MANY; i++) {
		snprintf(want, sizeof(want), "p%d = %d\n", i, i);
		if (strstr(text, want) == NULL)
			fail_msg("%s is lost from\n%s", want, text);
	}
	free(text);
	conf_dir_remove(&d);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(edits_parameters),
		cmocka_unit_test(edits_services),
		cmocka_unit_test(keeps_the_file),
		cmocka_unit_test(at_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
