/* SPDX-License-Identifier: Apache-2.0 */
#include "smtpd/parameters.h"

#include "smtpd/smtpd.h"
#include "tests/support/test.h"

#include <string.h>

#define HUNDRED	   "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
#define BAD_SIZE   "501 5.5.4 Bad message size syntax"
#define BAD_RET	   "501 5.5.4 Bad RET parameter syntax"
#define BAD_ENVID  "501 5.5.4 Bad ENVID parameter syntax"
#define BAD_ORCPT  "501 5.5.4 Error: Bad ORCPT parameter syntax"
#define BAD_NOTIFY "501 5.5.4 Error: Bad NOTIFY parameter syntax"
#define NO_DSN	   "501 5.7.1 DSN support is disabled"

static const struct {
	const char *text;
	unsigned discarded;
	const char *refused; /* NULL: taken */
	struct mail_parameters want;
} mails[] = {
	{ "", 0, NULL, { 0, "", "", "" } },
	{ " \t ", 0, NULL, { 0, "", "", "" } },
	{ "SIZE=0", 0, NULL, { 0, "", "", "" } },
	{ " size=9223372036854775807\tBody=7bit", 0, NULL, { INT64_MAX, "7BIT", "", "" } },
	{ "SIZE=9223372036854775808", 0, BAD_SIZE, { 0 } },
	{ "SIZE=1x", 0, BAD_SIZE, { 0 } },
	{ "SIZE=", 0, BAD_SIZE, { 0 } },
	{ "SIZE", 0, BAD_SIZE, { 0 } },
	{ "SIZE==1", 0, BAD_SIZE, { 0 } },
	{ "BODY=8BITMIME RET=FULL ENVID=a+2Bb", 0, NULL, { 0, "8BITMIME", "FULL", "a+b" } },
	{ "BODY=BINARYMIME", 0, "555 5.5.4 Unsupported option: BODY=BINARYMIME", { 0 } },
	{ "BODY", 0, "555 5.5.4 Unsupported option: BODY", { 0 } },
	{ "RET=", 0, BAD_RET, { 0 } },
	{ "RET=HDRS RET=HDRS", 0, BAD_RET, { 0 } },
	{ "ENVID=", 0, BAD_ENVID, { 0 } },
	{ "ENVID=+41", 0, NULL, { 0, "", "", "A" } },
	{ "ENVID=+4", 0, BAD_ENVID, { 0 } },
	{ "ENVID=+0d", 0, BAD_ENVID, { 0 } },
	{ "ENVID=+0D", 0, BAD_ENVID, { 0 } },
	{ "ENVID=+00", 0, BAD_ENVID, { 0 } },
	{ "ENVID=+7F", 0, BAD_ENVID, { 0 } },
	{ "ENVID=+C3+A9", 0, BAD_ENVID, { 0 } },
	{ "ENVID=a=b", 0, BAD_ENVID, { 0 } },
	{ "ENVID=" HUNDRED, 0, NULL, { 0, "", "", HUNDRED } },
	{ "ENVID=" HUNDRED "x", 0, BAD_ENVID, { 0 } },
	{ "ENVID=x", EHLO_DSN, NO_DSN, { 0 } },
	{ "RET=FULL", EHLO_DSN, NO_DSN, { 0 } },
	{ "SIZE=1", EHLO_DSN, NULL, { 1, "", "", "" } },
	{ "=x", 0, "555 5.5.4 Unsupported option: =x", { 0 } },
};

static const struct {
	const char *text;
	unsigned discarded;
	const char *refused;
	struct rcpt_parameters want;
} rcpts[] = {
	{ "", 0, NULL, { "", "" } },
	{ "NOTIFY=NEVER", 0, NULL, { "", "NEVER" } },
	{ "notify=delay,failure,success", 0, NULL, { "", "SUCCESS,FAILURE,DELAY" } },
	{ "NOTIFY=NEVER,DELAY", 0, BAD_NOTIFY, { 0 } },
	{ "NOTIFY=DELAY,DELAY", 0, BAD_NOTIFY, { 0 } },
	{ "NOTIFY=DELAY,", 0, BAD_NOTIFY, { 0 } },
	{ "NOTIFY=,", 0, BAD_NOTIFY, { 0 } },
	{ "NOTIFY", 0, BAD_NOTIFY, { 0 } },
	{ "NOTIFY=DELAY NOTIFY=DELAY", 0, BAD_NOTIFY, { 0 } },
	{ "ORCPT=rfc822;a+40b", 0, NULL, { "rfc822;a@b", "" } },
	{ "ORCPT=rfc822;", 0, BAD_ORCPT, { 0 } },
	{ "ORCPT=;x", 0, BAD_ORCPT, { 0 } },
	{ "ORCPT=rfc.822;x", 0, BAD_ORCPT, { 0 } },
	{ "ORCPT=rfc822", 0, BAD_ORCPT, { 0 } },
	{ "ORCPT=rfc822;+0A", 0, BAD_ORCPT, { 0 } },
	{ "ORCPT=rfc822;" HUNDRED HUNDRED HUNDRED HUNDRED HUNDRED "x", 0, BAD_ORCPT, { 0 } },
	{ "ORCPT=rfc822;x", EHLO_DSN, NO_DSN, { 0 } },
	{ "SIZE=3", 0, "555 5.5.4 Unsupported option: SIZE=3", { 0 } },
};

static void
of_mail(void **state)
{
	(void)state;
	for (size_t i = 0; i < NITEMS(mails); i++) {
		struct arena mem = ARENA(100000);
		struct mail_parameters got = { 0 };
		const char *why = parameters_mail(arena_str(&mem, mails[i].text), mails[i].discarded, &mem, &got);

		if (mails[i].refused != NULL || why != NULL) {
			assert_string_equal(why != NULL ? why : "taken", mails[i].refused);
		} else {
			assert_int_equal(got.size, mails[i].want.size);
			assert_string_equal(got.body, mails[i].want.body);
			assert_string_equal(got.ret, mails[i].want.ret);
			assert_string_equal(got.envid, mails[i].want.envid);
		}
		arena_free(&mem);
	}
}

static void
of_rcpt(void **state)
{
	(void)state;
	for (size_t i = 0; i < NITEMS(rcpts); i++) {
		struct arena mem = ARENA(100000);
		struct rcpt_parameters got = { 0 };
		const char *why = parameters_rcpt(arena_str(&mem, rcpts[i].text), rcpts[i].discarded, &mem, &got);

		if (rcpts[i].refused != NULL || why != NULL) {
			assert_string_equal(why != NULL ? why : "taken", rcpts[i].refused);
		} else {
			assert_string_equal(got.orcpt, rcpts[i].want.orcpt);
			assert_string_equal(got.notify, rcpts[i].want.notify);
		}
		arena_free(&mem);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(of_mail), cmocka_unit_test(of_rcpt) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
