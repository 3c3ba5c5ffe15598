/* SPDX-License-Identifier: Apache-2.0 */
/* What smtpd says at start about a configuration that cannot be. */
#include "lib/base/mem.h"
#include "lib/service/defaults.h"
#include "tests/smtpd/scene.h"
#include "tests/support/test.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const struct {
	const char *setting;
	const char *said; /* a pattern; NULL: it starts */
} cases[] = {
	{ "", NULL },
	{ "smtpd_recipient_restrictions = permit_mynetworks, reject_unauth_destinations",
	    "smtpd_recipient_restrictions: unknown restriction \"reject_unauth_destinations\"; did you mean "
	    "\"reject_unauth_destination\"?" },
	{ "smtpd_client_restrictions = permit_my_networks",
	    "smtpd_client_restrictions: unknown restriction \"permit_my_networks\"; did you mean \"permit_mynetworks\"?" },
	{ "smtpd_client_restrictions = open_sesame",
	    "smtpd_client_restrictions: unknown restriction \"open_sesame\"; it is neither *" },
	{ "smtpd_helo_restrictions = check_helo_access", "smtpd_helo_restrictions: check_helo_access needs a table*" },
	{ "smtpd_helo_restrictions = check_helo_access, reject",
	    "smtpd_helo_restrictions: check_helo_access needs a table*" },
	{ "smtpd_sender_restrictions = check_sender_access nosuch:x", "smtpd_sender_restrictions: nosuch:x: *" },
	{ "smtpd_sender_restrictions = check_sender_access texthash:/does/not/exist",
	    "smtpd_sender_restrictions: *exist*" },
	{ "smtpd_sender_restrictions = nosuch:x", "smtpd_sender_restrictions: nosuch:x: *" },
	{ "smtpd_sender_restrictions = inline:{a=b}", NULL },
	{ "smtpd_data_restrictions = sleep", "smtpd_data_restrictions: sleep needs an argument behind it" },
	{ "smtpd_restriction_classes = mine", "smtpd_restriction_classes: mine is not defined*" },
	{ "smtpd_restriction_classes = mine\nmine = rejected",
	    "mine: unknown restriction \"rejected\"; did you mean \"reject\"?" },
	{ "smtpd_restriction_classes = mine, yours\nmine = yours\nyours = reject\nsmtpd_data_restrictions = MINE",
	    NULL },
	{ "smtpd_relay_restrictions = permit_mynetworks\nsmtpd_recipient_restrictions = permit",
	    "in parameter smtpd_relay_restrictions or smtpd_recipient_restrictions, specify at least one working instance*" },
	{ "smtpd_relay_restrictions = warn_if_reject reject\nsmtpd_recipient_restrictions =", "in parameter *" },
	{ "smtpd_relay_restrictions =\nsmtpd_recipient_restrictions = defer_if_permit", NULL },
	{ "smtpd_relay_restrictions =\nsmtpd_recipient_restrictions = permit_mynetworks, reject_unauth_destination",
	    NULL },
	{ "smtpd_recipient_restrictions = reject_rbl_client zen.example, check_policy_service { inet:127.0.0.1:1, timeout=3s }",
	    NULL },
	{ "smtpd_forbid_bare_newline = maybe",
	    "smtpd_forbid_bare_newline = maybe: wanted is reject, normalize, note or no" },
	{ "smtpd_forbid_bare_newline = yes", NULL },
	{ "smtpd_forbidden_commands = regexp:{ /x/ y }",
	    "smtpd_forbidden_commands: regexp:*: each rule stands in braces*" },
	{ "mynetworks = 10.0.0.1/8", "mynetworks: *10.0.0.1/8*" },
	{ "smtpd_forbid_bare_newline_exclusions = 1.2.3", "smtpd_forbid_bare_newline_exclusions: *" },
	{ "smtpd_milters = inet:127.0.0.1:1", "smtpd_milters = inet:127.0.0.1:1: this version does not have that*" },
	{ "smtpd_tls_wrappermode = yes", "smtpd_tls_wrappermode = yes: *" },
	{ "smtpd_upstream_proxy_protocol = haproxy", "smtpd_upstream_proxy_protocol = haproxy: *" },
	{ "smtpd_reject_footer = x\nsmtpd_sasl_auth_enable = yes\nsmtpd_tls_security_level = may", NULL },
	{ "local_header_rewrite_clients = permit_net",
	    "local_header_rewrite_clients: unknown restriction \"permit_net\"*" },
	{ "smtpd_log_access_permit_actions = nosuch:x", "smtpd_log_access_permit_actions: nosuch:x: *" },
	{ "smtpd_discard_ehlo_keyword_address_maps = nosuch:x",
	    "smtpd_discard_ehlo_keyword_address_maps: nosuch:x: *" },
};

static void
write_file(const char *path, const char *setting)
{
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	assert_true(fprintf(f, "%s%s\n", scene_smtpd.conf, setting) > 0);
	assert_int_equal(fclose(f), 0);
}

static void
each_is_told(void **state)
{
	char *folder = mem_fmt("%s/server.XXXXXX", getenv("TMPDIR") != NULL ? getenv("TMPDIR") : "/tmp");
	char *path;

	(void)state;
	assert_non_null(mkdtemp(folder));
	path = mem_fmt("%s/main.cf", folder);
	defaults_register();
	for (size_t i = 0; i < NITEMS(cases); i++) {
		struct conf_args a = { .dir = folder };
		struct buf err = BUF(65536);
		struct server *s;
		const struct conf *cf;

		write_file(path, cases[i].setting);
		cf = conf_load(&a, &err);
		assert_non_null(cf);
		s = server_open(cf, &err);
		if (cases[i].said == NULL && s == NULL)
			fail_msg("%s: %s", cases[i].setting, buf_str(&err));
		if (cases[i].said != NULL && (s != NULL || !transcript_fits(cases[i].said, buf_str(&err))))
			fail_msg("%s: %s", cases[i].setting, s != NULL ? "no complaint" : buf_str(&err));
		if (s != NULL)
			assert_false(server_changed(s));
		server_free(&s);
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
	const struct CMUnitTest tests[] = { cmocka_unit_test(each_is_told) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
