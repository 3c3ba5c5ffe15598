/* SPDX-License-Identifier: Apache-2.0 */
/* What postconf and sallyport check see of a main.cf: its lines, and values that no daemon would take. */
#include "lib/conf/conf.h"
#include "tests/lib/conf/conf_dir.h"

static void
lines(void **state)
{
	static const struct {
		const char *name, *value;
		int line;
		bool known, used, overridden;
	} want[] = {
		{ "biff", "no", 1, true, true, true },
		{ "relayhost", "$here", 2, true, true, false },
		{ "here", "1", 3, false, true, false },
		{ "there", "2", 4, false, true, false },
		{ "nowhere", "a b", 5, false, false, false },
		{ "smtp_destination_rate_delay", "1s", 7, true, true, false },
		{ "gone_destination_rate_delay", "1s", 8, false, false, false },
		{ "biff", "yes", 9, true, true, false },
		{ "smtpd_restriction_classes", "mine, yours", 10, true, true, false },
		{ "mine", "reject", 11, false, true, false },
		{ "fallback_relay", "x", 12, true, true, false },
	};
	struct conf_dir d = conf_dir_make(
	    "biff = no\nrelayhost = $here\nhere = 1\nthere = 2\nnowhere = a\n  b\nsmtp_destination_rate_delay = 1s\n"
	    "gone_destination_rate_delay = 1s\nbiff = yes\nsmtpd_restriction_classes = mine, yours\nmine = reject\n"
	    "fallback_relay = x\n",
	    "smtp unix - - n - - smtp -o relayhost=$there\n");
	struct conf_args a = { .dir = d.path };
	struct buf err = BUF(4096);
	const struct conf *cf = conf_load(&a, &err);
	const struct conf_line *l;
	size_t n;

	(void)state;
	assert_non_null(cf);
	l = conf_lines(cf, &n);
	assert_int_equal(n, sizeof(want) / sizeof(want[0]));
	for (size_t i = 0; i < n; i++)
		if (strcmp(l[i].name, want[i].name) != 0 || strcmp(l[i].value, want[i].value) != 0 ||
		    l[i].line != want[i].line || l[i].known != want[i].known || l[i].used != want[i].used ||
		    l[i].overridden != want[i].overridden)
			fail_msg("line %d: %s = %s, known %d, used %d, overridden %d", l[i].line, l[i].name, l[i].value,
			    l[i].known, l[i].used, l[i].overridden);
	conf_free(&cf);
	conf_dir_remove(&d);
	buf_free(&err);
}

/* postconf shows a value whatever it is. */
static void
lenient(void **state)
{
	struct conf_dir d = conf_dir_make("smtpd_timeout = 5x\nrelayhost = ${a\nx = $x\n", NULL);
	struct conf_args a = { .dir = d.path, .lenient = true };
	struct buf err = BUF(4096), out = BUF(4096);
	const struct conf *cf = conf_load(&a, &err);

	(void)state;
	assert_non_null(cf);
	assert_string_equal(conf_source(cf, "smtpd_timeout", NULL, NULL), "5x");
	assert_string_equal(conf_get(cf, "smtpd_timeout"), "5x");
	assert_string_equal(conf_source(cf, "relayhost", NULL, NULL), "${a");
	assert_null(conf_get(cf, "relayhost"));
	assert_false(conf_expand(cf, "$x", NULL, NULL, &out, &err));
	assert_non_null(strstr(buf_str(&err), "line 3: x: refers to itself: x -> x"));
	conf_free(&cf);
	conf_dir_remove(&d);
	buf_free(&out);
	buf_free(&err);
}

int
main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(lines), cmocka_unit_test(lenient) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
