/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/base/mem.h"
#include "lib/io/file.h"
#include "lib/service/defaults.h"
#include "master/plan.h"
#include "tests/support/test.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char *dir;

static const struct {
	const char *service, *want;
} ports[] = {
	{ "smtp", "25" },
	{ "127.0.0.1:smtp", "127.0.0.1:25" },
	{ "[::1]:submission", "[::1]:587" },
	{ "submissions", "465" },
	{ "SMTPS", "465" },
	{ "2525", "2525" },
	{ "host:2525", "host:2525" },
	{ "unheard-of", "unheard-of" },
};

static void
names_of_ports(void **state)
{
	(void)state;
	for (size_t i = 0; i < NITEMS(ports); i++) {
		char *got =
		    plan_known_port("lmtp=24, smtp=25, smtps=submissions=465, submission=587", ports[i].service);

		assert_string_equal(got, ports[i].want);
		free(got);
	}
}

static void
write_file(const char *name, const char *text)
{
	char *path = mem_fmt("%s/%s", dir, name);

	assert_true(file_replace(path, text, strlen(text), 0644));
	free(path);
}

static struct plan *
plan_of(const char *main_cf, const char *master_cf, struct buf *err)
{
	write_file("main.cf", main_cf);
	write_file("master.cf", master_cf);
	buf_clear(err);
	return plan_load(dir, err);
}

static const struct {
	const char *what, *main_cf, *master_cf;
	const char *wrong; /* in the error; NULL: it is fine */
	long maxproc, per_process;
} cases[] = {
	{ "all defaults", "", "127.0.0.1:2525 inet n - n - - smtpd\n", NULL, 1000, 100 },
	{ "the limit of main.cf", "default_process_limit=30\n", "127.0.0.1:2525 inet n - n - - smtpd\n", NULL, 30,
	    100 },
	{ "its own limit", "default_process_limit=30\n", "127.0.0.1:2525 inet n - n - 0 smtpd\n", NULL, 0, 100 },
	{ "logins are kept apart", "", "127.0.0.1:2525 inet n - n - - smtpd -o smtpd_sasl_auth_enable=yes\n", NULL, 100,
	    1 },
	{ "so is wrapper mode", "", "127.0.0.1:2525 inet n - n - - smtpd\n -o { smtpd_tls_wrappermode = yes }\n", NULL,
	    100, 1 },
	{ "not when it is switched off", "", "127.0.0.1:2525 inet n - n - - smtpd -o smtpd_sasl_auth_enable=no\n", NULL,
	    1000, 100 },
	{ "nor when main.cf says so for all", "smtpd_sasl_auth_enable=yes\n", "127.0.0.1:2525 inet n - n - - smtpd\n",
	    NULL, 1000, 100 },
	{ "unless the line wants it so", "",
	    "127.0.0.1:2525 inet n - n - - smtpd -o smtpd_sasl_auth_enable=yes -o sessions_per_process=20\n", NULL,
	    1000, 20 },
	{ "a setting for all", "sessions_per_process=7\n", "127.0.0.1:2525 inet n - n - - smtpd\n", NULL, 1000, 7 },
	{ "a bad address", "", "127.0.0.1:99999 inet n - n - - smtpd\n", "master.cf, line 1: service 127.0.0.1:99999",
	    0, 0 },
	{ "a bad parameter", "smtpd_timeout=x\n", "127.0.0.1:2525 inet n - n - - smtpd\n", "main.cf, line 1", 0, 0 },
	{ "a bad parameter of a line", "", "#\n127.0.0.1:2525 inet n - n - - smtpd -o smtpd_timeout=x\n",
	    "master.cf, line 2", 0, 0 },
	{ "a name with a slash", "", "../x unix n - n - - echo\n", "has no \"/\"", 0, 0 },
	{ "one socket for two", "", "x unix n - n - - a\nx unix-dgram n - n - - b\n", "the same socket as in line 1", 0,
	    0 },
};

static void
plans(void **state)
{
	struct buf err = BUF(8192);

	(void)state;
	for (size_t i = 0; i < NITEMS(cases); i++) {
		struct plan *plan = plan_of(cases[i].main_cf, cases[i].master_cf, &err);

		print_message("# %s: %s\n", cases[i].what, buf_str(&err));
		if (cases[i].wrong != NULL) {
			assert_null(plan);
			assert_non_null(strstr(buf_str(&err), cases[i].wrong));
			continue;
		}
		assert_non_null(plan);
		assert_int_equal(plan->services[0].limits.maxproc, cases[i].maxproc);
		assert_int_equal(plan->services[0].limits.sessions_per_process, cases[i].per_process);
		assert_true(plan->services[0].doors);
		assert_string_equal(plan->services[0].key, "inet/127.0.0.1:2525");
		plan_free(&plan);
	}
	buf_free(&err);
}

static void
what_does_not_run(void **state)
{
	struct buf err = BUF(8192);
	struct plan *plan = plan_of("master_service_disable = off/unix\n",
	    "on unix - - n - - a\noff unix - - n - - b\nscache unix - - n - 1 scache\n", &err);

	(void)state;
	assert_non_null(plan);
	for (size_t i = 0; i < plan->n; i++) {
		assert_string_not_equal(plan->services[i].line->name, "off");
		assert_string_not_equal(plan->services[i].line->name, "scache");
	}
	assert_string_equal(plan->services[0].path, "private/on");
	assert_false(plan->services[0].doors);
	plan_free(&plan);
	buf_free(&err);
}

static int
set_up(void **state)
{
	const char *tmp = getenv("TMPDIR");

	(void)state;
	dir = mem_fmt("%s/plan.XXXXXX", tmp != NULL ? tmp : "/tmp");
	assert_non_null(mkdtemp(dir));
	defaults_register();
	return 0;
}

static int
clean_up(void **state)
{
	(void)state;
	write_file("main.cf", "");
	if (chdir(dir) < 0 || unlink("main.cf") < 0 || unlink("master.cf") < 0 || rmdir(dir) < 0)
		return 1;
	free(dir);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(names_of_ports), cmocka_unit_test(plans),
		cmocka_unit_test(what_does_not_run) };

	return cmocka_run_group_tests(tests, set_up, clean_up);
}
