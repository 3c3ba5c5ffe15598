/* SPDX-License-Identifier: Apache-2.0 */
/* What crlf_plain() lets pass, byte by byte, at all places in a block and with each odd thing. */
#include "lib/base/crlf.h"
#include "tests/support/test.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

enum { SIZE = 400, LEAST = 16 };

static bool
plain(const char *p, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (p[i] == '\0' || (p[i] == '\n' && (i == 0 || p[i - 1] != '\r')))
			return false;
		if (p[i] == '\r' && (i + 1 == n || p[i + 1] != '\n'))
			return false;
		if (p[i] == '.' && i > 0 && p[i - 1] == '\n')
			return false;
	}
	return true;
}

static void
fill(char *text, size_t line)
{
	for (size_t i = 0; i < SIZE; i++)
		text[i] = i % line == line - 2 ? '\r' : i % line == line - 1 ? '\n' : 'x';
}

static void
odd_bytes(void **state)
{
	static const char *const odd[] = { "\n", "\r", "\r\r\n", "\n\r", "", "\r\n.", "\r\n..", "\n.", "\r.", "\n\n" };
	char text[SIZE];

	(void)state;
	for (size_t line = 3; line < 90; line += 7)
		for (size_t i = 0; i < sizeof(odd) / sizeof(odd[0]); i++)
			for (size_t at = 0; at + 4 < SIZE; at++) {
				size_t len = strlen(odd[i]) > 0 ? strlen(odd[i]) : 1, n;

				fill(text, line);
				memcpy(text + at, odd[i], len);
				n = crlf_plain(text, SIZE);
				assert_true(n <= SIZE && plain(text, n));
			}
}

/* It must not give up before it has to, or it is of no use. */
static void
goes_far(void **state)
{
	char text[SIZE];

	(void)state;
	for (size_t line = 3; line < 90; line++) {
		fill(text, line);
		assert_true(crlf_plain(text, SIZE) + LEAST + 1 >= SIZE);
	}
}

/* Any text that can be made of what matters, at each length. */
static void
random_texts(void **state)
{
	static const char letters[] = "\r\n.x\0xxxxxxxx";
	char text[SIZE];

	(void)state;
	srand(4711);
	for (int round = 0; round < 20000; round++) {
		size_t size = (size_t)rand() % SIZE, n;

		for (size_t i = 0; i < size; i++)
			text[i] = rand() % 8 > 0 ? 'x' : letters[(size_t)rand() % sizeof(letters)];
		n = crlf_plain(text, size);
		assert_true(n <= size && plain(text, n));
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(odd_bytes), cmocka_unit_test(goes_far),
		cmocka_unit_test(random_texts) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
