/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/service/args.h"
#include "tests/support/test.h"

#include <stdlib.h>
#include <string.h>

static int
count(char **argv)
{
	int n = 0;

	while (argv[n] != NULL)
		n++;
	return n;
}

static void
what_is_built_is_parsed(void **state)
{
	static const char *const own[] = { "user=nobody", "-x", "argv=/bin/cat", "-", NULL };
	struct service_args a = { .name = "127.0.0.1:smtp",
		.type = SERVICE_INET,
		.share = 100,
		.listeners = 2,
		.unprivileged = true,
		.foreground = true,
		.debug = true,
		.overrides = { "smtpd_timeout=5s", "empty=", "x = a b=c" },
		.noverrides = 3,
		.own = own };
	char **argv = service_args_build(&a, "/usr/libexec/smtpd");
	struct buf err = BUF(200);
	struct service_args b;

	(void)state;
	assert_string_equal(argv[0], "/usr/libexec/smtpd");
	assert_true(service_args_parse(&b, count(argv), argv, &err));
	assert_string_equal(b.name, a.name);
	assert_int_equal(b.type, a.type);
	assert_int_equal(b.share, 100);
	assert_int_equal(b.listeners, 2);
	assert_true(b.unprivileged && b.foreground && b.debug && !b.chroot);
	assert_int_equal(b.noverrides, 3);
	for (size_t i = 0; i < 3; i++)
		assert_string_equal(b.overrides[i], a.overrides[i]);
	for (size_t i = 0; own[i] != NULL; i++)
		assert_string_equal(b.own[i], own[i]);
	assert_null(b.own[4]);
	service_argv_free(&argv);
	assert_null(argv);
}

static const struct {
	const char *what;
	char *argv[8];
	bool ok;
	enum service_type type;
	size_t own; /* the program's arguments */
	bool debug;
} cases[] = {
	{ "no name", { "x", "-t", "unix" }, false, 0, 0, false },
	{ "defaults", { "x", "-n", "a" }, true, SERVICE_UNIX, 0, false },
	{ "datagrams", { "x", "-n", "a", "-t", "unix-dgram" }, true, SERVICE_DGRAM, 0, false },
	{ "unknown type", { "x", "-n", "a", "-t", "fifo" }, false, 0, 0, false },
	{ "unknown option", { "x", "-n", "a", "-q" }, false, 0, 0, false },
	{ "no value", { "x", "-n" }, false, 0, 0, false },
	{ "share must be positive", { "x", "-n", "a", "-s", "0" }, false, 0, 0, false },
	{ "listeners are limited", { "x", "-n", "a", "-l", "65" }, false, 0, 0, false },
	{ "override without =", { "x", "-n", "a", "-o", "smtpd_timeout" }, false, 0, 0, false },
	{ "own arguments", { "x", "-n", "a", "--", "b", "-c" }, true, SERVICE_UNIX, 2, false },
	{ "-v is everybody's", { "x", "-n", "a", "--", "-v", "-vD", "-vx" }, true, SERVICE_UNIX, 1, true },
	{ "-D is nothing", { "x", "-n", "a", "--", "-D", "-" }, true, SERVICE_UNIX, 1, false },
};

static void
command_lines(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct buf err = BUF(200);
		struct service_args a;
		size_t own = 0;
		char *argv[8];

		print_message("# %s\n", cases[i].what);
		memcpy(argv, cases[i].argv, sizeof(argv));
		assert_int_equal(service_args_parse(&a, count(argv), argv, &err), cases[i].ok);
		assert_int_equal(err.len == 0, cases[i].ok);
		buf_free(&err);
		if (!cases[i].ok)
			continue;
		while (a.own[own] != NULL)
			own++;
		assert_int_equal(own, cases[i].own);
		assert_int_equal(a.type, cases[i].type);
		assert_int_equal(a.debug, cases[i].debug);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(what_is_built_is_parsed),
		cmocka_unit_test(command_lines) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
