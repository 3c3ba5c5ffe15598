/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/conf/undefined.h"
#include "tests/lib/conf/conf_dir.h"

static const char main_cf[] = "mine = x\n"
			      "smtpd_banner = $mine ${nobody?x} $by_service\n"
			      "relayhost = $gone $nobody\n"
			      "relayhost = $again $nobody\n"
			      "mailbox_command = /bin/x $user\n"
			      "smtpd_restriction_classes = strict\n"
			      "mydestination = $virtual_maps $myhostname\n";
static const char master_cf[] = "a inet n - n - - smtpd -o by_service=$mine -o smtpd_banner=$lost -o x=$by_service\n"
				"b inet n - n - - smtpd -o relayhost=$by_service -o smtpd_banner=$service_name\n";

static void
note(void *ctx, const struct undefined *u)
{
	buf_fmt(
	    ctx, "%s:%d %s $%s\n", u->service != NULL ? u->service->name : "main.cf", u->line, u->parameter, u->name);
}

/* Names of old are known; those that are expanded at use are not looked at; each is told once. */
static void
tells_names_that_nobody_sets(void **state)
{
	struct conf_dir d = conf_dir_make(main_cf, master_cf);
	struct conf_args args = { .dir = d.path };
	struct buf err = BUF(4096), told = BUF(4096);
	const struct conf *cf = conf_load(&args, &err);
	struct mastercf *m = mastercf_load_lines(d.path, &err);

	(void)state;
	assert_non_null(cf);
	assert_non_null(m);
	undefined_each(cf, m, note, &told);
	assert_string_equal(buf_str(&told),
	    "a:1 smtpd_banner $lost\n"
	    "b:2 relayhost $by_service\n"
	    "main.cf:2 smtpd_banner $nobody\n"
	    "main.cf:4 relayhost $again\n"
	    "main.cf:6 smtpd_restriction_classes $strict\n");
	buf_clear(&told);
	undefined_each(cf, NULL, note, &told);
	assert_non_null(strstr(buf_str(&told), "main.cf:2 smtpd_banner $by_service\n"));
	mastercf_free(&m);
	conf_free(&cf);
	buf_free(&told);
	buf_free(&err);
	conf_dir_remove(&d);
}

int
main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(tells_names_that_nobody_sets) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
