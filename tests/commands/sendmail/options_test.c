/* SPDX-License-Identifier: Apache-2.0 */
#include "commands/sendmail/options.h"
#include "lib/base/mem.h"
#include "tests/support/test.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* An argument vector of words apart by blanks; _ is an empty one. */
static bool
parse(struct options *o, const char *line, struct buf *err)
{
	static char copy[256], *argv[32];
	char *cursor = copy, *word;
	int argc = 0;

	memset(argv, 0, sizeof(argv));
	snprintf(copy, sizeof(copy), "%s", line);
	while ((word = strsep(&cursor, " ")) != NULL)
		argv[argc++] = strcmp(word, "_") == 0 ? "" : word;
	optind = 0; /* glibc: start anew */
	buf_clear(err);
	return options_parse(o, argc, argv, err);
}

#define OK(line)  assert_true(parse(&o, line, &err))
#define BAD(line) assert_false(parse(&o, line, &err)), assert_string_not_equal(buf_str(&err), "")

static void
modes(void **state)
{
	struct options o;
	struct buf err = BUF(1024);

	(void)state;
	OK("sendmail"), assert_int_equal(o.mode, MODE_SUBMIT);
	OK("/usr/bin/mailq"), assert_int_equal(o.mode, MODE_LIST);
	OK("newaliases"), assert_int_equal(o.mode, MODE_ALIASES);
	OK("sendmail -bm"), assert_int_equal(o.mode, MODE_SUBMIT);
	OK("sendmail -bs"), assert_int_equal(o.mode, MODE_SMTP);
	OK("sendmail -bp"), assert_int_equal(o.mode, MODE_LIST);
	OK("sendmail -bi"), assert_int_equal(o.mode, MODE_ALIASES);
	OK("sendmail -I"), assert_int_equal(o.mode, MODE_ALIASES);
	OK("sendmail -bd"), assert_int_equal(o.mode, MODE_DAEMON);
	OK("sendmail -bd -q30m"), assert_int_equal(o.mode, MODE_DAEMON);
	OK("sendmail -q"), assert_int_equal(o.mode, MODE_FLUSH);
	OK("sendmail -q15m"), assert_int_equal(o.mode, MODE_DAEMON);
	OK("sendmail -qIabc"), assert_string_equal(o.flush_id, "abc");
	OK("sendmail -qRexample.com"), assert_string_equal(o.flush_site, "example.com");
	OK("sendmail --help"), assert_int_equal(o.mode, MODE_HELP);
	BAD("sendmail -bt");
	BAD("sendmail -qSx");
	BAD("sendmail -qI");
	/* execve() can do that. */
	assert_true(options_parse(&o, 0, (char *[]){ NULL }, &err));
	assert_null(o.recipients[0]);
	buf_free(&err);
}

static void
submission(void **state)
{
	struct options o;
	struct buf err = BUF(1024);

	(void)state;
	OK("sendmail -t -i -f me@x joe");
	assert_true(o.from_header && o.dots);
	assert_string_equal(o.sender, "me@x");
	assert_string_equal(o.recipients[0], "joe");
	assert_null(o.recipients[1]);
	OK("sendmail -oi -oem -odb -om -o7 -o8 -O DeliveryMode=b joe"), assert_true(o.dots);
	assert_string_equal(o.recipients[0], "joe");
	OK("sendmail -ti -r me"), assert_string_equal(o.sender, "me");
	OK("sendmail -f _ joe"), assert_string_equal(o.sender, "");
	OK("sendmail -Fname -h 5 -n -m -U -Ac -Am -v -vv -L label -X /tmp/log -B8bitmime -Rhdrs -Vid -G joe");
	assert_string_equal(o.full_name, "name");
	assert_string_equal(o.body, "8BITMIME");
	assert_string_equal(o.ret, "HDRS");
	assert_string_equal(o.envid, "id");
	assert_true(o.gateway);
	assert_null(o.verp);
	OK("sendmail -XV joe"), assert_string_equal(o.verp, "");
	OK("sendmail -XV-= joe"), assert_string_equal(o.verp, "-=");
	OK("sendmail -oA/etc/aliases"), assert_string_equal(o.aliases, "/etc/aliases");
	/* What stands behind -- or a recipient is no option. */
	OK("sendmail -- -t"), assert_string_equal(o.recipients[0], "-t");
	assert_false(o.from_header);
	OK("sendmail joe -t"), assert_string_equal(o.recipients[1], "-t");
	assert_false(o.from_header);
	BAD("sendmail -f");
	BAD("sendmail -Z");
	BAD("sendmail -oA");
	BAD("sendmail -R some");
	BAD("sendmail -B 9BIT");
	buf_free(&err);
}

static void
notify(void **state)
{
	struct options o;
	struct buf err = BUF(1024);

	(void)state;
	OK("sendmail -N never"), assert_string_equal(o.notify, "NEVER");
	OK("sendmail -N failure,DELAY"), assert_string_equal(o.notify, "FAILURE,DELAY");
	OK("sendmail -Nsuccess,failure,delay"), assert_string_equal(o.notify, "SUCCESS,FAILURE,DELAY");
	BAD("sendmail -N sometimes");
	BAD("sendmail -N never,delay");
	BAD("sendmail -N delay,delay");
	BAD("sendmail -N ,");
	buf_free(&err);
}

int
main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(modes), cmocka_unit_test(submission),
		cmocka_unit_test(notify) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
