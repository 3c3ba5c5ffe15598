/* SPDX-License-Identifier: Apache-2.0 */
/* CRC-32C: known sums, and long texts in one piece and in small ones. */
#include "lib/base/text.h"
#include "tests/support/test.h"

#include <string.h>

enum { LONG = 40000 };

/* RFC 3720 B.4, and the check value of the polynomial. */
static void
known_sums(void **state)
{
	unsigned char bytes[32];

	(void)state;
	assert_int_equal(crc32c(0, "123456789", 9), 0xe3069283u);
	assert_int_equal(crc32c(0, "", 0), 0);
	memset(bytes, 0, sizeof(bytes));
	assert_int_equal(crc32c(0, bytes, sizeof(bytes)), 0x8a9136aau);
	memset(bytes, 0xff, sizeof(bytes));
	assert_int_equal(crc32c(0, bytes, sizeof(bytes)), 0x62a8ab43u);
	for (unsigned i = 0; i < sizeof(bytes); i++)
		bytes[i] = (unsigned char)i;
	assert_int_equal(crc32c(0, bytes, sizeof(bytes)), 0x46dd794eu);
}

/* Bit by bit, as the definition says. */
static uint32_t
slowly(const unsigned char *p, size_t n)
{
	uint32_t crc = ~0u;

	for (; n > 0; n--, p++) {
		crc ^= *p;
		for (int k = 0; k < 8; k++)
			crc = crc & 1 ? (crc >> 1) ^ 0x82f63b78u : crc >> 1;
	}
	return ~crc;
}

static void
long_texts(void **state)
{
	static unsigned char text[LONG];
	static const size_t sizes[] = { 8191, 8192, 8193, 11263, 11264, 11265, 24576, LONG - 7 };
	uint32_t random = 12345, pieces;

	(void)state;
	for (size_t i = 0; i < LONG; i++)
		text[i] = (unsigned char)((random = random * 1103515245 + 12345) >> 16);
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++)
		for (size_t at = 0; at < 3; at++) {
			assert_int_equal(crc32c(0, text + at, sizes[i]), slowly(text + at, sizes[i]));
			pieces = crc32c(0, text + at, 1000);
			pieces = crc32c(pieces, text + at + 1000, sizes[i] - 1000);
			assert_int_equal(pieces, slowly(text + at, sizes[i]));
		}
}

int
main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(known_sums), cmocka_unit_test(long_texts) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
