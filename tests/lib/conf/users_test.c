/* SPDX-License-Identifier: Apache-2.0 */
/* Parameters that no table lists: those that users define, and the members of families. */
#include "lib/base/mem.h"
#include "lib/conf/conf.h"
#include "tests/lib/conf/conf_dir.h"
#include "tests/support/test.h"

#include <string.h>

/* As a Postfix 3.7 judges the same two files, but for names of old that nothing mentions. */
static const struct {
	const char *line;
	bool used;
} defined[] = {
	{ "a = $b", false },
	{ "b = x", true }, /* mentioned, though by nobody of importance */
	{ "relayhost = $c", true },
	{ "c = $(d)", true },
	{ "d = 1", true },
	{ "smtpd_restriction_classes = cls, other", true },
	{ "cls = reject", true },
	{ "e = ${relayhost?$f}", false },
	{ "f = 2", true },
	{ "mua_client_restrictions = permit", true }, /* by -o */
	{ "mua_long = permit", true },		      /* by -o { name = value } */
	{ "mua_classes = permit", true },	      /* by -o smtpd_restriction_classes */
	{ "argument = 3", false },		      /* an argument of the program's own */
	{ "self = $self", true },
	{ "nested = 1", true },
	{ "mydestination = ${{$nested} == {1} ? {a} : {$zz}}", true },
	{ "zz = 4", true },
	{ "fallback_relay =", true },
	{ "tls_dane_digest_agility = on", true },
	{ "postscreen_blacklist_action = drop", true },
	{ "foo_time_limit = 5", true },
	{ "gone_time_limit = 5", false },
	{ "foo-bar_destination_concurrency_limit = 5", true },
	{ "_destination_concurrency_limit = 5", false },
	{ "price = $$5", false },
};

static const char master_cf[] = "smtp inet n - n - - smtpd -o smtpd_client_restrictions=$mua_client_restrictions\n"
				"  -o { smtpd_helo_restrictions = ${mua_long} }\n"
				"  -o smtpd_restriction_classes=mua_classes\n"
				"foo unix - n n - - pipe user=nobody argv=/bin/cat $argument\n"
				"foo-bar unix - n n - - smtp\n";

static void
by_use(void **state)
{
	struct buf main_cf = BUF(8192), err = BUF(4096);
	struct conf_args a = { .lenient = true };
	const struct conf_line *l;
	const struct conf *cf;
	struct conf_dir d;
	size_t n;

	(void)state;
	for (size_t i = 0; i < NITEMS(defined); i++)
		buf_fmt(&main_cf, "%s\n", defined[i].line);
	d = conf_dir_make(buf_str(&main_cf), master_cf);
	a.dir = d.path;
	assert_non_null(cf = conf_load(&a, &err));
	l = conf_lines(cf, &n);
	assert_int_equal(n, NITEMS(defined));
	for (size_t i = 0; i < n; i++)
		if (l[i].used != defined[i].used)
			fail_msg("%s: used %d", defined[i].line, l[i].used);
	conf_free(&cf);
	conf_dir_remove(&d);
	buf_free(&main_cf);
	buf_free(&err);
}

static const struct {
	const char *main_cf, *name, *want; /* NULL: nobody defines it */
} members[] = {
	{ "", "dovecot_destination_recipient_limit", "50" },
	{ "default_destination_recipient_limit = 7\n", "dovecot_destination_recipient_limit", "7" },
	{ "dovecot_destination_recipient_limit = 1\n", "dovecot_destination_recipient_limit", "1" },
	{ "x = 9\ndovecot_destination_recipient_limit = $x\n", "dovecot_destination_recipient_limit", "9" },
	{ "default_recipient_limit = 8\n", "x_recipient_limit", "8" },
	{ "default_recipient_limit = 8\n", "x_destination_recipient_limit", "50" },
	{ "default_extra_recipient_limit = 6\n", "x_extra_recipient_limit", "6" },
	{ "command_time_limit = 5m\n", "policy-spf_time_limit", "5m" },
	{ "default_destination_rate_delay = 2s\n", "x_destination_rate_delay", "2s" },
	{ "initial_destination_concurrency = 3\n", "x_initial_destination_concurrency", "3" },
	{ "", "local_destination_concurrency_limit", "2" }, /* a row of its own */
	{ "y = $x_destination_recipient_limit\nx_destination_recipient_limit = 4\n", "y", "4" },
	{ "y = $x_destination_recipient_limit\n", "y", "50" },
	{ "", "nobodys", NULL },
	{ "", "_recipient_limit", NULL },
};

static void
inherit(void **state)
{
	(void)state;
	for (size_t i = 0; i < NITEMS(members); i++) {
		struct conf_dir d = conf_dir_make(members[i].main_cf, "");
		struct conf_args a = { .dir = d.path };
		struct buf err = BUF(4096);
		const struct conf *cf = conf_load(&a, &err);
		const char *got;

		if (cf == NULL)
			fail_msg("case %zu: %s", i, buf_str(&err));
		got = conf_get(cf, members[i].name);
		if (members[i].want == NULL ? got != NULL : got == NULL || strcmp(got, members[i].want) != 0)
			fail_msg("%s%s: %s", members[i].main_cf, members[i].name, got != NULL ? got : "(none)");
		conf_free(&cf);
		conf_dir_remove(&d);
		buf_free(&err);
	}
}

/* A member of a family is as strict as a row of the table. */
static const struct {
	const char *main_cf, *err;
} wrong[] = {
	{ "x_destination_recipient_limit = many\n",
	    "line 1: x_destination_recipient_limit: bad numeric value: \"many\"" },
	{ "\nx_delivery_slot_discount = 101\n", "line 2: x_delivery_slot_discount: " },
	{ "x_destination_rate_delay = 1y\n", "line 1: x_destination_rate_delay: " },
	{ "x_initial_destination_concurrency = 0\n", "line 1: x_initial_destination_concurrency: " },
	{ "x_recipient_limit = $y\ny = -1\n", "line 1: x_recipient_limit: " },
};

static void
bounded(void **state)
{
	(void)state;
	for (size_t i = 0; i < NITEMS(wrong); i++) {
		struct conf_dir d = conf_dir_make(wrong[i].main_cf, "");
		struct conf_args a = { .dir = d.path };
		struct buf err = BUF(4096);

		assert_null(conf_load(&a, &err));
		if (strstr(buf_str(&err), wrong[i].err) == NULL)
			fail_msg("%s: %s", wrong[i].main_cf, buf_str(&err));
		conf_dir_remove(&d);
		buf_free(&err);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(by_use),
		cmocka_unit_test(inherit),
		cmocka_unit_test(bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
