/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/base/config.h"
#include "lib/base/idn.h"
#include "tests/support/test.h"

#define U_LABELS                                                                                                       \
	"b\xc3\xbc"                                                                                                    \
	"cher.example"
#define A_LABELS "xn--bcher-kva.example"

static void
forms(void **state)
{
	struct arena mem = ARENA(1 << 16);

	(void)state;
	assert_string_equal(idn_ascii("Example.COM", &mem), "Example.COM");
	assert_null(idn_ascii("\xff\xfe.example", &mem));
	assert_null(idn_other_form("example.com", &mem));
	assert_null(idn_other_form("xn--.example", &mem));
#ifdef HAVE_LIBIDN2
	assert_string_equal(idn_ascii(U_LABELS, &mem), A_LABELS);
	assert_string_equal(idn_other_form(U_LABELS, &mem), A_LABELS);
	assert_string_equal(idn_other_form(A_LABELS, &mem), U_LABELS);
#else
	assert_null(idn_ascii(U_LABELS, &mem));
	assert_null(idn_other_form(A_LABELS, &mem));
#endif
	arena_free(&mem);
}

int
main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(forms) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
