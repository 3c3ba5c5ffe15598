/* SPDX-License-Identifier: Apache-2.0 */
#include "commands/sallyport/stranger.h"

#include "lib/base/mem.h"
#include "lib/service/defaults.h"
#include "lib/table/table.h"
#include "tests/support/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char base[] = "compatibility_level = 3.6\n"
			   "myhostname = mx.test.example\n"
			   "mydomain = test.example\n"
			   "mydestination = $myhostname, test.example, localhost\n"
			   "mynetworks = 127.0.0.0/8, 192.0.2.0/24\n"
			   "inet_interfaces = 127.0.0.1\n"
			   "inet_protocols = ipv4\n"
			   "relay_domains = relay.example\n"
			   "alias_maps =\n"
			   "local_recipient_maps = inline:{joe=x, postmaster=x}\n";

#define RELAY	  "smtpd_relay_restrictions ="
#define RECIPIENT "\nsmtpd_recipient_restrictions ="
#define UNAUTH	  "reject_unauth_destination"

/* why: what the answer must have in it; NULL: he is refused. */
static const struct {
	const char *settings, *why;
	enum stranger result;
} cases[] = {
	{ "", NULL, STRANGER_REFUSED },
	{ RELAY RECIPIENT "permit_mynetworks, " UNAUTH, NULL, STRANGER_REFUSED },
	{ RELAY "permit_sasl_authenticated, permit_tls_clientcerts, defer_unauth_destination", NULL, STRANGER_REFUSED },
	{ RELAY RECIPIENT "permit_mynetworks, reject_unknown_client_hostname, " UNAUTH ", permit", NULL,
	    STRANGER_REFUSED },
	{ RELAY RECIPIENT "permit_sasl_authenticated, reject", NULL, STRANGER_REFUSED },
	{ RELAY RECIPIENT "permit, " UNAUTH, "smtpd_recipient_restrictions says permit", STRANGER_PASSED },
	{ RELAY RECIPIENT "permit_mynetworks, permit, reject", "says permit", STRANGER_PASSED },
	/* The world is in mynetworks; IPv4's two halves are the world, one of them is not. */
	{ "mynetworks = 0.0.0.0/0", "smtpd_relay_restrictions says permit_mynetworks", STRANGER_PASSED },
	{ "mynetworks = [::]/0", "permit_mynetworks", STRANGER_PASSED },
	{ "mynetworks = 0.0.0.0/1 128.0.0.0/1", "permit_mynetworks", STRANGER_PASSED },
	{ "mynetworks = 128.0.0.0/1", NULL, STRANGER_REFUSED },
	{ "mynetworks = 192.0.2.1/24", NULL, STRANGER_CANNOT },
	/* What anybody can say of himself. */
	{ RELAY RECIPIENT "check_sender_access inline:{test.example=OK}, " UNAUTH,
	    "check_sender_access inline:", STRANGER_PASSED },
	{ RELAY RECIPIENT UNAUTH ", check_sender_access inline:{test.example=OK}", NULL, STRANGER_REFUSED },
	{ RELAY RECIPIENT "check_helo_access inline:{mx.test.example=OK}, " UNAUTH, "check_helo_access",
	    STRANGER_PASSED },
	{ RELAY RECIPIENT "check_sender_access inline:{<>=OK}, " UNAUTH, "check_sender_access", STRANGER_PASSED },
	{ RELAY RECIPIENT "check_client_access static:OK, " UNAUTH, "check_client_access static:OK", STRANGER_PASSED },
	{ RELAY RECIPIENT "check_client_access inline:{192.0.2.7=OK}, " UNAUTH, NULL, STRANGER_REFUSED },
	/* Names are as he likes them, and what this version cannot ask has no opinion. */
	{ RELAY RECIPIENT
	    "reject_unknown_sender_domain, reject_unknown_recipient_domain, reject_unknown_helo_hostname, "
	    "reject_unknown_reverse_client_hostname, permit, " UNAUTH,
	    "says permit", STRANGER_PASSED },
	{ RELAY RECIPIENT "reject_rbl_client zen.example, check_policy_service unix:private/x, permit, reject",
	    "says permit", STRANGER_PASSED },
	{ RELAY RECIPIENT "sleep 100, permit, reject", "says permit", STRANGER_PASSED },
	/* The other lists have a say, too: early, delayed and at the end. */
	{ RELAY RECIPIENT "permit, reject\nsmtpd_client_restrictions = reject", NULL, STRANGER_REFUSED },
	{ RELAY RECIPIENT "permit, reject\nsmtpd_delay_reject = no\nsmtpd_helo_restrictions = reject", NULL,
	    STRANGER_REFUSED },
	{ RELAY RECIPIENT "permit, reject\nsmtpd_end_of_data_restrictions = permit_mynetworks, reject", NULL,
	    STRANGER_REFUSED },
	{ RELAY RECIPIENT "permit, reject\nsmtpd_data_restrictions = reject", NULL, STRANGER_REFUSED },
	{ RELAY "permit\nsmtpd_recipient_restrictions = " UNAUTH, NULL, STRANGER_REFUSED },
	{ RELAY RECIPIENT "defer_if_permit, permit, reject", NULL, STRANGER_REFUSED },
	{ RELAY RECIPIENT "warn_if_reject " UNAUTH ", permit, reject", "says permit", STRANGER_PASSED },
	/* Classes and tables. */
	{ "smtpd_restriction_classes = mine\nmine = permit\n" RELAY RECIPIENT "mine, reject", "says permit",
	    STRANGER_PASSED },
	{ RELAY RECIPIENT "check_recipient_access static:permit_auth_destination, reject", NULL, STRANGER_REFUSED },
	{ "relay_domains = static:all", "no restriction refuses it", STRANGER_PASSED },
	{ "transport_maps = static:smtp:[192.0.2.1]", NULL, STRANGER_REFUSED },
	{ RELAY RECIPIENT "permit, reject\nvirtual_mailbox_domains = static:all", NULL, STRANGER_REFUSED },
	/* smtpd does not start. */
	{ RELAY RECIPIENT "permit_mynetworks", NULL, STRANGER_CANNOT },
	{ RELAY RECIPIENT "rejekt", NULL, STRANGER_CANNOT },
	/* A table that is not there lets nobody in. */
	{ RELAY RECIPIENT "check_client_access hash:/does/not/exist, " UNAUTH, NULL, STRANGER_REFUSED },
};

