/* SPDX-License-Identifier: Apache-2.0 */
/* Names of old: in order, with successors that exist. */
#include "lib/conf/legacy.h"

#include "lib/conf/params.h"
#include "tests/support/test.h"

#include <string.h>

static void
in_order(const struct param_legacy *rows, size_t n, const struct param_legacy *(*find)(const char *))
{
	assert_true(n > 0);
	for (size_t i = 0; i < n; i++) {
		size_t end = strlen(rows[i].advice);

		if (i > 0 && strcmp(rows[i - 1].name, rows[i].name) >= 0)
			fail_msg("%s stands before %s", rows[i - 1].name, rows[i].name);
		assert_ptr_equal(find(rows[i].name), &rows[i]);
		if (end == 0 || rows[i].advice[end - 1] == '.')
			fail_msg("%s: \"%s\" is no advice", rows[i].name, rows[i].advice);
	}
	assert_null(find("nosuch"));
	assert_null(find(""));
	assert_null(find("zzz"));
}

static void
sorted(void **state)
{
	(void)state;
	in_order(legacy_params, legacy_nparams, param_legacy);
	in_order(legacy_restrictions, legacy_nrestrictions, restriction_legacy);
}

/* A successor is a name that one can use, and no name of old itself. */
static void
successors(void **state)
{
	(void)state;
	for (size_t i = 0; i < legacy_nparams; i++) {
		const char *to = legacy_params[i].successor;

		if (to == NULL || strcmp(to, "reject_rbl_client") == 0)
			continue;
		if (param_find(to) == NULL)
			fail_msg("%s: its successor %s is in no table", legacy_params[i].name, to);
	}
	assert_string_equal(param_legacy("fallback_relay")->successor, "smtp_fallback_relay");
	assert_string_equal(param_legacy("smtpd_use_tls")->successor, "smtpd_tls_security_level");
	assert_null(param_legacy("smtp_skip_4xx_greeting")->successor);
	assert_null(param_legacy("smtpd_tls_security_level"));
	assert_string_equal(restriction_legacy("reject_invalid_hostname")->successor, "reject_invalid_helo_hostname");
	assert_null(restriction_legacy("reject_invalid_helo_hostname"));
	for (size_t i = 0; i < legacy_nrestrictions; i++)
		assert_non_null(legacy_restrictions[i].successor);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sorted),
		cmocka_unit_test(successors),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
