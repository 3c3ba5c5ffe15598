/* SPDX-License-Identifier: Apache-2.0 */
/* Who is told "did you mean" must not be sent astray. */
#include "lib/base/nearest.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static const char *
nearest(const char *word)
{
	static const char *const names[] = { "smtpd_banner", "smtpd_client_restrictions", "smtp_bind_address",
		"smtp_bind_address6", "biff", "queue_directory" };
	struct nearest n = NEAREST(word);

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		nearest_try(&n, names[i]);
	return n.name != NULL ? n.name : "none";
}

static void
names(void **state)
{
	static const struct {
		const char *word, *name;
	} rows[] = {
		{ "smptd_banner", "smtpd_banner" },
		{ "smtpd_baner", "smtpd_banner" },
		{ "smtpd_client_restriction", "smtpd_client_restrictions" },
		{ "smtp_bind_adress6", "smtp_bind_address6" },
		{ "smtp_bind_address7", "smtp_bind_address" }, /* of two the first */
		{ "bif", "biff" },
		{ "abcd", "none" },
		{ "a", "none" },
		{ "", "none" },
		{ "relayhost", "none" },
		{ "queue_directory_is_here", "none" },
	};
	char longest[300];

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_string_equal(nearest(rows[i].word), rows[i].name);
	memset(longest, 'b', sizeof(longest));
	longest[sizeof(longest) - 1] = '\0';
	assert_string_equal(nearest(longest), "none");
}

int
main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(names) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