static void
write_file(const char *path, const char *settings)
{
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	assert_true(fprintf(f, "%s%s\n", base, settings) > 0);
	assert_int_equal(fclose(f), 0);
}

static void
each_gets_what_he_may(void **state)
{
	char *folder = mem_fmt("%s/stranger.XXXXXX", getenv("TMPDIR") != NULL ? getenv("TMPDIR") : "/tmp"), *path;

	(void)state;
	assert_non_null(mkdtemp(folder));
	path = mem_fmt("%s/main.cf", folder);
	defaults_register();
	for (size_t i = 0; i < NITEMS(cases); i++) {
		struct conf_args a = { .dir = folder };
		struct table_trial *trial = table_trial_new();
		struct stranger_passed how = { 0 };
		struct buf err = BUF(8192);
		const struct conf *cf;
		enum stranger result;

		write_file(path, cases[i].settings);
		cf = conf_load(&a, &err);
		if (cf == NULL)
			fail_msg("%s: %s", cases[i].settings, buf_str(&err));
		result = stranger_try(cf, trial, &how, &err);
		if (result != cases[i].result)
			fail_msg(
			    "%s: %d: %s%s", cases[i].settings, result, how.why != NULL ? how.why : "", buf_str(&err));
		if (cases[i].why != NULL && strstr(how.why, cases[i].why) == NULL)
			fail_msg("%s: %s", cases[i].settings, how.why);
		assert_int_equal(result == STRANGER_CANNOT, err.len > 0);
		stranger_passed_free(&how);
		table_trial_free(&trial);
		conf_free(&cf);
		buf_free(&err);
	}
	unlink(path);
	rmdir(folder);
	free(path);
	free(folder);
}

int
main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(each_gets_what_he_may) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
