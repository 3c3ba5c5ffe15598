/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/base/fold.h"

#include "tests/support/test.h"

#include "lib/base/mem.h"

#include <stdlib.h>
#include <string.h>

static const struct {
	const char *in, *ascii, *utf8; /* utf8 NULL: as ascii */
} cases[] = {
	{ "", "", NULL },
	{ "Joe@Example.COM", "joe@example.com", NULL },
	{ "[{^_`~", "[{^_`~", NULL },
	{ "\xc3\x9c"
	  "BER",
	    "\xc3\x9c"
	    "ber",
	    "\xc3\xbc"
	    "ber" },
	{ "stra\xc3\x9f"
	  "e",
	    "stra\xc3\x9f"
	    "e",
	    "strasse" },
	{ "\xd0\x98\xd0\xb2\xd0\xb0\xd0\xbd", "\xd0\x98\xd0\xb2\xd0\xb0\xd0\xbd", "\xd0\xb8\xd0\xb2\xd0\xb0\xd0\xbd" },
	{ "\xcf\x82\xce\xa3", "\xcf\x82\xce\xa3", "\xcf\x83\xcf\x83" },
	{ "\xc4\xb0", "\xc4\xb0", "i\xcc\x87" },
	/* Not UTF-8: cut off, too long a form, half of a surrogate pair, beyond the last. */
	{ "A\xc3", "a\xc3", NULL },
	{ "A\xc1\x81", "a\xc1\x81", NULL },
	{ "A\xed\xa0\x80", "a\xed\xa0\x80", NULL },
	{ "A\xf4\x90\x80\x80", "a\xf4\x90\x80\x80", NULL },
};

static void
folding(void **state)
{
	(void)state;
	for (size_t i = 0; i < NITEMS(cases); i++) {
		char *ascii = fold_case(cases[i].in, false), *utf8 = fold_case(cases[i].in, true);
		bool more = fold_knows_utf8() && cases[i].utf8 != NULL;

		assert_string_equal(ascii, cases[i].ascii);
		assert_string_equal(utf8, more ? cases[i].utf8 : cases[i].ascii);
		free(ascii);
		free(utf8);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(folding) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
