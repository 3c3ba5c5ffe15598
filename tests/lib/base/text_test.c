/* SPDX-License-Identifier: Apache-2.0 */
/* Text: what is done to several octets at once does the same to each. */
#include "lib/base/text.h"

#include "tests/support/test.h"

#include <stdlib.h>
#include <string.h>

enum { LONGEST = 20 };

/* Each octet, at each place of strings of each length, among neighbours that change and that do not. */
static void
lower_case_and_ascii(void **state)
{
	static const char *const neighbours[] = { "Z[a@", "Z\xc3Q`" };

	(void)state;
	for (int octet = 1; octet < 256; octet++)
		for (size_t n = 1; n <= LONGEST; n++)
			for (size_t at = 0; at < n; at++) {
				char s[LONGEST + 2], want[LONGEST + 2];
				bool ascii = true;

				for (size_t i = 0; i < n; i++) {
					s[i] = i == at ? (char)octet : neighbours[octet % 2][i % 4];
					want[i] = s[i] >= 'A' && s[i] <= 'Z' ? (char)(s[i] - 'A' + 'a') : s[i];
				}
				for (size_t i = 0; i < n; i++)
					ascii = ascii && (unsigned char)s[i] < 128;
				s[n] = want[n] = '\0';
				assert_int_equal(text_ascii(s), ascii);
				s[n + 1] = 'Q';
				text_lower(s);
				assert_string_equal(s, want);
				assert_int_equal(s[n + 1], 'Q');
			}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lower_case_and_ascii),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
