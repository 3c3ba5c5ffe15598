/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/conf/mentions.h"
#include "tests/lib/conf/conf_dir.h"

/* A value, and a name: does the value make use of it? */
static const struct {
	const char *parameter, *value, *name;
	bool has;
} values[] = {
	{ "relayhost", "$own", "own", true },
	{ "relayhost", "${own?x}$(other)", "other", true },
	{ "relayhost", "$$own", "own", false },
	{ "relayhost", "own", "own", false },
	{ "smtpd_restriction_classes", "a, own\n b", "own", true },
	{ "smtpd_sender_restrictions", "a, own", "own", false },
	{ "virtual_alias_maps", "ldap:own", "own_server_host", true },
	{ "virtual_alias_maps", "hash:/x, proxy:mysql:my_own,x", "my_own_hosts", true },
	{ "virtual_alias_maps", "{ldap:own}", "own_bind", true },
	{ "virtual_alias_maps", "ldap:own", "own", false },
	{ "virtual_alias_maps", "ldap:own", "own_", false },
	{ "virtual_alias_maps", "ldap:own", "owner_bind", false },
	{ "virtual_alias_maps", "ldap:/etc/own", "own_bind", false },
	{ "virtual_alias_maps", "ldap:$own", "_bind", false },
	{ "virtual_alias_maps", "hash:own", "own_bind", false },
	{ "virtual_alias_maps", "xldap:own", "own_bind", false },
	{ "virtual_alias_maps", "ldap:", "_bind", false },
};

static void
finds_names(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
		struct mentions m = MENTIONS;

		mentions_value(&m, values[i].parameter, values[i].value);
		if (mentions_has(&m, values[i].name) != values[i].has)
			fail_msg("%s = %s: %s", values[i].parameter, values[i].value, values[i].name);
		mentions_free(&m);
	}
}

/* What a service sets itself is its own affair; of two settings the last one counts. */
static void
finds_names_of_services(void **state)
{
	struct conf_dir d = conf_dir_make("",
	    "a unix - - n - - pipe -o x=$gone -o x=$y -o y=1 -o relayhost=$z argv=/bin/c $arg\nb inet n - n - - smtp\n");
	struct buf err = BUF(4096);
	struct mastercf *m = mastercf_load_lines(d.path, &err);
	struct mentions own = MENTIONS, others = MENTIONS;

	(void)state;
	assert_non_null(m);
	assert_int_equal(m->n, 2);
	mentions_service(&own, &m->services[0], true);
	mentions_service(&others, &m->services[0], false);
	assert_true(mentions_has(&own, "y") && mentions_has(&own, "z"));
	assert_true(!mentions_has(&others, "y") && mentions_has(&others, "z"));
	assert_false(mentions_has(&own, "gone") || mentions_has(&own, "arg"));
	assert_true(mentions_known(m, "a_time_limit") && mentions_known(m, "a_destination_rate_delay"));
	assert_false(mentions_known(m, "b_destination_rate_delay")); /* inet: nothing is delivered through it */
	assert_true(mentions_known(NULL, "relayhost") && mentions_known(NULL, "smtpd_use_tls"));
	assert_false(mentions_known(NULL, "relayhots"));
	mentions_free(&own);
	mentions_free(&others);
	mastercf_free(&m);
	conf_dir_remove(&d);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(finds_names),
		cmocka_unit_test(finds_names_of_services),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
